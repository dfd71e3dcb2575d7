//! Writes pytest for functions of the project's modules, from what the notebook says of them.

pub mod moved;

use std::path::{Path, PathBuf};

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{CmpOp, Expr, ExprCall, Stmt};
use ruff_python_parser::Mode;

use crate::action::{ActionContext, Refusal};
use crate::analysis::depth;
use crate::analysis::facts::BindingKind;
use crate::analysis::source::parse_part;
use crate::notebook::{Cell, Edit, EditOp};
use crate::project::slashed;
use crate::refactor::module::target::{Target, searched_folders};
use crate::refactor::module::{self, Additions, Code, Existing, Import};
use crate::refactor::moving::{self, Move, closure, pieces};
use crate::refactor::pieces::whole;
use crate::text::Ranged;

/// The folder that tests stand in, from the project's root.
const FOLDER: &str = "tests";

/// No more calls than this become cases: a test shows what a function does, it does not list it.
const MOST_CASES: usize = 5;

/// A function of one of the project's modules, as the notebook imports it.
#[derive(Debug)]
pub struct Subject {
    pub import: Import,
    /// Its module's file, from the project's root.
    pub file: PathBuf,
    /// The folder that the module's name starts from.
    base: PathBuf,
    is_async: bool,
}

impl Subject {
    /// The function that the notebook imports from a file of the project; `None` for anything else.
    pub fn of(cx: &ActionContext<'_>, import: Import) -> Option<Self> {
        let member = import.member.clone()?;
        let (base, file) = own_module(cx, &import.module)?;
        let text = cx.project.read(&file).ok()?;
        let module = Existing::new(&slashed(&file), &text).ok()?;
        let binding = module
            .facts
            .bindings
            .iter()
            .find(|own| own.name == member)?;
        let BindingKind::Function(scope) = binding.kind else {
            return None;
        };
        let is_async = module.facts.scope(scope).is_async;
        let is_once = module.binds_once(&member);
        is_once.then_some(Self {
            import,
            file,
            base,
            is_async,
        })
    }

    /// `tests/test_<module>.py`.
    pub fn test_file(&self) -> PathBuf {
        test_file(&self.file)
    }
}

fn test_file(module: &Path) -> PathBuf {
    let stem = module.file_stem().unwrap_or_default().to_string_lossy();
    Path::new(FOLDER).join(format!("test_{stem}.py"))
}

/// Moves a function of the notebook to the module that is proposed, so that a test can import it.
///
/// # Errors
/// Where it cannot move, or the tests of that module cannot take one more.
pub fn moved_first(cx: &ActionContext<'_>, function: &str) -> Result<Move, Refusal> {
    let chosen = pieces::named(&cx.all, &[function])?;
    let plan = closure::of(&cx.all, &chosen)?;
    let target = Target::proposed(&cx.all, cx.project)?;
    let path = test_file(&target.path);
    cx.project.may_write(&path)?;
    if cx.project.exists(&path) {
        let text = cx.project.read(&path)?;
        let existing = Existing::new(&slashed(&path), &text)?;
        let name = format!("test_{function}");
        if existing.binds(&name) {
            return Err(format!("{} has `{name}` already", slashed(&path)).into());
        }
    }
    moving::carry_out(cx, &plan, target)
}

/// The folder that a module's name starts from and its file, where it is a file of the project.
fn own_module(cx: &ActionContext<'_>, module: &str) -> Option<(PathBuf, PathBuf)> {
    let folder = cx.project.folder()?.to_owned();
    let below: PathBuf = module.split('.').collect();
    let mut bases = vec![folder.clone()];
    bases.extend(searched_folders(&cx.all, &folder));
    bases.extend([PathBuf::new(), PathBuf::from("src")]);
    bases.into_iter().find_map(|base| {
        let file = base.join(below.with_extension("py"));
        cx.project.exists(&file).then_some((base, file))
    })
}

