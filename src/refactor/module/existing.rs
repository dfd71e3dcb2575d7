//! A module as it is, before anything is added.

use ruff_python_ast::name::Name;
use ruff_python_ast::{CmpOp, Expr, Stmt};
use ruff_python_parser::Mode;

use super::Code;
use super::Import;
use crate::action::Refusal;
use crate::analysis::facts::{Facts, OpeningKind, State};
use crate::analysis::known::builtins;
use crate::analysis::source::parse_part;
use crate::analysis::{depth, python};
use crate::refactor::pieces;
use crate::text::{LineIndex, Ranged, TextRange, TextSize, newline_of};

/// A module that can be read.
pub struct Existing<'t> {
    /// What people call it: its path.
    pub name: String,
    pub text: &'t str,
    pub statements: Vec<Stmt>,
    pub facts: Facts,
    pub newline: &'static str,
}

impl<'t> Existing<'t> {
    /// # Errors
    /// Where the text is no Python, or says that it is in another encoding.
    pub fn new(name: &str, text: &'t str) -> Result<Self, Refusal> {
        if text.starts_with('\u{feff}') {
            return Err(
                format!("{name} starts with a byte order mark; save it without one").into(),
            );
        }
        let coding = text
            .lines()
            .take(2)
            .find(|line| line.starts_with('#') && line.contains("coding"));
        if let Some(line) = coding
            && !line.to_ascii_lowercase().replace('-', "").contains("utf8")
        {
            return Err(format!("{name} says that it is not in UTF-8").into());
        }
        let parsed =
            depth::with_stack_for(text, || parse_part(text, pieces::whole(text), Mode::Module))
                .map_err(|too_deep| format!("{name} is {too_deep}"))?;
        if let Some(error) = parsed.errors.first() {
            let line = LineIndex::new(text).line_of(error.location.start()) + 1;
            return Err(format!(
                "{name} has a syntax error in line {line} ({}); mend it first",
                error.error
            )
            .into());
        }
        Ok(Self {
            name: name.to_owned(),
            text,
            statements: parsed.statements,
            facts: python::facts(text),
            newline: newline_of(text),
        })
    }

    /// Whether the import has to be added.
    ///
    /// # Errors
    /// Where the module means something else by the name.
    pub fn lacks_import(&self, import: &Import) -> Result<bool, Refusal> {
        let name = &import.name;
        self.refuse_star(name)?;
        let bindings = || self.facts.bindings.iter().filter(|own| own.name == *name);
        if bindings().next().is_none() {
            self.refuse_reads(name)?;
            return Ok(true);
        }
        let is_same = |own: Option<Import>| {
            own.is_some_and(|own| own.is_same(import) || self.is_relative_form(&own, import))
        };
        let surely = self.surely_binds(name);
        let mut lacks = true;
        for own in bindings() {
            if is_same(Import::of(own)) {
                let statement = self.statements.get(own.statement as usize);
                // What only some ways bind, or only a type checker sees, may not be there when the code runs.
                lacks &= !surely || statement.is_some_and(is_for_type_checkers);
            } else if Import::of(own).is_none_or(|own| !own.shares_root_with(import)) {
                let is_fallback = self
                    .statements
                    .get(own.statement as usize)
                    .is_some_and(Stmt::is_try_stmt);
                if !is_fallback || lacks {
                    return Err(self.clash(name));
                }
            }
        }
        Ok(lacks)
    }

    /// Whether a relative import of this module takes the same as `import` by its whole name.
    fn is_relative_form(&self, own: &Import, import: &Import) -> bool {
        let below = own.module.trim_start_matches('.');
        let dots = own.module.len() - below.len();
        if dots == 0 || own.name != import.name || own.member != import.member {
            return false;
        }
        let mut package: Vec<&str> = self.name.split('/').collect();
        if package.len() < dots {
            return false;
        }
        package.truncate(package.len() - dots);
        package.extend(Some(below).filter(|own| !own.is_empty()));
        let whole = package.join(".");
        let above = whole.strip_suffix(import.module.as_str());
        // The path starts at the project's root, which may be above where names start.
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    }

    /// Whether the code has to be added.
    ///
    /// # Errors
    /// Where the module binds one of its names to something else, or reads one and means something else.
    pub fn lacks_code(&self, code: &Code) -> Result<bool, Refusal> {
        for name in &code.names {
            self.refuse_star(name)?;
        }
        for name in &code.builtins {
            self.refuse_star(name)?;
            if self.binds(name) {
                return Err(format!(
                    "{} has a `{name}` of its own, and the code means Python's",
                    self.name
                )
                .into());
            }
        }
        let bound = code.names.iter().find(|name| self.binds(name));
        let Some(bound) = bound else {
            for name in &code.names {
                self.refuse_reads(name)?;
            }
            return Ok(true);
        };
        let same = self.facts.statements.iter().position(|own| {
            self.text[own.range].replace("\r\n", "\n").trim() == statement_text(&code.text)
        });
        let same = same.filter(|_| code.names.iter().all(|name| self.binds_once(name)));
        match same.map(|own| self.statements.get(own)) {
            None => Err(self.clash(bound)),
            Some(stmt) if stmt.is_some_and(may_be_shared) => Ok(false),
            Some(_) => Err(format!(
                "{} has a `{bound}` of its own, and the two would become one object; rename one of them",
                self.name
            )
            .into()),
        }
    }

