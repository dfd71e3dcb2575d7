//! Renames a variable wherever it is named: one of the notebook in all cells, one of a function in it.
//!
//! All names of a notebook live in one namespace, so a variable that gets a new name everywhere computes what it did,
//! as long as every place is known and nobody else has that name. Where that is not sure, it is refused.

use ruff_python_ast::name::Name;

use super::marimo;
use crate::action::Refusal;
use crate::analysis::facts::{Binding, BindingKind, OpeningKind, TextReads};
use crate::analysis::magics;
use crate::analysis::occurrences::{Kind, Occurrence, Occurrences, Owner};
use crate::analysis::text_reads;
use crate::engine::Analysis;
use crate::notebook::{CellIdx, Edit, EditOp, Home};
use crate::text::{TextRange, TextSize, line_at};
use crate::view::variable;

/// What can be renamed at a place: its range, if it is a name at all.
///
/// # Errors
/// Why the name there cannot be renamed, whatever its new name.
pub fn prepare(
    analysis: &Analysis,
    cell: CellIdx,
    offset: TextSize,
) -> Result<Option<TextRange>, Refusal> {
    let Some(occurrence) = variable::at(analysis, cell, offset) else {
        return Ok(None);
    };
    Renaming::new(analysis, cell, &occurrence)?;
    Ok(Some(occurrence.range))
}

/// Gives the name at a place the name `new`.
///
/// # Errors
/// Why that could change what the notebook computes.
pub fn rename(
    analysis: &Analysis,
    cell: CellIdx,
    offset: TextSize,
    new: &str,
) -> Result<Edit, Refusal> {
    let occurrence = variable::at(analysis, cell, offset).ok_or("there is no name here")?;
    let renaming = Renaming::new(analysis, cell, &occurrence)?;
    if *occurrence.name == *new {
        return Ok(Edit::default());
    }
    renaming.takes(new)?;
    let edit = renaming.edit(new);
    analysis.allow(&edit)?;
    Ok(edit)
}

struct Renaming<'a> {
    analysis: &'a Analysis,
    old: &'a Name,
    owner: Owner,
    /// The cells in which it could be named, with what is named there.
    cells: Vec<(CellIdx, Occurrences)>,
}

impl<'a> Renaming<'a> {
    /// Collects the places of a variable, if all of them can be known.
    fn new(
        analysis: &'a Analysis,
        cell: CellIdx,
        occurrence: &'a Occurrence,
    ) -> Result<Self, Refusal> {
        let old = &occurrence.name;
        let notebook = analysis.notebook();
        let is_own = notebook.meta.home == Home::Marimo && marimo::is_private(old);
        let cells = if occurrence.owner == Owner::Notebook && !is_own {
            notebook.python_cells().map(|(index, _)| index).collect()
        } else {
            vec![cell]
        };
        let renaming = Self {
            analysis,
            old,
            owner: occurrence.owner,
            cells: cells
                .into_iter()
                .map(|cell| (cell, variable::occurrences(analysis, cell)))
                .collect(),
        };
        match renaming.owner {
            Owner::Notebook => renaming.is_of_notebook()?,
            Owner::Local {
                is_parameter: true, ..
            } => {
                return Err(format!(
                    "`{old}` is a parameter, and whoever calls the function may pass it by its name"
                )
                .into());
            }
            Owner::Local { .. } => {}
            Owner::Class { .. } => {
                return Err(format!("`{old}` is an attribute of a class, and its objects may be asked for it anywhere").into());
            }
        }
        if old.starts_with("__") {
            return Err(format!("Python treats `{old}` in its own way").into());
        }
        for (cell, named) in &renaming.cells {
            renaming.is_known_in(*cell, named)?;
        }
        Ok(renaming)
    }

