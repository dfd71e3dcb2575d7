"""Where the program `cellwise` is."""

import os
import shutil
import sys
import sysconfig


def find_program():
    """The path of the program that was installed with this package.

    It is looked for in the folders that pip installs scripts to, then on PATH.
    Raises FileNotFoundError, which says what to do, if it is in none of them.
    """
    name = "cellwise" + (sysconfig.get_config_var("EXE") or "")
    for folder in _script_folders():
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    on_path = shutil.which("cellwise")
    if on_path is not None:
        return on_path
    raise FileNotFoundError(
        f"the program {name} is not where pip puts programs; "
        "install the package again: pip install --force-reinstall cellwise"
    )


def _script_folders():
    yield sysconfig.get_path("scripts")
    # `pip install --user`
    user = sysconfig.get_preferred_scheme("user") if sys.version_info >= (3, 10) else None
    if user is not None:
        yield sysconfig.get_path("scripts", scheme=user)
    # `pip install --target FOLDER` puts them beside the package.
    packages = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    yield os.path.join(packages, "bin")