    /// Whether a top-level name is there when the module has been imported.
    pub fn binds(&self, name: &str) -> bool {
        self.facts.bindings.iter().any(|own| own.name == *name)
    }

    /// Whether the module surely binds the name, and only once.
    pub fn binds_once(&self, name: &str) -> bool {
        self.surely_binds(name)
            && self
                .facts
                .bindings
                .iter()
                .filter(|own| own.name == *name)
                .count()
                == 1
    }

    /// Whether every way through the module binds the name.
    fn surely_binds(&self, name: &str) -> bool {
        let exit = self.facts.exit(name);
        exit.is_some_and(|exit| exit.state == State::Sure)
    }

    fn clash(&self, name: &str) -> Refusal {
        format!(
            "{} has another `{name}` already; rename one of the two",
            self.name
        )
        .into()
    }

    /// A name that comes in must not be one that the module takes from elsewhere.
    fn refuse_reads(&self, name: &Name) -> Result<(), Refusal> {
        let read_at_once = self.facts.uses.iter().any(|read| read.name == *name);
        let read_later = || {
            self.facts
                .scopes
                .iter()
                .any(|scope| scope.reads.iter().any(|read| read.name == *name))
        };
        if builtins::is_python(name) && (read_at_once || read_later()) {
            return Err(format!(
                "{} reads Python's own `{name}`, which would become another",
                self.name
            )
            .into());
        }
        Ok(())
    }

    fn refuse_star(&self, name: &Name) -> Result<(), Refusal> {
        let Some(opening) = self.facts.openings.first() else {
            return Ok(());
        };
        let why = match &opening.kind {
            OpeningKind::StarImport(module) => format!("takes all names of `{module}` by `*`"),
            _ => "makes names while it runs".to_owned(),
        };
        Err(format!(
            "{} {why}, so what `{name}` means there is unknown",
            self.name
        )
        .into())
    }

    /// Where code is appended, and whether something follows there.
    pub fn end(&self) -> (TextSize, bool) {
        if let Some(Stmt::If(last)) = self.statements.last()
            && is_main_guard(&last.test)
        {
            let start = self.start_with_comments(last.range());
            return (start, true);
        }
        (TextSize::of(self.text.trim_end()), false)
    }

    /// Where the comments begin that stand directly above a statement.
    fn start_with_comments(&self, statement: TextRange) -> TextSize {
        let mut at = line_start(self.text, statement.start().to_usize());
        while at > 0 {
            let above = line_start(self.text, at - 1);
            if !self.text[above..at].starts_with('#') {
                break;
            }
            at = above;
        }
        size(at)
    }

    pub fn is_empty_before_end(&self) -> bool {
        self.text[..self.end().0.to_usize()].trim().is_empty()
    }

    pub fn is_definition_before_end(&self) -> bool {
        let end = self.end().0;
        let last = self.statements.iter().rfind(|own| own.end() <= end);
        last.is_some_and(|last| last.is_function_def_stmt() || last.is_class_def_stmt())
    }

    /// The first top-level statement that does something when the module is imported, as its line, 1-based.
    pub fn first_effect(&self) -> Option<u32> {
        let acts = self.statements.iter().find(|stmt| !is_quiet(stmt))?;
        Some(LineIndex::new(self.text).line_of(acts.start()) + 1)
    }
}

/// Whether nobody can tell what a statement binds from what the same statement binds elsewhere: definitions, and values that
/// never change.
fn may_be_shared(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::TypeAlias(_) => true,
        Stmt::Assign(own) => is_constant(&own.value),
        Stmt::AnnAssign(own) => own.value.as_deref().is_some_and(is_constant),
        _ => false,
    }
}

/// What makes something that never changes of what never changes, or the same for whoever asks.
const MAKERS: &[&str] = &[
    "NewType",
    "ParamSpec",
    "Path",
    "PurePath",
    "TypeVar",
    "compile",
    "frozenset",
    "getLogger",
    "namedtuple",
];

/// What is made a type alias by brackets: `list[float]`, `Optional[int]`.
const GENERICS: &[&str] = &[
    "Annotated",
    "Callable",
    "Dict",
    "Iterable",
    "Iterator",
    "List",
    "Literal",
    "Mapping",
    "Optional",
    "Sequence",
    "Set",
    "Tuple",
    "Type",
    "Union",
    "dict",
    "frozenset",
    "list",
    "set",
    "tuple",
    "type",
];

