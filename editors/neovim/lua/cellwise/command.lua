--- `:Cellwise`.

local client_of = require("cellwise.client")

local M = {}

---@alias cellwise.Command fun(argument: string?, lines: integer[]?)

--- A command that carries out one action.
---@param name string
---@return cellwise.Command
local function action(name)
  return function(_, lines)
    require("cellwise.actions").run(name, lines)
  end
end

---@type table<string, cellwise.Command>
local commands = {
  extract = function(_, lines)
    local name = lines and "extract-selection-to-function" or "extract-cell-to-function"
    require("cellwise.actions").run(name, lines)
  end,
  move = function(_, lines)
    require("cellwise.actions").move(lines)
  end,
  order = action("order-cells"),
  promote = action("promote-notebook"),
  imports = action("gather-imports"),
  split = action("split-cell"),
  explain = function(argument)
    require("cellwise.shown").explain(argument)
  end,
  graph = function()
    require("cellwise.shown").graph(vim.api.nvim_get_current_buf())
  end,
}

---@return string[]
local function names()
  local all = vim.tbl_keys(commands)
  table.sort(all)
  return all
end

---@param given table What `nvim_create_user_command` hands over.
function M.run(given)
  local words = vim.split(given.args, "%s+", { trimempty = true })
  local command = commands[words[1]]
  if not command then
    local known = table.concat(names(), ", ")
    client_of.say("there is no :Cellwise " .. words[1] .. "; there are: " .. known, vim.log.levels.ERROR)
    return
  end
  local lines = given.range > 0 and { given.line1, given.line2 } or nil
  command(words[2], lines)
end

---@param start string
---@param line string
---@return string[]
function M.complete(start, line)
  if line:match("Cellwise%s+%S+%s") then
    return {}
  end
  return vim.tbl_filter(function(name)
    return vim.startswith(name, start)
  end, names())
end

return M
