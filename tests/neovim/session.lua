-- One headless session: opens notebooks as texts, and works on them as a person would.
local cellwise = require("cellwise")

local passed, failed = 0, 0
local said = {}
vim.notify = function(message)
  table.insert(said, message)
end

local function print_line(text)
  io.stdout:write(text .. "\n")
end

local function test(name, body)
  said = {}
  local ok, err = pcall(body)
  vim.cmd("silent! pclose | silent! only! | silent! %bwipeout!")
  if ok then
    passed = passed + 1
  else
    failed = failed + 1
    print_line("FAIL " .. name .. ": " .. tostring(err) .. " | said: " .. vim.inspect(said))
  end
end

local function same(found, expected, what)
  if not vim.deep_equal(found, expected) then
    error((what or "") .. " is " .. vim.inspect(found) .. " and not " .. vim.inspect(expected), 2)
  end
end

local function wait(what, condition)
  if not vim.wait(10000, condition, 20) then
    error("waited in vain: " .. what, 2)
  end
end

local function write(name, text)
  vim.fn.mkdir(vim.fn.fnamemodify(name, ":h"), "p")
  vim.fn.writefile(vim.split(text, "\n", { plain = true }), name)
end

local function open(name, text, filetype)
  write(name, text)
  vim.cmd("edit! " .. name)
  if filetype then
    vim.bo.filetype = filetype
  end
end

local function buffer()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
end

--- The places of a rule's findings in the buffer: line and columns, from 0, in bytes.
local function places(rule)
  local found = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
    local code = diagnostic.code or vim.tbl_get(diagnostic, "user_data", "lsp", "code")
    if code == rule then
      table.insert(found, { diagnostic.lnum, diagnostic.col, diagnostic.end_col })
    end
  end
  return found
end

local function wait_for(rule)
  wait("a finding of " .. rule, function()
    return #places(rule) > 0
  end)
end

--- Carries out the code action whose title holds a text, by Neovim's own menu.
local function choose(part)
  local titles
  vim.ui.select = function(items, options, on_choice)
    titles = vim.tbl_map(options.format_item, items)
    for at, title in ipairs(titles) do
      if title:find(part, 1, true) then
        return on_choice(items[at], at)
      end
    end
    on_choice(nil)
  end
  local before = buffer()
  vim.lsp.buf.code_action()
  local changed = vim.wait(10000, function()
    return buffer() ~= before
  end, 20)
  if not changed then
    error("no action '" .. part .. "' changed the text; there are " .. vim.inspect(titles), 2)
  end
end

local function wait_for_change(before)
  wait("the text changes", function()
    return buffer() ~= before
  end)
end

local function undo_brings_back(before)
  vim.cmd("silent undo")
  same(buffer(), before, "the text after one undo")
end

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

cellwise.setup({ cmd = { os.getenv("CELLWISE"), "server" } })

test("findings of a script stand at their columns", function()
  open("demo.py", SCRIPT)
  wait_for("used-before-definition")
  local start = ("café = '😀'; print("):len()
  same(places("used-before-definition"), { { 1, start, start + 5 } }, "the place")
end)

