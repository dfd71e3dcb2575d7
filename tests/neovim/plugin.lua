-- The plugin as a person uses it: findings, the menu of actions, `:Cellwise`.
local cellwise = require("cellwise")
local support = require("support")

local SCRIPT = table.concat({
  "# %%",
  "café = '😀'; print(total)",
  "",
  "# %%",
  "total = 1",
  "",
}, "\n")

local RAW = table.concat({
  "{",
  ' "cells": [',
  '  {"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [], "source": [',
  [[   "s = \"\t😀\"; print(total)"]],
  "  ]},",
  '  {"cell_type": "code", "execution_count": null, "id": "b", "metadata": {}, "outputs": [], "source": [',
  [[   "total = 1\n",]],
  [[   "print(total + 1)"]],
  "  ]}",
  " ],",
  ' "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},',
  ' "nbformat": 4,',
  ' "nbformat_minor": 5',
  "}",
}, "\n")

local WORK = table.concat({
  "# %%",
  "import math",
  "prices = [1, 2, 3]",
  "",
  "# %%",
  "doubled = [p * 2 for p in prices]",
  "total = sum(doubled)",
  "",
  "# %%",
  "print(total)",
  "",
  "# %%",
  "def area(r):",
  "    return math.pi * r ** 2",
  "",
  "",
  "print(area(2))",
  "",
}, "\n")