    fn is_of_notebook(&self) -> Result<(), Refusal> {
        let old = self.old;
        if self.analysis.link().is_given(old) {
            return Err(format!("`{old}` is there without any cell that binds it, and it is not sure which of the two is meant").into());
        }
        let mut places = self.places();
        if !places.any(|(_, place)| matches!(place.kind, Kind::Bind | Kind::Import(_))) {
            return Err(format!("no cell binds `{old}`").into());
        }
        Ok(())
    }

    /// Refuses where the cell may name the variable at a place that is not known, or shows its name.
    fn is_known_in(&self, cell: CellIdx, named: &Occurrences) -> Result<(), Refusal> {
        let old = self.old;
        let text = self.text(cell);
        if named.is_broken && has_word(text, old) {
            return Err(format!("{cell} is not valid Python, and names `{old}`").into());
        }
        self.brings(cell, old)?;
        self.reads_by_text(cell, named, old)?;
        let places = named.found.iter().filter(|place| place.name == *old);
        for place in places {
            if place.is_shown && place.owner.is_same(self.owner) {
                return Err(format!("{cell} prints the name itself, `{old}`").into());
            }
            let may_be_ours =
                matches!(place.owner, Owner::Class { .. }) && place.kind == Kind::Read;
            if may_be_ours && self.owner == Owner::Notebook {
                return Err(format!("a class in {cell} reads `{old}` and may mean its own").into());
            }
            if matches!(&place.kind, Kind::Import(import) if import.is_dotted)
                && place.owner.is_same(self.owner)
            {
                let path = "`import` of a module in a package";
                return Err(format!("an {path} in {cell} brings more than `{old}`").into());
            }
        }
        let is_parameter = self
            .analysis
            .notebook()
            .cell(cell)
            .is_some_and(|cell| cell.has_tag("parameters"));
        if is_parameter && self.owner == Owner::Notebook && has_word(text, old) {
            return Err(format!("{cell} is tagged `parameters`: whoever runs the notebook may set `{old}` by its name").into());
        }
        Ok(())
    }

    /// Refuses where the cell may bind `name` without saying so.
    fn brings(&self, cell: CellIdx, name: &str) -> Result<(), Refusal> {
        if self.owner != Owner::Notebook {
            return Ok(());
        }
        let link = self.analysis.link();
        for opening in &link.facts(cell).openings {
            let may = match &opening.kind {
                OpeningKind::Reset => false,
                // It runs with the variables of the notebook.
                OpeningKind::Run(path) if path.split_whitespace().any(|word| word == "-i") => true,
                kind => link.surroundings().may_bring(kind, name),
            };
            if may {
                let what = line_at(self.text(cell), opening.range.start()).trim();
                return Err(format!("{cell} may bind or read `{name}` by `{what}`").into());
            }
        }
        Ok(())
    }

    /// Refuses where the cell may name the variable in a text.
    fn reads_by_text(&self, cell: CellIdx, named: &Occurrences, name: &str) -> Result<(), Refusal> {
        let facts = self.analysis.link().facts(cell);
        let text = self.text(cell);
        if facts.text_reads == TextReads::Any {
            let by = text_reads::namespace_use(facts, text).map_or("eval", |by| by.as_str());
            return Err(format!("{cell} may ask for any name by `{by}`").into());
        }
        let imports_main = |binding: &Binding| matches!(&binding.kind, BindingKind::Import { module, .. } if module == "__main__");
        let in_main = text.contains("__main__.") || facts.bindings.iter().any(imports_main);
        if in_main {
            return Err(format!("{cell} may ask for any name by `__main__`").into());
        }
        let parts = if named.is_aside {
            Vec::new()
        } else {
            text_reads::read_parts(facts, text)
        };
        if parts.iter().any(|part| has_word(part, name)) {
            return Err(format!("{cell} has `{name}` in a text that may be read as code").into());
        }
        if named.doubtful.iter().any(|(word, _)| &**word == name) {
            return Err(format!(
                "{cell} has `{name}` in a magic or in an annotation that is a text"
            )
            .into());
        }
        Ok(())
    }

