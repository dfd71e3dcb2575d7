"""What these tests need besides Python itself: packages from PyPI, and the program."""

import os
import subprocess
import venv
from pathlib import Path

from notebooks import cache_folder

ROOT = Path(__file__).resolve().parent.parent.parent


def python_with(name, requirements):
    """An interpreter in the cache folder that has packages, or None where PyPI cannot be reached."""
    folder = cache_folder() / name
    python = folder / "bin" / "python"
    wanted = "\n".join(requirements)
    stamp = folder / "requirements"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    venv.create(folder, with_pip=True, clear=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
        return None
    stamp.write_text(wanted)
    return python


def binary():
    own = os.environ.get("CELLWISE")
    if own:
        return Path(own).resolve()
    subprocess.run(["cargo", "build", "--quiet"], cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "debug" / "cellwise"
