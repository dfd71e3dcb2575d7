//! What a notebook shows by itself, said in code: the last expression of a cell, and figures when a cell ends.

use ruff_python_ast::{Expr, Stmt};
use ruff_python_parser::Mode;
use rustc_hash::FxHashSet;

use crate::action::Refusal;
use crate::analysis::facts::{BindingKind, StatementKind};
use crate::analysis::known::builtins::DATABRICKS_RUNTIME;
use crate::analysis::python;
use crate::analysis::source::parse_part;
use crate::notebook::{CellIdx, Home};
use crate::refactor::module::Import;
use crate::refactor::words::words;
use crate::refactor::{layout, pieces, shown as refactor_shown};
use crate::rule::Context;

/// The function that shows a value as a notebook shows the last expression of a cell.
///
/// `pretty` writes what a notebook prints; without a kernel, `display` itself would print `str(value)`.
const SHOW: &str = r#"def show(value):
    """Show a value as the last line of a notebook's cell is shown."""
    if value is None:
        return
    if get_ipython() is None:
        print(pretty(value))
    else:
        display(value)"#;

/// What the module needs beyond the notebook's own code.
#[derive(Debug)]
pub struct Helpers {
    pub shows: bool,
    /// Whether the notebook calls IPython's `display`.
    displays: bool,
    /// What has the platform's own `display`.
    runtime: Option<&'static str>,
    /// What pyplot is called.
    pyplot: String,
    imports_pyplot: bool,
    /// Whether pyplot is needed and the notebook does not import it.
    pub adds_pyplot: bool,
    /// Names by which code is known to draw.
    drawers: FxHashSet<String>,
}

/// Modules that draw figures which the notebook shows when a cell ends.
const DRAWING: &[&str] = &[
    "matplotlib",
    "pylab",
    "seaborn",
    "plotnine",
    "missingno",
    "scikitplot",
    "yellowbrick",
    "shap",
];

/// Methods of tables and models that draw.
const DRAWING_METHODS: &[&str] = &[
    ".plot(",
    ".plot.",
    ".hist(",
    ".boxplot(",
    ".plot_",
    "plot_model(",
    "plot_tree(",
];

impl Helpers {
    /// What the notebook needs of them.
    ///
    /// # Errors
    /// Where the notebook has a name that the module needs for itself.
    pub fn new(cx: &Context<'_>) -> Result<Self, Refusal> {
        let mut helpers = Self {
            shows: false,
            displays: false,
            runtime: (cx.notebook.meta.home == Home::Databricks).then_some(DATABRICKS_RUNTIME),
            pyplot: "plt".to_owned(),
            imports_pyplot: false,
            adds_pyplot: false,
            drawers: FxHashSet::default(),
        };
        for (index, _) in cx.notebook.python_cells() {
            let facts = cx.facts(index);
            for binding in &facts.bindings {
                let BindingKind::Import { module, member } = &binding.kind else {
                    continue;
                };
                let root = module.split('.').next().unwrap_or_default();
                if DRAWING.contains(&root) {
                    helpers.drawers.insert(binding.name.to_string());
                }
                let is_pyplot = (module == "matplotlib.pyplot"
                    && member.is_none()
                    && binding.name != "matplotlib")
                    || (module == "matplotlib"
                        && member.as_ref().is_some_and(|member| member == "pyplot"));
                if is_pyplot {
                    helpers.pyplot = binding.name.to_string();
                    helpers.imports_pyplot = true;
                }
            }
            helpers.displays |=
                asks(cx, index, "display") && cx.link.binders("display").next().is_none();
        }
        helpers.find_drawing_functions(cx);
        for name in ["show", "display", "pretty", "get_ipython"] {
            if cx.link.binders(name).next().is_some() {
                return Err(
                    format!("`{name}` is a name of the notebook, and the module needs it").into(),
                );
            }
        }
        Ok(helpers)
    }

    /// Functions of the notebook whose code draws, by themselves or through others.
    fn find_drawing_functions(&mut self, cx: &Context<'_>) {
        if self.drawers.is_empty() {
            return;
        }
        let mut functions: Vec<(String, &str)> = Vec::new();
        for (index, cell) in cx.notebook.python_cells() {
            let facts = cx.facts(index);
            for binding in facts
                .bindings
                .iter()
                .filter(|binding| binding.kind.is_definition())
            {
                if let Some(statement) = facts.statements.get(binding.statement as usize) {
                    functions.push((binding.name.to_string(), &cell.text[statement.range]));
                }
            }
        }
        while let Some(at) = functions
            .iter()
            .position(|(name, code)| !self.drawers.contains(name) && self.draws(code))
        {
            let (name, _) = functions.swap_remove(at);
            self.drawers.insert(name);
        }
    }

