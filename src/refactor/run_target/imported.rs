//! Notebooks that are imported as if they were modules, by `import_ipynb` or `nbimporter`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::notebooks::definitions;
use crate::action::{ActionContext, Refusal};
use crate::analysis::facts::{Binding, BindingKind};
use crate::notebook::{CellIdx, Edit, EditOp};
use crate::project::slashed;
use crate::refactor::module::Import;
use crate::refactor::moving::pieces::{Piece, PieceId};
use crate::refactor::moving::thin;

/// Whether an import makes notebooks importable.
pub fn is_importer(binding: &Binding) -> bool {
    matches!(&binding.kind, BindingKind::Import { module, .. } if matches!(module.as_str(), "import_ipynb" | "nbimporter"))
}

/// Writes modules for the notebooks that are imported, and takes `importer`, a binding of `cx.cell`, out.
///
/// # Errors
/// Where one of them does more than define, or no notebook is imported.
pub fn plan(cx: &ActionContext<'_>, importer: &Binding) -> Result<Edit, Refusal> {
    refuse_use(cx, importer)?;
    let folder = cx
        .project
        .folder()
        .ok_or("the notebook is in no folder; save it first")?;
    let mut files: BTreeMap<PathBuf, String> = BTreeMap::new();
    for (cell, _) in cx.all.notebook.python_cells() {
        for import in cx.all.facts(cell).bindings.iter().filter_map(Import::of) {
            let base: PathBuf = folder.join(import.module.replace('.', "/"));
            let [notebook, module] = ["ipynb", "py"].map(|end| base.with_extension(end));
            if files.contains_key(&module)
                || cx.project.exists(&module)
                || !cx.project.exists(&notebook)
            {
                continue;
            }
            cx.project.may_write(&module)?;
            let text = cx.project.read_saved(&notebook)?;
            files.insert(module, definitions(cx, &notebook, &text)?);
        }
    }
    if files.is_empty() {
        return Err(format!(
            "no cell imports a notebook of {}: remove the line",
            if folder.as_os_str().is_empty() {
                "this folder".to_owned()
            } else {
                slashed(folder)
            }
        )
        .into());
    }
    let mut edit = Edit::default();
    for (path, text) in files {
        let path = cx.project.place(&path);
        edit.ops.push(EditOp::CreateFile { path, text });
    }
    let id = PieceId {
        cell: cx.cell,
        statement: importer.statement as usize,
    };
    let piece = Piece::take(&cx.all, id)?;
    if piece.names.len() > 1 {
        return Err("the line imports other modules, too: give it a line of its own first".into());
    }
    let text = cx.all.notebook.cell(cx.cell).map_or("", |cell| &cell.text);
    let changes = BTreeMap::from([(cx.cell, vec![thin::cut(text, &piece, None)])]);
    edit.ops.extend(thin::without(cx, changes)?.ops);
    Ok(edit)
}

/// Settings of the importer would be read by nobody.
fn refuse_use(cx: &ActionContext<'_>, importer: &Binding) -> Result<(), Refusal> {
    let mut cells = cx.all.notebook.python_cells();
    let user = cells.find(|(cell, _)| {
        let facts = cx.all.facts(*cell);
        let scopes = facts.scopes.iter();
        let later = scopes.flat_map(|own| own.reads.iter().map(|read| &read.name));
        let at_once = facts.uses.iter().map(|read| &read.name);
        at_once.chain(later).any(|name| *name == importer.name)
    });
    match user {
        Some((cell, _)) => {
            let cell: CellIdx = cell;
            Err(format!("{} uses `{}`", cx.all.cell_name(cell), importer.name).into())
        }
        None => Ok(()),
    }
}
