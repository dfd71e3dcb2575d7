//! Which imports of a notebook can stand in its first import cell, and why the others stay.

use std::cell::LazyCell;

use rustc_hash::FxHashSet;

use super::barriers::{self, Barrier};
use super::block::{self, Statement};
use super::lines;
use super::lines::{Block, Target, goes_with_comments, later_blocks, may_fail, without};
use super::modules::{self, Nature};
use super::patches::{self, Patch};
use super::served::{self, Moment, Wanted};
use crate::analysis::facts::{Binding, BindingKind, MagicKind, State, StatementKind, Step};
use crate::analysis::source::size;
use crate::notebook::{CellIdx, Edit, EditOp};
use crate::refactor::function::extract;
use crate::refactor::pieces::{line_end, line_start};
use crate::refactor::shown;
use crate::rule::Context;
use crate::text::{TextRange, newline_of};

/// What becomes of the imports of a notebook.
#[derive(Debug)]
pub struct Gathering {
    /// The first cell with imports.
    pub target: CellIdx,
    /// The import statements that move there.
    pub moved: Vec<(CellIdx, TextRange)>,
    pub left: Vec<Left>,
    /// Empty where nothing moves and the block is sorted.
    pub edit: Edit,
}

/// An import that stays in its cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub cell: CellIdx,
    pub range: TextRange,
    /// Its first line.
    pub code: String,
    /// Why; a part of a sentence.
    pub reason: String,
}

/// What code may set in `sys`, so that taking it earlier takes another value.
const CHANGING: &[&str] = &[
    "argv",
    "displayhook",
    "excepthook",
    "modules",
    "path",
    "stderr",
    "stdin",
    "stdout",
];

/// Looks at all cells. `None` where no cell has an import that could be among others.
///
/// `removes_cells` says whether a cell that becomes empty can go.
pub fn plan(cx: &Context<'_>, removes_cells: bool) -> Option<Gathering> {
    let target = Target::find(cx)?;
    let mut work = Work {
        cx,
        blocks: later_blocks(cx, target.cell),
        left: Vec::new(),
        target,
    };
    work.leave_conditional();
    work.leave_what_cannot_move();
    work.leave_what_keeps_results_hidden();
    Some(work.finish(removes_cells))
}

struct Work<'a> {
    cx: &'a Context<'a>,
    target: Target,
    /// With the reason why a block cannot move, where there is one.
    blocks: Vec<(Block, Option<String>)>,
    left: Vec<Left>,
}

