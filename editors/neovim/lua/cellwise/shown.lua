--- What is shown besides diagnostics: how a notebook stands, its graph as text, a rule's manual page.

local client_of = require("cellwise.client")

local M = {}

---@class cellwise.Status
---@field findings table<string, integer>
---@field runsFromTop boolean
---@field why string[]
---@field stale { uri: string, index: integer }[]

---@type table<string, integer> The buffer that shows a notebook's graph, by the notebook's URI.
local drawn = {}

---@type table<string, fun(err: any, result: any, context: table)>
M.handlers = {}

M.handlers["cellwise/status"] = function(_, result)
  local bufnr = vim.uri_to_bufnr(result.notebook)
  vim.b[bufnr].cellwise_status = result
  vim.cmd("redrawstatus!")
end

M.handlers["cellwise/graphChanged"] = function(_, result)
  local shown = drawn[result.notebook]
  if shown and vim.api.nvim_buf_is_valid(shown) and vim.fn.bufwinid(shown) ~= -1 then
    M.graph(vim.uri_to_bufnr(result.notebook))
  end
end

--- For a status line: `cellwise 2E 1W, does not run from the top`; empty where there is no notebook.
---@param bufnr? integer
---@return string
function M.status(bufnr)
  local status = vim.b[bufnr or vim.api.nvim_get_current_buf()].cellwise_status
  if not status then
    return ""
  end
  local parts = { "cellwise" }
  for _, severity in ipairs({ "error", "warning" }) do
    local count = status.findings[severity] or 0
    if count > 0 then
      table.insert(parts, count .. severity:sub(1, 1):upper())
    end
  end
  local text = table.concat(parts, " ")
  return status.runsFromTop and text or text .. ", does not run from the top"
end

--- A cell as people count it, from 1.
---@param index integer
---@return string
local function numbered(index)
  return string.format("%d", index + 1)
end

---@param graph table The answer to `cellwise/graph`.
---@return string[]
function M.graph_lines(graph)
  local takes, gives = {}, {}
  for _, edge in ipairs(graph.edges) do
    local from, to = edge.from, edge.to
    local names = table.concat(edge.names, ", ")
    takes[to] = takes[to] or {}
    gives[from] = gives[from] or {}
    local below = edge.backward and ", below!" or ""
    table.insert(takes[to], string.format("%s (%s%s)", names, numbered(from), below))
    table.insert(gives[from], numbered(to))
  end
  local lines = { graph.runsFromTop and "Runs from the top." or "Does not run from the top." }
  local order = client_of.known(graph.order)
  if order then
    table.insert(lines, "An order that does: " .. table.concat(vim.tbl_map(numbered, order), " "))
  end
  table.insert(lines, "")
  for _, cell in ipairs(graph.cells) do
    if cell.kind == "code" then
      local count = client_of.known(cell.executionCount)
      local run = count and string.format("[%d]", count) or "[ ]"
      local title = cell.title:gsub("%c", " ")
      table.insert(lines, string.format("%3s %5s %-6s %s", numbered(cell.index), run, cell.state, title))
      if takes[cell.index] then
        table.insert(lines, "                 takes " .. table.concat(takes[cell.index], "; "))
      end
      if gives[cell.index] then
        table.insert(lines, "                 used by " .. table.concat(gives[cell.index], ", "))
      end
    end
  end
  return lines
end

---@param uri string
---@return integer
local function drawing(uri)
  local bufnr = drawn[uri]
  if bufnr and vim.api.nvim_buf_is_valid(bufnr) then
    return bufnr
  end
  bufnr = vim.api.nvim_create_buf(false, true)
  vim.bo[bufnr].filetype = "cellwise-graph"
  drawn[uri] = bufnr
  return bufnr
end

--- Shows the cells of a buffer's notebook and what they take from each other. It follows the notebook.
---@param bufnr integer
function M.graph(bufnr)
  local client = client_of.of(bufnr)
  if not client then
    client_of.say("this buffer has no server; see :checkhealth cellwise", vim.log.levels.WARN)
    return
  end
  local uri = vim.uri_from_bufnr(bufnr)
  client_of.request(client, bufnr, "cellwise/graph", { notebook = uri }, function(graph)
    graph = client_of.known(graph)
    if not graph then
      client_of.say("this buffer holds no notebook", vim.log.levels.WARN)
      return
    end
    local shown = drawing(uri)
    vim.bo[shown].modifiable = true
    vim.api.nvim_buf_set_lines(shown, 0, -1, false, M.graph_lines(graph))
    vim.bo[shown].modifiable = false
    if vim.fn.bufwinid(shown) == -1 then
      vim.cmd("belowright sbuffer " .. shown)
    end
  end)
end

--- The rule of a diagnostic under the cursor, or else of one on its line.
---@return string?
local function rule_at_cursor()
  local cursor = vim.api.nvim_win_get_cursor(0)
  local of_line
  for _, diagnostic in ipairs(vim.diagnostic.get(0, { lnum = cursor[1] - 1 })) do
    if diagnostic.source == "cellwise" then
      local code = diagnostic.code or vim.tbl_get(diagnostic, "user_data", "lsp", "code")
      if diagnostic.col <= cursor[2] and cursor[2] < diagnostic.end_col then
        return code
      end
      of_line = of_line or code
    end
  end
  return of_line
end

--- Shows the manual page of a rule or an action; without a name that of the finding under the cursor.
---@param rule? string
function M.explain(rule)
  local bufnr = vim.api.nvim_get_current_buf()
  local client = client_of.of(bufnr)
  rule = rule or rule_at_cursor()
  if not client then
    client_of.say("this buffer has no server; see :checkhealth cellwise", vim.log.levels.WARN)
    return
  end
  if not rule then
    client_of.say("there is no finding on this line; :Cellwise explain RULE takes a name", vim.log.levels.WARN)
    return
  end
  client_of.request(client, bufnr, "cellwise/explain", { rule = rule }, function(page)
    page = client_of.known(page)
    if not page then
      client_of.say("there is no rule " .. rule, vim.log.levels.WARN)
      return
    end
    local lines = vim.split(page.markdown, "\n", { plain = true })
    vim.lsp.util.open_floating_preview(lines, "markdown", { focus_id = "cellwise-explain", border = "single" })
  end)
end

return M