    fn draws(&self, code: &str) -> bool {
        !self.drawers.is_empty()
            && (words(code).any(|word| self.drawers.contains(word))
                || DRAWING_METHODS.iter().any(|method| code.contains(method)))
    }

    /// The work of a cell with calls that show what the cell showed.
    ///
    /// # Errors
    /// Where its last expression cannot be told from the rest.
    pub fn show(
        &mut self,
        cx: &Context<'_>,
        index: CellIdx,
        work: &str,
    ) -> Result<String, Refusal> {
        let mut text = work.trim_end().to_owned();
        let facts = cx.facts(index);
        let is_shown = facts.trailing.is_some_and(|trailing| !trailing.suppressed)
            && facts
                .statements
                .last()
                .is_some_and(|last| last.kind == StatementKind::Expression);
        let own = python::facts(&text);
        let last = own
            .statements
            .last()
            .filter(|last| is_shown && last.kind == StatementKind::Expression);
        if let Some(last) = last {
            let code = &text[last.range];
            if !refactor_shown::shows_nothing(cx, &text, last.range) {
                let code = shown(code).ok_or_else(|| {
                    format!(
                        "the last expression of {} cannot be read",
                        cx.cell_name(index)
                    )
                })?;
                let range = std::ops::Range::<usize>::from(last.range);
                text.replace_range(range, &code);
                self.shows = true;
            }
        }
        if self.draws(work) {
            let show = format!("{}.show()", self.pyplot);
            let last_line = text
                .lines()
                .rfind(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
            if last_line.is_none_or(|line| line.trim() != show) {
                text.push('\n');
                text.push_str(&show);
                if !self.imports_pyplot {
                    if cx.link.binders("plt").next().is_some() {
                        return Err("`plt` is a name of the notebook, and not pyplot's".into());
                    }
                    self.adds_pyplot = true;
                }
            }
        }
        Ok(text)
    }

    /// Imports that the helpers and the notebook's own `display` need.
    pub fn imports(&self) -> Vec<Import> {
        let mut imports = Vec::new();
        if self.adds_pyplot {
            imports.push(Import {
                name: "plt".into(),
                module: "matplotlib.pyplot".into(),
                member: None,
            });
        }
        if self.shows {
            imports.push(Import::member("IPython", "get_ipython"));
            imports.push(Import::member("IPython.lib.pretty", "pretty"));
        }
        if self.shows || self.displays {
            let module = self.runtime.unwrap_or("IPython.display");
            imports.push(Import::member(module, "display"));
        }
        imports
    }

    pub fn definition(&self) -> Option<&'static str> {
        self.shows.then_some(SHOW)
    }

    /// Names that no function may have.
    pub fn names(&self) -> FxHashSet<String> {
        ["show", "display", "pretty", "get_ipython", "plt"]
            .map(str::to_owned)
            .into_iter()
            .collect()
    }
}

fn asks(cx: &Context<'_>, index: CellIdx, name: &str) -> bool {
    let facts = cx.facts(index);
    facts.uses.iter().any(|read| read.name == *name)
        || facts
            .scopes
            .iter()
            .any(|scope| scope.reads.iter().any(|read| read.name == *name))
}

/// `show(…)` around an expression.
fn shown(code: &str) -> Option<String> {
    let parsed = parse_part(code, pieces::whole(code), Mode::Module);
    let [Stmt::Expr(statement)] = &parsed.statements[..] else {
        return None;
    };
    let is_bare_tuple = matches!(&*statement.value, Expr::Tuple(tuple) if !tuple.parenthesized);
    let (open, close) = if is_bare_tuple {
        ("show((", "))")
    } else {
        ("show(", ")")
    };
    let is_long = code.contains('\n') && !code.ends_with([')', ']', '}']);
    Some(if is_long || code.contains('#') {
        format!("{open}\n{}\n{close}", layout::indented(code, "    "))
    } else {
        format!("{open}{code}{close}")
    })
}
