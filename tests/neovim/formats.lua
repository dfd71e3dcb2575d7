-- Every text form of a notebook: findings at their columns, and refactorings by Neovim's own menu, each undone at once.
local support = require("support")
local writers = require("writers")

local function code(text, takes, gives)
  return { "code", vim.split(text, "\n", { plain = true }), takes = takes, gives = gives }
end

local TITLE = { "prose", { "# Prices 😀" } }
local EARLY = code("s = 'é😀'; print(total)", "total", "s")
local PRICES = code("import math\nprices = [1, 2, 3]", nil, "math, prices")
local SUM = code("doubled = [p * 2 for p in prices]\ntotal = sum(doubled)", "prices", "total")
local SHOWN = code("print(total)", "total")
local AREA = code("def area(r):\n    return math.pi * r ** 2", "math", "area")
local USED = code("print(area(2))", "area")
-- What becomes of them. In marimo the parameters and the return of a cell are its own business, and stay.
local FUNCTION =
  code("def compute_total(prices):\n    doubled = [p * 2 for p in prices]\n    total = sum(doubled)\n    return total")
local CALL = code("total = compute_total(prices)", "prices", "total")
local LAST = code("print('😀', area(2), missing)", "area")

local FORMS = {
  { "json", "ipynb", "json" },
  { "percent", "py", "python" },
  { "hydrogen", "py", "python" },
  { "databricks", "py", "python" },
  { "markdown", "md", "markdown" },
  { "myst", "md", "markdown" },
  { "quarto", "qmd", "quarto" },
  { "rmarkdown", "Rmd", "rmd" },
  { "marimo", "py", "python" },
}

--- Where a word stands in the buffer: line and columns, from 0, in bytes.
local function place(line_part, word)
  for at, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    if line:find(line_part, 1, true) then
      local start = line:find(word, 1, true) - 1
      return { at - 1, start, start + #word }
    end
  end
  error("there is no line with " .. line_part)
end

local function stand(line_part, word)
  local at = place(line_part, word)
  vim.api.nvim_win_set_cursor(0, { at[1] + 1, at[2] })
end

--- The notebook in the buffer is that of these cells, as this form writes them.
local function holds(form, cells)
  local expected = writers[form](cells)
  if form ~= "json" then
    support.same(support.buffer(), expected:gsub("\n$", ""), form)
    return
  end
  local function sources(text)
    return vim.tbl_map(function(cell)
      local source = cell.source
      return { cell.cell_type, type(source) == "table" and table.concat(source) or source }
    end, vim.fn.json_decode(text).cells)
  end
  support.same(sources(support.buffer()), sources(expected), form)
end

--- The module that was made, in its unsaved buffer.
local function module_holds(name, text)
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_get_name(bufnr):find("/" .. name .. ".py", 1, true) then
      support.same(table.concat(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), "\n"), text, name)
      return
    end
  end
  error("there is no buffer of " .. name)
end

for _, form in ipairs(FORMS) do
  local name, extension, filetype = unpack(form)
  local function open(what, cells)
    support.open(name .. "/" .. what .. "." .. extension, writers[name](cells), filetype)
  end

  support.test(name .. ": findings stand at their columns", function()
    open("found", { TITLE, EARLY, PRICES, SUM, AREA, LAST })
    support.wait_for("undefined-name")
    support.same(support.places("undefined-name"), { place("missing)", "missing") }, "undefined-name")
    local early = name ~= "marimo" and { place("print(total)", "total") } or {}
    support.same(support.places("used-before-definition"), early, "used-before-definition")
  end)

  support.test(name .. ": extract", function()
    open("extracted", { TITLE, PRICES, SUM, SHOWN })
    support.wait_for_server()
    stand("total = sum", "total")
    local before = support.buffer()
    support.choose("xtract")
    if name == "marimo" then
      -- There they stay together.
      local both = table.concat(FUNCTION[2], "\n") .. "\n\n\n" .. CALL[2][1]
      holds(name, { TITLE, PRICES, code(both, "prices", "total"), SHOWN })
    else
      holds(name, { TITLE, PRICES, FUNCTION, CALL, SHOWN })
    end
    support.undo_brings_back(before)
  end)

  support.test(name .. ": move to module", function()
    open("moved", { TITLE, PRICES, AREA, USED })
    support.wait_for_server()
    stand("def area", "area")
    local before = support.buffer()
    support.choose("ove ", "write a test")
    -- A script is no name for a module beside it.
    local module = vim.endswith(extension, "py") and "moved_functions" or "moved"
    local imported = code("import math\n\nfrom " .. module .. " import area\nprices = [1, 2, 3]", nil, "math, prices")
    holds(name, { TITLE, imported, USED })
    module_holds(module, "import math\n\n\ndef area(r):\n    return math.pi * r ** 2\n")
    support.undo_brings_back(before)
  end)

  if name ~= "marimo" then
    support.test(name .. ": order", function()
      open("ordered", { TITLE, EARLY, PRICES, SUM })
      support.wait_for("used-before-definition")
      stand("print(total)", "total")
      local before = support.buffer()
      support.choose("runs from the top")
      holds(name, { TITLE, PRICES, SUM, EARLY })
      support.wait("the finding goes", function()
        return #support.places("used-before-definition") == 0
      end)
      support.undo_brings_back(before)
      support.wait_for("used-before-definition")
    end)
  end
end
