"""What the entry point gives jupyter_lsp: two servers whose program is there. Run in an environment with the wheel."""

import os
from importlib.metadata import entry_points

group = "jupyter_lsp_spec_v1"
points = entry_points()
own = points.select(group=group, name="cellwise") if hasattr(points, "select") else points[group]
(point,) = own
specs = point.load()(None)
assert list(specs) == ["cellwise", "cellwise-notebook"], list(specs)
for spec in specs.values():
    program, argument = spec["argv"]
    assert os.access(program, os.X_OK), program
    assert argument == "server", argument
    assert spec["version"] == 2 and spec["requires_documents_on_disk"] is False, spec
assert specs["cellwise"]["languages"] == ["python"]
assert "python" not in specs["cellwise-notebook"]["languages"]
