#!/usr/bin/env bash
# Brings JupyterLab, pylsp, a browser and its driver into a cache outside of the clone, once.
# Prints where they are. Exits with 3 and a reason on stderr where this machine cannot have them.
set -euo pipefail

# shellcheck source=../../common/test/install.sh
. "$(dirname "$0")/../../common/test/install.sh"
cache "jupyterlab-4.6-$driver"

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

install_browser

echo "venv=$dir/venv"
echo "shared=$dir/venv-shared"
echo "driver=$dir/driver"
echo "browser=$browser"
