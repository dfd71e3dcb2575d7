if vim.g.loaded_cellwise or vim.fn.has("nvim-0.7") == 0 then
  return
end
vim.g.loaded_cellwise = true

vim.api.nvim_create_user_command("Cellwise", function(given)
  require("cellwise.command").run(given)
end, {
  nargs = "+",
  range = true,
  complete = function(...)
    return require("cellwise.command").complete(...)
  end,
  desc = "Refactor and explain the notebook in this buffer",
})
