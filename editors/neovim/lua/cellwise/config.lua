--- How the server is started, and for which buffers.

local M = {}

---@class cellwise.Options
---@field cmd? string[] The server's command line; `{ "cellwise", "server" }` without it.
---@field filetypes? string[] Buffers of these types are looked at.
---@field root_markers? string[] A folder that holds one of these is the workspace.
---@field settings? table<string, any> As in `cellwise.toml`.
---@field capabilities? table What the client can do, where a completion plugin adds to it.
---@field on_attach? fun(client: table, bufnr: integer)

---@type string[]
local FILETYPES = { "python", "json", "ipynb", "markdown", "quarto", "rmd" }

---@type string[]
local ROOT_MARKERS = { "cellwise.toml", "pyproject.toml", ".git" }

--- Whether a buffer may hold a notebook. Of JSON only notebooks are sent; the server tells all else by the text.
---@param bufnr integer
---@return boolean
function M.may_be_notebook(bufnr)
  if vim.bo[bufnr].buftype ~= "" then
    return false
  end
  local name = vim.api.nvim_buf_get_name(bufnr)
  return vim.bo[bufnr].filetype ~= "json" or name:sub(-6) == ".ipynb"
end

--- The nearest folder above a buffer's file that holds one of the markers, or the file's own folder.
---@param bufnr integer
---@param markers string[]
---@return string
function M.root(bufnr, markers)
  local name = vim.api.nvim_buf_get_name(bufnr)
  local own = name == "" and vim.fn.getcwd() or vim.fn.fnamemodify(name, ":p:h")
  local folder = own
  while true do
    for _, marker in ipairs(markers) do
      if vim.loop.fs_stat(folder .. "/" .. marker) then
        return folder
      end
    end
    local above = vim.fn.fnamemodify(folder, ":h")
    if above == folder then
      return own
    end
    folder = above
  end
end

--- The configuration of the client, in the terms of `vim.lsp.config`.
---@param options? cellwise.Options
---@return table
function M.defaults(options)
  options = options or {}
  local markers = options.root_markers or ROOT_MARKERS
  return {
    cmd = options.cmd or { "cellwise", "server" },
    filetypes = options.filetypes or FILETYPES,
    root_dir = function(bufnr, on_dir)
      if M.may_be_notebook(bufnr) then
        on_dir(M.root(bufnr, markers))
      end
    end,
    init_options = { status = true, graph = true, settings = options.settings },
    capabilities = options.capabilities,
    on_attach = options.on_attach,
    handlers = require("cellwise.shown").handlers,
    commands = {
      ["cellwise.showGraph"] = function(_, context)
        require("cellwise.shown").graph(context.bufnr)
      end,
    },
  }
end

return M