/// The files that test the function.
///
/// # Errors
/// Where they cannot be written, or test it already.
pub fn write(cx: &ActionContext<'_>, subject: &Subject) -> Result<Edit, Refusal> {
    let path = subject.test_file();
    let own_name = &subject.import.name;
    let member = subject.import.member.as_ref().unwrap_or(own_name);
    let mut cases = cases(cx, subject);
    let old = if cx.project.exists(&path) {
        Some(cx.project.read(&path)?)
    } else {
        None
    };
    let existing = old
        .as_ref()
        .map(|text| Existing::new(&slashed(&path), text))
        .transpose()?;
    let is_free = |name: &str| existing.as_ref().is_none_or(|own| !own.binds(name));
    let name = format!("test_{member}");
    // pytest takes for a test whatever it finds by such a name, imported or not.
    let called = match member.starts_with("test") {
        true => Name::from(format!("_{member}")),
        false => member.clone(),
    };
    if !is_free(&name) {
        return Err(format!("{} has `{name}` already", slashed(&path)).into());
    }
    for case in &mut cases {
        case.call = format!("{called}{}", &case.call[own_name.len()..]);
    }
    if subject.is_async {
        cases.clear();
    }
    let mut imports = vec![Import {
        name: called.clone(),
        ..subject.import.clone()
    }];
    let (known, open): (Vec<&Case>, Vec<&Case>) =
        cases.iter().partition(|case| case.result.is_some());
    let mut code = Vec::new();
    code.extend(test_of_known(&name, &known));
    if code.is_empty() || !open.is_empty() {
        imports.push(Import::module("pytest"));
        let name = if code.is_empty() {
            name
        } else {
            format!("{name}_in_the_notebook")
        };
        code.push(test_to_complete(&name, member, &called, &open));
    }
    let additions = Additions {
        imports,
        code,
        exported: Vec::new(),
    };
    let mut edit = Edit::default();
    edit.ops
        .extend(module::write(cx.project, &path, &additions)?);
    let is_found = existing.as_ref().is_some_and(|own| {
        let mut imports = own.facts.bindings.iter().filter_map(Import::of);
        imports.any(|own| own.module == subject.import.module)
    });
    if !is_found {
        edit.ops.extend(search_path(cx, &subject.base)?);
    }
    Ok(edit)
}

/// A test that the calls give what the notebook shows that they give.
fn test_of_known(name: &str, known: &[&Case]) -> Option<Code> {
    let lines: String = known
        .iter()
        .filter_map(|case| {
            let result = case.result.as_ref()?;
            Some(format!("\n    assert {} == {result}", case.call))
        })
        .collect();
    (!lines.is_empty()).then(|| test(name, "", &lines))
}

/// A test that somebody has to complete. Until then it is skipped, and fails when it is only let run.
fn test_to_complete(name: &str, member: &Name, called: &Name, open: &[&Case]) -> Code {
    let (reason, lines): (String, String) = if open.is_empty() {
        (
            format!("call {member} and say what it must give"),
            format!("\n    raise NotImplementedError({called}.__name__)"),
        )
    } else {
        let lines = open
            .iter()
            .map(|case| format!("\n    assert {} == ...", case.call));
        (
            format!("say what {member} must give in place of ..."),
            lines.collect(),
        )
    };
    let skip = format!("@pytest.mark.skip(reason=\"{reason}\")\n");
    test(name, &skip, &lines)
}

fn test(name: &str, decorator: &str, lines: &str) -> Code {
    Code {
        names: vec![name.into()],
        builtins: Vec::new(),
        text: format!("{decorator}def {name}():{lines}"),
        is_definition: true,
    }
}

/// What lets tests import from `base`, where nothing does yet.
fn search_path(cx: &ActionContext<'_>, base: &Path) -> Result<Option<EditOp>, Refusal> {
    let project = cx.project;
    let read = |path: &str| project.read(Path::new(path)).unwrap_or_default();
    let is_root = base.as_os_str().is_empty();
    let configured = ["pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini"]
        .iter()
        .any(|file| {
            read(file)
                .lines()
                .any(|line| line.trim_start().starts_with("pythonpath"))
        });
    // pytest puts the folder of a conftest.py on the path, and the one above a tests package.
    let by_root = is_root
        && ["conftest.py", "tests/__init__.py"]
            .iter()
            .any(|file| project.exists(Path::new(file)));
    let conftest = Path::new(FOLDER).join("conftest.py");
    let by_hand = project.exists(&conftest) && project.read(&conftest)?.contains("sys.path");
    if configured || by_root || by_hand {
        return Ok(None);
    }
    let below = if is_root {
        String::new()
    } else {
        format!(" / \"{}\"", slashed(base))
    };
    let additions = Additions {
        imports: vec![Import::module("sys"), Import::member("pathlib", "Path")],
        code: vec![Code {
            names: Vec::new(),
            builtins: Vec::new(),
            text: format!(
                "# Tests import the modules of this folder.\nsys.path.insert(0, str(Path(__file__).parents[1]{below}))"
            ),
            is_definition: false,
        }],
        exported: Vec::new(),
    };
    module::write(project, &conftest, &additions)
}

/// A call of the function with literals, as the notebook writes it.
#[derive(Debug, PartialEq, Eq)]
struct Case {
    call: String,
    /// What an `assert` of the notebook that surely held says that it gives.
    result: Option<String>,
}

