--- The Neovim client of Cellwise, a language server for notebooks. See `:help cellwise`.

local config = require("cellwise.config")
local client_of = require("cellwise.client")

local M = {}

---@type string[]? The server's command line, once it is set up.
M.command = nil

---@type table<string, integer> Our clients by their root, where Neovim cannot find them again itself.
local started = {}

--- Starts the server for a buffer, or joins it to the one that its folder has. For Neovim before 0.11.
---@param bufnr integer
---@param options cellwise.Options
local function attach(bufnr, options)
  if not config.may_be_notebook(bufnr) then
    return
  end
  local own = config.defaults(options)
  own.name = "cellwise"
  own.root_dir(bufnr, function(root)
    own.root_dir = root
    own.workspace_folders = { { uri = vim.uri_from_fname(root), name = root } }
    if vim.lsp.start then
      vim.lsp.start(own, { bufnr = bufnr })
      return
    end
    local id = started[root]
    if not id or not vim.lsp.get_client_by_id(id) then
      id = vim.lsp.start_client(own)
      started[root] = id
    end
    if id then
      vim.lsp.buf_attach_client(bufnr, id)
    end
  end)
end

--- Starts the server for buffers that may hold a notebook, open ones included.
---@param options? cellwise.Options
function M.setup(options)
  options = options or {}
  M.command = config.defaults(options).cmd
  if client_of.has_config() then
    vim.lsp.config("cellwise", config.defaults(options))
    vim.lsp.enable("cellwise")
    return
  end
  local filetypes = config.defaults(options).filetypes
  local group = vim.api.nvim_create_augroup("cellwise", { clear = true })
  vim.api.nvim_create_autocmd("FileType", {
    group = group,
    pattern = filetypes,
    callback = function(event)
      attach(event.buf, options)
    end,
  })
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) and vim.tbl_contains(filetypes, vim.bo[bufnr].filetype) then
      attach(bufnr, options)
    end
  end
end

--- How a buffer's notebook stands, for a status line.
---@param bufnr? integer
---@return string
function M.status(bufnr)
  return require("cellwise.shown").status(bufnr)
end

return M
