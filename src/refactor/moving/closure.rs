//! What definitions need to live in a module: imports, helpers, constants, until nothing is missing.
//!
//! A name may come along when it means one thing in the whole notebook: one import, or one definition or constant
//! that is never bound again. Then it does not matter when it is looked up, in the notebook or in the module.
//! A variable stays in the notebook, and functions that read it take it as a parameter ([`parameters`]).

mod parameters;

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::Stmt;
use ruff_python_ast::name::Name;

use super::hazards;
use super::pieces::{Piece, PieceId};
use super::quiet::{self, Origins};
use crate::action::Refusal;
use crate::analysis::facts::{
    Binding, BindingKind, Facts, OpeningKind, Path, StatementKind, TextReads,
};
use crate::analysis::known::builtins;
use crate::analysis::text_reads;
use crate::notebook::{CellIdx, Home};
use crate::refactor::module::{Code, Import};
use crate::refactor::outside;
use crate::refactor::parametrize::Wanted;
use crate::rule::Context;
use crate::text::TextRange;

/// What moves.
#[derive(Debug)]
pub struct Plan {
    /// In the notebook's order, which is the order in which they are defined.
    pub pieces: Vec<Piece>,
    pub imports: Vec<Import>,
    /// The names that the person chose.
    pub roots: Vec<Name>,
    /// Chosen names that the notebook binds again elsewhere.
    pub rebound: Vec<Name>,
    /// The functions that take variables of the notebook as parameters from now on.
    pub wanted: Vec<Wanted>,
    /// What is inserted for that, in the cells as they are: in heads and in calls.
    pub arguments: Vec<(CellIdx, TextRange, String)>,
    /// By piece: names of Python that it reads.
    builtins: BTreeMap<PieceId, Vec<Name>>,
}

impl Plan {
    /// A piece as the module is given it.
    pub fn code(&self, piece: &Piece) -> Code {
        Code {
            names: piece.names.clone(),
            builtins: self.builtins.get(&piece.id).cloned().unwrap_or_default(),
            text: self.text(piece),
            is_definition: piece.is_definition,
        }
    }

    fn text(&self, piece: &Piece) -> String {
        let mut text = piece.text.clone();
        let mut own: Vec<&(CellIdx, TextRange, String)> = self
            .arguments
            .iter()
            .filter(|(cell, range, _)| *cell == piece.id.cell && piece.lines.contains_range(*range))
            .collect();
        own.sort_by_key(|(_, range, _)| range.start());
        for (_, range, new) in own.into_iter().rev() {
            text.insert_str((range.start() - piece.lines.start()).to_usize(), new);
        }
        text
    }

    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.pieces.iter().flat_map(|piece| &piece.names)
    }
}

/// Follows what the chosen definitions need.
///
/// # Errors
/// With the first thing that cannot go along, and where it stands.
pub fn of(cx: &Context<'_>, chosen: &[PieceId]) -> Result<Plan, Refusal> {
    let mut search = Search {
        cx,
        chosen,
        pending: chosen.to_vec(),
        pieces: BTreeMap::new(),
        imports: BTreeSet::new(),
        builtins: BTreeMap::new(),
        variables: BTreeMap::new(),
    };
    while let Some(id) = search.pending.pop() {
        if !search.pieces.contains_key(&id) {
            search.add(id)?;
        }
    }
    search.finish()
}

struct Search<'a> {
    cx: &'a Context<'a>,
    chosen: &'a [PieceId],
    pending: Vec<PieceId>,
    pieces: BTreeMap<PieceId, Piece>,
    imports: BTreeSet<Import>,
    builtins: BTreeMap<PieceId, Vec<Name>>,
    /// By function: the variables that it reads and could take instead, each with why it cannot go along.
    variables: BTreeMap<PieceId, Vec<(Name, Refusal)>>,
}

/// What a name is to the notebook as a whole.
enum Meaning {
    Imports(Vec<Import>),
    Piece(PieceId),
    Python,
    /// A variable, and why it cannot go along.
    Variable(Refusal),
}

/// A name that a piece reads of the notebook.
struct Read<'a> {
    name: &'a Name,
    /// When the definition is made, rather than when it is called.
    at_once: bool,
}

