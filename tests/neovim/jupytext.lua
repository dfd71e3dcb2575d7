-- An `.ipynb` under its own name with a text in its buffer, as jupytext.nvim shows it: jupytext makes the text, and
-- makes the notebook of it again when it is written, with the outputs and ids that were there.
local support = require("support")

local STYLES = {
  { "hydrogen", "py:hydrogen", ".py", "python" },
  { "percent", "py:percent", ".py", "python" },
  { "markdown", "md:markdown", ".md", "markdown" },
}

local function cell(id, count, lines, shown)
  return {
    cell_type = "code",
    execution_count = count,
    id = id,
    metadata = vim.empty_dict(),
    outputs = shown and { { name = "stdout", output_type = "stream", text = { shown } } } or {},
    source = lines,
  }
end

local NOTEBOOK = {
  cells = {
    { cell_type = "markdown", id = "title", metadata = vim.empty_dict(), source = { "# Prices 😀" } },
    cell("early", 3, { "print('😀', total)" }, "6\n"),
    cell("prices", 1, { "prices = [1, 2, 3]" }),
    cell("sum", 2, { "doubled = [p * 2 for p in prices]\n", "total = sum(doubled)" }),
    cell("last", 4, { "print(total + 1)" }, "7\n"),
  },
  metadata = { kernelspec = { display_name = "Python 3", language = "python", name = "python3" } },
  nbformat = 4,
  nbformat_minor = 5,
}

local function jupytext(...)
  local command = { os.getenv("JUPYTEXT_PYTHON"), "-m", "jupytext", "--quiet", ... }
  local said = vim.fn.system(command)
  assert(vim.v.shell_error == 0, said)
end

--- What the plugin does when such a file is opened and written.
local function show_as(form, extension, filetype)
  local group = vim.api.nvim_create_augroup("jupytext", { clear = true })
  local function text_of(name)
    return vim.fn.fnamemodify(name, ":p:r") .. "-text" .. extension
  end
  vim.api.nvim_create_autocmd("BufReadCmd", {
    group = group,
    pattern = "*.ipynb",
    callback = function(event)
      local text = text_of(event.match)
      jupytext("--to", form, "--output", text, vim.fn.fnamemodify(event.match, ":p"))
      -- What was read cannot be undone.
      local levels = vim.bo.undolevels
      vim.bo.undolevels = -1
      vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.fn.readfile(text))
      vim.bo.undolevels = levels
      vim.fn.delete(text)
      vim.bo.filetype = filetype
      vim.bo.modified = false
    end,
  })
  vim.api.nvim_create_autocmd("BufWriteCmd", {
    group = group,
    pattern = "*.ipynb",
    callback = function(event)
      local text = text_of(event.match)
      vim.fn.writefile(vim.api.nvim_buf_get_lines(0, 0, -1, false), text)
      jupytext("--update", "--to", "ipynb", "--output", vim.fn.fnamemodify(event.match, ":p"), text)
      vim.fn.delete(text)
      vim.bo.modified = false
    end,
  })
end

--- The code cells of the file: id, text, and what was shown.
local function saved(name)
  local found = {}
  for _, own in ipairs(vim.fn.json_decode(table.concat(vim.fn.readfile(name), "\n")).cells) do
    if own.cell_type == "code" then
      local shown = own.outputs[1] and table.concat(own.outputs[1].text) or ""
      table.insert(found, { own.id, table.concat(own.source), shown })
    end
  end
  return found
end

for _, style in ipairs(STYLES) do
  support.test("jupytext's " .. style[1] .. " in the buffer of an .ipynb", function()
    show_as(style[2], style[3], style[4])
    local name = "jupytext/" .. style[1] .. ".ipynb"
    support.write(name, vim.fn.json_encode(NOTEBOOK))
    vim.cmd("edit! " .. name)
    support.wait_for("used-before-definition")
    local line = vim.fn.search("print('😀', total)")
    local start = ("print('😀', "):len()
    support.same(support.places("used-before-definition"), { { line - 1, start, start + 5 } }, "the place")

    local before = support.buffer()
    vim.api.nvim_win_set_cursor(0, { line, start })
    support.choose("runs from the top")
    support.undo_brings_back(before)
    support.choose("runs from the top")
    vim.fn.search("total = sum")
    support.choose("xtract")
    vim.cmd("silent write")
    local written = saved(name)
    -- Which of the two is the cell that there was, jupytext guesses.
    written[2][1], written[3][1] = "new", "new"
    support.same(written, {
      { "prices", "prices = [1, 2, 3]", "" },
      {
        "new",
        "def compute_total(prices):\n    doubled = [p * 2 for p in prices]\n    total = sum(doubled)\n    return total",
        "",
      },
      { "new", "total = compute_total(prices)", "" },
      { "early", "print('😀', total)", "6\n" },
      { "last", "print(total + 1)", "7\n" },
    }, "the file")
  end)
end
vim.api.nvim_create_augroup("jupytext", { clear = true })
