//! What `%run` reads, as a module that the notebook imports from instead.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ruff_python_ast::Stmt;
use ruff_python_ast::name::Name;
use rustc_hash::FxHashSet;

use super::module::target::Target;
use super::module::{Existing, Import, imports, own_modules};
use super::moving::closure::bindings;
use super::moving::quiet::{self, Origins};
use super::{outside, promote};
use crate::action::{ActionContext, Refusal};
use crate::analysis::builtins;
use crate::analysis::facts::{Facts, Magic, MagicKind, RemarkKind, StatementKind};
use crate::analysis::run_line::RunLine;
use crate::engine::Analysis;
use crate::format;
use crate::notebook::{CellIdx, Edit, EditOp, NotebookMeta};
use crate::project::{Project, slashed, within};
use crate::text::{LineIndex, Ranged};

/// Imports from the file that a `%run` line names, in its place.
///
/// # Errors
/// Where the file does more than define, or the notebook would notice.
pub fn plan(cx: &ActionContext<'_>, magic: &Magic) -> Result<Edit, Refusal> {
    let line = RunLine::new(&magic.argument);
    let written = line.target.ok_or("no file is run here")?;
    if line.has_options || !line.arguments.is_empty() {
        return Err(format!(
            "`{written}` is given options or arguments, and a module takes none: write a function that takes them"
        )
        .into());
    }
    let facts = cx.all.facts(cx.cell);
    let mut statements = facts.statements.iter();
    if !statements.any(|own| own.kind == StatementKind::Magic && own.range == magic.range) {
        return Err("the line stands within other code".into());
    }
    refuse_other_lines(cx, magic)?;
    let file = find(cx.project, written)?;
    let text = cx.project.read(&file)?;
    let is_notebook = file.extension().is_some_and(|own| own == "ipynb");
    let (module_path, module_text) = if is_notebook {
        (
            module_beside(cx, &file)?,
            Arc::from(definitions(cx, &file, &text)?),
        )
    } else {
        if format::databricks::is_source(text.as_bytes()) {
            return Err(format!(
                "{} is a Databricks notebook, which nothing can import: put its definitions into a plain file",
                slashed(&file)
            )
            .into());
        }
        (file.clone(), text)
    };
    let module = Existing::new(&slashed(&file), &module_text)?;
    refuse_effects(&module)?;
    refuse_free_names(&module)?;
    let target = Target::new(&cx.all, cx.project, &module_path)?;
    if let Some(search) = &target.search {
        return Err(format!(
            "the notebook could import {} only with `{search}` on `sys.path`: install it as a package, or move it beside the notebook",
            slashed(&module_path)
        )
        .into());
    }
    refuse_siblings(cx, &module, &target)?;
    let used = used(cx, &module)?;
    if is_notebook {
        refuse_rebinding(cx, &module)?;
    }
    let members: Vec<Import> = used
        .iter()
        .map(|name| {
            let mut own = module.facts.bindings.iter().filter(|own| own.name == *name);
            own.find_map(Import::of)
                .unwrap_or_else(|| Import::member(&target.module, name))
        })
        .collect();
    let own = own_modules(cx.project);
    let root = target.module.split('.').next().unwrap_or_default();
    let is_own = |module: &str| module == root || own.iter().any(|own| own == module);
    let mut edit = Edit::default();
    if is_notebook {
        edit.ops.push(EditOp::CreateFile {
            path: cx.project.place(&module_path),
            text: module_text.to_string(),
        });
    }
    let block = imports::block(&members, &is_own);
    edit.ops
        .extend(Edit::replace(cx.cell, magic.range, block.trim_end()).ops);
    Ok(edit)
}

