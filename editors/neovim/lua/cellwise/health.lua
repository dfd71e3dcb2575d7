--- `:checkhealth cellwise`.

local client_of = require("cellwise.client")

local M = {}

local health = vim.health or require("health")
local start = health.start or health.report_start
local ok = health.ok or health.report_ok
local info = health.info or health.report_info
local fail = health.error or health.report_error

---@return string
local function program()
  local command = require("cellwise").command or require("cellwise.config").defaults().cmd
  return command[1]
end

function M.check()
  start("Cellwise")
  if vim.fn.has("nvim-0.7") == 1 then
    ok("Neovim is 0.7 or newer")
  else
    fail("Neovim is older than 0.7")
  end
  local path = program()
  if vim.fn.executable(path) == 1 then
    local version = vim.trim(vim.fn.system({ path, "--version" }))
    ok(string.format("%s is %s", version, vim.fn.exepath(path)))
  else
    fail(path .. " is no program; `cargo install --path .` installs it, or name it in `cmd`")
  end
  local any = false
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if client_of.of(bufnr) then
      any = true
      local name = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(bufnr), ":~:.")
      local status = require("cellwise").status(bufnr)
      info(string.format("%s (%s): %s", name, vim.bo[bufnr].filetype, status == "" and "no notebook" or status))
    end
  end
  if not any then
    info('the server serves no buffer; `require("cellwise").setup{}` starts it with the first notebook')
  end
end

return M