impl Search<'_> {
    fn add(&mut self, id: PieceId) -> Result<(), Refusal> {
        let cx = self.cx;
        hazards::of_cell(cx, id.cell)?;
        let piece = Piece::take(cx, id)?;
        let is_chosen = self.chosen.contains(&id);
        refuse_asking(&piece)?;
        for name in &piece.names {
            self.refuse_other_bindings(&piece, name, is_chosen)?;
        }
        for read in reads(&piece.facts) {
            if piece.names.contains(read.name) {
                continue;
            }
            match self.meaning(&piece, read.name)? {
                Meaning::Python => {
                    self.builtins.entry(id).or_default().push(read.name.clone());
                }
                Meaning::Imports(imports) => self.imports.extend(imports),
                Meaning::Variable(why) => {
                    if read.at_once || !piece.is_plain_function() {
                        return Err(why);
                    }
                    let own = self.variables.entry(id).or_default();
                    if own.iter().all(|(name, _)| name != read.name) {
                        own.push((read.name.clone(), why));
                    }
                }
                Meaning::Piece(other) => {
                    if read.at_once && other > id {
                        return Err(format!(
                            "{} reads `{}` when it is defined, and {} defines it only afterwards",
                            piece.quoted(),
                            read.name,
                            cx.cell_name(other.cell)
                        )
                        .into());
                    }
                    self.pending.push(other);
                }
            }
        }
        for word in outside::mentioned(&piece.facts, &piece.text) {
            let is_own = piece.names.iter().any(|name| name == word);
            if !is_own && cx.link.binders(word).next().is_some() {
                return Err(format!(
                    "{} may read `{word}` by its text, which works only in the notebook",
                    piece.quoted()
                )
                .into());
            }
        }
        self.pieces.insert(id, piece);
        Ok(())
    }

    /// A name that is moved must not be bound anew: who reads it in the module would not notice.
    fn refuse_other_bindings(
        &self,
        piece: &Piece,
        name: &Name,
        is_chosen: bool,
    ) -> Result<(), Refusal> {
        let others: Vec<(CellIdx, &Binding)> = self.other_bindings(piece.id, name);
        let Some((cell, other)) = others.first() else {
            return Ok(());
        };
        let place = self.cx.cell_name(*cell);
        let does = if other.kind.is_delete() {
            "deletes"
        } else {
            "binds"
        };
        if !is_chosen {
            return Err(format!(
                "it needs `{name}`, which {place} {does} again, so in a module it would mean something else"
            )
            .into());
        }
        if reads(&piece.facts).any(|read| read.name == name) {
            return Err(format!(
                "`{name}` reads its own name, and {place} {does} it again: in a module it would not notice"
            )
            .into());
        }
        Ok(())
    }

    fn other_bindings<'s>(&'s self, id: PieceId, name: &'s Name) -> Vec<(CellIdx, &'s Binding)> {
        bindings(self.cx, name)
            .filter(|(cell, own)| {
                PieceId {
                    cell: *cell,
                    statement: own.statement as usize,
                } != id
            })
            .collect()
    }

    fn meaning(&self, piece: &Piece, name: &Name) -> Result<Meaning, Refusal> {
        let cx = self.cx;
        let bound: Vec<(CellIdx, &Binding)> = bindings(cx, name).collect();
        let Some((cell, first)) = bound.first().copied() else {
            return self.given(piece, name);
        };
        let who = piece.quoted();
        if let Some((opening, place)) = self.rebinder(name) {
            return Err(format!(
                "{who} reads `{name}`, and {place} may bind it again by {opening}"
            )
            .into());
        }
        let imports: Vec<Import> = bound
            .iter()
            .filter_map(|(_, own)| Import::of(own))
            .collect();
        if imports.len() == bound.len() {
            return self.imported(piece, name, &bound, imports);
        }
        if let Some((again, other)) = bound.get(1) {
            if !imports.is_empty() || first.kind.is_definition() || other.kind.is_definition() {
                return Err(format!(
                    "{who} reads `{name}`, which {} and {} bind to different things",
                    cx.cell_name(cell),
                    cx.cell_name(*again)
                )
                .into());
            }
            return Ok(Meaning::Variable(self.variable(&who, name, cell)));
        }
        let id = PieceId {
            cell,
            statement: first.statement as usize,
        };
        let statement = cx.facts(cell).statements.get(id.statement);
        let is_top = match first.kind {
            BindingKind::Function(_) | BindingKind::Class(_) => {
                statement.is_some_and(|own| own.kind == StatementKind::Definition)
            }
            BindingKind::Value(_) | BindingKind::TypeAlias => first.path == Path::Sure,
            _ => false,
        };
        if !is_top {
            return Ok(Meaning::Variable(self.variable(&who, name, cell)));
        }
        if !first.kind.is_definition()
            && let Some(why) = self.changing(&who, name, id)?
        {
            return Ok(Meaning::Variable(why));
        }
        Ok(Meaning::Piece(id))
    }

    fn imported(
        &self,
        piece: &Piece,
        name: &Name,
        bound: &[(CellIdx, &Binding)],
        imports: Vec<Import>,
    ) -> Result<Meaning, Refusal> {
        let who = piece.quoted();
        let first = &imports[0];
        if let Some(other) = imports
            .iter()
            .find(|own| *own != first && !own.shares_root_with(first))
        {
            return Err(format!(
                "{who} reads `{name}`, which the notebook imports as `{}` and as `{}`",
                first.statement(),
                other.statement()
            )
            .into());
        }
        if !bound.iter().any(|(_, own)| own.path == Path::Sure) {
            let place = self.cx.cell_name(bound[0].0);
            return Err(
                format!("{who} needs `{name}`, which {place} imports only on some paths").into(),
            );
        }
        if first.module.starts_with('.') {
            return Err(
                format!("`{}` means nothing outside of a package", first.statement()).into(),
            );
        }
        let mut distinct = imports;
        distinct.sort();
        distinct.dedup();
        if distinct.len() > 1 {
            // `import a` and `import a.b`: what of `a` the piece uses is all that it needs.
            let uses = |import: &Import| piece.text.contains(import.module.as_str());
            let used: Vec<Import> = distinct.iter().filter(|own| uses(own)).cloned().collect();
            if !used.is_empty() {
                distinct = used;
            }
        }
        Ok(Meaning::Imports(distinct))
    }

    /// A name that no cell binds.
    fn given(&self, piece: &Piece, name: &Name) -> Result<Meaning, Refusal> {
        let cx = self.cx;
        let who = piece.quoted();
        if matches!(
            name.as_str(),
            "__name__" | "__file__" | "__package__" | "__spec__" | "__doc__"
        ) {
            return Err(format!("{who} reads `{name}`, which is another in a module").into());
        }
        if builtins::is_python(name) {
            let shadow = self.openings().find(|(_, kind)| may_shadow(kind, name));
            return match shadow {
                None => Ok(Meaning::Python),
                Some((cell, kind)) => Err(format!(
                    "{who} reads `{name}`, which may come from {} in {}; import what is used of it by name first",
                    kind.quoted(),
                    cx.cell_name(cell)
                )
                .into()),
            };
        }
        let is_databricks = cx.notebook.meta.home == Home::Databricks;
        match name.as_str() {
            "display" if !is_databricks => {
                return Ok(Meaning::Imports(vec![Import::member(
                    "IPython.display",
                    name,
                )]));
            }
            "get_ipython" => return Ok(Meaning::Imports(vec![Import::member("IPython", name)])),
            _ => {}
        }
        if let Some((cell, kind)) = self
            .openings()
            .find(|(_, kind)| cx.link.surroundings().may_bring(kind, name))
        {
            return Err(format!(
                "{who} reads `{name}`, which may come from {} in {}; import it by its name first",
                kind.quoted(),
                cx.cell_name(cell)
            )
            .into());
        }
        if cx.link.is_given(name) {
            return Err(format!("{who} reads `{name}`, which only a notebook is given").into());
        }
        Err(format!("{who} reads `{name}`, which no cell binds").into())
    }

    fn openings(&self) -> impl Iterator<Item = (CellIdx, &OpeningKind)> {
        self.cx.notebook.python_cells().flat_map(|(cell, _)| {
            let openings = self.cx.facts(cell).openings.iter();
            openings.map(move |own| (cell, &own.kind))
        })
    }

    /// What may bind a name that a cell binds, too.
    fn rebinder(&self, name: &Name) -> Option<(String, String)> {
        let known = self.cx.link.surroundings();
        let (cell, kind) = self.openings().find(|(_, kind)| match kind {
            OpeningKind::Dynamic => true,
            // What nobody can look into is trusted not to bind what the notebook binds itself.
            OpeningKind::StarImport(_) | OpeningKind::Run(_) => {
                known.may_bring(kind, name) && !known.may_bring(kind, "\0")
            }
            OpeningKind::Magic(_) | OpeningKind::Reset => false,
        })?;
        Some((kind.quoted(), self.cx.cell_name(cell)))
    }

    fn variable(&self, who: &str, name: &Name, cell: CellIdx) -> Refusal {
        format!(
            "{who} reads `{name}`, a variable of {}",
            self.cx.cell_name(cell)
        )
        .into()
    }

    /// A value goes along only if nobody changes it, or only what goes along does. Why it does not, otherwise.
    fn changing(&self, who: &str, name: &Name, id: PieceId) -> Result<Option<Refusal>, Refusal> {
        for (cell, _) in self.cx.notebook.python_cells() {
            let facts = self.cx.facts(cell);
            let changed = facts.mutations.iter().any(|own| own.name == *name);
            if changed {
                let why = format!(
                    "{who} reads `{name}` of {}, which {} changes",
                    self.cx.cell_name(id.cell),
                    self.cx.cell_name(cell)
                );
                return Ok(Some(why.into()));
            }
        }
        let Ok(piece) = Piece::take(self.cx, id) else {
            return Ok(Some(self.variable(who, name, id.cell)));
        };
        if piece.is_definition || quiet::check(&piece.stmt, self).is_ok() {
            return Ok(None);
        }
        Ok(Some(self.variable(who, name, id.cell)))
    }

    fn finish(mut self) -> Result<Plan, Refusal> {
        let wanted = self.wanted()?;
        let arguments = self.arguments(&wanted)?;
        for piece in self.pieces.values() {
            quiet::check(&piece.stmt, &self)?;
        }
        let chosen = |piece: &&Piece| self.chosen.contains(&piece.id);
        let roots: Vec<Name> = self
            .pieces
            .values()
            .filter(chosen)
            .flat_map(|own| own.names.clone())
            .collect();
        let mut rebound = Vec::new();
        for piece in self.pieces.values() {
            for name in &piece.names {
                if !self.other_bindings(piece.id, name).is_empty() {
                    rebound.push(name.clone());
                }
            }
        }
        // Two definitions of one name cannot both be the module's.
        let mut seen: BTreeSet<&Name> = BTreeSet::new();
        if let Some(twice) = self
            .pieces
            .values()
            .flat_map(|own| &own.names)
            .find(|name| !seen.insert(name))
        {
            return Err(format!("`{twice}` is defined twice, and a module has one").into());
        }
        let mut reader = self.pieces.values();
        if let Some(name) = rebound.iter().find(|name| {
            reader.any(|piece| {
                !piece.names.contains(name) && reads(&piece.facts).any(|read| read.name == *name)
            })
        }) {
            return Err(format!(
                "`{name}` is bound again elsewhere in the notebook, and what moves with it would not notice"
            )
            .into());
        }
        let mut imports: Vec<Import> = self.imports.iter().cloned().collect();
        imports.extend(self.future());
        let plan = Plan {
            roots,
            rebound,
            wanted,
            arguments,
            imports,
            builtins: self.builtins,
            pieces: self.pieces.into_values().collect(),
        };
        hazards::of_notebook(self.cx, &plan)?;
        Ok(plan)
    }

    /// `from __future__ import annotations` holds for all cells below, and changes what definitions remember.
    fn future(&self) -> Option<Import> {
        let last = self.pieces.keys().map(|id| id.cell).max()?;
        let mut above = self
            .cx
            .notebook
            .python_cells()
            .filter(|(cell, _)| *cell <= last);
        above.find_map(|(cell, _)| {
            let mut imports = self.cx.facts(cell).bindings.iter().filter_map(Import::of);
            imports.find(|own| own.module == "__future__" && own.name == "annotations")
        })
    }
}

