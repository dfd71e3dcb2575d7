//! What stands between an import and a place further up, and keeps the import from moving there.
//!
//! An import of a package asks where packages are, what the environment says and which warnings to
//! show; one of a module that nobody knows may ask and change anything.

use aho_corasick::AhoCorasick;
use ruff_python_ast::name::Name;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

use super::modules::{self, Nature};
use crate::analysis::facts::{BindingKind, Callee, Facts, Magic, MagicKind, StatementKind};
use crate::analysis::known::installs;
use crate::notebook::{Cell, CellIdx};
use crate::refactor::pieces;
use crate::rule::Context;
use crate::text::{TextRange, TextSize};

/// A statement that some imports cannot pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barrier {
    pub cell: CellIdx,
    /// Its index among the cell's statements; `None` for the cell as a whole.
    pub statement: Option<usize>,
    /// The least of the natures that it holds up.
    pub from: Nature,
    /// What it does, as the end of "`sys.path.append("..")` in cell 2 …".
    pub does: &'static str,
}

struct Sign {
    text: &'static str,
    from: Nature,
    does: &'static str,
}

const PATHS: &str = "changes where modules are found";
const ENVIRONMENT: &str = "sets the environment that it may read";
const WARNINGS: &str = "decides which messages are shown";
const INSTALLS: &str = "installs something that it may need";
const BACKEND: &str = "chooses how plots are drawn, which has to come first";
const PATCHES: &str = "changes a module that it may use";
const OPENS: &str = "may bind any name";
const LISTS: &str = "looks at all names that there are";
const RUNS: &str = "runs code, and what the module does when it is imported is not known";
const PREPARES: &str = "is imported first, and may prepare it";
const UNSEEN: &str = "cannot be seen through";

const fn sign(text: &'static str, does: &'static str) -> Sign {
    Sign {
        text,
        from: Nature::Quiet,
        does,
    }
}

/// A sign of what concerns modules of the standard library as well.
const fn early(text: &'static str, does: &'static str) -> Sign {
    Sign {
        text,
        from: Nature::Standard,
        does,
    }
}

/// Words of code that prepares imports.
const SIGNS: &[Sign] = &[
    sign("sys.path", PATHS),
    early("sys.modules", PATHS),
    sign("sys.meta_path", PATHS),
    sign("addsitedir(", PATHS),
    sign("chdir(", PATHS),
    sign("importlib", PATHS),
    sign("reload(", PATHS),
    sign("PYTHONPATH", PATHS),
    sign("findspark.init(", PATHS),
    sign("os.environ", ENVIRONMENT),
    sign("environ[", ENVIRONMENT),
    sign("environ.", ENVIRONMENT),
    sign("putenv(", ENVIRONMENT),
    sign("load_dotenv(", ENVIRONMENT),
    sign("warnings.", WARNINGS),
    sign("simplefilter(", WARNINGS),
    sign("filterwarnings(", WARNINGS),
    sign("catch_warnings(", WARNINGS),
    sign("logging.", WARNINGS),
    sign("getLogger(", WARNINGS),
    sign("set_verbosity", WARNINGS),
    sign("captureWarnings(", WARNINGS),
    sign("subprocess", INSTALLS),
    sign("os.system(", INSTALLS),
    sign("popen(", INSTALLS),
    sign("install(", INSTALLS),
    sign("get_ipython()", INSTALLS),
    sign("setattr(", PATCHES),
    sign("patch(", PATCHES),
    early("patch_all(", PATCHES),
    early("monkey_patch(", PATCHES),
    sign("patch_sklearn(", PATCHES),
    Sign {
        text: "matplotlib.use(",
        from: Nature::Plotting,
        does: BACKEND,
    },
    Sign {
        text: "mpl.use(",
        from: Nature::Plotting,
        does: BACKEND,
    },
    Sign {
        text: "switch_backend(",
        from: Nature::Plotting,
        does: BACKEND,
    },
    Sign {
        text: "use(\"",
        from: Nature::Plotting,
        does: BACKEND,
    },
    Sign {
        text: "use('",
        from: Nature::Plotting,
        does: BACKEND,
    },
];

