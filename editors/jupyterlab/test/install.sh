#!/usr/bin/env bash
# Brings JupyterLab, pylsp, a browser and its driver into a cache outside of the clone, once.
# Prints where they are. Exits with 3 and a reason on stderr where this machine cannot have them.
set -euo pipefail

driver=1.65.1
dir=${XDG_CACHE_HOME:-$HOME/.cache}/cellwise/jupyterlab-4.6-$driver
log=$dir/install.log
mkdir -p "$dir"

no() {
    echo "$1" >&2
    exit 3
}

# Two runs at once would install over one another.
exec 9>"$dir/lock"
if command -v flock >/dev/null; then flock 9; fi

# A failure is a skip where the registry is out of reach, and an error where it is not.
pip_install() {
    local venv=$1
    shift
    "$venv/bin/pip" -q install "$@" >>"$log" 2>&1 && return
    if "$venv/bin/pip" -q download --no-deps -d "$dir/reach" --no-cache-dir pyflakes >>"$log" 2>&1; then
        echo "pip install $* failed; see $log" >&2
        exit 1
    fi
    no "the registry of PyPI cannot be reached"
}

environment() {
    [[ -f $dir/$1.done ]] && return
    python3 -m venv "$dir/$1" >>"$log" 2>&1 || no "python3 cannot make virtual environments here"
    # Without pyflakes pylsp shows nothing.
    pip_install "$dir/$1" 'jupyterlab>=4.6,<5' ipykernel "${@:2}"
    touch "$dir/$1.done"
}

environment venv 'jupyterlab-lsp>=5.3,<6' python-lsp-server pyflakes
environment venv-shared 'jupyter-collaboration>=5,<6'

if [[ ! -f $dir/driver.done ]]; then
    mkdir -p "$dir/driver"
    cd "$dir/driver"
    [[ -f package.json ]] || echo '{"name":"driver","private":true}' >package.json
    if ! npm install --no-fund --no-audit "playwright-core@$driver" >>"$log" 2>&1; then
        npm ping >>"$log" 2>&1 && { echo "npm install failed; see $log" >&2; exit 1; }
        no "the npm registry cannot be reached"
    fi
    touch driver.done "$dir/driver.done"
fi

browser=
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then
        browser=$(command -v "$name")
        break
    fi
done
if [[ -z $browser && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core; } >>"$log" 2>&1 ||
        no "apt-get could not install the browser (see $log)"
    browser=$(command -v chromium)
fi
if [[ -z $browser && ! -f $dir/browser.done ]]; then
    cd "$dir/driver"
    npx playwright-core install chromium >>"$log" 2>&1 || no "there is no Chromium, and the driver's own cannot be reached"
    touch "$dir/browser.done"
fi

echo "venv=$dir/venv"
echo "shared=$dir/venv-shared"
echo "driver=$dir/driver"
echo "browser=$browser"
