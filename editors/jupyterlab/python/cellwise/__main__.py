"""`python -m cellwise` does what `cellwise` does."""

import os
import subprocess
import sys

from ._program import find_program


def main():
    try:
        program = find_program()
    except FileNotFoundError as error:
        print(f"cellwise: {error}", file=sys.stderr)
        return 2
    arguments = [program, *sys.argv[1:]]
    if os.name == "nt":
        # There `exec` starts a second process and ends this one, and the shell does not wait.
        return subprocess.run(arguments, check=False).returncode
    os.execv(program, arguments)


if __name__ == "__main__":
    sys.exit(main())