/// The file, from the project's root. `.py` may be left out, and on Databricks `.ipynb`.
fn find(project: &dyn Project, written: &str) -> Result<PathBuf, Refusal> {
    let folder = project
        .folder()
        .ok_or("the notebook is in no folder; save it first")?;
    let path =
        within(&folder.join(written)).ok_or_else(|| crate::project::outside(Path::new(written)))?;
    let candidates =
        ["", ".py", ".ipynb"].map(|end| PathBuf::from(format!("{}{end}", path.display())));
    let found = candidates.into_iter().find(|own| {
        let is_code = own
            .extension()
            .is_some_and(|end| end == "py" || end == "ipynb");
        is_code && project.exists(own)
    });
    found.ok_or_else(|| {
        format!(
            "{} is no script or notebook of this project",
            slashed(&path)
        )
        .into()
    })
}

/// Other lines may run the file again, or make its path mean another file.
fn refuse_other_lines(cx: &ActionContext<'_>, magic: &Magic) -> Result<(), Refusal> {
    for (cell, _) in cx.all.notebook.python_cells() {
        let facts = cx.all.facts(cell);
        let place = cx.all.cell_name(cell);
        for own in facts
            .magics
            .iter()
            .filter(|own| own.kind == MagicKind::Line)
        {
            let is_it = cell == cx.cell && own.range == magic.range;
            if !is_it && own.name == magic.name && own.argument == magic.argument {
                return Err(format!("{place} runs it, too, and a module is run once").into());
            }
            if matches!(&*own.name, "cd" | "pushd" | "popd") {
                return Err(moved_folder(&place));
            }
        }
        if facts
            .remarks_of(RemarkKind::DirectoryChange)
            .next()
            .is_some()
        {
            return Err(moved_folder(&place));
        }
    }
    Ok(())
}

fn moved_folder(place: &str) -> Refusal {
    format!("{place} changes the working directory, so the module may not be found").into()
}

/// The module that a notebook's definitions become.
fn module_beside(cx: &ActionContext<'_>, notebook: &Path) -> Result<PathBuf, Refusal> {
    let path = notebook.with_extension("py");
    if cx.project.exists(&path) {
        return Err(format!(
            "{} exists, and is left as it is: move the definitions of {} there, and import them",
            slashed(&path),
            slashed(notebook)
        )
        .into());
    }
    Ok(path)
}

/// The text of a module with what the notebook defines.
fn definitions(cx: &ActionContext<'_>, path: &Path, text: &str) -> Result<String, Refusal> {
    let mut notebook = format::parse(text.as_bytes());
    let name = slashed(path);
    notebook.meta = Arc::new(NotebookMeta {
        file_name: path.file_name().map(|own| own.to_string_lossy().into()),
        ..NotebookMeta::clone(&notebook.meta)
    });
    if let Some(problem) = notebook.problems.first() {
        return Err(format!("{name} cannot be read: {}", problem.message).into());
    }
    let analysis = Analysis::new(notebook, Arc::default());
    let own = own_modules(cx.project);
    let is_own = |module: &str| own.iter().any(|own| own == module);
    promote::definitions(&analysis.context(), &is_own)
        .map_err(|refusal| format!("{name}: {}", refusal.0).into())
}

/// Whatever else the file does, `%run` does each time, and an import once and unseen.
fn refuse_effects(module: &Existing<'_>) -> Result<(), Refusal> {
    let origins = Own(&module.facts);
    let lines = LineIndex::new(module.text);
    for stmt in &module.statements {
        let only_defines = match stmt {
            Stmt::Import(_) => Ok(()),
            Stmt::ImportFrom(own) if own.level > 0 => Err(Refusal::from("a relative import")),
            Stmt::ImportFrom(own) if own.names.iter().any(|own| own.name.as_str() == "*") => {
                Err("an import of all names".into())
            }
            Stmt::ImportFrom(_) => Ok(()),
            Stmt::Expr(own) if own.value.is_literal_expr() => Ok(()),
            _ => quiet::check(stmt, &origins),
        };
        if let Err(refusal) = only_defines {
            return Err(format!(
                "{} does more than define, in line {} ({}): an import would do that once, and not with the notebook's names",
                module.name,
                lines.line_of(stmt.start()) + 1,
                refusal.0
            )
            .into());
        }
    }
    Ok(())
}