/// Constants, what is computed of them, tuples of them, functions and types.
fn is_constant(value: &Expr) -> bool {
    let last_name = |expr: &Expr| match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(own) => Some(own.attr.to_string()),
        _ => None,
    };
    match value {
        Expr::Call(call) => {
            let of_constants = call.arguments.args.iter().all(is_constant)
                && call
                    .arguments
                    .keywords
                    .iter()
                    .all(|own| is_constant(&own.value));
            of_constants
                && last_name(&call.func).is_some_and(|name| MAKERS.contains(&name.as_str()))
        }
        Expr::Subscript(own) => {
            last_name(&own.value).is_some_and(|name| GENERICS.contains(&name.as_str()))
        }
        Expr::Tuple(own) => own.elts.iter().all(is_constant),
        Expr::UnaryOp(own) => is_constant(&own.operand),
        Expr::BinOp(own) => is_constant(&own.left) && is_constant(&own.right),
        _ => value.is_literal_expr() || value.is_lambda_expr(),
    }
}

/// The code itself, without comments above it.
fn statement_text(code: &str) -> &str {
    let mut rest = code.trim();
    while rest.starts_with('#') {
        rest = rest
            .split_once('\n')
            .map_or("", |(_, rest)| rest.trim_start());
    }
    rest
}

/// `if TYPE_CHECKING:`, `if typing.TYPE_CHECKING:`.
fn is_for_type_checkers(stmt: &Stmt) -> bool {
    let Stmt::If(stmt) = stmt else {
        return false;
    };
    match &*stmt.test {
        Expr::Name(name) => name.id == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.id == "TYPE_CHECKING",
        _ => false,
    }
}

/// `__name__ == "__main__"`.
fn is_main_guard(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else {
        return false;
    };
    let is_name = |expr: &Expr| {
        expr.as_name_expr()
            .is_some_and(|name| name.id == "__name__")
    };
    *compare.ops == [CmpOp::Eq]
        && (is_name(&compare.left) || compare.comparators.iter().any(is_name))
}

/// Whether a statement only makes names, as far as its form tells.
fn is_quiet(stmt: &Stmt) -> bool {
    let all = |body: &[Stmt]| body.iter().all(is_quiet);
    match stmt {
        Stmt::Import(_)
        | Stmt::ImportFrom(_)
        | Stmt::FunctionDef(_)
        | Stmt::ClassDef(_)
        | Stmt::Pass(_)
        | Stmt::TypeAlias(_)
        | Stmt::Assert(_) => true,
        Stmt::Expr(expression) => {
            expression.value.is_literal_expr() || is_setting(&expression.value)
        }
        Stmt::Assign(assign) => is_quiet_value(&assign.value),
        Stmt::AugAssign(assign) => is_quiet_value(&assign.value),
        Stmt::AnnAssign(assign) => assign.value.as_deref().is_none_or(is_quiet_value),
        Stmt::If(stmt) => {
            is_main_guard(&stmt.test)
                || (all(&stmt.body)
                    && stmt
                        .elif_else_clauses
                        .iter()
                        .all(|clause| all(&clause.body)))
        }
        Stmt::Try(stmt) => {
            let handlers = stmt.handlers.iter();
            all(&stmt.body)
                && all(&stmt.orelse)
                && all(&stmt.finalbody)
                && handlers
                    .map(|handler| handler.as_except_handler())
                    .all(|handler| handler.is_none_or(|handler| all(&handler.body)))
        }
        _ => false,
    }
}

/// Calls on a module that set it up: `warnings.filterwarnings(…)`, `sys.path.insert(…)`, `logging.basicConfig(…)`.
fn is_setting(value: &Expr) -> bool {
    let Expr::Call(call) = value else {
        return false;
    };
    let Expr::Attribute(function) = &*call.func else {
        return false;
    };
    matches!(
        function.attr.as_str(),
        "filterwarnings"
            | "simplefilter"
            | "insert"
            | "append"
            | "basicConfig"
            | "setLevel"
            | "addHandler"
            | "set_option"
    )
}

/// Values that are computed without reading or writing anything, by the look of what is called.
fn is_quiet_value(value: &Expr) -> bool {
    match value {
        Expr::Call(call) => {
            let name = match &*call.func {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => return false,
            };
            let reads = [
                "read", "load", "open", "print", "input", "run", "get", "connect", "fit", "main",
                "download",
            ];
            !reads
                .iter()
                .any(|start| name.to_ascii_lowercase().starts_with(start))
        }
        _ => true,
    }
}

pub(in crate::refactor) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |found| found + 1)
}

pub(in crate::refactor) fn line_end(text: &str, at: usize) -> usize {
    text[at..]
        .find(['\n', '\r'])
        .map_or(text.len(), |found| at + found)
}

pub(in crate::refactor) fn size(at: usize) -> TextSize {
    TextSize::new(u32::try_from(at).unwrap_or(u32::MAX))
}