impl Origins for Search<'_> {
    fn module_of(&self, name: &str) -> Option<String> {
        let name = Name::from(name);
        let imports = bindings(self.cx, &name).map(|(_, own)| Import::of(own));
        let imports: Option<Vec<Import>> = imports.collect();
        Some(imports?.first()?.root().to_owned())
    }

    fn is_wrapper(&self, name: &str) -> bool {
        let mut pieces = self.pieces.values();
        pieces.any(|own| own.names.iter().any(|own| own == name) && quiet::only_wraps(&own.stmt))
    }

    fn statement(&self, name: &str) -> Option<Stmt> {
        let mut pieces = self.pieces.values();
        let piece = pieces.find(|own| own.names.iter().any(|own| own == name))?;
        Some(piece.stmt.clone())
    }
}

/// All that is written about a name at the top level of the notebook, in document order.
pub fn bindings<'a>(
    cx: &'a Context<'a>,
    name: &'a Name,
) -> impl Iterator<Item = (CellIdx, &'a Binding)> {
    cx.link.touchers(name).flat_map(move |cell| {
        let written = |own: &&Binding| {
            own.name == *name
                && (own.kind.is_written() || matches!(own.kind, BindingKind::JoinDelete))
        };
        cx.facts(cell)
            .bindings
            .iter()
            .filter(written)
            .map(move |own| (cell, own))
    })
}