impl Work<'_> {
    fn text(&self, cell: CellIdx) -> &str {
        self.cx.notebook.cell(cell).map_or("", |cell| &cell.text)
    }

    /// Imports in `try`, `if`, `with`: made on some paths, or under a condition.
    fn leave_conditional(&mut self) {
        for (index, cell) in self.cx.notebook.python_cells() {
            let facts = self.cx.facts(index);
            let mut seen = FxHashSet::default();
            for binding in facts.bindings.iter().filter(|own| own.kind.is_import()) {
                let Some(statement) = facts.statements.get(binding.statement as usize) else {
                    continue;
                };
                let line = line_start(&cell.text, binding.range.start());
                if statement.kind == StatementKind::Import || !seen.insert(line) {
                    continue;
                }
                let code = cell.text[line..].lines().next().unwrap_or_default().trim();
                let around = first_word(&cell.text[statement.range]);
                self.left.push(Left {
                    cell: index,
                    range: TextRange::new(size(line), size(line_end(&cell.text, size(line)))),
                    code: code.to_owned(),
                    reason: format!("it is made within `{around}`"),
                });
            }
        }
    }

    fn leave_what_cannot_move(&mut self) {
        let Some(last) = self.blocks.last().map(|(block, _)| block.cell) else {
            return;
        };
        let barriers = barriers::between(self.cx, (self.target.cell, self.target.below), last);
        let patches = LazyCell::new(|| patches::until(self.cx, last));
        let history = extract::reads_history(self.cx);
        let mut moved: FxHashSet<(CellIdx, usize)> = FxHashSet::default();
        for at in 0..self.blocks.len() {
            let (block, reason) = &self.blocks[at];
            if reason.is_some() {
                continue;
            }
            let reason = self
                .forbidden(block)
                .or_else(|| self.other_meaning(block))
                .or_else(|| self.barrier(block, &barriers, &moved))
                .or_else(|| self.patch(block, &patches))
                .or_else(|| {
                    history.then(|| "a cell asks IPython for earlier inputs or results".to_owned())
                });
            if reason.is_none() {
                let (from, to) = block.statements;
                moved.extend((from..to).map(|statement| (block.cell, statement)));
            }
            self.blocks[at].1 = reason;
        }
    }

    /// What the cell itself says against it.
    fn forbidden(&self, block: &Block) -> Option<String> {
        let cell = self.cx.notebook.cell(block.cell)?;
        let facts = self.cx.facts(block.cell);
        if !facts.runs() {
            return Some(format!("{} is not valid Python", block.cell));
        }
        if let Some(magic) = facts
            .magics
            .first()
            .filter(|own| own.kind == MagicKind::Cell)
        {
            return Some(format!("`%%{}` decides how its cell runs", magic.name));
        }
        if may_fail(cell) {
            return Some(format!(
                "{} stops with an error",
                self.cx.cell_name(block.cell)
            ));
        }
        let text = &cell.text[block.comments..block.lines.1];
        if ["cellwise: ignore", "isort:", "@param"]
            .iter()
            .any(|mark| text.contains(mark))
        {
            return Some("a comment says to leave it".to_owned());
        }
        for import in &block.imports {
            if import.module == "__future__" {
                return Some("it changes how the cells below it are read".to_owned());
            }
            let names = import.bound();
            if import.module == "sys" && names.iter().any(|name| CHANGING.contains(name)) {
                return Some("what it takes from `sys` may change on the way".to_owned());
            }
        }
        None
    }

    /// A name that means something else above, or that is another's.
    fn other_meaning(&self, block: &Block) -> Option<String> {
        let cx = self.cx;
        let facts = cx.facts(block.cell);
        let (from, to) = block.statements;
        let own = |binding: &&Binding| (from..to).contains(&(binding.statement as usize));
        let here = facts.statements[from].steps.0;
        for binding in facts.bindings.iter().filter(own) {
            let Some(wanted) = served::path_of(binding) else {
                continue;
            };
            let name = &binding.name;
            let touchers = cx.link.touchers(name).filter(|cell| *cell <= block.cell);
            for cell in touchers {
                let end = if cell == block.cell { here } else { Step::MAX };
                let bindings = cx.facts(cell).bindings.iter();
                let mut before = bindings.filter(|other| other.name == *name && other.step < end);
                if before.any(|other| {
                    other.kind.is_written() && served::path_of(other).as_ref() != Some(&wanted)
                }) {
                    return Some(format!(
                        "`{name}` is something else in {}",
                        cx.cell_name(cell)
                    ));
                }
            }
            // Two names of one statement may be the same.
            let same = |other: &&Binding| {
                other.name == *name && served::path_of(other).as_ref() != Some(&wanted)
            };
            if facts.bindings.iter().filter(own).any(|other| same(&other)) {
                return Some(format!("it binds `{name}` twice"));
            }
            let reader = self
                .reader_between(block, binding, here)
                .or_else(|| self.reader_of_other(name, &wanted, (block.cell, here)));
            if reader.is_some() {
                return reader;
            }
        }
        None
    }

    /// Who asks for the name above the import, and gets or expects something else.
    fn reader_between(&self, block: &Block, binding: &Binding, here: Step) -> Option<String> {
        let cx = self.cx;
        let name = &binding.name;
        let is_own_brings =
            wanted_from(binding).is_some_and(|module| module.starts_with("IPython"));
        let is_given = cx.link.is_given(name) && !is_own_brings;
        for (cell, _) in cx.notebook.python_cells() {
            if cell > block.cell {
                break;
            }
            let facts = cx.facts(cell);
            let mut binds = facts.scopes.iter().flat_map(|scope| &scope.binds);
            if binds.any(|bound| bound == name) {
                return Some(format!(
                    "a function in {} binds `{name}`",
                    cx.cell_name(cell)
                ));
            }
            let end = if cell == block.cell { here } else { Step::MAX };
            let at_once = facts.uses.iter().any(|read| {
                read.name == *name
                    && read.step < end
                    && cell >= self.target.cell
                    && (is_given || read.guarded)
                    && read.local == State::Untouched
            });
            let later = is_given
                && facts
                    .scopes
                    .iter()
                    .flat_map(|scope| &scope.reads)
                    .any(|read| read.name == *name);
            if at_once || later {
                return Some(format!(
                    "{} asks for `{name}` before it is imported",
                    cx.cell_name(cell)
                ));
            }
        }
        None
    }

    /// Who reads the name above the import, and may have it from a star import, `%run` or `exec`.
    fn reader_of_other(&self, name: &str, path: &str, here: Moment) -> Option<String> {
        let wanted = Wanted { name, path };
        let below = self
            .cx
            .facts(self.target.cell)
            .statements
            .get(self.target.below);
        let place = (self.target.cell, below.map_or(Step::MAX, |own| own.steps.0));
        let (reader, opener, kind) = wanted.reader_of_other(self.cx, place, here)?;
        Some(format!(
            "{} reads `{name}`, which may come from {} in {}",
            self.cx.cell_name(reader),
            kind.quoted(),
            self.cx.cell_name(opener)
        ))
    }

    fn barrier(
        &self,
        block: &Block,
        barriers: &[Barrier],
        moved: &FxHashSet<(CellIdx, usize)>,
    ) -> Option<String> {
        let natures = block
            .imports
            .iter()
            .map(|import| modules::nature(&import.module));
        let nature = natures.max()?;
        let barrier = barriers
            .iter()
            .take_while(|barrier| {
                (barrier.cell, barrier.statement.unwrap_or(0)) < (block.cell, block.statements.0)
            })
            .find(|barrier| {
                barrier.from <= nature
                    && !barrier
                        .statement
                        .is_some_and(|statement| moved.contains(&(barrier.cell, statement)))
            })?;
        let facts = self.cx.facts(barrier.cell);
        let range = barrier
            .statement
            .and_then(|at| facts.statements.get(at))
            .map(|statement| statement.range);
        let cell = self.cx.cell_name(barrier.cell);
        Some(match range {
            Some(range) => {
                let line = self.text(barrier.cell)[range]
                    .lines()
                    .next()
                    .unwrap_or_default();
                let shown: String = line.trim().chars().take(40).collect();
                format!("`{shown}` in {cell} {}", barrier.does)
            }
            None => format!("{cell} {}", barrier.does),
        })
    }

    /// A change of a module, which an import of its members would come before.
    fn patch(&self, block: &Block, patches: &[Patch]) -> Option<String> {
        let from = (block.cell, block.statements.0);
        let to = (self.target.cell, self.target.below);
        let patch = patches::held_by(self.cx, patches, &block.imports, from, to)?;
        let text = self.text(patch.cell);
        let line = line_start(text, patch.range.start())..line_end(text, patch.range.start());
        let shown: String = text[line].trim().chars().take(40).collect();
        Some(format!(
            "`{shown}` in {} may change what it takes",
            self.cx.cell_name(patch.cell)
        ))
    }

    /// What stands last in a cell is shown, so an import below an expression stays.
    fn leave_what_keeps_results_hidden(&mut self) {
        for at in (0..self.blocks.len()).rev() {
            let (block, None) = &self.blocks[at] else {
                continue;
            };
            let facts = self.cx.facts(block.cell);
            let goes = |statement: usize| {
                self.blocks.iter().any(|(other, reason)| {
                    other.cell == block.cell
                        && reason.is_none()
                        && (other.statements.0..other.statements.1).contains(&statement)
                })
            };
            let last = (0..facts.statements.len()).rev().find(|&at| !goes(at));
            let Some(last) = last.filter(|last| *last < block.statements.0) else {
                continue;
            };
            let text = self.text(block.cell);
            if shown::would_show(self.cx, facts, text, last) {
                let line = text[facts.statements[last].range].lines().next();
                let shown: String = line.unwrap_or_default().chars().take(40).collect();
                let reason = format!("without it, {} would show `{shown}`", block.cell);
                self.blocks[at].1 = Some(reason);
            }
        }
    }

    fn finish(mut self, removes_cells: bool) -> Gathering {
        let blocks = std::mem::take(&mut self.blocks);
        let mut moved: Vec<Block> = Vec::new();
        for (block, reason) in blocks {
            match reason {
                None => moved.push(block),
                Some(reason) => {
                    let text = self.text(block.cell);
                    let (start, end) = block.lines;
                    let code = text[start..end].lines().next().unwrap_or_default();
                    self.left.push(Left {
                        cell: block.cell,
                        range: TextRange::new(size(start), size(end)),
                        code: code.trim().to_owned(),
                        reason,
                    });
                }
            }
        }
        self.left
            .sort_by_key(|left| (left.cell, left.range.start()));
        let mut edit = Edit::default();
        let target_text = self.text(self.target.cell);
        let (start, end) = self.target.place;
        let new = self.target_text(&moved);
        if new != target_text[start..end] {
            edit.ops.push(EditOp::Replace {
                cell: self.target.cell,
                range: TextRange::new(size(start), size(end)),
                text: new,
            });
        }
        for own in moved.chunk_by(|a, b| a.cell == b.cell) {
            let cell = own[0].cell;
            edit.ops
                .extend(without(cell, self.text(cell), own, removes_cells));
        }
        let statements = moved.iter().flat_map(|block| {
            let facts = self.cx.facts(block.cell);
            (block.statements.0..block.statements.1)
                .map(|at| (block.cell, facts.statements[at].range))
        });
        Gathering {
            target: self.target.cell,
            moved: statements.collect(),
            left: self.left,
            edit,
        }
    }

    /// The run of imports with those that come to it.
    fn target_text(&self, moved: &[Block]) -> String {
        let text = self.text(self.target.cell);
        let newline = newline_of(text);
        let (start, end) = self.target.place;
        let own = || {
            self.target
                .run
                .iter()
                .flat_map(|block| block.imports.iter())
        };
        // What the cell imports below its block stays there, and need not be imported twice.
        let mut below = lines::made_below(self.cx, &self.target);
        below.retain(|import| !import.bound().iter().any(|name| self.is_deleted(name)));
        let mut coming: Vec<Statement> = Vec::new();
        for block in moved {
            let cell_text = self.text(block.cell);
            let comments_move = goes_with_comments(cell_text, block);
            for import in &block.imports {
                let mut import = import.clone();
                if !comments_move {
                    import.above.clear();
                }
                if import.beside.is_none() && import.above.is_empty() && import.is_among(&below) {
                    continue;
                }
                coming.push(import);
            }
        }
        let mut all: Vec<Statement> = own().cloned().collect();
        // What stands above the first import speaks of the cell.
        if let Some(first) = all.first_mut() {
            first.above.clear();
        }
        let count = all.len();
        all.append(&mut coming);
        if !self.keeps_its_lines() && is_free_to_sort(&all) {
            let sorted = block::render(&all, &nobodys, newline);
            let prefix = if self.target.run.is_empty() && !sorted.is_empty() {
                newline
            } else {
                ""
            };
            return format!("{prefix}{sorted}");
        }
        let known: Vec<Statement> = all.drain(..count).collect();
        let new: Vec<Statement> = all
            .into_iter()
            .filter(|import| import.beside.is_some() || !import.is_among(&known))
            .collect();
        if new.is_empty() {
            return text[start..end].to_owned();
        }
        let block = if is_free_to_sort(&new) {
            block::render(&new, &nobodys, newline)
        } else {
            let lines = new
                .iter()
                .map(|import| block::render(std::slice::from_ref(import), &nobodys, newline));
            lines.collect::<Vec<_>>().join(newline)
        };
        let gap = if self.ends_in_a_headed_group() {
            newline
        } else {
            ""
        };
        format!("{}{newline}{gap}{block}", &text[start..end])
    }

    fn is_deleted(&self, name: &str) -> bool {
        self.cx.link.touchers(name).any(|cell| {
            let mut bindings = self.cx.facts(cell).bindings.iter();
            bindings.any(|own| own.name == *name && own.kind.is_delete())
        })
    }

    /// Whether comments stand above a statement of the run.
    fn is_headed(&self, at: usize) -> bool {
        !self.target.run[at].imports[0].above.is_empty()
    }

    /// Whether a blank line stands above a statement of the run, and its comments.
    fn is_parted(&self, at: usize) -> bool {
        at > 0 && self.target.run[at - 1].lines.1 < self.target.run[at].comments
    }

    /// Whether the last lines of the run have a comment of their own, which does not speak of what comes below them.
    fn ends_in_a_headed_group(&self) -> bool {
        let mut starts = (1..self.target.run.len()).rev();
        let last = starts.find(|&at| self.is_headed(at) || self.is_parted(at));
        last.is_some_and(|at| self.is_headed(at))
    }

    /// Whether the lines of the run are in an order or in groups that mean something.
    fn keeps_its_lines(&self) -> bool {
        let text = self.text(self.target.cell);
        let run = &self.target.run;
        let heads_group = |at: usize| {
            let next_is_direct = run
                .get(at + 1)
                .is_some_and(|next| next.comments == run[at].lines.1);
            self.is_headed(at) && at > 0 && next_is_direct
        };
        // A comment above the first, and one below a blank line: each speaks of its group, be it of one import.
        let parted =
            (1..run.len()).any(|at| self.is_headed(0) && self.is_headed(at) && self.is_parted(at));
        let loose = run.windows(2).any(|pair| {
            let between = &text[pair[0].lines.1..pair[1].comments];
            !between.trim().is_empty()
        });
        loose || parted || text.contains("isort:") || (0..run.len()).any(heads_group)
    }
}

