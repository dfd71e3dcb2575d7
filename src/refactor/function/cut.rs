//! Which top-level statements of a cell move into a function, and which stay above or below its call.

use ruff_python_ast::name::Name;
use rustc_hash::FxHashSet;

use crate::action::Refusal;
use crate::analysis::Facts;
use crate::analysis::facts::{BindingKind, MagicKind, StatementKind, TextReads, Use};
use crate::analysis::source::size;
use crate::notebook::CellIdx;
use crate::refactor::outside::{self, Readers};
use crate::refactor::shown;
use crate::rule::Context;
use crate::text::TextRange;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Before,
    Inside,
    After,
}

/// Why a cell is not cut.
#[derive(Debug)]
pub enum NoCut {
    /// There is nothing in it that a function would be made of.
    NothingToDo,
    Refused(Refusal),
}

/// What a top-level statement is to the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Import,
    Definition,
    /// It must stay, and nothing can be said of what it does: a magic, a shell line.
    Magic,
    /// It must stay: a branch that imports or defines what others use, a `del` of another cell's name.
    Fixed,
    /// The last expression, which is shown.
    Shown,
    /// A literal under a name that nobody reads: in a function it would be for nothing.
    Unread,
    Work,
}

/// Modules of the standard library that say and do nothing when they are imported.
const STANDARD: &[&str] = &[
    "abc",
    "argparse",
    "ast",
    "base64",
    "bisect",
    "calendar",
    "cmath",
    "collections",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fractions",
    "functools",
    "gc",
    "getpass",
    "glob",
    "gzip",
    "hashlib",
    "heapq",
    "html",
    "inspect",
    "io",
    "itertools",
    "json",
    "keyword",
    "math",
    "numbers",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "platform",
    "pprint",
    "queue",
    "random",
    "re",
    "shutil",
    "sqlite3",
    "statistics",
    "string",
    "struct",
    "sys",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "traceback",
    "types",
    "typing",
    "unittest",
    "urllib",
    "uuid",
    "zipfile",
    "zlib",
];

/// Of the work of a cell, the share of lines that must be left between statements that cannot
/// move: less than this would not be the cell that the person meant.
const LEAST_SHARE: (u32, u32) = (2, 3);

/// The fate of each top-level statement of `cell`.
///
/// # Errors
/// Where nothing would be a function, or the order of what stays and what moves would change.
pub fn cell(cx: &Context<'_>, cell: CellIdx, text: &str) -> Result<Vec<Fate>, NoCut> {
    let facts = cx.link.facts(cell);
    let bound: FxHashSet<Name> = facts
        .bindings
        .iter()
        .map(|binding| binding.name.clone())
        .collect();
    let readers = outside::readers(cx.notebook, cx.link, cell, &bound);
    let mut cut = Cut {
        cx,
        cell,
        text,
        facts,
        readers,
        kinds: Vec::new(),
    };
    cut.kinds = (0..facts.statements.len()).map(|at| cut.kind(at)).collect();
    if cut.kinds.contains(&Kind::Work) {
        for at in 0..facts.statements.len() {
            if cut.kinds[at] == Kind::Work && cut.is_unread_literal(at) {
                cut.kinds[at] = Kind::Unread;
            }
        }
        if !cut.kinds.contains(&Kind::Work) {
            // Then a person must mean these.
            let unread = cut.kinds.iter_mut().filter(|kind| **kind == Kind::Unread);
            unread.for_each(|kind| *kind = Kind::Work);
        }
    }
    cut.fates()
}