/// The names of the notebook that a piece reads.
fn reads(facts: &Facts) -> impl Iterator<Item = Read<'_>> {
    let at_once = facts.uses.iter().map(|read| Read {
        name: &read.name,
        at_once: true,
    });
    let later = facts.scopes.iter().flat_map(|scope| {
        scope.reads.iter().map(|read| Read {
            name: &read.name,
            at_once: false,
        })
    });
    at_once.chain(later)
}

/// What a definition asks of the place that it stands in.
fn refuse_asking(piece: &Piece) -> Result<(), Refusal> {
    let who = piece.quoted();
    if let Some(scope) = piece
        .facts
        .scopes
        .iter()
        .find(|scope| !scope.binds.is_empty())
    {
        return Err(format!(
            "{who} sets `{}` of the notebook by `global`",
            scope.binds[0]
        )
        .into());
    }
    if let Some(read) = reads(&piece.facts).find(|read| builtins::is_history(read.name)) {
        return Err(format!("{who} reads `{}`, IPython's history", read.name).into());
    }
    // A function's own `locals()` stay its own.
    let asks = text_reads::namespace_use(&piece.facts, &piece.text).filter(|name| {
        let own = matches!(name.as_str(), "locals" | "vars" | "dir");
        !(own && piece.facts.uses.iter().all(|read| read.name != **name))
    });
    if let Some(name) = asks {
        return Err(
            format!("{who} looks names up by `{name}`, and would find the module's").into(),
        );
    }
    let looks = [
        "currentframe",
        "_getframe",
        "getsource",
        "getmodule",
        "__main__",
    ];
    if let Some(word) = looks.iter().find(|word| piece.text.contains(**word)) {
        return Err(format!("{who} uses `{word}`, which depends on where it is defined").into());
    }
    if piece.facts.text_reads == TextReads::Any && asks.is_some() {
        return Err(format!("{who} reads names by text").into());
    }
    Ok(())
}

/// Python's own functions that libraries have, too: a star import may put theirs in their place.
const SHADOWED: &[&str] = &[
    "abs", "all", "any", "ascii", "bin", "compile", "filter", "format", "hash", "hex", "input",
    "map", "max", "min", "oct", "open", "pow", "reversed", "round", "slice", "sorted", "sum",
    "type", "vars",
];

fn may_shadow(kind: &OpeningKind, name: &str) -> bool {
    match kind {
        OpeningKind::Dynamic => true,
        OpeningKind::StarImport(_) | OpeningKind::Run(_) | OpeningKind::Magic(_) => {
            SHADOWED.contains(&name)
        }
        OpeningKind::Reset => false,
    }
}
