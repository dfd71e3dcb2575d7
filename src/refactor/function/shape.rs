//! What the syntax of code says of moving it into a function, beyond which names it uses.

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};

use crate::analysis::scope::{Body, Locals};
use crate::refactor::words::words;
use crate::text::{Ranged, TextRange};

/// What was found in the statements of a piece of code.
#[derive(Debug, Default)]
pub struct Shape {
    /// Why these statements mean something else, or nothing, within a function.
    pub obstacle: Option<String>,
    /// Names that are annotated without a value, which makes them a function's own.
    pub annotated: Vec<Name>,
    /// Bodies and generators that may be run after the code has ended.
    pub outliving: Vec<TextRange>,
    /// Names of objects that do their work only as long as somebody holds them.
    pub held: Vec<Name>,
    /// Names of what `with` enters, called or not, and the statement.
    pub managers: Vec<(Name, TextRange)>,
    /// Names called, in order, with their dots: `pd.read_csv`.
    pub calls: Vec<String>,
    /// Whether it annotates variables, which the notebook remembers and a function does not.
    pub annotates: bool,
    /// Whether it asserts anything.
    pub asserts: bool,
    /// The text of a plot's title, where there is one.
    pub title: Option<String>,
}

/// Functions and methods that are done with what they are given when they return.
///
/// `apply`, `map` and their like are not among them: those of Spark, Dask and TensorFlow run later.
const CONSUMERS: &[&str] = &[
    "all",
    "any",
    "array",
    "curve_fit",
    "dict",
    "extend",
    "fromiter",
    "frozenset",
    "fsolve",
    "join",
    "list",
    "max",
    "min",
    "minimize",
    "odeint",
    "print",
    "quad",
    "reduce",
    "root",
    "set",
    "solve_ivp",
    "sort",
    "sort_values",
    "sorted",
    "sum",
    "tuple",
    "update",
];

/// What sends functions to other processes, which cannot take one that is defined within another.
const SENDERS: &[&str] = &[
    "pickle",
    "multiprocessing",
    "Pool",
    "ProcessPoolExecutor",
    "Process",
    "joblib",
    "Parallel",
    "dill",
    "n_jobs",
];

/// What ends, stops or is deleted when the last name for it goes.
const HELD: &[&str] = &[
    "ArtistAnimation",
    "Button",
    "CheckButtons",
    "Client",
    "Cursor",
    "FuncAnimation",
    "InteractiveSession",
    "LassoSelector",
    "LocalCluster",
    "NamedTemporaryFile",
    "PolygonSelector",
    "Popen",
    "RadioButtons",
    "RectangleSelector",
    "Slider",
    "SpanSelector",
    "TemporaryDirectory",
    "TemporaryFile",
    "TextBox",
    "TimedAnimation",
];

pub fn of(statements: &[Stmt], text: &str) -> Shape {
    walked(Walk::default(), statements, text)
}

/// The same for statements within a block, of which [`super::block`] says where they may jump to.
pub fn within_block(statements: &[Stmt], text: &str) -> Shape {
    let walk = Walk {
        is_within_block: true,
        ..Walk::default()
    };
    walked(walk, statements, text)
}

fn walked(mut walk: Walk, statements: &[Stmt], text: &str) -> Shape {
    for statement in statements {
        walk.visit_stmt(statement);
    }
    if !walk.functions.is_empty() && words(text).any(|word| SENDERS.contains(&word)) {
        walk.refuse("it hands a function of its own to other processes, which take only functions of the notebook");
    }
    let mut shape = walk.shape;
    for (name, range) in walk.functions {
        if walk.values.contains(&name) {
            shape.outliving.push(range);
        }
    }
    shape
}

#[derive(Default)]
struct Walk {
    shape: Shape,
    is_within_block: bool,
    /// How many functions and loops enclose the place.
    functions_around: usize,
    loops_around: usize,
    /// Functions defined in the code.
    functions: Vec<(Name, TextRange)>,
    /// Names used as values, not only called.
    values: Vec<Name>,
}

impl Walk {
    fn refuse(&mut self, why: impl Into<String>) {
        self.shape.obstacle.get_or_insert_with(|| why.into());
    }

