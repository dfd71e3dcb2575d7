--- Code actions by their names.

local client_of = require("cellwise.client")

local M = {}

--- What is selected, as LSP counts: the cursor, or whole lines.
---@param bufnr integer
---@param encoding string
---@param lines? integer[] The first and the last line, from 1.
---@return table
local function selected(bufnr, encoding, lines)
  local function place(line, column)
    return { line = line, character = vim.lsp.util.character_offset(bufnr, line, column, encoding) }
  end
  if not lines then
    local cursor = vim.api.nvim_win_get_cursor(0)
    local at = place(cursor[1] - 1, cursor[2])
    return { start = at, ["end"] = at }
  end
  local last = vim.api.nvim_buf_get_lines(bufnr, lines[2] - 1, lines[2], false)[1] or ""
  return { start = place(lines[1] - 1, 0), ["end"] = place(lines[2] - 1, #last) }
end

--- The buffers with unsaved changes, by their numbers.
---@return table<integer, boolean>
local function unsaved()
  local found = {}
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    found[bufnr] = vim.api.nvim_buf_is_loaded(bufnr) and vim.bo[bufnr].modified or nil
  end
  return found
end

--- Tells of other files that an edit left unsaved, for they are in no window.
---@param before table<integer, boolean>
---@param own integer
local function tell_of_unsaved(before, own)
  local names = {}
  for bufnr in pairs(unsaved()) do
    if bufnr ~= own and not before[bufnr] then
      vim.bo[bufnr].buflisted = true
      table.insert(names, vim.fn.fnamemodify(vim.api.nvim_buf_get_name(bufnr), ":~:."))
    end
  end
  if #names > 0 then
    table.sort(names)
    client_of.say("also changed, and not written yet: " .. table.concat(names, ", ") .. " (:wall writes all)")
  end
end

--- Resolves a listed action and applies its edit: in each buffer one step of undo.
---@param client table
---@param bufnr integer
---@param action table
local function apply(client, bufnr, action)
  client_of.request(client, bufnr, "codeAction/resolve", action, function(resolved)
    local before = unsaved()
    vim.lsp.util.apply_workspace_edit(resolved.edit, client.offset_encoding)
    tell_of_unsaved(before, bufnr)
  end)
end

--- Lists what can be done at the cursor or in lines, and hands over the actions of one name.
---@param name string
---@param lines? integer[]
---@param done fun(client: table, bufnr: integer, actions: table[])
local function find(name, lines, done)
  local bufnr = vim.api.nvim_get_current_buf()
  local client = client_of.of(bufnr)
  if not client then
    client_of.say("this buffer has no server; see :checkhealth cellwise", vim.log.levels.WARN)
    return
  end
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(bufnr) },
    range = selected(bufnr, client.offset_encoding, lines),
    context = { diagnostics = {} },
  }
  client_of.request(client, bufnr, "textDocument/codeAction", params, function(listed)
    local own, reason = {}, nil
    for _, action in ipairs(client_of.known(listed) or {}) do
      if vim.tbl_get(action, "data", "action") == name then
        local disabled = client_of.known(action.disabled)
        if disabled then
          reason = disabled.reason
        else
          table.insert(own, action)
        end
      end
    end
    if #own == 0 then
      client_of.say(reason or (name .. " can do nothing here"), vim.log.levels.WARN)
      return
    end
    done(client, bufnr, own)
  end)
end

--- Carries out an action at the cursor or in lines; where there are several of the name, the person chooses.
---@param name string As in `cellwise explain`.
---@param lines? integer[] The first and the last line, from 1.
function M.run(name, lines)
  find(name, lines, function(client, bufnr, actions)
    if #actions == 1 then
      apply(client, bufnr, actions[1])
      return
    end
    local function title(action)
      return action.title
    end
    vim.ui.select(actions, { prompt = "Cellwise", format_item = title }, function(action)
      if action then
        apply(client, bufnr, action)
      end
    end)
  end)
end

--- Asks which module definitions go to, and moves them there.
---@param lines? integer[]
function M.move(lines)
  find("move-to-module", lines, function(client, bufnr, actions)
    local action = actions[1]
    client_of.request(client, bufnr, "cellwise/targets", { data = action.data }, function(choices)
      choices = client_of.known(choices)
      if not choices then
        client_of.say("the cell has changed meanwhile; ask again", vim.log.levels.WARN)
        return
      end
      local function label(target)
        return target.label .. "  " .. target.description
      end
      local items = vim.list_extend({}, choices.targets)
      table.insert(items, { label = "Another file…", description = "", isNew = true })
      local function to(argument)
        action.data.argument = argument
        apply(client, bufnr, action)
      end
      vim.ui.select(items, { prompt = action.title, format_item = label }, function(target)
        if target and target.argument then
          to(target.argument)
        elseif target then
          vim.ui.input({ prompt = choices.placeholder .. ": " }, function(typed)
            if typed and typed ~= "" then
              to(typed)
            end
          end)
        end
      end)
    end)
  end)
end

return M
