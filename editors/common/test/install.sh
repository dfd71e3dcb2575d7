# Sourced by the installers of the editors' tests: a cache outside of the clone, and in it a browser and its driver.
# What this machine cannot have ends the installer with 3 and a reason on stderr.

driver=1.65.1

no() {
    echo "$1" >&2
    exit 3
}

# Makes the folder `dir` for what is brought, and `log` in it; nobody else installs there meanwhile.
# $1: the folder's name
cache() {
    dir=${XDG_CACHE_HOME:-$HOME/.cache}/cellwise/$1
    log=$dir/install.log
    mkdir -p "$dir"
    # Two runs at once would install over one another.
    exec 9>"$dir/lock"
    if command -v flock >/dev/null; then flock 9; fi
}

as_root() {
    [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null
}

# $1: what it is for; the rest: packages of Debian
apt_install() {
    local what=$1
    shift
    if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; } >>"$log" 2>&1; then
        no "apt-get could not install $what (see $log)"
    fi
}

# A failure of npm is a skip where the registry is out of reach, and an error where it is not.
npm_install() {
    if ! npm install --no-fund --no-audit "$@" >>"$log" 2>&1; then
        if npm ping >>"$log" 2>&1; then
            echo "npm install $* failed; see $log" >&2
            exit 1
        fi
        no "the npm registry cannot be reached"
    fi
}

# Goes to a folder of the cache into which npm installs.
project() {
    mkdir -p "$dir/$1"
    cd "$dir/$1"
    [[ -f package.json ]] || echo "{\"name\":\"$1\",\"private\":true}" >package.json
}

find_browser() {
    local name
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name" >/dev/null; then
            command -v "$name"
            return
        fi
    done
}

# Brings the driver, and sets `browser` to the program that it drives, or to nothing where that is the driver's own.
install_browser() {
    if [[ ! -f $dir/driver.done ]]; then
        project driver
        npm_install "playwright-core@$driver"
        touch "$dir/driver.done"
    fi
    browser=$(find_browser)
    if [[ -z $browser ]] && as_root; then
        apt_install "the browser" chromium fonts-dejavu-core
        browser=$(find_browser)
    fi
    if [[ -z $browser && ! -f $dir/browser.done ]]; then
        cd "$dir/driver"
        npx playwright-core install chromium >>"$log" 2>&1 || no "there is no Chromium, and the driver's own cannot be reached"
        touch "$dir/browser.done"
    fi
}
