--- One notebook in every text form: what each editor's person would have in the buffer.
---
--- A cell is `{ "code", lines }` or `{ "prose", lines }`; `takes` and `gives` are what marimo writes around it.

local M = {}

---@param lines string[]
---@param prefix string
---@return string
local function prefixed(lines, prefix)
  return table.concat(
    vim.tbl_map(function(line)
      return line == "" and vim.trim(prefix) or prefix .. line
    end, lines),
    "\n"
  )
end

---@param lines string[]
---@return string
local function plain(lines)
  return table.concat(lines, "\n")
end

--- Writes each cell by a function, with something between them.
local function written(cells, between, write)
  return table.concat(vim.tbl_map(write, cells), between)
end

function M.json(cells)
  local text = written(cells, ",\n", function(cell)
    local lines = vim.tbl_map(function(line)
      return "    " .. vim.fn.json_encode(line .. "\n")
    end, cell[2])
    lines[#lines] = lines[#lines]:gsub('\\n"$', '"')
    local head = '  {"cell_type": "markdown", "metadata": {}, "source": [\n'
    if cell[1] == "code" then
      head = '  {"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": [\n'
    end
    return head .. table.concat(lines, ",\n") .. "\n  ]}"
  end)
  return '{\n "cells": [\n'
    .. text
    .. '\n ],\n "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},\n'
    .. ' "nbformat": 4,\n "nbformat_minor": 4\n}'
end

function M.percent(cells)
  return written(cells, "\n\n", function(cell)
    if cell[1] == "code" then
      return "# %%\n" .. plain(cell[2])
    end
    return "# %% [markdown]\n" .. prefixed(cell[2], "# ")
  end) .. "\n"
end

function M.hydrogen(cells)
  local header = "# ---\n# jupyter:\n#   jupytext:\n#     text_representation:\n#       extension: .py\n"
  return header .. "#       format_name: hydrogen\n#       format_version: '1.3'\n# ---\n\n" .. M.percent(cells)
end

function M.databricks(cells)
  return "# Databricks notebook source\n"
    .. written(cells, "\n\n# COMMAND ----------\n\n", function(cell)
      if cell[1] == "code" then
        return plain(cell[2])
      end
      return "# MAGIC %md\n" .. prefixed(cell[2], "# MAGIC ")
    end)
    .. "\n"
end

--- The forms of Markdown: code between a fence and three backticks.
local function fenced(fence)
  return function(cells)
    return written(cells, "\n\n", function(cell)
      if cell[1] == "code" then
        return fence .. "\n" .. plain(cell[2]) .. "\n```"
      end
      return plain(cell[2])
    end) .. "\n"
  end
end

local KERNEL =
  "---\njupyter:\n  kernelspec:\n    display_name: Python 3\n    language: python\n    name: python3\n---\n\n"

function M.markdown(cells)
  return KERNEL .. fenced("```python")(cells)
end

function M.myst(cells)
  return "---\nkernelspec:\n  display_name: Python 3\n  language: python\n  name: python3\n---\n\n"
    .. fenced("```{code-cell} ipython3")(cells)
end

M.quarto = fenced("```{python}")
M.rmarkdown = fenced("```{python}")

function M.marimo(cells)
  local text = written(cells, "\n\n\n", function(cell)
    if cell[1] == "prose" then
      return "@app.cell\ndef _():\n    '" .. plain(cell[2]) .. "'\n    return"
    end
    local returned = cell.gives and "    return (" .. cell.gives .. ",)" or "    return"
    return "@app.cell\ndef _(" .. (cell.takes or "") .. "):\n" .. prefixed(cell[2], "    ") .. "\n" .. returned
  end)
  return "import marimo\n\napp = marimo.App()\n\n\n" .. text .. '\n\n\nif __name__ == "__main__":\n    app.run()\n'
end

return M
