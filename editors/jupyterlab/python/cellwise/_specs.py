"""The specifications by which jupyter_lsp starts the server."""

from ._program import find_program


_RULES = {"type": "array", "items": {"type": "string"}}

SETTINGS = {
    "select": {**_RULES, "description": "Rules or groups in place of the default set."},
    "extend-select": {**_RULES, "description": "Rules or groups that are used besides."},
    "ignore": {**_RULES, "description": "Rules or groups that are left out."},
}


def jupyter_lsp_specs(_manager):
    """Entry point of the group `jupyter_lsp_spec_v1`.

    `cellwise` is for people who choose it as the server for Python in jupyterlab-lsp. The wheel sets
    its priority below that of all others (lab/settings/overrides.d), so that nobody's server is displaced.
    `cellwise-notebook` claims a language that nobody has, so that jupyterlab-lsp leaves Python
    to the server that was there before; our labextension connects to it by its name.
    """
    try:
        program = find_program()
    except FileNotFoundError:
        # jupyter_lsp shows what it has; `python -m cellwise` says what is wrong.
        return {}
    return {
        "cellwise": _spec(program, "Cellwise", ["python"], ["text/x-python", "text/x-ipython"]),
        "cellwise-notebook": _spec(
            program,
            "Cellwise for whole notebooks",
            ["x-cellwise-notebook"],
            ["application/x-cellwise-notebook"],
        ),
    }


def _spec(program, name, languages, mime_types):
    return {
        "version": 2,
        "argv": [program, "server"],
        "languages": languages,
        "mime_types": mime_types,
        "display_name": name,
        # jupyterlab-lsp forgets the priority of a server that has none.
        "config_schema": {"type": "object", "title": name, "properties": SETTINGS},
        # The notebook itself is read at its real path.
        "requires_documents_on_disk": False,
    }
