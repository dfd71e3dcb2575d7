//! The notebook without what has moved: the definitions are gone, and an import stands in for them.

use std::collections::BTreeMap;

use ruff_python_ast::name::Name;
use ruff_python_parser::Mode;

use super::closure::{Plan, bindings};
use super::pieces::Piece;
use crate::action::{ActionContext, Refusal};
use crate::analysis::facts::{
    BindingKind, Facts, MagicKind, Path, RemarkKind, StatementKind, TextReads,
};
use crate::analysis::known::standard_library;
use crate::analysis::python;
use crate::analysis::source::parse_part;
use crate::notebook::{CellIdx, Edit, EditOp};
use crate::refactor::function::extract;
use crate::refactor::imports::block::{merge, name};
use crate::refactor::imports::import_cell;
use crate::refactor::module::target::Target;
use crate::refactor::module::{Import, own_modules};
use crate::refactor::outside;
use crate::refactor::pieces::whole;
use crate::text::{TextRange, TextSize, newline_of, with_replacements};

/// Where the import goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Among the imports of a cell.
    Imports(CellIdx),
    /// Where the first of the definitions stood, by its position in the plan.
    Piece(usize),
}

/// The edit of the notebook alone.
///
/// # Errors
/// Where no place for the import is early enough for its readers and late enough for what it needs.
pub fn notebook(cx: &ActionContext<'_>, plan: &Plan, target: &Target) -> Result<Edit, Refusal> {
    let names = wanted(cx, plan);
    let place = place(cx, plan, target, &names)?;
    refuse_moved_folder(cx, plan, target, place)?;
    let mut changes: BTreeMap<CellIdx, Vec<(TextRange, String)>> = BTreeMap::new();
    for (position, piece) in plan.pieces.iter().enumerate() {
        let text = text_of(cx, piece.id.cell);
        let import = match place {
            Place::Piece(at) if at == position => {
                Some(import_lines(cx, piece.id.cell, target, &names)?)
            }
            _ => None,
        };
        let cut = cut(text, piece, import);
        changes.entry(piece.id.cell).or_default().push(cut);
    }
    if let Place::Imports(cell) = place {
        let added = among_imports(cx, cell, target, &names)?;
        changes.entry(cell).or_default().extend(added);
    }
    let mut calls = Edit::default();
    for (cell, range, text) in &plan.arguments {
        let moves = |piece: &Piece| piece.id.cell == *cell && piece.lines.contains_range(*range);
        if plan.pieces.iter().any(moves) {
            continue;
        }
        match changes.get_mut(cell) {
            Some(own) => own.push((*range, text.clone())),
            None => calls.ops.extend(Edit::replace(*cell, *range, text).ops),
        }
    }
    let mut edit = without(cx, changes)?;
    edit.ops.extend(calls.ops);
    Ok(edit)
}

/// Carries changes of cells out. A cell that is left with nothing goes.
///
/// # Errors
/// Where a cell would not be Python any more.
pub fn without(
    cx: &ActionContext<'_>,
    changes: BTreeMap<CellIdx, Vec<(TextRange, String)>>,
) -> Result<Edit, Refusal> {
    let mut edit = Edit::default();
    let counts = extract::reads_history(&cx.all);
    for (cell, replacements) in changes {
        let text = text_of(cx, cell);
        let after = with_replacements(text, &replacements);
        let tidied = after.trim_matches(['\n', '\r']);
        if tidied.trim().is_empty() && cx.client.cell_structure && !counts {
            edit.ops.push(EditOp::Remove { cell });
            continue;
        }
        let mut tidied = tidied.to_owned();
        if let Some(semicolon) = shown_anew(cx.all.facts(cell), &tidied) {
            tidied.insert(semicolon, ';');
        }
        if !python::facts(&tidied).runs() {
            return Err(format!(
                "{} would not be valid Python without it",
                cx.all.cell_name(cell)
            )
            .into());
        }
        edit.ops
            .extend(Edit::replace(cell, whole(text), tidied).ops);
    }
    Ok(edit)
}

/// The moved names that the notebook still needs: those that the person chose, and what other code reads.
fn wanted(cx: &ActionContext<'_>, plan: &Plan) -> Vec<Name> {
    let lists_names = cx.all.notebook.python_cells().any(|(cell, _)| {
        let facts = cx.all.facts(cell);
        let lists = |name: &str| name.starts_with("who");
        facts.text_reads == TextReads::Any || facts.magics.iter().any(|own| lists(&own.name))
    });
    let mut names: Vec<Name> = Vec::new();
    for piece in &plan.pieces {
        for name in &piece.names {
            if lists_names || plan.roots.contains(name) || is_read_elsewhere(cx, plan, name) {
                names.push(name.clone());
            }
        }
    }
    names
}

