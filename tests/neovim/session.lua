-- One headless session: opens notebooks as texts, and works on them as a person would.
local here = debug.getinfo(1, "S").source:match("^@(.*)/")
package.path = here .. "/?.lua;" .. package.path

require("cellwise").setup({ cmd = { os.getenv("CELLWISE"), "server" } })
require("plugin")
require("formats")
if os.getenv("JUPYTEXT_PYTHON") ~= "" then
  require("jupytext")
end
require("support").print_count()
