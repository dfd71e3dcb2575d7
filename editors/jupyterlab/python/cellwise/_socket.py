"""The socket between the labextension and the server: one process for each browser tab.

jupyter_lsp could carry it, and where this extension is switched off it does. But it looks for
answers every tenth of a second, shares one process among all tabs, and does not notice when the
process dies. Here an answer is passed on at once, and the socket closes when the process ends.
"""

import json
import queue
import subprocess
import threading
from pathlib import Path

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ._program import find_program

# What jupyter_server's authorizers are asked about; the same word as in jupyter_lsp.
AUTH_RESOURCE = "lsp"


def _load_jupyter_server_extension(app):
    """Called by jupyter_server when it starts."""
    pattern = url_path_join(app.web_app.settings["base_url"], "cellwise", "socket")
    app.web_app.add_handlers(".*$", [(pattern, ServerSocket)])


class ServerSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Messages of LSP as text, both ways. Closed with 1011 when the process ends by itself."""

    auth_resource = AUTH_RESOURCE
    process = None

    async def get(self, *args, **kwargs):
        user = self.current_user
        if user is None:
            raise web.HTTPError(403)
        allowed = await ensure_async(
            self.authorizer.is_authorized(self, user, "execute", AUTH_RESOURCE)
        )
        if not allowed:
            raise web.HTTPError(403)
        answer = super().get(*args, **kwargs)
        if answer is not None:
            await answer

    def open(self):
        super().open()
        self.loop = IOLoop.current()
        self.to_process = queue.SimpleQueue()
        root = getattr(self.settings.get("contents_manager"), "root_dir", None)
        try:
            self.process = subprocess.Popen(
                [find_program(), "server"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=root or None,
            )
        except OSError as error:
            self.log.error("cellwise: the server does not start: %s", error)
            self.close(1011, f"the server does not start: {error}"[:120])
            return
        # The client cannot know where on disk the folder is that it sees as the root.
        root_uri = Path(root).resolve().as_uri() if root else None
        hello = {"jsonrpc": "2.0", "method": "cellwise/socket", "params": {"rootUri": root_uri}}
        self.write_message(json.dumps(hello))
        # Threads, as pipes of a process cannot be awaited by the event loop that Jupyter has on Windows.
        for work in (self._pass_to_process, self._pass_to_client):
            threading.Thread(target=work, daemon=True).start()

    def on_message(self, message):
        self.to_process.put(message)

    def on_close(self):
        super().on_close()
        if self.process is not None:
            self.to_process.put(None)

    def _pass_to_process(self):
        stdin = self.process.stdin
        try:
            while (message := self.to_process.get()) is not None:
                body = message.encode()
                stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                stdin.flush()
            # Without a client it has nothing to say, and the end of its input ends it.
            stdin.close()
            self.process.wait(timeout=5)
        except OSError:
            pass  # It has ended, which the other thread tells.
        except subprocess.TimeoutExpired:
            self.process.kill()

    def _pass_to_client(self):
        stdout = self.process.stdout
        while (message := _read_message(stdout)) is not None:
            self.loop.add_callback(self._send, message)
        status = self.process.wait()
        self.loop.add_callback(self.close, 1011, f"the server ended with status {status}")

    def _send(self, message):
        try:
            self.write_message(message)
        except WebSocketClosedError:
            pass


def _read_message(stream):
    """The body of the next message as bytes, or None at the end of the stream."""
    length = None
    while (line := stream.readline()).strip():
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    if not line or length is None:
        return None
    body = stream.read(length)
    return body if len(body) == length else None