fn is_read_elsewhere(cx: &ActionContext<'_>, plan: &Plan, name: &Name) -> bool {
    cx.all.notebook.python_cells().any(|(cell, own)| {
        let facts = cx.all.facts(cell);
        let moves = |range: TextRange| {
            plan.pieces
                .iter()
                .any(|piece| piece.id.cell == cell && piece.lines.contains_range(range))
        };
        let at_once = facts.uses.iter().map(|read| (&read.name, read.range));
        let later = facts
            .scopes
            .iter()
            .flat_map(|scope| scope.reads.iter().map(|read| (&read.name, read.range)));
        at_once
            .chain(later)
            .any(|(read, range)| read == name && !moves(range))
            || outside::mentioned(facts, &own.text).contains(&name.as_str())
    })
}

fn place(
    cx: &ActionContext<'_>,
    plan: &Plan,
    target: &Target,
    names: &[Name],
) -> Result<Place, Refusal> {
    let first = plan
        .pieces
        .iter()
        .position(|piece| piece.names.iter().any(|name| names.contains(name)))
        .ok_or("nothing of it is a name")?;
    let piece = &plan.pieces[first];
    let cell = piece.id.cell;
    if !plan.rebound.is_empty() {
        // The name means something else before: the import must come exactly where the definition was.
        return if plan
            .pieces
            .iter()
            .filter(|own| own.names.iter().any(|name| names.contains(name)))
            .count()
            == 1
        {
            Ok(Place::Piece(first))
        } else {
            Err(format!(
                "`{}` is bound again elsewhere; move it alone",
                plan.rebound[0]
            )
            .into())
        };
    }
    let above = ActionContext {
        cell,
        range: TextRange::empty(piece.lines.start()),
        ..*cx
    };
    if let Some((imports, facts)) = import_cell(&above)
        && late(cx, plan, imports, end_of_imports(facts)).is_none()
        && !searches_below(cx, target, imports, cell)
        && facts
            .magics
            .first()
            .is_none_or(|magic| magic.kind != MagicKind::Cell)
    {
        return Ok(Place::Imports(imports));
    }
    match late(cx, plan, cell, piece.lines.start()) {
        None => Ok(Place::Piece(first)),
        Some((name, place)) => Err(format!(
            "it needs `{name}`, which {} imports only below it; move that import up first",
            cx.all.cell_name(place)
        )
        .into()),
    }
}

/// An import that the module would make before the notebook does: other code may have to run first.
fn late(
    cx: &ActionContext<'_>,
    plan: &Plan,
    cell: CellIdx,
    at: TextSize,
) -> Option<(Name, CellIdx)> {
    plan.imports.iter().find_map(|import| {
        if standard_library::has(import.root()) || import.root() == "IPython" {
            return None;
        }
        let (first, binding) =
            bindings(&cx.all, &import.name).find(|(_, own)| own.path == Path::Sure)?;
        let is_above = first < cell || (first == cell && binding.range.start() < at);
        (!is_above).then(|| (import.name.clone(), first))
    })
}

/// Whether a cell below the imports, and not below the definition, says where the module is found.
fn searches_below(
    cx: &ActionContext<'_>,
    target: &Target,
    imports: CellIdx,
    cell: CellIdx,
) -> bool {
    let own = cx
        .project
        .folder()
        .is_some_and(|folder| target.path.starts_with(folder));
    !own && (imports.0..=cell.0).map(CellIdx).any(|between| {
        cx.all
            .facts(between)
            .remarks_of(RemarkKind::SearchPathChange)
            .next()
            .is_some()
    })
}

/// A notebook that changes its folder looks for modules in the new one.
fn refuse_moved_folder(
    cx: &ActionContext<'_>,
    plan: &Plan,
    target: &Target,
    place: Place,
) -> Result<(), Refusal> {
    let last = match place {
        Place::Imports(cell) => cell,
        Place::Piece(position) => plan.pieces[position].id.cell,
    };
    let changes = |cell: &CellIdx| {
        let facts = cx.all.facts(*cell);
        let magic = facts
            .magics
            .iter()
            .any(|own| matches!(&*own.name, "cd" | "pushd" | "popd"));
        magic
            || facts
                .remarks_of(RemarkKind::DirectoryChange)
                .next()
                .is_some()
    };
    match (0..=last.0).map(CellIdx).find(changes) {
        Some(cell) => Err(format!(
            "{} changes the working directory, and `{}` would be looked for there",
            cx.all.cell_name(cell),
            target.module
        )
        .into()),
        None => Ok(()),
    }
}

