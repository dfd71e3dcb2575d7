# For tests that need a program of another release of Debian: it is unpacked into a folder, and nothing is installed.
# To be sourced.

# unpack SUITE PACKAGE FOLDER: a package of a release, with all the libraries that it needs. Fails where apt or Debian
# cannot be reached.
unpack() {
    local suite=$1 package=$2 dir=$3 work=$3/.apt mirror file
    [[ ! -e $dir/whole ]] || return 0
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    mirror=$(sed -nE 's/^URIs: *([^ ]*\/debian)\/?$/\1/p; s/^deb (\[[^]]*\] )?([^ ]*\/debian)\/? .*/\2/p' \
        /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
    [[ -n $mirror ]] || return 1
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$dir/root/usr/lib" "$dir/root/usr/lib64" || return 1
    : >"$work/status"
    ln -sfn usr/lib "$dir/root/lib"
    ln -sfn usr/lib64 "$dir/root/lib64"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$work/sources.list"
    local options=(-o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists"
        -o "Dir::Cache=$work/cache" -o "Dir::State::status=$work/status" -o Acquire::Languages=none -o Debug::NoLocking=1)
    apt-get "${options[@]}" update -qq >/dev/null 2>&1 || return 1
    apt-get "${options[@]}" install -y -qq --no-install-recommends --download-only "$package" >/dev/null 2>&1 || return 1
    for file in "$work"/cache/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$file" | tar -x -C "$dir/root" --keep-directory-symlink --no-same-owner || return 1
    done
    rm -rf "$work"
    touch "$dir/whole"
}

# run_unpacked FOLDER PROGRAM ARGUMENT…: with the libraries that were unpacked beside it.
run_unpacked() {
    local root=$1/root program=$2 library
    shift 2
    library=$root/usr/lib/$(uname -m)-linux-gnu
    "$library"/ld-linux-*.so.* --library-path "$library:$library/lua/5.1" "$root/usr/bin/$program" "$@"
}