/// The same where a person has selected what becomes the function. A selection that cuts a
/// statement is widened to all of it; of one within a block [`super::block`] makes a plan.
///
/// # Errors
/// As [`cell`].
pub fn selection(
    cx: &Context<'_>,
    cell: CellIdx,
    text: &str,
    selection: TextRange,
) -> Result<Vec<Fate>, NoCut> {
    let facts = cx.link.facts(cell);
    // Blank space at the ends selects nothing.
    let selection = trimmed(text, selection);
    let touched: Vec<usize> = facts
        .statements
        .iter()
        .enumerate()
        .filter(|(_, statement)| {
            statement.range.start() < selection.end() && selection.start() < statement.range.end()
        })
        .map(|(at, _)| at)
        .collect();
    let (Some(&first), Some(&last)) = (touched.first(), touched.last()) else {
        return Err(NoCut::NothingToDo);
    };
    let cut = Cut {
        cx,
        cell,
        text,
        facts,
        readers: outside::readers(
            cx.notebook,
            cx.link,
            cell,
            &facts.bindings.iter().map(|own| own.name.clone()).collect(),
        ),
        kinds: Vec::new(),
    };
    for &at in &touched {
        let kind = cut.kind(at);
        // What stands below may need it, so that it is not only the other cells' affair.
        let is_work = match kind {
            Kind::Work => true,
            Kind::Definition => !cut.facts.bound_by(at).any(|binding| {
                cut.readers.contains_key(&binding.name)
                    || (0..facts.statements.len())
                        .filter(|other| !touched.contains(other))
                        .any(|other| cut.mentions(other, &binding.name))
            }),
            _ => false,
        };
        if !is_work {
            let line = first_line(&text[facts.statements[at].range]);
            return Err(NoCut::Refused(match kind {
                Kind::Shown => {
                    format!("`{line}` is shown by the cell, and would not be from a function")
                        .into()
                }
                _ => format!("`{line}` must stay in the notebook; leave it out of the selection")
                    .into(),
            }));
        }
    }
    Ok((0..facts.statements.len())
        .map(|at| match at {
            at if at < first => Fate::Before,
            at if at > last => Fate::After,
            _ => Fate::Inside,
        })
        .collect())
}

/// The range without blank space at its ends.
pub fn trimmed(text: &str, range: TextRange) -> TextRange {
    let code = &text[range];
    let blank = code.len() - code.trim_start().len();
    let start = range.start() + size(blank);
    TextRange::at(start, size(code.trim().len()))
}

fn first_line(code: &str) -> &str {
    code.lines().next().unwrap_or_default().trim()
}

struct Cut<'a> {
    cx: &'a Context<'a>,
    cell: CellIdx,
    text: &'a str,
    facts: &'a Facts,
    readers: Readers,
    kinds: Vec<Kind>,
}

