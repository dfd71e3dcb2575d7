//! Calls that give back nothing, whatever they are handed: `random.seed(0)`, `rows.append(1)`, `df.drop("a", inplace=True)`.
//!
//! Each of the functions was called; what gives back something at times is left out. A method counts where it is known
//! what it is a method of: `append` of an object of the notebook's own class, or of an old `Series`, may give back anything.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Arguments, Expr, Stmt};
use ruff_python_parser::Mode;

use crate::analysis::facts::{BindingKind, OpeningKind};
use crate::analysis::source::parse_part;
use crate::refactor::imports::block;
use crate::rule::Context;
use crate::text::{Ranged, TextRange};

/// Functions by the path that imports bind them to. Sorted.
const FUNCTIONS: &[&str] = &[
    "IPython.display.clear_output",
    "json.dump",
    "logging.basicConfig",
    "matplotlib.pyplot.close",
    "matplotlib.pyplot.show",
    "matplotlib.pyplot.style.use",
    "matplotlib.pyplot.tight_layout",
    "matplotlib.style.use",
    "numpy.random.seed",
    "numpy.random.shuffle",
    "numpy.set_printoptions",
    "os.chdir",
    "os.makedirs",
    "os.mkdir",
    "pandas.reset_option",
    "pandas.set_option",
    "pickle.dump",
    "random.seed",
    "random.shuffle",
    "seaborn.set",
    "seaborn.set_context",
    "seaborn.set_palette",
    "seaborn.set_style",
    "seaborn.set_theme",
    "sys.path.append",
    "sys.path.extend",
    "sys.path.insert",
    "sys.setrecursionlimit",
    "time.sleep",
    "warnings.filterwarnings",
    "warnings.resetwarnings",
    "warnings.simplefilter",
    "warnings.warn",
];

/// Methods of pandas that change the object and give back nothing if they are told `inplace=True`. pandas 3 gives the
/// object back from `clip`, `fillna`, `replace`, `where` and their like, and `rename` does so for a `Series`. Sorted.
const IN_PLACE: &[&str] = &[
    "drop",
    "drop_duplicates",
    "dropna",
    "query",
    "reset_index",
    "set_index",
    "sort_index",
    "sort_values",
];

/// What a display or a call of a builtin makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    List,
    Dict,
    Set,
}

impl Container {
    /// What an expression surely makes. `is_builtin` says whether a name means what Python means by it.
    fn of(value: &Expr, is_builtin: impl Fn(&str) -> bool) -> Option<Self> {
        Some(match value {
            Expr::List(_) | Expr::ListComp(_) => Self::List,
            Expr::Dict(_) | Expr::DictComp(_) => Self::Dict,
            Expr::Set(_) | Expr::SetComp(_) => Self::Set,
            Expr::Call(call) => match &*call.func {
                Expr::Name(name) if is_builtin(&name.id) => match name.id.as_str() {
                    "list" | "sorted" => Self::List,
                    "dict" => Self::Dict,
                    "set" => Self::Set,
                    _ => return None,
                },
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Its methods that give back nothing.
    fn methods(self) -> &'static [&'static str] {
        match self {
            Self::List => &[
                "append", "clear", "extend", "insert", "remove", "reverse", "sort",
            ],
            Self::Dict => &["clear", "update"],
            Self::Set => &["add", "clear", "discard", "remove", "update"],
        }
    }
}

/// Whether the code is one call that surely gives back `None`.
pub fn gives_nothing(cx: &Context<'_>, text: &str, range: TextRange) -> bool {
    let parsed = parse_part(text, range, Mode::Module);
    let ([Stmt::Expr(statement)], true) = (&parsed.statements[..], parsed.errors.is_empty()) else {
        return false;
    };
    let call = match &*statement.value {
        Expr::Call(call) => call,
        value => return value.is_none_literal_expr(),
    };
    let known = Known { cx };
    match &*call.func {
        Expr::Name(name) if known.is_builtin(&name.id) => match name.id.as_str() {
            "print" => true,
            "display" => gives_no_handle(&call.arguments),
            _ => false,
        },
        Expr::Attribute(method)
            if is_set(&call.arguments, "inplace")
                && IN_PLACE.binary_search(&method.attr.as_str()).is_ok() =>
        {
            known.is_imported("pandas")
        }
        function => {
            let is_listed = known.path(function).is_some_and(|path| match &*path {
                "IPython.display.display" => gives_no_handle(&call.arguments),
                path => FUNCTIONS.binary_search(&path).is_ok(),
            });
            is_listed || known.is_method_of_container(function)
        }
    }
}

/// `display` gives back a handle where it is asked to name what it shows.
fn gives_no_handle(arguments: &Arguments) -> bool {
    arguments.keywords.iter().all(|keyword| {
        let name = keyword.arg.as_ref();
        name.is_some_and(|name| name.as_str() != "display_id")
    })
}

fn is_set(arguments: &Arguments, keyword: &str) -> bool {
    arguments
        .find_keyword(keyword)
        .is_some_and(|own| matches!(&own.value, Expr::BooleanLiteral(value) if value.value))
}

struct Known<'a> {
    cx: &'a Context<'a>,
}

impl Known<'_> {
    fn is_builtin(&self, name: &str) -> bool {
        self.cx.link.binders(name).next().is_none()
    }

    fn is_imported(&self, package: &str) -> bool {
        let mut cells = self.cx.notebook.python_cells();
        cells.any(|(cell, _)| {
            let mut bindings = self.cx.facts(cell).bindings.iter();
            bindings.any(|own| matches!(&own.kind, BindingKind::Import { module, .. } if module.split('.').next() == Some(package)))
        })
    }

    /// The dotted path of what a name or an attribute of one is, if all that the notebook binds the name to is that.
    fn path(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Attribute(own) => {
                let base = self.path(&own.value)?;
                Some(format!("{base}.{}", own.attr))
            }
            Expr::Name(name) => {
                let name = name.id.as_str();
                let mut paths = self.cx.link.binders(name).flat_map(|cell| {
                    let bindings = self.cx.facts(cell).bindings.iter();
                    let own = bindings.filter(|own| own.name == *name && own.kind.is_written());
                    own.map(|own| match &own.kind {
                        BindingKind::Import { module, member } => {
                            Some(block::path_of(name, module, member.as_deref()))
                        }
                        _ => None,
                    })
                });
                let first = paths.next()??;
                paths
                    .all(|path| path.as_deref() == Some(first.as_str()))
                    .then_some(first)
            }
            _ => None,
        }
    }

