"""Many keystrokes in one write."""

import json
import time

from client import PREFIX
from report import MS, median, table
from strokes import opened, places, server

STROKES = 2000


def measure(tools, folder, options):
    rows = []
    # ruff publishes all cells for each keystroke, and waits for its reader meanwhile: it never takes them in at once.
    for name in ("cellwise",):
        times, messages = [], []
        for _ in range(options.runs):
            client, _ = server(tools, name, folder)
            made, notebook = opened(client, folder, 500)
            client.quiet(1.0)
            cell, (line, column), _ = places(500)["a name in the middle"]
            uri, frames = notebook.cells[cell], []
            for stroke in range(STROKES):
                notebook.version += 1
                place = {"line": line, "character": column + stroke}
                change = {"range": {"start": place, "end": place}, "text": "x"}
                content = {"document": {"uri": uri, "version": 2 + stroke}, "changes": [change]}
                params = {"notebookDocument": {"uri": notebook.uri, "version": notebook.version},
                          "change": {"cells": {"textContent": [content]}}}  # fmt: skip
                message = {"jsonrpc": "2.0", "method": "notebookDocument/didChange", "params": params}
                body = json.dumps(message).encode()
                frames.append(PREFIX + str(len(body)).encode() + b"\r\n\r\n" + body)
            client.write(b"".join(frames))
            spoken = client.wait_published(uri, True, b'"version":%d' % (STROKES + 1), 60.0)
            times.append(time.perf_counter() - client.sent)
            messages.append(spoken)
            client.end()
        rows.append([name, f"{median(times) * MS:.0f}", f"{median(messages):.0f}"])
    table([f"{STROKES:,} keystrokes at once", "ms to the last diagnostics", "messages with diagnostics"], rows)