struct Own<'a>(&'a Facts);

impl Origins for Own<'_> {
    fn module_of(&self, name: &str) -> Option<String> {
        let mut bindings = self.0.bindings.iter().filter(|own| own.name == *name);
        bindings
            .find_map(Import::of)
            .map(|own| own.root().to_owned())
    }

    fn is_wrapper(&self, _: &str) -> bool {
        false
    }
}

fn reads(facts: &Facts) -> impl Iterator<Item = &Name> {
    let at_once = facts.uses.iter().map(|read| &read.name);
    let scopes = facts.scopes.iter();
    at_once.chain(scopes.flat_map(|scope| scope.reads.iter().map(|read| &read.name)))
}

/// Names that only the notebook that runs the file has.
fn refuse_free_names(module: &Existing<'_>) -> Result<(), Refusal> {
    let is_given =
        |name: &Name| module.binds(name) || (builtins::is_python(name) && !name.starts_with("__"));
    if let Some(name) = reads(&module.facts).find(|name| !is_given(name)) {
        return Err(format!(
            "{} reads `{name}`, which it does not bind: an import would not see the notebook's",
            module.name
        )
        .into());
    }
    Ok(())
}

/// `%run` finds what stands beside the script; an import does not where it starts at another folder.
fn refuse_siblings(
    cx: &ActionContext<'_>,
    module: &Existing<'_>,
    target: &Target,
) -> Result<(), Refusal> {
    let folder = target.path.parent().unwrap_or(Path::new(""));
    if folder == target.base {
        return Ok(());
    }
    let mut imports = module.facts.bindings.iter().filter_map(Import::of);
    let sibling = imports.find(|own| {
        let beside = folder.join(own.root());
        cx.project.exists(&beside) || cx.project.exists(&beside.with_extension("py"))
    });
    match sibling {
        Some(own) => Err(format!(
            "{} imports `{}` from its own folder, which is not where the notebook's imports start",
            module.name,
            own.root()
        )
        .into()),
        None => Ok(()),
    }
}

/// What the module binds and the notebook reads, in the module's order.
fn used(cx: &ActionContext<'_>, module: &Existing<'_>) -> Result<Vec<Name>, Refusal> {
    let mut wanted: FxHashSet<String> = FxHashSet::default();
    for (cell, own) in cx.all.notebook.python_cells() {
        let facts = cx.all.facts(cell);
        if facts.text_reads == crate::analysis::facts::TextReads::Any {
            return Err(format!("{} looks names up by their text", cx.all.cell_name(cell)).into());
        }
        wanted.extend(reads(facts).map(Name::to_string));
        wanted.extend(
            outside::mentioned(facts, &own.text)
                .into_iter()
                .map(str::to_owned),
        );
    }
    let mut used: Vec<Name> = Vec::new();
    for binding in &module.facts.bindings {
        if wanted.contains(binding.name.as_str()) && !used.contains(&binding.name) {
            if !module.binds_once(&binding.name) {
                return Err(
                    format!("{} binds `{}` several times", module.name, binding.name).into(),
                );
            }
            used.push(binding.name.clone());
        }
    }
    if used.is_empty() {
        return Err(format!("no cell uses a name of {}: remove the line", module.name).into());
    }
    Ok(used)
}

/// A notebook that is run shares its names with this one: what is bound here, it reads.
fn refuse_rebinding(cx: &ActionContext<'_>, module: &Existing<'_>) -> Result<(), Refusal> {
    for own in &module.facts.bindings {
        let mut others = bindings(&cx.all, &own.name).filter(|(_, other)| {
            Import::of(own).is_none_or(|own| Import::of(other).as_ref() != Some(&own))
        });
        if let Some((cell, _)) = others.next() {
            let place: CellIdx = cell;
            return Err(format!(
                "{} binds `{}`, too, and the functions of {} would not notice",
                cx.all.cell_name(place),
                own.name,
                module.name
            )
            .into());
        }
    }
    Ok(())
}