test("findings of raw JSON stand inside its strings", function()
  open("demo.ipynb", RAW, "json")
  wait_for("used-before-definition")
  local start = ([[   "s = \"\t😀\"; print(]]):len()
  same(places("used-before-definition"), { { 3, start, start + 5 } }, "the place")
end)

test("typing keeps the findings live", function()
  open("typed.py", SCRIPT)
  wait_for("used-before-definition")
  vim.api.nvim_buf_set_lines(0, 1, 2, false, { "print(1)" })
  wait("the finding goes", function()
    return #places("used-before-definition") == 0
  end)
end)

for _, case in ipairs({ { "ordered.py", SCRIPT }, { "ordered.ipynb", RAW } }) do
  test("order by the menu and one undo: " .. case[1], function()
    open(case[1], case[2], case[1]:match("ipynb") and "json" or nil)
    wait_for("used-before-definition")
    local before = buffer()
    vim.api.nvim_win_set_cursor(0, { case[1]:match("ipynb") and 4 or 2, 5 })
    choose("runs from the top")
    wait("the finding goes", function()
      return #places("used-before-definition") == 0
    end)
    undo_brings_back(before)
  end)
end

test("extract by the menu and one undo", function()
  open("work.py", WORK)
  vim.api.nvim_win_set_cursor(0, { 6, 3 })
  local before = buffer()
  wait("the server", function()
    return require("cellwise.client").of(0) ~= nil
  end)
  choose("xtract")
  assert(buffer():find("\ndef ", 1, true), buffer())
  undo_brings_back(before)
end)

test(":Cellwise extract, order and their undo", function()
  open("commands.py", WORK)
  wait("the server", function()
    return require("cellwise.client").of(0) ~= nil
  end)
  vim.api.nvim_win_set_cursor(0, { 6, 3 })
  local before = buffer()
  vim.cmd("Cellwise extract")
  wait_for_change(before)
  undo_brings_back(before)
  vim.cmd("7,7Cellwise extract")
  wait_for_change(before)
  undo_brings_back(before)
end)

test(":Cellwise move asks for the module", function()
  write("shop.py", "import math\n")
  open("moved.ipynb", as_json(WORK), "json")
  wait("the server", function()
    return require("cellwise.client").of(0) ~= nil
  end)
  vim.fn.search("def area")
  local labels
  vim.ui.select = function(items, options, on_choice)
    labels = vim.tbl_map(options.format_item, items)
    on_choice(items[#items])
  end
  vim.ui.input = function(_, on_typed)
    on_typed("areas.py")
  end
  local before = buffer()
  vim.cmd("Cellwise move")
  wait_for_change(before)
  assert(#labels > 1, vim.inspect(labels))
  assert(buffer():find("from areas import area", 1, true), buffer())
  assert(not buffer():find("def area", 1, true), buffer())
  vim.cmd("silent wall")
  assert(table.concat(vim.fn.readfile("areas.py"), "\n"):find("def area(r):", 1, true))
  undo_brings_back(before)
end)

test(":Cellwise order says why it cannot", function()
  open("fine.py", "# %%\nx = 1\n\n# %%\nprint(x)\n")
  wait("the server", function()
    return require("cellwise.client").of(0) ~= nil
  end)
  vim.cmd("Cellwise order")
  wait("a reason", function()
    return #said > 0
  end)
end)

test(":Cellwise explain shows the page of the finding under the cursor", function()
  open("explained.py", SCRIPT)
  wait_for("used-before-definition")
  vim.api.nvim_win_set_cursor(0, { 2, 0 })
  local windows = #vim.api.nvim_list_wins()
  vim.cmd("Cellwise explain")
  wait("a window", function()
    return #vim.api.nvim_list_wins() > windows
  end)
end)

test(":Cellwise graph draws the cells and follows them", function()
  open("drawn.py", SCRIPT)
  wait_for("used-before-definition")
  local own = vim.api.nvim_get_current_buf()
  vim.cmd("Cellwise graph")
  wait("a window", function()
    return vim.bo.filetype == "cellwise-graph"
  end)
  assert(buffer():find("total (2, below!)", 1, true), buffer())
  vim.api.nvim_buf_set_lines(own, 1, 2, false, { "print(1)" })
  wait("the picture follows", function()
    return buffer():find("^Runs from the top") ~= nil
  end)
end)

test("the status line says how the notebook stands", function()
  open("status.py", SCRIPT)
  wait("a status", function()
    return cellwise.status():find("does not run from the top", 1, true) ~= nil
  end)
end)

test("a buffer of other JSON is left alone", function()
  open("data.json", '{"a": 1}', "json")
  vim.wait(300)
  same(require("cellwise.client").of(0), nil, "the client")
end)

test(":checkhealth cellwise names the program", function()
  open("healthy.py", SCRIPT)
  wait_for("used-before-definition")
  vim.cmd("silent checkhealth cellwise")
  assert(buffer():find("cellwise 0.", 1, true), buffer())
  assert(not buffer():find("ERROR", 1, true), buffer())
  assert(buffer():find("healthy.py", 1, true), buffer())
end)

print_line("\n" .. passed .. " passed, " .. failed .. " failed")
