"""A language client that measures: one process over pipes, one thread, no JSON read that nobody needs."""

import json
import os
import select
import subprocess
import time

PREFIX = b"Content-Length: "

# What servers ask for. Only what the misspelt name is about is wanted of them.
SETTINGS = {
    "pylsp": {"plugins": {name: {"enabled": name == "pyflakes"} for name in
              ("pyflakes", "pycodestyle", "mccabe", "pylint", "flake8", "pydocstyle", "ruff")}},
    "basedpyright": {"analysis": {"typeCheckingMode": "basic", "diagnosticMode": "openFilesOnly"}},
}  # fmt: skip


class TooSlow(Exception):
    """Nothing was said within the limit."""


class Client:
    def __init__(self, command):
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        self.output = self.process.stdout.fileno()
        self.buffer = b""
        self.id = 0
        # Messages with this in them are kept.
        self.keep = None
        self.kept = []
        # The languages of cells that the server wants; None for all.
        self.languages = None
        # What the server last showed as an error.
        self.trouble = None

    def send(self, method, params, request=False):
        """Writes a message. `sent` is the moment before its first byte."""
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if request:
            self.id += 1
            message["id"] = self.id
        body = json.dumps(message).encode()
        self.write(PREFIX + str(len(body)).encode() + b"\r\n\r\n" + body)

    def write(self, data):
        data = memoryview(data)
        self.sent = time.perf_counter()
        # A pipe may take less than the whole.
        while data:
            data = data[os.write(self.process.stdin.fileno(), data) :]

    def frame(self):
        """The body of the next message, as bytes."""
        body = self.next_frame()
        if self.keep and self.keep in body:
            self.kept.append(body)
        if b'"window/showMessage"' in body and (shown := json.loads(body)["params"])["type"] == 1:
            self.trouble = shown["message"].splitlines()[0]
        return body

    def next_frame(self):
        while True:
            head = self.buffer.find(b"\r\n\r\n")
            if head >= 0:
                length = int(self.buffer[self.buffer.index(PREFIX) + len(PREFIX) : head].split(b"\r\n")[0])
                end = head + 4 + length
                while len(self.buffer) < end:
                    self.fill()
                body, self.buffer = self.buffer[head + 4 : end], self.buffer[end:]
                return body
            self.fill()

    def fill(self):
        data = os.read(self.output, 1 << 20)
        if not data:
            raise SystemExit(f"{self.process.args[0]} ended before it answered")
        self.buffer += data

    def ask(self, method, params):
        """Sends a request and returns the answer to it. What the server says meanwhile is passed over."""
        self.send(method, params, request=True)
        while True:
            message = json.loads(self.frame())
            if message.get("id") == self.id and "method" not in message:
                return message
            self.answer(message)

    def answer(self, message):
        """A request from the server gets its settings where it asks for them, else an empty answer."""
        if "id" in message and "method" in message:
            result = None
            if message["method"] == "workspace/configuration":
                result = [self.setting(item.get("section")) for item in message["params"]["items"]]
            self.send_raw({"jsonrpc": "2.0", "id": message["id"], "result": result})

    def setting(self, section):
        found = SETTINGS
        for part in (section or "").split("."):
            found = found.get(part, {}) if isinstance(found, dict) else None
        return found

    def send_raw(self, message):
        body = json.dumps(message).encode()
        sent = self.sent
        self.write(PREFIX + str(len(body)).encode() + b"\r\n\r\n" + body)
        self.sent = sent

    def wait_published(self, uri, found, marker=None, limit=None):
        """Reads until the document is said to have diagnostics (or none, where `found` is false); with a `marker`,
        diagnostics in which it stands.

        Returns how many messages with diagnostics were read."""
        wanted = json.dumps(uri).encode()
        # As pylsp writes it.
        escaped = wanted.replace(b"/", b"\\/")
        published = 0
        while True:
            body = self.frame_within(limit)
            if b"publishDiagnostics" in body:
                published += 1
                has = (marker in body) if marker else b'"diagnostics":[]' not in body
                if has == found and (wanted in body or escaped in body):
                    return published
            elif b'"method"' in body and b'"id"' in body:
                self.answer(json.loads(body))

    def frame_within(self, seconds):
        if seconds is not None and not self.buffer:
            left = self.sent + seconds - time.perf_counter()
            if left <= 0 or not select.select([self.output], [], [], left)[0]:
                raise TooSlow
        return self.frame()

    def quiet(self, seconds):
        """Reads until nothing has come for so long, but for what is kept: progress may be told all the time.
        Returns how many messages with diagnostics were read."""
        published = 0
        until = time.perf_counter() + seconds
        while self.buffer or select.select([self.output], [], [], max(until - time.perf_counter(), 0))[0]:
            body = self.frame()
            if not (self.keep and self.keep in body):
                until = time.perf_counter() + seconds
            if b"publishDiagnostics" in body:
                published += 1
            elif b'"method"' in body:
                self.answer(json.loads(body))
        return published

    def drain(self, count):
        """Reads `count` more messages with diagnostics."""
        while count > 0:
            body = self.frame()
            count -= b"publishDiagnostics" in body
            if b'"method"' in body and b'"id"' in body:
                self.answer(json.loads(body))

    def initialize(self, root):
        """Returns the seconds from the start of the process to the answer."""
        capabilities = {
            "textDocument": {
                "codeAction": {
                    "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor", "source"]}},
                    "dataSupport": True,
                    "disabledSupport": True,
                    "isPreferredSupport": True,
                    "resolveSupport": {"properties": ["edit", "command"]},
                },
                "publishDiagnostics": {"relatedInformation": True, "versionSupport": True},
            },
            "workspace": {"configuration": True, "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create"]}},
            "notebookDocument": {"synchronization": {"executionSummarySupport": True}},
            "window": {"workDoneProgress": True},
        }
        answer = self.ask(
            "initialize",
            {"processId": os.getpid(), "rootUri": root.as_uri(), "capabilities": capabilities,
             "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}]},
        )  # fmt: skip
        took = time.perf_counter() - self.started
        self.languages = wanted_languages(answer["result"]["capabilities"])
        self.send("initialized", {})
        self.send("workspace/didChangeConfiguration", {"settings": SETTINGS})
        return took

    def memory(self):
        """Resident memory in bytes; None where the system does not tell."""
        try:
            status = open(f"/proc/{self.process.pid}/status").read()
        except OSError:
            return None
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def wanted_languages(capabilities):
    """The languages of the cells that a server asks for; None where it takes any. pylsp reads all that it is sent as
    Python, headings too."""
    selectors = (capabilities.get("notebookDocumentSync") or {}).get("notebookSelector") or []
    cells = [selector.get("cells") for selector in selectors]
    return {cell["language"] for some in cells for cell in some} if cells and all(cells) else None


class OpenNotebook:
    """A notebook in a client, which sends the cells that the server asks for. Cells are named as VS Code names them."""

    def __init__(self, client, path, made):
        self.client = client
        self.uri = path.as_uri()
        self.cells = [f"vscode-notebook-cell:{path}#W{at}" for at in range(len(made))]
        self.versions = [1] * len(made)
        self.version = 1
        kinds = {"code": (2, "python"), "markdown": (1, "markdown")}
        sent = [
            (*kinds[kind], text, uri)
            for (kind, text), uri in zip(made, self.cells)
            if client.languages is None or kinds[kind][1] in client.languages
        ]
        client.send(
            "notebookDocument/didOpen",
            {
                "notebookDocument": {
                    "uri": self.uri,
                    "notebookType": "jupyter-notebook",
                    "version": 1,
                    "metadata": {},
                    "cells": [{"kind": kind, "document": uri} for kind, _, _, uri in sent],
                },
                "cellTextDocuments": [
                    {"uri": uri, "languageId": language, "version": 1, "text": text} for _, language, text, uri in sent
                ],
            },
        )

    def change(self, cell, start, end, text):
        """One keystroke: the characters from `start` to `end` of a line become `text`."""
        self.version += 1
        self.versions[cell] += 1
        (line, column), (end_line, end_column) = start, end
        edit_range = {
            "start": {"line": line, "character": column},
            "end": {"line": end_line, "character": end_column},
        }
        self.client.send(
            "notebookDocument/didChange",
            {
                "notebookDocument": {"uri": self.uri, "version": self.version},
                "change": {
                    "cells": {
                        "textContent": [
                            {
                                "document": {"uri": self.cells[cell], "version": self.versions[cell]},
                                "changes": [{"range": edit_range, "text": text}],
                            }
                        ]
                    }
                },
            },
        )