    fn call(&mut self, call: &ruff_python_ast::ExprCall) {
        let name = dotted(&call.func);
        let last = name.rsplit('.').next().unwrap_or_default();
        if matches!(last, "title" | "set_title" | "suptitle")
            && let Some(Expr::StringLiteral(title)) = call.arguments.args.first()
        {
            let title = title.value.to_str().to_owned();
            self.shape.title.get_or_insert(title);
        }
        if matches!(
            last,
            "getrefcount" | "currentframe" | "_getframe" | "weakref" | "finalize"
        ) {
            self.refuse(format!("`{last}` looks at where the code stands"));
        }
        let consumed = CONSUMERS.contains(&last);
        match &*call.func {
            Expr::Name(_) => {}
            other => self.visit_expr(other),
        }
        let positional = call.arguments.args.iter();
        let keywords = call.arguments.keywords.iter().map(|keyword| &keyword.value);
        for argument in positional.chain(keywords) {
            match argument {
                Expr::Lambda(lambda) if consumed => self.visit_expr(&lambda.body),
                Expr::Generator(_) if consumed => visitor::walk_expr(self, argument),
                Expr::Name(_) if consumed => {}
                _ => self.visit_expr(argument),
            }
        }
        if !name.is_empty() && self.functions_around == 0 {
            self.shape.calls.push(name);
        }
    }
}

impl<'a> Visitor<'a> for Walk {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let at_top = self.functions_around == 0;
        let jumps_at_top = at_top && !self.is_within_block;
        match stmt {
            Stmt::FunctionDef(function) => {
                self.functions
                    .push((function.name.id.clone(), stmt.range()));
                if function.is_async
                    || Locals::of(None, Body::Statements(&function.body)).is_generator
                {
                    self.shape.outliving.push(stmt.range());
                }
                self.functions_around += 1;
                let loops = std::mem::take(&mut self.loops_around);
                visitor::walk_stmt(self, stmt);
                self.loops_around = loops;
                self.functions_around -= 1;
            }
            Stmt::ClassDef(class) => {
                if at_top {
                    self.refuse(format!(
                        "class `{}` would be made anew, under another name, at each call",
                        class.name
                    ));
                }
                visitor::walk_stmt(self, stmt);
            }
            Stmt::Return(_) if jumps_at_top => {
                self.refuse("`return` stands outside of a function, which does not run");
            }
            Stmt::Break(_) | Stmt::Continue(_) if jumps_at_top && self.loops_around == 0 => {
                self.refuse("`break` or `continue` stands outside of a loop, which does not run");
            }
            Stmt::Assert(_) => {
                self.shape.asserts |= at_top;
                visitor::walk_stmt(self, stmt);
            }
            Stmt::Global(_) if jumps_at_top => {
                self.refuse("`global` stands at the top of the cell, where it means nothing; within a function it would");
            }
            Stmt::Nonlocal(_) if jumps_at_top => {
                self.refuse("`nonlocal` stands at the top of the cell, which does not run");
            }
            Stmt::AnnAssign(assign) => {
                if at_top {
                    self.shape.annotates = true;
                    if matches!(&*assign.annotation, Expr::Call(_) | Expr::Named(_)) {
                        self.refuse("an annotation calls something, which a function never does");
                    }
                    if let (Expr::Name(name), None) = (&*assign.target, &assign.value) {
                        self.shape.annotated.push(name.id.clone());
                    }
                }
                visitor::walk_stmt(self, stmt);
            }
            Stmt::Assign(assign) => {
                if at_top
                    && let Expr::Call(call) = &*assign.value
                    && let Some(last) = dotted(&call.func).rsplit('.').next()
                    && HELD.contains(&last)
                {
                    for target in &assign.targets {
                        if let Expr::Name(name) = target {
                            self.shape.held.push(name.id.clone());
                        }
                    }
                }
                visitor::walk_stmt(self, stmt);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    let manager = match &item.context_expr {
                        Expr::Call(call) => &call.func,
                        other => other,
                    };
                    if let Expr::Name(name) = manager {
                        let manager = (name.id.clone(), stmt.range());
                        self.shape.managers.push(manager);
                    }
                }
                visitor::walk_stmt(self, stmt);
            }
            Stmt::For(_) | Stmt::While(_) => {
                self.loops_around += 1;
                visitor::walk_stmt(self, stmt);
                self.loops_around -= 1;
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => self.call(call),
            Expr::Name(name) if name.ctx.is_load() => self.values.push(name.id.clone()),
            Expr::Lambda(_) | Expr::Generator(_) => {
                self.shape.outliving.push(expr.range());
                self.functions_around += usize::from(expr.is_lambda_expr());
                visitor::walk_expr(self, expr);
                self.functions_around -= usize::from(expr.is_lambda_expr());
            }
            Expr::Yield(_) | Expr::YieldFrom(_) if self.functions_around == 0 => {
                self.refuse("`yield` stands outside of a function, which does not run");
            }
            _ => visitor::walk_expr(self, expr),
        }
    }
}

/// `plt.plot` of the expression that is called; empty where it is no plain path.
fn dotted(func: &Expr) -> String {
    match func {
        Expr::Name(name) => name.id.to_string(),
        Expr::Attribute(attribute) => {
            let base = dotted(&attribute.value);
            format!("{base}.{}", attribute.attr)
        }
        Expr::Call(call) => dotted(&call.func),
        _ => String::new(),
    }
}
