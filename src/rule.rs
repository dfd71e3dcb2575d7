//! What a rule is, and what it finds.

pub mod missing;
pub mod outdated;

use std::fmt;

use crate::analysis::clones;
use crate::analysis::known::imports::KnownImports;
use crate::analysis::{Dependencies, Facts, FactsCache, Link};
use crate::config::Config;
use crate::notebook::{Anchor, Cell, CellIdx, Home, Notebook};

/// One rule. Each stands in a file of its own below `rules/`, listed in [`crate::rules::ALL`].
#[derive(Debug)]
pub struct Rule {
    /// The pattern it finds, in kebab case: `undefined-name`.
    pub name: &'static str,
    pub group: Group,
    /// How serious a finding is where the configuration says nothing else.
    pub severity: Severity,
    /// Whether it runs without being asked for.
    pub on_by_default: bool,
    pub check: Check,
    /// The source of the rule's file; its `//!` header is the manual page. See [`crate::docs`].
    pub source: &'static str,
}

/// Rules about the order in which cells stand or ran, and about names that several cells bind. marimo has its own order,
/// and lets a name be bound in one cell only. Tests in its notebooks are found by pytest.
const SETTLED_BY_MARIMO: [&str; 12] = [
    "circular-dependency",
    "execution-gap",
    "function-reads-global",
    "hidden-definition",
    "import-outside-top",
    "out-of-order-execution",
    "redefined-name",
    "rerun-hazard",
    "stale-cell",
    "test-in-notebook",
    "unexecuted-cell",
    "used-before-definition",
];

impl Rule {
    /// Whether the rule has anything to say of a notebook that runs there.
    pub fn applies_to(&self, home: Home) -> bool {
        home != Home::Marimo || !SETTLED_BY_MARIMO.contains(&self.name)
    }
}

/// What a rule looks at, which is also what makes it look again after an edit.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// One cell: its text, facts, execution and outputs. Runs again when that cell changes.
    Cell(fn(&CellContext<'_>, &mut Vec<Finding>)),
    /// One cell and its place among the others. Runs again when a name that it reads
    /// is bound elsewhere, too, or when cells are moved.
    Linked(fn(&CellContext<'_>, &mut Vec<Finding>)),
    /// All cells at once. After the edit of a text it runs again only where `wakes` says that the facts before and after
    /// differ in what the rule looks at: a keystroke must not cost a look at every cell.
    Notebook {
        check: fn(&Context<'_>, &mut Vec<Finding>),
        wakes: fn(before: &Facts, after: &Facts) -> bool,
    },
}

/// The danger a rule warns of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    State,
    Structure,
    Test,
    Version,
    Portable,
}

impl Group {
    pub const ALL: [Self; 5] = [
        Self::State,
        Self::Structure,
        Self::Test,
        Self::Version,
        Self::Portable,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Structure => "structure",
            Self::Test => "test",
            Self::Version => "version",
            Self::Portable => "portable",
        }
    }

    pub fn description(self) -> &'static str {
        match self {
            Self::State => "the notebook only works in the session it was written in",
            Self::Structure => "a long script in a browser",
            Self::Test => "code that no test can import and no debugger can enter",
            Self::Version => "what makes version control hurt",
            Self::Portable => "what only works on one machine",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// From the most serious to the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
    Info,
    Hint,
}

impl Severity {
    pub const ALL: [Self; 4] = [Self::Error, Self::Warning, Self::Info, Self::Hint];

    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Hint => "hint",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One place where a rule's pattern was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub rule: &'static str,
    pub severity: Severity,
    /// How serious this one is, where findings of one rule differ. The configuration overrides it.
    pub own_severity: Option<Severity>,
    pub anchor: Anchor,
    /// What is wrong, why it will hurt and what to do, in one or two sentences that name the cells.
    pub message: String,
    /// Other places that explain the finding.
    pub related: Vec<Related>,
    /// The best repair, if there is one. It is computed when somebody asks for it.
    pub fix: Option<Fix>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    pub anchor: Anchor,
    pub message: String,
}

/// A repair that an action of [`crate::actions`] carries out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The action's name.
    pub action: &'static str,
    /// What it will do, as a menu shows it: "Add `import numpy as np`".
    pub title: String,
    pub safety: Safety,
    /// What the action needs to know besides the place, in its own words: `import numpy as np`.
    pub argument: Option<String>,
}

impl Fix {
    /// Gives a name another one from a cell on.
    pub fn rename(name: &str, from: CellIdx) -> Self {
        Self {
            action: "rename-in-cell",
            title: format!("Rename `{name}` from {from} on"),
            // Whether both are meant to be one variable, only a person knows.
            safety: Safety::Unsafe,
            argument: Some(name.to_owned()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// The notebook computes what it did, or what it was meant to.
    Safe,
    /// A person should look at it.
    Unsafe,
}

impl Safety {
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

impl Finding {
    /// A finding with the rule's default severity; the engine sets what the configuration says.
    pub fn new(rule: &'static str, anchor: Anchor, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: Severity::Warning,
            own_severity: None,
            anchor,
            message: message.into(),
            related: Vec::new(),
            fix: None,
        }
    }

    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.own_severity = Some(severity);
        self
    }

    #[must_use]
    pub fn related(mut self, anchor: Anchor, message: impl Into<String>) -> Self {
        self.related.push(Related {
            anchor,
            message: message.into(),
        });
        self
    }

    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}

/// What a rule may look at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub notebook: &'a Notebook,
    pub link: &'a Link,
    pub config: &'a Config,
    pub imports: &'a KnownImports,
    /// What other notebooks of the project hold.
    pub clones: &'a clones::Project,
    /// What the project says that it depends on.
    pub dependencies: &'a Dependencies,
    /// For whoever needs the facts of a part of a cell.
    pub cache: &'a FactsCache,
}

impl<'a> Context<'a> {
    pub fn facts(&self, cell: CellIdx) -> &'a Facts {
        self.link.facts(cell)
    }

    /// "cell 7", or "cell 7 (In [12])" where the cell carries a count.
    pub fn cell_name(&self, index: CellIdx) -> String {
        match self
            .notebook
            .cell(index)
            .and_then(|cell| cell.execution.count)
        {
            Some(count) => format!("{index} (In [{count}])"),
            None => index.to_string(),
        }
    }
}

/// [`Context`] with one cell in focus.
#[derive(Clone, Copy)]
pub struct CellContext<'a> {
    pub all: Context<'a>,
    pub index: CellIdx,
    pub cell: &'a Cell,
    pub facts: &'a Facts,
}