static SIGNS_SEARCH: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(SIGNS.iter().map(|sign| sign.text)).ok());

/// Line magics that neither bring packages nor say how they are found and run.
const HARMLESS_MAGICS: &[&str] = &[
    "aimport",
    "autoreload",
    "colors",
    "config",
    "debug",
    "doctest_mode",
    "history",
    "load_ext",
    "ls",
    "lsmagic",
    "pdb",
    "pinfo",
    "precision",
    "prun",
    "pwd",
    "reload_ext",
    "tensorboard",
    "time",
    "timeit",
    "xmode",
];

/// Extensions of IPython that change packages which are imported after them.
const PATCHING_EXTENSIONS: &[&str] = &["cudf.pandas", "cuml.accel"];

/// Shell commands that look and do not touch.
const HARMLESS_COMMANDS: &[&str] = &[
    "cat",
    "date",
    "df",
    "du",
    "echo",
    "file",
    "free",
    "head",
    "hostname",
    "ls",
    "lscpu",
    "nvidia-smi",
    "pwd",
    "tail",
    "tree",
    "uname",
    "wc",
    "whereis",
    "which",
];

/// Cell magics that run or show their cell and no more.
const HARMLESS_CELL_MAGICS: &[&str] = &[
    "HTML",
    "SVG",
    "capture",
    "html",
    "javascript",
    "js",
    "latex",
    "markdown",
    "memit",
    "prun",
    "sql",
    "svg",
    "time",
    "timeit",
    "writefile",
];

/// Words in the names of modules that are imported for what that changes.
const PREPARING_WORDS: &[&str] = &[
    "bootstrap",
    "config",
    "context",
    "env",
    "init",
    "path",
    "preamble",
    "settings",
    "setup",
    "startup",
    // It says so itself: what it makes faster has to come after it.
    "unsloth",
];

/// Whether an import of the module, whose nature is unknown, may be there for others to follow.
pub fn may_prepare(module: &str) -> bool {
    modules::nature(module) == Nature::Unknown
        && PREPARING_WORDS.iter().any(|word| {
            let module = module.to_lowercase();
            module.contains(word)
        })
}

/// The barriers below a statement (`from.1` is the index of the first that counts in cell `from.0`),
/// down to the end of cell `to`, in document order.
pub fn between(cx: &Context<'_>, from: (CellIdx, usize), to: CellIdx) -> Vec<Barrier> {
    let mut search = Search {
        cx,
        preparing: FxHashMap::default(),
        found: Vec::new(),
    };
    for (index, cell) in cx.notebook.indexed() {
        if index > to {
            break;
        }
        search.cell(index, cell, from);
    }
    search.calls_of_what_prepares(from);
    let mut found = search.found;
    // The first reason given for a statement is the plainest.
    found.sort_by_key(|barrier| (barrier.cell, barrier.statement));
    found
}

struct Search<'a> {
    cx: &'a Context<'a>,
    /// Functions in whose bodies there is a sign, by name.
    preparing: FxHashMap<Name, (Nature, &'static str)>,
    found: Vec<Barrier>,
}

