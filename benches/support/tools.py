"""Where the measured programs come from: ours from the build, all others from PyPI, each in an environment of its own."""

import os
import shutil
import subprocess
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TRUTH = ROOT / "tests" / "truth" / "requirements.txt"

# The package of each, and the program that it brings. ruff's version is the one that tests/truth uses.
PACKAGES = {
    "ruff": ("ruff", "ruff"),
    "ty": ("ty", "ty"),
    "pylsp": ("python-lsp-server[pyflakes]", "pylsp"),
    "basedpyright": ("basedpyright", "basedpyright-langserver"),
    "nbstripout": ("nbstripout", "nbstripout"),
    "nborder": ("nborder", "nborder"),
    "pynblint": ("pynblint", "pynblint"),
}
# How each is started as a language server.
SERVERS = {
    "cellwise": ["server"],
    "ruff": ["server"],
    "ty": ["server"],
    "pylsp": [],
    "basedpyright": ["--stdio"],
}


def cellwise(given):
    if given:
        return given
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    return str(target / "release" / "cellwise")


def peer(name):
    """The path of a peer's program; None, with a printed line, where it cannot be installed."""
    package, program = PACKAGES[name]
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "cellwise" / "compare" / name
    path = folder / "bin" / program
    wanted = ["-r", str(TRUTH)] if name == "ruff" else [package]
    stamp = folder / "installed"
    installed = TRUTH.read_text() if name == "ruff" else package
    if not path.exists() or not stamp.exists() or stamp.read_text() != installed:
        try:
            venv.create(folder, with_pip=True, clear=True)
            pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *wanted]
            done = subprocess.run(pip, capture_output=True, text=True, timeout=300)
            problem = done.stderr.strip().splitlines()[-1:] if done.returncode else []
        except (OSError, subprocess.SubprocessError) as error:
            problem = [str(error)]
        if problem or not path.exists():
            shutil.rmtree(folder, ignore_errors=True)
            print(f"without {name}, which cannot be installed here: {(problem or ['no program'])[0][:200]}")
            return None
        stamp.write_text(installed)
    return str(path)


def server(tools, name):
    return [tools[name], *SERVERS[name]]


def scratch():
    return tempfile.TemporaryDirectory(prefix="cellwise-compare-")
