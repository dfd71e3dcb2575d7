"""Cellwise from Python: where its program is, and what Jupyter asks of it."""

from ._program import find_program
from ._specs import jupyter_lsp_specs

__all__ = [
    "_jupyter_server_extension_points",
    "find_program",
    "jupyter_lsp_specs",
]


def _jupyter_server_extension_points():
    """Asked by jupyter_server: who serves the socket of the labextension."""
    return [{"module": "cellwise._socket"}]