impl Cut<'_> {
    fn kind(&self, at: usize) -> Kind {
        let statement = &self.facts.statements[at];
        let has_magic = self.facts.magics.iter().any(|magic| {
            magic.kind != MagicKind::Cell && statement.range.contains_range(magic.range)
        });
        if has_magic || self.text[statement.range].contains("get_ipython()") {
            return Kind::Magic;
        }
        match statement.kind {
            StatementKind::Import => return Kind::Import,
            StatementKind::Definition => return Kind::Definition,
            StatementKind::Magic => return Kind::Magic,
            StatementKind::Expression if at + 1 == self.facts.statements.len() => {
                let shown = self
                    .facts
                    .trailing
                    .is_some_and(|trailing| !trailing.suppressed);
                if shown && !shown::is_surely_none(self.cx, self.text, statement.range) {
                    return Kind::Shown;
                }
            }
            StatementKind::Expression | StatementKind::Other => {}
        }
        let mut bindings = self.facts.bound_by(at).peekable();
        let deletes_only =
            bindings.peek().is_some() && bindings.all(|binding| binding.kind.is_delete());
        if deletes_only && self.text[statement.range].starts_with("del ") && {
            let from = statement.steps.0;
            self.facts
                .bound_by(at)
                .all(|binding| self.facts.state_before(&binding.name, from).1.is_none())
        } {
            return Kind::Fixed;
        }
        let is_fixed = self.facts.bound_by(at).any(|binding| {
            (binding.kind.is_import() || binding.kind.is_definition())
                && self.readers.contains_key(&binding.name)
        });
        if is_fixed { Kind::Fixed } else { Kind::Work }
    }

    fn is_unread_literal(&self, at: usize) -> bool {
        let statement = &self.facts.statements[at];
        let reads = |read: &Use| statement.takes(read.step);
        let has_body = self
            .facts
            .scopes
            .iter()
            .any(|scope| statement.range.contains_range(scope.range));
        let mut names = self
            .facts
            .bound_by(at)
            .map(|binding| &binding.name)
            .peekable();
        let assigns = names.peek().is_some_and(|name| {
            let rest = self.text[statement.range].strip_prefix(name.as_str());
            rest.is_some_and(|rest| rest.trim_start().starts_with('='))
        });
        let is_read = |name: &Name| {
            let others = (0..self.facts.statements.len()).filter(|&other| other != at);
            self.readers.contains_key(name) || { others }.any(|other| self.mentions(other, name))
        };
        assigns
            && !has_body
            && self.facts.text_reads == TextReads::Nothing
            && !self.facts.uses.iter().any(reads)
            && !self
                .facts
                .calls
                .iter()
                .any(|call| statement.takes(call.step))
            && !names.any(|name| is_read(name) || name.starts_with('_'))
    }

    fn fates(&self) -> Result<Vec<Fate>, NoCut> {
        let is_work = |at: &usize| self.kinds[*at] == Kind::Work;
        let work: Vec<usize> = (0..self.kinds.len()).filter(is_work).collect();
        let (Some(&first), Some(&last)) = (work.first(), work.last()) else {
            return Err(NoCut::NothingToDo);
        };
        let is_expression = |at: usize| self.facts.statements[at].kind == StatementKind::Expression;
        if work.len() == 1 && is_expression(first) && !self.kinds.contains(&Kind::Shown) {
            return Err(NoCut::NothingToDo);
        }
        let inner = self.definitions_inside(last);
        let mut fates: Vec<Fate> = (0..self.kinds.len())
            .map(|at| match self.kinds[at] {
                Kind::Work => Fate::Inside,
                Kind::Definition if inner.contains(&at) => Fate::Inside,
                _ if at > last => Fate::After,
                _ => Fate::Before,
            })
            .collect();
        let start = fates
            .iter()
            .position(|fate| *fate == Fate::Inside)
            .unwrap_or(first);
        let walls: Vec<usize> = (start..last)
            .filter(|&at| fates[at] == Fate::Before && !self.can_rise(at, &fates))
            .collect();
        if walls.is_empty() {
            return Ok(fates);
        }
        // What stands before a wall stays before, what stands behind it stays behind.
        let mut edges = vec![start];
        edges.extend(walls.iter().map(|wall| wall + 1));
        let ends = walls.iter().copied().chain([last + 1]);
        let weight = |from: usize, to: usize| -> u32 {
            (from..to).filter(is_work).map(|at| self.lines(at)).sum()
        };
        let best = edges
            .into_iter()
            .zip(ends)
            .max_by_key(|&(from, to)| (weight(from, to), from));
        let Some((from, to)) = best else {
            return Err(NoCut::NothingToDo);
        };
        let all = weight(0, self.kinds.len());
        if weight(from, to) * LEAST_SHARE.1 < all * LEAST_SHARE.0 {
            return Err(NoCut::Refused(self.reason(walls[0])));
        }
        for (at, fate) in fates.iter_mut().enumerate() {
            if at < from {
                *fate = Fate::Before;
            } else if at >= to {
                *fate = Fate::After;
            }
        }
        Ok(fates)
    }

    fn lines(&self, at: usize) -> u32 {
        let lines = self.text[self.facts.statements[at].range].lines().count();
        u32::try_from(lines).unwrap_or(u32::MAX)
    }

    /// Functions that only the cell uses and that read what it binds: they go where their variables go.
    fn definitions_inside(&self, last: usize) -> FxHashSet<usize> {
        let of_kind = |kind: Kind| (0..self.kinds.len()).filter(move |&at| self.kinds[at] == kind);
        let definitions: Vec<usize> = of_kind(Kind::Definition).filter(|&at| at < last).collect();
        let names = |at: usize| self.facts.bound_by(at).map(|binding| &binding.name);
        let mut outside: FxHashSet<usize> = definitions
            .iter()
            .copied()
            .filter(|&at| {
                names(at).any(|name| self.readers.contains_key(name))
                    || self.is_class(at)
                    || (0..self.kinds.len())
                        .filter(|&other| {
                            !matches!(
                                self.kinds[other],
                                Kind::Work | Kind::Unread | Kind::Definition
                            )
                        })
                        .any(|other| names(at).any(|name| self.mentions(other, name)))
                    || of_kind(Kind::Definition)
                        .filter(|&other| other > last)
                        .any(|other| names(at).any(|name| self.mentions(other, name)))
            })
            .collect();
        let used_by = |at: usize, users: &FxHashSet<usize>| {
            users
                .iter()
                .any(|&user| user != at && names(at).any(|name| self.mentions(user, name)))
        };
        while let Some(&more) = definitions
            .iter()
            .find(|at| !outside.contains(at) && used_by(**at, &outside))
        {
            outside.insert(more);
        }
        let mut inside: FxHashSet<usize> = FxHashSet::default();
        loop {
            let more = definitions.iter().copied().find(|&at| {
                !outside.contains(&at)
                    && !inside.contains(&at)
                    && of_kind(Kind::Work)
                        .chain(inside.iter().copied())
                        .any(|other| {
                            self.facts
                                .bound_by(other)
                                .any(|binding| self.mentions(at, &binding.name))
                        })
            });
            match more {
                Some(at) => inside.insert(at),
                None => return inside,
            };
        }
    }

    fn is_class(&self, at: usize) -> bool {
        self.facts
            .bound_by(at)
            .any(|binding| matches!(binding.kind, BindingKind::Class(_)))
    }

    /// Whether a statement reads or binds the name, at once or in a body.
    fn mentions(&self, at: usize, name: &Name) -> bool {
        let statement = &self.facts.statements[at];
        self.facts
            .uses
            .iter()
            .any(|read| read.name == *name && statement.takes(read.step))
            || self.facts.bound_by(at).any(|binding| binding.name == *name)
            || self
                .facts
                .scopes
                .iter()
                .filter(|scope| statement.range.contains_range(scope.range))
                .any(|scope| scope.reads.iter().any(|read| read.name == *name))
    }

    /// Whether an import or a definition may run before the work above it.
    fn can_rise(&self, at: usize, fates: &[Fate]) -> bool {
        let statement = &self.facts.statements[at];
        let above: Vec<usize> = (0..at)
            .filter(|&other| fates[other] == Fate::Inside)
            .collect();
        let touched = self.facts.bound_by(at).any(|binding| {
            above
                .iter()
                .any(|&other| self.mentions(other, &binding.name))
        });
        let has_other_meaning = self.facts.bound_by(at).any(|binding| {
            self.cx
                .link
                .touchers(&binding.name)
                .filter(|&other| other < self.cell)
                .any(|other| {
                    let facts = self.cx.link.facts(other);
                    let same = facts
                        .exit(&binding.name)
                        .is_some_and(|exit| facts.binding(exit).kind == binding.kind);
                    !(same && binding.kind.is_import())
                })
        });
        if touched || has_other_meaning {
            return false;
        }
        match self.kinds[at] {
            Kind::Import => {
                is_standard_import(self.facts, at)
                    || above.iter().all(|&other| {
                        !prepares_imports(&self.text[self.facts.statements[other].range])
                    })
            }
            Kind::Definition => {
                let mut calls = self.facts.calls.iter();
                let calls = calls.any(|call| statement.takes(call.step));
                let decorated = self
                    .facts
                    .scopes
                    .iter()
                    .any(|scope| scope.range == statement.range && scope.decorated);
                let reads_work = self
                    .facts
                    .uses
                    .iter()
                    .filter(|read| statement.takes(read.step))
                    .any(|read| {
                        above
                            .iter()
                            .any(|&other| self.facts.bound_by(other).any(|b| b.name == read.name))
                    });
                !calls && !decorated && !reads_work
            }
            Kind::Unread => true,
            _ => false,
        }
    }

    fn reason(&self, wall: usize) -> Refusal {
        let line = self.text[self.facts.statements[wall].range]
            .lines()
            .next()
            .unwrap_or_default()
            .trim();
        let shown: String = line.chars().take(40).collect();
        match self.kinds[wall] {
            Kind::Magic => format!(
                "`{shown}` in the middle runs in the notebook, where it would not see the function's variables"
            ),
            Kind::Import => format!("`{shown}` in the middle cannot move above what stands before it"),
            Kind::Definition => format!(
                "`{shown}` in the middle is used outside, and cannot move above what stands before it"
            ),
            _ => format!("`{shown}` in the middle must stay in the notebook"),
        }
        .into()
    }
}

/// Whether the statement may change what an import below finds or says.
pub fn prepares_imports(code: &str) -> bool {
    const PREPARERS: &[&str] = &[
        "sys.",
        "environ",
        "putenv",
        "chdir",
        "system(",
        "warn",
        "importlib",
        "site.",
        "subprocess",
        ".use(",
        "switch_backend",
        "logging",
        "pip",
        "install",
        "write",
        "'w",
        "\"w",
        "urlretrieve",
        "patch",
        "set_option",
        "config",
        "reload",
    ];
    PREPARERS.iter().any(|sign| code.contains(sign))
}

/// Whether all that is imported are modules of the standard library, which nothing prepares.
pub fn is_standard_import(facts: &Facts, at: usize) -> bool {
    let mut bindings = facts.bound_by(at).peekable();
    bindings.peek().is_some()
        && bindings.all(|binding| match &binding.kind {
            BindingKind::Import { module, .. } => {
                let root = module.split('.').next().unwrap_or_default();
                STANDARD.contains(&root)
            }
            _ => false,
        })
}