fn cases(cx: &ActionContext<'_>, subject: &Subject) -> Vec<Case> {
    let name = subject.import.name.as_str();
    // The function of the file may give something else than one whose module the notebook has changed.
    let is_as_written = !changes_module(cx, subject);
    let mut cases: Vec<Case> = Vec::new();
    for (cell, own) in cx.all.notebook.python_cells() {
        let facts = cx.all.facts(cell);
        if !facts.runs() || !facts.uses.iter().any(|read| read.name == *name) {
            continue;
        }
        let found = depth::with_stack_for(&own.text, || {
            let parsed = parse_part(&own.text, whole(&own.text), Mode::Ipython);
            let mut walk = Calls {
                name,
                text: &own.text,
                found: Vec::new(),
            };
            let passes = is_as_written && !may_fail(own);
            for stmt in &parsed.statements {
                if !(passes && walk.takes_fact(stmt)) {
                    walk.visit_stmt(stmt);
                }
            }
            walk.found
        });
        for case in found.unwrap_or_default() {
            match cases.iter_mut().find(|other| other.call == case.call) {
                Some(other) => other.result = other.result.take().or(case.result),
                None => cases.push(case),
            }
        }
    }
    cases.truncate(MOST_CASES);
    cases
}

/// Whether running the cell may end in an error that its author lives with.
fn may_fail(cell: &Cell) -> bool {
    cell.has_tag("raises-exception") || cell.outputs.error.is_some()
}

/// Whether the notebook changes something that it takes from the function's module: `prices.RATE = 5`, `TABLE.clear()`.
fn changes_module(cx: &ActionContext<'_>, subject: &Subject) -> bool {
    let of = &subject.import.module;
    let is_part = |import: &Import| {
        // `import shop` for `shop.prices`, and `from shop import prices`.
        let is_above = |module: &str| {
            let rest = of.strip_prefix(module);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        match &import.member {
            None => is_above(&import.module) || is_above(import.root()),
            Some(member) => {
                import.module == *of || is_above(&format!("{}.{member}", import.module))
            }
        }
    };
    let mut parts: Vec<Name> = Vec::new();
    for (cell, _) in cx.all.notebook.python_cells() {
        let imports = cx.all.facts(cell).bindings.iter().filter_map(Import::of);
        parts.extend(imports.filter(is_part).map(|own| own.name));
    }
    let mut cells = cx.all.notebook.python_cells();
    cells.any(|(cell, _)| {
        let facts = cx.all.facts(cell);
        let now = facts.mutations.iter().map(|own| &own.name);
        let scopes = facts.scopes.iter();
        let later = scopes.flat_map(|own| &own.mutates);
        let mut reads = facts.uses.iter().map(|read| read.name.as_str());
        now.chain(later).any(|name| parts.contains(name))
            || reads.any(|name| ["setattr", "patch", "mock"].contains(&name))
    })
}

struct Calls<'a> {
    name: &'a str,
    text: &'a str,
    found: Vec<Case>,
}

impl Calls<'_> {
    fn literal_call(&self, expr: &Expr) -> Option<String> {
        let Expr::Call(call) = expr else {
            return None;
        };
        self.is_literal_call(call)
            .then(|| self.text[call.range()].to_owned())
    }

    /// Takes what a statement of the cell itself says: whoever reads on knows that it ran and held. Within a `try`, a branch or
    /// `pytest.raises` nobody knows.
    fn takes_fact(&mut self, stmt: &Stmt) -> bool {
        if let Stmt::Assert(own) = stmt
            && let Expr::Compare(compare) = &*own.test
            && let ([CmpOp::Eq], [right]) = (&*compare.ops, &*compare.comparators)
            && let Some(call) = self.literal_call(&compare.left)
            && is_literal(right)
            && !self.text[right.range()].contains('\n')
        {
            let result = Some(self.text[right.range()].to_owned());
            self.found.push(Case { call, result });
            return true;
        }
        false
    }

    fn is_literal_call(&self, call: &ExprCall) -> bool {
        let is_it = call
            .func
            .as_name_expr()
            .is_some_and(|name| name.id == self.name);
        let one_line = !self.text[call.range()].contains('\n');
        let keywords = call.arguments.keywords.iter();
        is_it
            && one_line
            && call.arguments.args.iter().all(is_literal)
            && keywords
                .clone()
                .all(|own| own.arg.is_some() && is_literal(&own.value))
    }
}

impl<'a> Visitor<'a> for Calls<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            // What a definition calls, it calls in its own time.
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Some(call) = self.literal_call(expr) {
            self.found.push(Case { call, result: None });
            return;
        }
        visitor::walk_expr(self, expr);
    }
}

/// Numbers, strings and displays of them.
fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::List(own) => own.elts.iter().all(is_literal),
        Expr::Tuple(own) => own.elts.iter().all(is_literal),
        Expr::Set(own) => own.elts.iter().all(is_literal),
        Expr::Dict(own) => own
            .items
            .iter()
            .all(|item| item.key.as_ref().is_some_and(is_literal) && is_literal(&item.value)),
        Expr::UnaryOp(own) => own.operand.is_number_literal_expr(),
        _ => expr.is_literal_expr(),
    }
}