impl Search<'_> {
    fn cell(&mut self, index: CellIdx, cell: &Cell, from: (CellIdx, usize)) {
        let facts = self.cx.facts(index);
        let is_below = index >= from.0;
        if cell.is_code() && !cell.is_python(&self.cx.notebook.meta.language) {
            if is_below {
                self.add(index, None, Nature::Quiet, UNSEEN);
            }
            return;
        }
        self.signs(index, &cell.text, facts, from);
        if !is_below {
            return;
        }
        if !facts.runs() {
            self.add(index, None, Nature::Quiet, UNSEEN);
        }
        let first = if index == from.0 { from.1 } else { 0 };
        for magic in &facts.magics {
            if let Some((nature, does)) = of_magic(magic) {
                let statement = statement_with(facts, magic.range);
                if statement.is_none_or(|statement| statement >= first) {
                    self.add(index, statement, nature, does);
                }
            }
        }
        for opening in &facts.openings {
            let statement = statement_with(facts, opening.range);
            if statement.is_none_or(|statement| statement >= first) {
                self.add(index, statement, Nature::Standard, OPENS);
            }
        }
        self.statements(index, &cell.text, facts, first);
    }

    /// Signs in code that runs at once are barriers; in a body they make its function one that prepares.
    fn signs(&mut self, index: CellIdx, text: &str, facts: &Facts, from: (CellIdx, usize)) {
        let Some(search) = &*SIGNS_SEARCH else {
            return;
        };
        for found in search.find_overlapping_iter(text) {
            let sign = &SIGNS[found.pattern().as_usize()];
            let before = text[..found.start()].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_')
                || (sign.text.starts_with("use(") && text[..found.start()].ends_with("style."))
            {
                continue;
            }
            let at = TextSize::try_from(found.start()).unwrap_or_default();
            let place = TextRange::empty(at);
            let Some(statement) = statement_with(facts, place) else {
                continue;
            };
            let is_definition = facts.statements[statement].kind == StatementKind::Definition;
            let mut bodies = facts
                .scopes
                .iter()
                .filter(|scope| scope.range.contains_range(place) && scope.name.is_some())
                .peekable();
            if is_definition && bodies.peek().is_some() {
                for name in bodies.filter_map(|scope| scope.name.clone()) {
                    self.preparing.entry(name).or_insert((sign.from, sign.does));
                }
            } else if facts.statements[statement].kind != StatementKind::Import
                && (index, statement) >= from
            {
                self.add(index, Some(statement), sign.from, sign.does);
            }
        }
    }

    fn statements(&mut self, index: CellIdx, text: &str, facts: &Facts, first: usize) {
        let of_step = |step: u32| {
            let at = facts
                .statements
                .partition_point(|statement| statement.steps.1 <= step);
            (at < facts.statements.len()).then_some(at)
        };
        let counts = |statement: usize| {
            statement >= first && facts.statements[statement].kind != StatementKind::Import
        };
        for mutation in &facts.mutations {
            let statement = of_step(mutation.step).filter(|statement| counts(*statement));
            if let Some(statement) = statement {
                let patches =
                    self.is_module(&mutation.name) && sets_attribute(text, mutation.range);
                if patches {
                    self.add(index, Some(statement), Nature::Quiet, PATCHES);
                } else {
                    self.add(index, Some(statement), Nature::Unknown, RUNS);
                }
            }
        }
        for read in &facts.uses {
            if matches!(read.name.as_str(), "globals" | "locals" | "dir" | "vars")
                && let Some(statement) = of_step(read.step).filter(|at| counts(*at))
            {
                self.add(index, Some(statement), Nature::Standard, LISTS);
            }
        }
        for (at, statement) in facts.statements.iter().enumerate().skip(first) {
            let is_run = !matches!(
                statement.kind,
                StatementKind::Import | StatementKind::Definition
            );
            // Not every call is among the facts; a decorator or a class body that calls is.
            let calls = facts.calls.iter().any(|call| {
                statement.takes(call.step) && statement.kind == StatementKind::Definition
            });
            if calls || is_run && text[statement.range].contains('(') {
                self.add(index, Some(at), Nature::Unknown, RUNS);
            }
        }
        for binding in &facts.bindings {
            let BindingKind::Import { module, .. } = &binding.kind else {
                continue;
            };
            let statement = binding.statement as usize;
            if statement >= first && modules::nature(module) == Nature::Unknown {
                let from = if may_prepare(module) {
                    Nature::Quiet
                } else {
                    Nature::Unknown
                };
                self.add(index, Some(statement), from, PREPARES);
            }
        }
    }

    /// Calls of functions that prepare imports, through other functions, too.
    fn calls_of_what_prepares(&mut self, from: (CellIdx, usize)) {
        if self.preparing.is_empty() {
            return;
        }
        let called = |callee: &Callee, facts: &Facts| match callee {
            Callee::Name(name)
            | Callee::Attribute(_, name)
            | Callee::Method(_, name)
            | Callee::Own(_, name) => Some(name.clone()),
            Callee::Scope(scope) => facts.scope(*scope).name.clone(),
        };
        let cells = || self.cx.notebook.python_cells();
        loop {
            let mut more = Vec::new();
            for (index, _) in cells() {
                let facts = self.cx.facts(index);
                for scope in &facts.scopes {
                    let Some(name) = scope.name.as_ref() else {
                        continue;
                    };
                    let reached = scope
                        .calls
                        .iter()
                        .filter_map(|call| called(&call.callee, facts))
                        .find_map(|name| self.preparing.get(&name));
                    if let Some(reached) = reached
                        && !self.preparing.contains_key(name)
                    {
                        more.push((name.clone(), *reached));
                    }
                }
            }
            if more.is_empty() {
                break;
            }
            self.preparing.extend(more);
        }
        let mut found = Vec::new();
        for (index, _) in cells().filter(|(index, _)| *index >= from.0) {
            let facts = self.cx.facts(index);
            for call in &facts.calls {
                let does = called(&call.callee, facts).and_then(|name| self.preparing.get(&name));
                let statement = statement_with(facts, call.range);
                if let (Some((nature, does)), Some(statement)) = (does, statement)
                    && (index, statement) >= from
                {
                    found.push((index, statement, *nature, *does));
                }
            }
        }
        for (index, statement, nature, does) in found {
            self.add(index, Some(statement), nature, does);
        }
    }

    fn is_module(&self, name: &str) -> bool {
        let mut binders = self.cx.link.binders(name);
        binders.any(|cell| {
            let facts = self.cx.facts(cell);
            let mut own = facts.bindings.iter();
            own.any(|binding| binding.name == *name && binding.kind.is_import())
        })
    }

    fn add(&mut self, cell: CellIdx, statement: Option<usize>, from: Nature, does: &'static str) {
        self.found.push(Barrier {
            cell,
            statement,
            from,
            does,
        });
    }
}

