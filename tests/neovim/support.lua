--- What a person does in Neovim, and what is seen then.

local M = {}

local passed, failed = 0, 0
--- What the plugin said in the test that runs.
M.said = {}
vim.notify = function(message)
  table.insert(M.said, message)
end

function M.print_line(text)
  io.stdout:write(text .. "\n")
end

function M.test(name, body)
  M.said = {}
  local ok, err = pcall(body)
  vim.cmd("silent! pclose | silent! only! | silent! %bwipeout!")
  if ok then
    passed = passed + 1
  else
    failed = failed + 1
    M.print_line("FAIL " .. name .. ": " .. tostring(err) .. " | said: " .. vim.inspect(M.said))
  end
end

function M.same(found, expected, what)
  if not vim.deep_equal(found, expected) then
    error((what or "") .. " is " .. vim.inspect(found) .. " and not " .. vim.inspect(expected), 2)
  end
end

function M.wait(what, condition)
  if not vim.wait(10000, condition, 20) then
    error("waited in vain: " .. what, 2)
  end
end

function M.write(name, text)
  vim.fn.mkdir(vim.fn.fnamemodify(name, ":h"), "p")
  -- A final line break is the file's, and no line of the buffer.
  vim.fn.writefile(vim.split(text:gsub("\n$", ""), "\n", { plain = true }), name)
end

function M.open(name, text, filetype)
  M.write(name, text)
  vim.cmd("edit! " .. name)
  if filetype then
    vim.bo.filetype = filetype
  end
end

function M.buffer()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
end

--- The places of a rule's findings in the buffer: line and columns, from 0, in bytes.
function M.places(rule)
  local found = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
    local code = diagnostic.code or vim.tbl_get(diagnostic, "user_data", "lsp", "code")
    if code == rule then
      table.insert(found, { diagnostic.lnum, diagnostic.col, diagnostic.end_col })
    end
  end
  return found
end

function M.wait_for(rule)
  M.wait("a finding of " .. rule, function()
    return #M.places(rule) > 0
  end)
end

--- Carries out the first code action whose title holds a text, and not another one, by Neovim's own menu.
function M.choose(part, without)
  local titles
  vim.ui.select = function(items, options, on_choice)
    titles = vim.tbl_map(options.format_item, items)
    for at, title in ipairs(titles) do
      if title:find(part, 1, true) and not (without and title:find(without, 1, true)) then
        return on_choice(items[at], at)
      end
    end
    on_choice(nil)
  end
  local before = M.buffer()
  vim.lsp.buf.code_action()
  local changed = vim.wait(10000, function()
    return M.buffer() ~= before
  end, 20)
  if not changed then
    error("no action '" .. part .. "' changed the text; there are " .. vim.inspect(titles), 2)
  end
end

function M.wait_for_change(before)
  M.wait("the text changes", function()
    return M.buffer() ~= before
  end)
end

function M.undo_brings_back(before)
  vim.cmd("silent undo")
  M.same(M.buffer(), before, "the text after one undo")
end

--- The server of this buffer.
function M.wait_for_server()
  M.wait("the server", function()
    return require("cellwise.client").of(0) ~= nil
  end)
end

--- The last line of the session.
function M.print_count()
  M.print_line("\n" .. passed .. " passed, " .. failed .. " failed")
end

return M