--- A `# %%` script as the JSON of a notebook.
local function as_json(script)
  local cells = {}
  for _, source in ipairs(vim.split(script, "# %%\n", { plain = true })) do
    if source ~= "" then
      table.insert(cells, source)
    end
  end
  local written = vim.tbl_map(function(source)
    local lines = vim.tbl_map(function(line)
      return "    " .. vim.fn.json_encode(line .. "\n")
    end, vim.split(vim.trim(source), "\n", { plain = true }))
    lines[#lines] = lines[#lines]:gsub('\\n"$', '"')
    return '  {"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": [\n'
      .. table.concat(lines, ",\n")
      .. "\n  ]}"
  end, cells)
  return '{\n "cells": [\n'
    .. table.concat(written, ",\n")
    .. '\n ],\n "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},\n'
    .. ' "nbformat": 4,\n "nbformat_minor": 4\n}'
end

support.test("findings of a script stand at their columns", function()
  support.open("demo.py", SCRIPT)
  support.wait_for("used-before-definition")
  local start = ("café = '😀'; print("):len()
  support.same(support.places("used-before-definition"), { { 1, start, start + 5 } }, "the place")
end)

support.test("findings of raw JSON stand inside its strings", function()
  support.open("demo.ipynb", RAW, "json")
  support.wait_for("used-before-definition")
  local start = ([[   "s = \"\t😀\"; print(]]):len()
  support.same(support.places("used-before-definition"), { { 3, start, start + 5 } }, "the place")
end)

support.test("typing keeps the findings live", function()
  support.open("typed.py", SCRIPT)
  support.wait_for("used-before-definition")
  vim.api.nvim_buf_set_lines(0, 1, 2, false, { "print(1)" })
  support.wait("the finding goes", function()
    return #support.places("used-before-definition") == 0
  end)
end)

for _, case in ipairs({ { "ordered.py", SCRIPT }, { "ordered.ipynb", RAW } }) do
  support.test("order by the menu and one undo: " .. case[1], function()
    support.open(case[1], case[2], case[1]:match("ipynb") and "json" or nil)
    support.wait_for("used-before-definition")
    local before = support.buffer()
    vim.api.nvim_win_set_cursor(0, { case[1]:match("ipynb") and 4 or 2, 5 })
    support.choose("runs from the top")
    support.wait("the finding goes", function()
      return #support.places("used-before-definition") == 0
    end)
    support.undo_brings_back(before)
  end)
end

support.test("extract by the menu and one undo", function()
  support.open("work.py", WORK)
  vim.api.nvim_win_set_cursor(0, { 6, 3 })
  local before = support.buffer()
  support.wait_for_server()
  support.choose("xtract")
  assert(support.buffer():find("\ndef ", 1, true), support.buffer())
  support.undo_brings_back(before)
end)

support.test(":Cellwise extract of a cell and of lines, and their undo", function()
  support.open("commands.py", WORK)
  support.wait_for_server()
  vim.api.nvim_win_set_cursor(0, { 6, 3 })
  local before = support.buffer()
  vim.cmd("Cellwise extract")
  support.wait_for_change(before)
  support.undo_brings_back(before)
  vim.cmd("7,7Cellwise extract")
  support.wait_for_change(before)
  support.undo_brings_back(before)
end)

support.test(":Cellwise move asks for the module", function()
  support.write("shop.py", "import math\n")
  support.open("moved.ipynb", as_json(WORK), "json")
  support.wait_for_server()
  vim.fn.search("def area")
  local labels
  vim.ui.select = function(items, options, on_choice)
    labels = vim.tbl_map(options.format_item, items)
    on_choice(items[#items])
  end
  vim.ui.input = function(_, on_typed)
    on_typed("areas.py")
  end
  local before = support.buffer()
  vim.cmd("Cellwise move")
  support.wait_for_change(before)
  assert(#labels > 1, vim.inspect(labels))
  assert(support.buffer():find("from areas import area", 1, true), support.buffer())
  assert(not support.buffer():find("def area", 1, true), support.buffer())
  vim.cmd("silent wall")
  assert(table.concat(vim.fn.readfile("areas.py"), "\n"):find("def area(r):", 1, true))
  support.undo_brings_back(before)
end)

--- What a command makes of a script with the cursor at a word; one undo brings the script back.
for _, case in ipairs({
  { "order", SCRIPT, "total)", "# %%\ntotal = 1\n\n# %%\ncafé = '😀'; print(total)" },
  {
    "imports",
    "# %%\nimport math\n\n# %%\nprint(math.pi)\n\n# %%\nimport json\nprint(json)\n",
    "import json",
    "# %%\nimport json\nimport math\n\n# %%\nprint(math.pi)\n\n# %%\nprint(json)",
  },
  {
    "split",
    "# %%\nprices = [1, 2]\nprint(prices)\n\n\ndef area(r):\n    return r * r\n",
    "def area",
    "# %%\nprices = [1, 2]\nprint(prices)\n\n# %%\ndef area(r):\n    return r * r",
  },
}) do
  local name, script, word, expected = unpack(case)
  support.test(":Cellwise " .. name .. " and its undo", function()
    support.open("commanded-" .. name .. ".py", script)
    support.wait_for_server()
    vim.fn.search("\\V" .. word)
    local before = support.buffer()
    vim.cmd("Cellwise " .. name)
    support.wait_for_change(before)
    support.same(support.buffer(), expected, "the script")
    support.undo_brings_back(before)
  end)
end

support.test(":Cellwise promote makes a module and its undo", function()
  support.open("promoted.ipynb", as_json(WORK), "json")
  support.wait_for_server()
  vim.fn.search("doubled =")
  local before = support.buffer()
  vim.cmd("Cellwise promote")
  support.wait_for_change(before)
  support.wait("the module is told of", function()
    return table.concat(support.said, " "):find("promoted.py", 1, true) ~= nil
  end)
  assert(support.buffer():find("from promoted import", 1, true), support.buffer())
  vim.cmd("silent wall")
  assert(table.concat(vim.fn.readfile("promoted.py"), "\n"):find("def area(r):", 1, true))
  support.undo_brings_back(before)
end)

support.test(":Cellwise of no known name says which there are, and they are completed", function()
  support.open("named.py", SCRIPT)
  vim.cmd("Cellwise tidy")
  local all = "explain, extract, graph, imports, move, order, promote, split"
  support.same(support.said, { "Cellwise: there is no :Cellwise tidy; there are: " .. all }, "what is said")
  local completed = vim.fn.getcompletion("Cellwise ", "cmdline")
  support.same(table.concat(completed, ", "), all, "the completion")
  support.same(vim.fn.getcompletion("Cellwise ex", "cmdline"), { "explain", "extract" }, "the completion of ex")
end)

support.test("the help page has its tags, and all commands", function()
  local doc = vim.fn.fnamemodify(vim.api.nvim_get_runtime_file("doc/cellwise.txt", false)[1], ":h")
  local copy = vim.fn.getcwd() .. "/help/doc"
  vim.fn.mkdir(copy, "p")
  vim.fn.writefile(vim.fn.readfile(doc .. "/cellwise.txt"), copy .. "/cellwise.txt")
  vim.cmd("helptags " .. copy)
  vim.opt.runtimepath:append(vim.fn.getcwd() .. "/help")
  for _, tag in ipairs({ "cellwise", ":Cellwise", "cellwise.setup()", "cellwise.status()", "cellwise-buffers" }) do
    vim.cmd("silent help " .. tag)
    support.same(vim.fn.expand("%:t"), "cellwise.txt", tag)
  end
  for _, name in ipairs(vim.fn.getcompletion("Cellwise ", "cmdline")) do
    assert(support.buffer():find("Cellwise " .. name .. " ", 1, true), name)
  end
end)

support.test(":Cellwise order says why it cannot", function()
  support.open("fine.py", "# %%\nx = 1\n\n# %%\nprint(x)\n")
  support.wait_for_server()
  vim.cmd("Cellwise order")
  support.wait("a reason", function()
    return #support.said > 0
  end)
end)

support.test(":Cellwise explain shows the page of the finding under the cursor", function()
  support.open("explained.py", SCRIPT)
  support.wait_for("used-before-definition")
  vim.api.nvim_win_set_cursor(0, { 2, 0 })
  local windows = #vim.api.nvim_list_wins()
  vim.cmd("Cellwise explain")
  support.wait("a window", function()
    return #vim.api.nvim_list_wins() > windows
  end)
end)

support.test(":Cellwise graph draws the cells and follows them", function()
  support.open("drawn.py", SCRIPT)
  support.wait_for("used-before-definition")
  local own = vim.api.nvim_get_current_buf()
  vim.cmd("Cellwise graph")
  support.wait("a window", function()
    return vim.bo.filetype == "cellwise-graph"
  end)
  assert(support.buffer():find("total (2, below!)", 1, true), support.buffer())
  vim.api.nvim_buf_set_lines(own, 1, 2, false, { "print(1)" })
  support.wait("the picture follows", function()
    return support.buffer():find("^Runs from the top") ~= nil
  end)
end)

support.test("the status line says how the notebook stands", function()
  support.open("status.py", SCRIPT)
  support.wait("a status", function()
    return cellwise.status():find("does not run from the top", 1, true) ~= nil
  end)
end)

support.test("a buffer of other JSON is left alone", function()
  support.open("data.json", '{"a": 1}', "json")
  vim.wait(300)
  support.same(require("cellwise.client").of(0), nil, "the client")
end)

support.test(":checkhealth cellwise names the program", function()
  support.open("healthy.py", SCRIPT)
  support.wait_for("used-before-definition")
  -- The status comes behind the findings, in a message of its own.
  support.wait("a status", function()
    return cellwise.status() ~= ""
  end)
  vim.cmd("silent checkhealth cellwise")
  assert(support.buffer():find("cellwise 0.", 1, true), support.buffer())
  assert(not support.buffer():find("ERROR", 1, true), support.buffer())
  assert(support.buffer():find("healthy.py", 1, true), support.buffer())
  assert(support.buffer():find("does not run from the top", 1, true), support.buffer())
end)

support.test(":checkhealth cellwise says what to do where there is no program", function()
  local known = cellwise.command
  cellwise.command = { "no-such-program" }
  vim.cmd("silent checkhealth cellwise")
  cellwise.command = known
  assert(support.buffer():find("no-such-program is no program", 1, true), support.buffer())
  assert(support.buffer():find("serves no buffer", 1, true), support.buffer())
end)