    fn is_method_of_container(&self, function: &Expr) -> bool {
        let Expr::Attribute(method) = function else {
            return false;
        };
        let Expr::Name(name) = &*method.value else {
            return false;
        };
        self.container(&name.id)
            .is_some_and(|container| container.methods().contains(&method.attr.as_str()))
    }

    /// What the name is wherever the notebook binds it.
    fn container(&self, name: &str) -> Option<Container> {
        let mut found = None;
        for cell in self.cx.link.touchers(name) {
            let facts = self.cx.facts(cell);
            let text = &self.cx.notebook.cell(cell)?.text;
            for binding in facts.bindings.iter().filter(|own| own.name == *name) {
                match binding.kind {
                    BindingKind::Value(_) => {
                        let statement = facts.statements.get(binding.statement as usize)?;
                        let parsed = parse_part(text, statement.range, Mode::Ipython);
                        let mut search = Assigned {
                            target: binding.range,
                            value: None,
                        };
                        search.visit_body(&parsed.statements);
                        let made = Container::of(search.value?, |name| self.is_builtin(name))?;
                        if found.is_some_and(|found| found != made) {
                            return None;
                        }
                        found = Some(made);
                    }
                    // `rows += more` changes the list that there is; with `|=` it is so for the others.
                    BindingKind::Augmented if found == Some(Container::List) => {}
                    BindingKind::Join | BindingKind::JoinDelete | BindingKind::Delete => {}
                    _ => return None,
                }
            }
        }
        let surroundings = self.cx.link.surroundings();
        let mut cells = self.cx.notebook.python_cells();
        let may_be_other = cells.any(|(cell, _)| {
            let openings = &self.cx.facts(cell).openings;
            openings.iter().any(|own| {
                matches!(own.kind, OpeningKind::Run(_)) || surroundings.may_bring(&own.kind, name)
            })
        });
        found.filter(|_| !may_be_other)
    }
}

/// The value that an assignment gives the name at `target`.
struct Assigned<'a> {
    target: TextRange,
    value: Option<&'a Expr>,
}

impl<'a> Visitor<'a> for Assigned<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Assign(assign) => {
                let mut targets = assign.targets.iter();
                if targets.any(|target| target.range() == self.target) {
                    self.value = Some(&assign.value);
                }
            }
            Stmt::AnnAssign(assign) if assign.target.range() == self.target => {
                self.value = assign.value.as_deref();
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(FUNCTIONS.is_sorted());
        assert!(IN_PLACE.is_sorted());
    }
}
