//! Places that rules about habits ask for: paths of one machine, debuggers, branches on the environment, tests.

use std::borrow::Cow;

use ruff_python_ast::{Expr, ExprCall, Operator, Stmt, StmtClassDef, StmtFunctionDef};

use super::{Place, Walker};
use crate::analysis::facts::{Remark, RemarkKind};
use crate::analysis::known::habits;
use crate::text::{Ranged, TextRange};

impl Walker<'_> {
    /// What a statement says of itself. What stands in its expressions is noted as they are walked.
    pub(super) fn note_statement(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Assign(assign) if assign.targets.iter().any(is_path_target) => {
                self.note_paths(&assign.value);
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value
                    && is_path_target(&assign.target)
                {
                    self.note_paths(value);
                }
            }
            Stmt::If(stmt) => {
                let rest = stmt.elif_else_clauses.iter();
                let tests = rest.filter_map(|clause| clause.test.as_ref());
                for test in std::iter::once(&*stmt.test).chain(tests) {
                    self.note_toggle(test);
                }
            }
            Stmt::Assert(_) if self.frames.is_empty() => {
                self.remark(RemarkKind::Assert, stmt.range());
            }
            Stmt::Expr(expression) if self.frames.is_empty() => {
                if let Expr::Call(call) = &*expression.value
                    && last_name(&call.func).is_some_and(|name| name.starts_with("assert"))
                {
                    self.remark(RemarkKind::Assert, stmt.range());
                }
            }
            Stmt::FunctionDef(function) if self.frames.is_empty() && is_test(function) => {
                self.remark(RemarkKind::Test, function.name.range());
            }
            Stmt::ClassDef(class) if is_test_case(class) => {
                self.remark(RemarkKind::Test, class.name.range());
            }
            _ => {}
        }
    }

    pub(super) fn note_call(&mut self, call: &ExprCall) {
        let Some(function) = last_name(&call.func) else {
            return;
        };
        if habits::takes_path(function) || extends_path(call, function) {
            for argument in &call.arguments.args {
                self.note_paths(argument);
            }
        }
        for keyword in &call.arguments.keywords {
            let name = keyword.arg.as_ref().map_or("", |name| name.as_str());
            if habits::says_path(name) || name == "filepath_or_buffer" {
                self.note_paths(&keyword.value);
            }
        }
        if let Some(kind) = self.called_habit(call, function) {
            self.remark(kind, call.range());
        }
    }

    /// `{"data_dir": "/home/ana"}`.
    pub(super) fn note_dict(&mut self, dict: &ruff_python_ast::ExprDict) {
        for item in &dict.items {
            if let Some(Expr::StringLiteral(key)) = &item.key
                && habits::says_path(key.value.to_str())
            {
                self.note_paths(&item.value);
            }
        }
    }

    /// A condition that asks where the code runs.
    pub(super) fn note_toggle(&mut self, test: &Expr) {
        match test {
            Expr::BoolOp(operation) => {
                for value in &operation.values {
                    self.note_toggle(value);
                }
            }
            Expr::UnaryOp(operation) => self.note_toggle(&operation.operand),
            Expr::Compare(compare) => {
                let sides = || std::iter::once(&*compare.left).chain(&compare.comparators);
                if sides().any(|side| names_environment(side) || reads_setting(side).is_some())
                    && sides().any(is_environment_literal)
                {
                    self.remark(RemarkKind::Toggle, test.range());
                }
            }
            Expr::Name(name) => {
                if habits::is_switch(&name.id) && !matches!(self.place_of(&name.id), Place::Local) {
                    self.remark(RemarkKind::Toggle, test.range());
                }
            }
            _ => {
                if reads_setting(test).is_some_and(|key| habits::is_switch(&key.to_uppercase())) {
                    self.remark(RemarkKind::Toggle, test.range());
                }
            }
        }
    }

    fn called_habit(&self, call: &ExprCall, function: &str) -> Option<RemarkKind> {
        let dotted = dotted(&call.func)?;
        let root = dotted.split('.').next().unwrap_or_default();
        let kind = match (&*dotted, function) {
            ("breakpoint", _) | (_, "set_trace") => RemarkKind::Breakpoint,
            ("ic" | "ic.configureOutput", _) => RemarkKind::Icecream,
            ("dbutils.notebook.run", _) => RemarkKind::NotebookRun,
            ("os.chdir" | "chdir", _) => RemarkKind::DirectoryChange,
            ("sys.path.append" | "sys.path.insert" | "sys.path.extend" | "site.addsitedir", _) => {
                RemarkKind::SearchPathChange
            }
            (
                "unittest.main"
                | "ipytest.run"
                | "ipytest.run_tests"
                | "pytest.main"
                | "doctest.testmod"
                | "doctest.run_docstring_examples",
                _,
            ) => RemarkKind::Test,
            _ => return None,
        };
        (!matches!(self.place_of(root), Place::Local)).then_some(kind)
    }

    /// The strings in an expression that is used as a path.
    fn note_paths(&mut self, expr: &Expr) {
        match expr {
            Expr::List(list) => list.elts.iter().for_each(|elt| self.note_paths(elt)),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|elt| self.note_paths(elt)),
            Expr::Dict(dict) => dict
                .items
                .iter()
                .for_each(|item| self.note_paths(&item.value)),
            Expr::If(conditional) => {
                self.note_paths(&conditional.body);
                self.note_paths(&conditional.orelse);
            }
            Expr::BinOp(operation)
                if matches!(operation.op, Operator::Add | Operator::Mod | Operator::Div) =>
            {
                self.note_paths(&operation.left);
            }
            // `"/home/{}".format(user)`
            Expr::Call(call) => {
                if let Expr::Attribute(attribute) = &*call.func
                    && attribute.attr.as_str() == "format"
                {
                    self.note_paths(&attribute.value);
                }
            }
            Expr::StringLiteral(_) | Expr::FString(_) => {
                let range = expr.range();
                if habits::is_machine_path(&self.source.text[range]) {
                    self.remark(RemarkKind::MachinePath, range);
                }
            }
            _ => {}
        }
    }

    fn remark(&mut self, kind: RemarkKind, range: TextRange) {
        let range = self.source.in_cell(range);
        self.facts.remarks.push(Remark { kind, range });
    }
}

