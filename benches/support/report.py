"""Tables, medians, and the machine they were measured on."""

import os
import platform
import statistics
import subprocess
import sys

MS = 1000.0
MB = 1e6


def machine(tools):
    model = platform.processor() or platform.machine()
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    versions = [version(tool) for tool in tools]
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    parts = [f"{os.cpu_count()} cores", model, f"{platform.system()} {platform.release()}", *versions, load]
    return "machine: " + ", ".join(part for part in parts if part)


def version(tool):
    said = subprocess.run([tool, "--version"], capture_output=True, text=True).stdout.strip()
    return said.splitlines()[0] if said else ""


def table(head, rows):
    """Markdown, with aligned columns."""
    rows = [head, *rows]
    widths = [max(len(str(row[at])) for row in rows) for at in range(len(head))]
    for number, row in enumerate(rows):
        print("| " + " | ".join(str(text).ljust(width) for text, width in zip(row, widths)) + " |")
        if number == 0:
            print("| " + " | ".join("-" * width for width in widths) + " |")
    sys.stdout.flush()


def verdict(met):
    return "met" if met else "MISSED"


def progress(text):
    print(text, file=sys.stderr, flush=True)


median = statistics.median


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
