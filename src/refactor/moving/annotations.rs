//! Who reads annotations when code runs: `from __future__ import annotations` makes texts of them.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};

use super::closure::Plan;
use super::hazards::contains_word;
use crate::rule::Context;

/// Words of cells that ask for the annotations of something.
const ASKING: &[&str] = &[
    "__annotations__",
    "__annotate__",
    "get_annotations",
    "get_type_hints",
    "signature",
    "getfullargspec",
];

/// Decorators that do not look at annotations.
const BLIND: &[&str] = &[
    "staticmethod",
    "classmethod",
    "property",
    "setter",
    "cached_property",
    "abstractmethod",
    "override",
    "overload",
    "final",
    "cache",
    "lru_cache",
    "wraps",
    "contextmanager",
    "jit",
    "njit",
    "no_grad",
    "inference_mode",
    "vectorize",
    "fixture",
    "cache_data",
    "cache_resource",
    "retry",
];

/// A definition of the plan whose annotations somebody may read when code runs, or the cell that asks for some.
pub fn reader(cx: &Context<'_>, plan: &Plan) -> Option<String> {
    let mut annotated = false;
    for piece in &plan.pieces {
        let mut walk = Annotations::default();
        walk.visit_stmt(&piece.stmt);
        if walk.may_be_read {
            return Some(format!("`{}`", piece.names.first()?));
        }
        annotated |= walk.found;
    }
    let mut cells = cx.notebook.python_cells();
    let asks = cells.find(|(_, cell)| ASKING.iter().any(|word| contains_word(&cell.text, word)));
    asks.filter(|_| annotated)
        .map(|(cell, _)| cx.cell_name(cell))
}

#[derive(Default)]
struct Annotations {
    found: bool,
    /// By a decorator, or by what a class is made with.
    may_be_read: bool,
}

impl<'a> Visitor<'a> for Annotations {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(own) => {
                let mut inner = Self::default();
                inner.visit_parameters(&own.parameters);
                inner.found |= own.returns.is_some();
                let seen = |decorator: &Expr| !last_name(decorator).is_some_and(is_blind);
                let mut decorators = own.decorator_list.iter();
                self.may_be_read |= inner.found && decorators.any(|own| seen(&own.expression));
                self.found |= inner.found;
                self.visit_body(&own.body);
            }
            Stmt::ClassDef(own) => {
                // Fields: of a dataclass, of a model, of a named tuple.
                self.may_be_read |= own.body.iter().any(Stmt::is_ann_assign_stmt);
                self.visit_body(&own.body);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_annotation(&mut self, _: &'a Expr) {
        self.found = true;
    }
}

fn is_blind(name: &str) -> bool {
    BLIND.contains(&name)
}

/// `cache` of `cache`, `functools.cache` and `functools.cache(…)`.
fn last_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(own) => Some(own.id.as_str()),
        Expr::Attribute(own) => Some(own.attr.as_str()),
        Expr::Call(own) => last_name(&own.func),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::action::Client;
    use crate::actions;
    use crate::config::Config;
    use crate::engine::Analysis;
    use crate::format::percent;
    use crate::notebook::CellIdx;
    use crate::project::MemoryProject;
    use crate::text::TextRange;

    /// Moves `gross` to a module in which annotations are texts.
    fn moved(cells: &str) -> Result<(), String> {
        let notebook = percent::parse(cells);
        let analysis = Analysis::new(notebook, Arc::new(Config::default()));
        let module = "from __future__ import annotations\n";
        let project = MemoryProject::new("n.ipynb", [("m.py", module)]);
        let client = Client {
            cell_structure: true,
            files: true,
        };
        let action = actions::find("move-to-module").unwrap();
        let (cell, range) = (CellIdx(0), TextRange::default());
        let edit = analysis.edit(action, Some("m.py#gross"), cell, range, client, &project);
        edit.map(|_| ()).map_err(|refusal| refusal.0)
    }

    #[test]
    fn annotations_become_texts_where_nobody_reads_them() {
        for free in [
            "def gross(net):\n    return net",
            "def gross(net: int) -> int:\n    return net",
            "import functools\n@functools.lru_cache(maxsize=None)\ndef gross(net: int):\n    return net",
            "class gross:\n    def tax(self, net: int):\n        x: int = net\n        return x",
            "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass gross:\n    net: int",
            "def gross(net):\n    return net\n# %%\nimport inspect\nprint(inspect.signature(gross))",
        ] {
            assert_eq!(moved(&format!("# %%\n{free}\n")), Ok(()), "{free}");
        }
        for read in [
            "from dataclasses import dataclass\n@dataclass\nclass gross:\n    net: int",
            "class gross:\n    net: int = 1",
            "import functools\n@functools.singledispatch\ndef gross(net: int):\n    return net",
            "def gross(net: int):\n    return net\n# %%\nimport inspect\nprint(inspect.signature(gross))",
        ] {
            let reason = moved(&format!("# %%\n{read}\n")).unwrap_err();
            assert!(reason.contains("would become texts"), "{read}: {reason}");
        }
    }
}
