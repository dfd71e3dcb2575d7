"""Running a program to its end, and how it was."""

import os
import subprocess
import sys
import time


def check_command(tools, name, path):
    if name == "cellwise":
        return [tools[name], "check", "--format", "json", path]
    return [tools[name], "check", "--no-cache", "--select", "F", "--output-format", "json",
            "--config", 'include = ["*.ipynb"]', path]  # fmt: skip


def timed(command, accepted=(0, 1, 2)):
    """Wall time, user time and peak memory of a whole process.

    Linux counts this process's own memory at the start of the other into the peak: small ones say nothing."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accepted:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return wall, usage.ru_utime, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
