"""Keystrokes in a notebook that an editor shows as its raw JSON."""

import json
import time

import notebooks


class RawNotebook:
    """An open `.ipynb`, with a place in the middle where a name is misspelt and mended by turns."""

    def __init__(self, client, path, count, output_bytes, broken=0):
        """`broken` of the cells show a string that holds a path of one machine only, which is found."""
        self.client, self.uri, self.version = client, path.as_uri(), 0
        made = notebooks.cells(count)
        codes = [at for at, (kind, _) in enumerate(made) if kind == "code"]
        for at in codes[:broken]:
            made[at] = ("code", made[at][1] + "\nopen('/home/ada/data.csv')")
        if not path.exists():
            notebooks.write(path, made, output_bytes)
        text = path.read_text()
        self.size = len(text)
        calls = [at for at, (_, source) in enumerate(made) if "= clean_" in source]
        line = next(line for line in made[calls[len(calls) // 2]][1].splitlines() if "= clean_" in line)
        written = json.dumps(line)[1:-1]
        at = text.index(written) + written.index("= clean_") + len("= clean")
        before = text[:at]
        self.place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        item = {"uri": self.uri, "languageId": "json", "version": 0, "text": text}
        client.send("textDocument/didOpen", {"textDocument": item})
        self.published()
        client.quiet(1.0)

    def type(self, turn):
        """One keystroke; returns the seconds until its diagnostics have come, and their bytes."""
        self.version += 1
        end = dict(self.place, character=self.place["character"] + turn % 2)
        change = {"range": {"start": self.place, "end": end}, "text": "" if turn % 2 else "x"}
        document = {"uri": self.uri, "version": self.version}
        self.client.send("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        size = self.published()
        return time.perf_counter() - self.client.sent, size

    def published(self):
        """Waits for the diagnostics of this version; returns how many bytes they are."""
        wanted = b'"version":%d,' % self.version
        while True:
            body = self.client.frame()
            if b"publishDiagnostics" in body and wanted in body:
                return len(body)