/// Whether sorting keeps the order of imports of which one may matter to the other.
fn is_free_to_sort(imports: &[Statement]) -> bool {
    imports.iter().enumerate().all(|(at, first)| {
        imports[at + 1..].iter().all(|second| {
            let swaps = first.place_in_block(second, &nobodys).is_gt();
            !(collide(first, second) || swaps && order_matters(first, second))
        })
    })
}

fn order_matters(first: &Statement, second: &Statement) -> bool {
    let natures = (
        modules::nature(&first.module),
        modules::nature(&second.module),
    );
    let root = |import: &Statement| import.module.split('.').next().map(str::to_owned);
    match natures {
        (Nature::Unknown, Nature::Unknown) => root(first) != root(second) || root(first).is_none(),
        (Nature::Unknown, other) => {
            other != Nature::Standard && barriers::may_prepare(&first.module)
        }
        (other, Nature::Unknown) => {
            other != Nature::Standard && barriers::may_prepare(&second.module)
        }
        _ => false,
    }
}

/// Whether both bind a name, and not to the same.
fn collide(first: &Statement, second: &Statement) -> bool {
    let of_second = second.bindings();
    first.bindings().iter().any(|(name, meaning)| {
        of_second
            .iter()
            .any(|(other, other_meaning)| name == other && meaning != other_meaning)
    })
}

fn wanted_from(binding: &Binding) -> Option<&str> {
    match &binding.kind {
        BindingKind::Import { module, .. } => Some(module),
        _ => None,
    }
}

fn first_word(code: &str) -> &str {
    code.split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
}

/// Gathering works on files alone, too, where nobody knows which modules are the project's: they stand with packages.
fn nobodys(_module: &str) -> bool {
    false
}
