"""An editor that knows no notebooks: it opens one as a text, asks a server of its own for actions, and applies them."""

from client import Client

LANGUAGES = {".py": "python", ".md": "markdown", ".Rmd": "rmd", ".qmd": "quarto", ".ipynb": "json"}


class Editor:
    def __init__(self, cellwise, root, path):
        self.root, self.path = root, path
        with open(path, encoding="utf-8", newline="") as file:
            self.text = file.read()
        self.uri = path.as_uri()
        self.client = Client([cellwise, "server"])

    def __enter__(self):
        self.client.initialize(self.root)
        item = {"uri": self.uri, "languageId": LANGUAGES[self.path.suffix], "version": 1, "text": self.text}
        self.client.send("textDocument/didOpen", {"textDocument": item})
        return self

    def __exit__(self, *_):
        self.client.end()

    def actions(self, start, end):
        """What is offered for a selection, of which the ends are counted in characters."""
        span = {"start": self.position(start), "end": self.position(end)}
        params = {"textDocument": {"uri": self.uri}, "range": span, "context": {"diagnostics": []}}
        return self.client.ask("textDocument/codeAction", params)["result"] or []

    def carried_out(self, action):
        """The text after an action, and the other files that it writes, by their paths; or None, and the reason."""
        answer = self.client.ask("codeAction/resolve", action)
        if "error" in answer:
            return None, answer["error"]["message"]
        files, text = {}, self.text
        for change in answer["result"]["edit"]["documentChanges"]:
            if change.get("kind") == "create":
                files[self.name(change["uri"])] = ""
            elif change["textDocument"]["uri"] == self.uri:
                text = applied(text, change["edits"])
            else:
                name = self.name(change["textDocument"]["uri"])
                before = files[name] if name in files else (self.root / name).read_text()
                files[name] = applied(before, change["edits"])
        return text, files

    def name(self, uri):
        return uri.removeprefix(self.root.as_uri() + "/")

    def position(self, at):
        before = self.text[:at]
        line = before.rpartition("\n")[2]
        return {"line": before.count("\n"), "character": len(line.encode("utf-16-le")) // 2}


def applied(text, edits):
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def offset(place):
        line = lines[place["line"]].encode("utf-16-le")[: 2 * place["character"]].decode("utf-16-le")
        return starts[place["line"]] + len(line)

    placed = [(offset(edit["range"]["start"]), offset(edit["range"]["end"]), edit["newText"]) for edit in edits]
    for start, end, new in sorted(placed, reverse=True):
        text = text[:start] + new + text[end:]
    return text
