"""How pip builds the wheel: first the labextension with npm, then everything with maturin.

A build backend in the tree (PEP 517), named in pyproject.toml. `python editors/jupyterlab/cellwise_build.py`
builds the labextension alone.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE / "wheel/data/share/jupyter/labextensions/cellwise"
# Which sources it was built from. Outside of what the wheel takes along.
STAMP = HERE / "built-from.txt"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    build_labextension()
    return _maturin().build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    build_labextension()
    return _maturin().build_editable(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory, config_settings=None):
    # Whoever builds from it needs no npm.
    build_labextension()
    return _maturin().build_sdist(sdist_directory, config_settings)


def get_requires_for_build_wheel(config_settings=None):
    return _maturin().get_requires_for_build_wheel(config_settings)


def get_requires_for_build_editable(config_settings=None):
    return _maturin().get_requires_for_build_editable(config_settings)


def get_requires_for_build_sdist(config_settings=None):
    return _maturin().get_requires_for_build_sdist(config_settings)


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    return _maturin().prepare_metadata_for_build_wheel(metadata_directory, config_settings)


def build_labextension():
    """Builds the labextension, unless it was built from these very sources.

    Ends the program with a message that says what to do where that is not possible.
    """
    sources = _fingerprint()
    if (BUILT / "package.json").is_file() and STAMP.is_file() and STAMP.read_text() == sources:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit(
            "cellwise: the extension for JupyterLab is not built yet, and building it needs npm, "
            "which is not on PATH. Install Node.js 20 or newer and try again. "
            "For the program without the extension: cargo install --path ."
        )
    shutil.rmtree(BUILT, ignore_errors=True)
    # Not `npm ci`: it refuses a lock file without the bundler's programs for all other systems.
    install = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
    for arguments in (install, ["run", "build"]):
        # The output of npm would be taken for that of the build backend.
        status = subprocess.run([npm, *arguments], cwd=HERE, stdout=sys.stderr, check=False)
        if status.returncode != 0:
            raise SystemExit(
                f"cellwise: `npm {' '.join(arguments)}` in editors/jupyterlab failed, "
                "so the extension for JupyterLab is not built; its output above says why."
            )
    STAMP.write_text(sources)


def _fingerprint():
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(str(path.relative_to(HERE.parent)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest() + "\n"


def _sources():
    for name in ("package.json", "package-lock.json", "tsconfig.json"):
        yield HERE / name
    for folder in (HERE / "src", HERE / "style", HERE / "schema", HERE.parent / "common"):
        yield from (path for path in folder.rglob("*") if path.is_file())


def _maturin():
    # Not at the top: building the labextension alone needs no maturin.
    import maturin

    return maturin


if __name__ == "__main__":
    build_labextension()