    /// Refuses a name that cannot be the new one.
    fn takes(&self, new: &str) -> Result<(), Refusal> {
        if !is_identifier(new) {
            return Err(format!("`{new}` is no name in Python").into());
        }
        if new.starts_with("__") {
            return Err(format!("Python treats `{new}` in its own way").into());
        }
        if self.analysis.link().is_given(new) {
            return Err(format!("`{new}` is a name that Python or IPython brings").into());
        }
        for (cell, named) in &self.cells {
            if self.collides(named, new) {
                return Err(format!("{cell} already names something `{new}`").into());
            }
            if self.becomes_magic(*cell, named, new) {
                return Err(format!("IPython could take {cell} for the magic `{new}`").into());
            }
            if named.is_broken && has_word(self.text(*cell), new) {
                return Err(format!("{cell} is not valid Python, and names `{new}`").into());
            }
            self.brings(*cell, new)?;
            self.reads_by_text(*cell, named, new)?;
        }
        Ok(())
    }

    /// Whether one of the two would be taken for the other: both are of the notebook, or one stands where the other
    /// is a name of the function around.
    fn collides(&self, named: &Occurrences, new: &str) -> bool {
        let covers = |owner: Owner, place: &Occurrence| match owner {
            Owner::Notebook => false,
            Owner::Local { within, .. } | Owner::Class { within } => place.inside.contains(&within),
        };
        let others = named.found.iter().filter(|place| *place.name == *new);
        others.into_iter().any(|other| {
            let both = self.owner == Owner::Notebook && other.owner == Owner::Notebook;
            both || covers(self.owner, other) || self.own(named).any(|own| covers(other.owner, own))
        })
    }

    /// Whether the cell is one line that IPython could take for a magic once the first word is `new`.
    /// A lone word is the variable, which goes first.
    fn becomes_magic(&self, cell: CellIdx, named: &Occurrences, new: &str) -> bool {
        let text = self.text(cell);
        let line = text.trim();
        let start = text.len() - text.trim_start().len();
        let mut own = self.own(named);
        !line.contains('\n')
            && own
                .find(|place| place.range.start().to_usize() == start)
                .and_then(|first| text.get(first.range.end().to_usize()..))
                .is_some_and(|rest| {
                    magics::automagic(&format!("{new}{}", rest.trim_end())).is_some()
                })
    }

    fn edit(&self, new: &str) -> Edit {
        let ops = self.places().map(|(cell, place)| {
            let (range, text) = match &place.kind {
                Kind::Import(import) if import.has_alias => {
                    let path = &self.text(cell)[import.path];
                    if path == new {
                        // `import numpy as numpy` says nothing.
                        (import.path.cover(place.range), path.to_owned())
                    } else {
                        (place.range, new.to_owned())
                    }
                }
                Kind::Import(_) => (place.range, format!("{} as {new}", self.old)),
                _ => (place.range, new.to_owned()),
            };
            EditOp::Replace { cell, range, text }
        });
        Edit {
            ops: ops.collect(),
            select: None,
        }
    }

    fn places(&self) -> impl Iterator<Item = (CellIdx, &Occurrence)> {
        let cells = self.cells.iter();
        cells.flat_map(|(cell, named)| self.own(named).map(|place| (*cell, place)))
    }

    /// The places of the variable among what a cell names.
    fn own<'n>(&self, named: &'n Occurrences) -> impl Iterator<Item = &'n Occurrence> {
        let found = named.found.iter();
        found.filter(|place| place.name == *self.old && place.owner.is_same(self.owner))
    }

    fn text(&self, cell: CellIdx) -> &'a str {
        self.analysis
            .notebook()
            .cell(cell)
            .map_or("", |cell| &cell.text)
    }
}

fn has_word(text: &str, word: &str) -> bool {
    super::words::words(text).any(|own| own == word)
}

fn is_identifier(name: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class",
        "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global",
        "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return",
        "try", "while", "with", "yield", "_",
    ];
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !KEYWORDS.contains(&name)
}