/// What imports a magic holds up.
fn of_magic(magic: &Magic) -> Option<(Nature, &'static str)> {
    let first = magic.argument.split_whitespace().next().unwrap_or_default();
    match magic.kind {
        MagicKind::Help => None,
        MagicKind::Shell if HARMLESS_COMMANDS.contains(&first) => None,
        MagicKind::Shell if installs::install(&magic.argument).is_some() => {
            Some((Nature::Quiet, INSTALLS))
        }
        MagicKind::Shell => Some((Nature::Quiet, "may bring or change what it needs")),
        MagicKind::Cell if HARMLESS_CELL_MAGICS.contains(&&*magic.name) => {
            Some((Nature::Unknown, RUNS))
        }
        MagicKind::Cell => Some((Nature::Quiet, UNSEEN)),
        MagicKind::Line => match &*magic.name {
            "matplotlib" if matches!(first, "inline" | "") => None,
            "matplotlib" => Some((Nature::Plotting, BACKEND)),
            "cd" | "pushd" | "popd" => Some((Nature::Quiet, PATHS)),
            "env" | "set_env" | "dotenv" => Some((Nature::Quiet, ENVIRONMENT)),
            "pip" | "conda" | "mamba" | "uv" => Some((Nature::Quiet, INSTALLS)),
            "who" | "whos" | "who_ls" | "reset" | "reset_selective" | "xdel" => {
                Some((Nature::Standard, LISTS))
            }
            "load_ext" if PATCHING_EXTENSIONS.contains(&first) => Some((Nature::Quiet, PATCHES)),
            name if HARMLESS_MAGICS.contains(&name) => None,
            _ => Some((Nature::Quiet, UNSEEN)),
        },
    }
}

/// Whether an attribute of the name at `range` is assigned: `np.bool = bool`.
fn sets_attribute(text: &str, range: TextRange) -> bool {
    let Some(attribute) = text[pieces::offset(range.end())..].strip_prefix('.') else {
        return false;
    };
    let rest = attribute.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    let rest = rest.trim_start();
    rest.starts_with('=') && !rest.starts_with("==")
}

fn statement_with(facts: &Facts, range: TextRange) -> Option<usize> {
    let at = facts
        .statements
        .partition_point(|statement| statement.range.end() < range.start());
    facts
        .statements
        .get(at)
        .is_some_and(|statement| statement.range.contains_range(range))
        .then_some(at)
}