fn end_of_imports(facts: &Facts) -> TextSize {
    let imports = facts
        .statements
        .iter()
        .skip_while(|own| own.kind != StatementKind::Import);
    let last = imports
        .take_while(|own| own.kind == StatementKind::Import)
        .last();
    last.map_or(TextSize::default(), |own| own.range.end())
}

/// What is written where a definition was.
fn import_lines(
    cx: &ActionContext<'_>,
    cell: CellIdx,
    target: &Target,
    names: &[Name],
) -> Result<String, Refusal> {
    let members: Vec<Import> = names
        .iter()
        .map(|name| Import::member(&target.module, name))
        .collect();
    let import = name::block(&members, &|_| true);
    let Some(search) = &target.search else {
        return Ok(import);
    };
    let has_sys = has_sys(cx, cell)?;
    let sys = if has_sys { "" } else { "import sys\n\n" };
    Ok(format!("{sys}sys.path.insert(0, \"{search}\")\n\n{import}"))
}

/// Whether `sys` is there when the cell runs.
fn has_sys(cx: &ActionContext<'_>, cell: CellIdx) -> Result<bool, Refusal> {
    let name = Name::from("sys");
    let mut has = false;
    for (place, own) in bindings(&cx.all, &name) {
        if !matches!(&own.kind, BindingKind::Import { module, member: None } if module == "sys") {
            return Err(
                format!("{} binds `sys` to something else", cx.all.cell_name(place)).into(),
            );
        }
        has |= place <= cell && own.path == Path::Sure;
    }
    Ok(has)
}

/// The import among those of a cell.
fn among_imports(
    cx: &ActionContext<'_>,
    cell: CellIdx,
    target: &Target,
    names: &[Name],
) -> Result<Vec<(TextRange, String)>, Refusal> {
    let text = text_of(cx, cell);
    let newline = newline_of(text);
    let facts = cx.all.facts(cell);
    let mut replacements = if target.search.is_some() {
        let at = line_end(text, end_of_imports(facts).to_usize());
        let lines = import_lines(cx, cell, target, names)?;
        vec![(TextRange::empty(size(at)), format!("\n\n{lines}"))]
    } else {
        let parsed = parse_part(text, whole(text), Mode::Ipython);
        let members: Vec<Import> = names
            .iter()
            .map(|name| Import::member(&target.module, name))
            .filter(|import| {
                let mut own = facts
                    .bindings
                    .iter()
                    .filter(|own| own.path == Path::Sure)
                    .filter_map(Import::of);
                !own.any(|own| own == *import)
            })
            .collect();
        let own = own_modules(cx.project);
        let root = target.module.split('.').next().unwrap_or_default();
        let is_own = |module: &str| module == root || own.iter().any(|own| own == module);
        merge::merge(text, &parsed.statements, &members, &is_own)
    };
    for (_, text) in &mut replacements {
        *text = text.replace('\n', newline);
    }
    Ok(replacements)
}

/// Takes a piece out with the blank lines below it, or puts something in its place.
pub fn cut(text: &str, piece: &Piece, instead: Option<String>) -> (TextRange, String) {
    let (start, end) = (piece.lines.start().to_usize(), piece.lines.end().to_usize());
    if let Some(instead) = instead {
        let newline = newline_of(text);
        let end = start + text[start..end].trim_end().len();
        let range = TextRange::new(size(start), size(end));
        return (range, instead.replace('\n', newline));
    }
    let rest = &text[end..];
    let blank: usize = rest
        .split_inclusive('\n')
        .take_while(|line| line.trim().is_empty())
        .map(str::len)
        .sum();
    (
        TextRange::new(size(start), size(end + blank)),
        String::new(),
    )
}

/// Where a `;` keeps a result from being shown that was not the cell's last before.
fn shown_anew(before: &Facts, after: &str) -> Option<usize> {
    let was_shown = before.trailing.is_some();
    let facts = python::facts(after);
    let trailing = facts.trailing.filter(|own| !own.suppressed && !was_shown)?;
    let shown = &after[trailing.range];
    (!shown.starts_with("print(")).then(|| trailing.range.end().to_usize())
}

fn text_of<'a>(cx: &ActionContext<'a>, cell: CellIdx) -> &'a str {
    cx.all.notebook.cell(cell).map_or("", |cell| &cell.text)
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..]
        .find(['\n', '\r'])
        .map_or(text.len(), |found| at + found)
}

fn size(at: usize) -> TextSize {
    TextSize::new(u32::try_from(at).unwrap_or(u32::MAX))
}
