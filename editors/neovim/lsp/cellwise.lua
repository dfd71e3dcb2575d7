-- For Neovim 0.11 and newer: `vim.lsp.enable("cellwise")` finds this file on 'runtimepath'.
return require("cellwise.config").defaults()
