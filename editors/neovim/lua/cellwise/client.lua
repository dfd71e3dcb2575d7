--- What differs between the versions of Neovim's client.

local M = {}

---@return boolean
function M.has_config()
  return vim.fn.has("nvim-0.11") == 1
end

--- Our client of a buffer; `nil` where none is attached.
---@param bufnr integer
---@return table?
function M.of(bufnr)
  local clients
  if vim.lsp.get_clients then
    clients = vim.lsp.get_clients({ bufnr = bufnr })
  else
    clients = vim.lsp.buf_get_clients(bufnr)
  end
  for _, client in pairs(clients) do
    if client.name == "cellwise" then
      return client
    end
  end
  return nil
end

--- Sends a request of a buffer and says what went wrong, if anything did.
---@param client table
---@param bufnr integer
---@param method string
---@param params table
---@param done fun(result: any)
function M.request(client, bufnr, method, params, done)
  local function answered(err, result)
    if err then
      M.say(err.message or tostring(err), vim.log.levels.ERROR)
    else
      done(result)
    end
  end
  if M.has_config() then
    client:request(method, params, answered, bufnr)
  else
    client.request(method, params, answered, bufnr)
  end
end

---@param message string
---@param level? integer Of `vim.log.levels`.
function M.say(message, level)
  vim.notify("Cellwise: " .. message, level or vim.log.levels.INFO)
end

--- `null` of an answer, which older versions keep as a value.
---@param value any
---@return any
function M.known(value)
  if value == vim.NIL then
    return nil
  end
  return value
end

return M