/// `f` of `f` and `a.b.f`.
fn last_name(func: &Expr) -> Option<&str> {
    match func {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

/// `os.path.join(…)` and `sys.path.append(…)`, unlike `", ".join(…)` and `xs.append(…)`.
fn extends_path(call: &ExprCall, function: &str) -> bool {
    let Expr::Attribute(attribute) = &*call.func else {
        return false;
    };
    matches!(function, "join" | "append" | "insert") && last_name(&attribute.value) == Some("path")
}

/// `a.b.c` of names alone.
fn dotted(expr: &Expr) -> Option<Cow<'_, str>> {
    match expr {
        Expr::Name(name) => Some(Cow::Borrowed(name.id.as_str())),
        Expr::Attribute(attribute) => {
            let mut path = dotted(&attribute.value)?.into_owned();
            path.push('.');
            path.push_str(attribute.attr.as_str());
            Some(Cow::Owned(path))
        }
        _ => None,
    }
}

fn is_path_target(target: &Expr) -> bool {
    match target {
        Expr::Subscript(subscript) => {
            matches!(&*subscript.slice, Expr::StringLiteral(key) if habits::says_path(key.value.to_str()))
        }
        _ => last_name(target).is_some_and(habits::says_path),
    }
}

/// `ENV`, `settings.env`.
fn names_environment(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => match &*call.func {
            // `env.lower()`
            Expr::Attribute(attribute) => {
                matches!(
                    attribute.attr.as_str(),
                    "lower" | "upper" | "strip" | "casefold"
                ) && (names_environment(&attribute.value)
                    || reads_setting(&attribute.value).is_some())
            }
            _ => false,
        },
        // `lead.stage` is where a lead stands, and not where the code runs.
        Expr::Attribute(attribute) => {
            habits::is_environment(&attribute.attr)
                && last_name(&attribute.value).is_some_and(habits::holds_settings)
        }
        _ => last_name(expr).is_some_and(habits::is_environment),
    }
}

/// What a setting from outside is called: `os.environ["X"]`, `os.getenv("X")`, `dbutils.widgets.get("X")`.
fn reads_setting(expr: &Expr) -> Option<&str> {
    let key = match expr {
        Expr::Subscript(subscript) => {
            let from = dotted(&subscript.value)?;
            matches!(&*from, "os.environ" | "environ").then_some(&*subscript.slice)?
        }
        Expr::Call(call) => {
            let from = dotted(&call.func)?;
            let asks = matches!(
                &*from,
                "os.environ.get" | "environ.get" | "os.getenv" | "getenv" | "dbutils.widgets.get"
            );
            asks.then(|| call.arguments.args.first()).flatten()?
        }
        _ => return None,
    };
    match key {
        Expr::StringLiteral(key) => Some(key.value.to_str()),
        _ => Some(""),
    }
}

fn is_environment_literal(expr: &Expr) -> bool {
    match expr {
        Expr::StringLiteral(literal) => habits::is_stage(literal.value.to_str()),
        Expr::Tuple(tuple) => tuple.elts.iter().any(is_environment_literal),
        Expr::List(list) => list.elts.iter().any(is_environment_literal),
        Expr::Set(set) => set.elts.iter().any(is_environment_literal),
        _ => false,
    }
}

/// A function that pytest would run: named like a test, and it asserts something. `test_model(net, data)`,
/// which measures a model, does not.
fn is_test(function: &StmtFunctionDef) -> bool {
    function.name.starts_with("test_") && function.body.iter().any(asserts)
}

fn asserts(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Assert(_) => true,
        Stmt::With(with) => with.body.iter().any(asserts),
        Stmt::For(stmt) => stmt.body.iter().any(asserts),
        Stmt::Expr(expression) => matches!(&*expression.value, Expr::Call(call)
            if last_name(&call.func).is_some_and(|name| name.starts_with("assert"))),
        _ => false,
    }
}

fn is_test_case(class: &StmtClassDef) -> bool {
    let mut bases = class.arguments.iter().flat_map(|arguments| &arguments.args);
    bases.any(|base| last_name(base) == Some("TestCase"))
}
