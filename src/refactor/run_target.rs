//! What `%run` reads, as a module that the notebook imports from instead.
//!
//! A script is a module already; a notebook becomes one first ([`notebooks`]). What is imported as a notebook, by
//! `import_ipynb`, is imported from a module ([`imported`]).

pub mod imported;
mod notebooks;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ruff_python_ast::Stmt;
use ruff_python_ast::name::Name;
use rustc_hash::FxHashSet;

use super::module::target::Target;
use super::module::{Existing, Import, own_modules};
use super::moving::closure::bindings;
use super::moving::quiet::{self, Origins};
use super::outside;
use super::promote::Caller;
use crate::action::{ActionContext, Client, Refusal};
use crate::analysis::facts::{Facts, Magic, MagicKind, RemarkKind, StatementKind};
use crate::analysis::known::builtins;
use crate::analysis::run_line::RunLine;
use crate::format;
use crate::notebook::{CellIdx, Edit, EditOp};
use crate::project::{Project, slashed, within};
use crate::refactor::imports::block::name;
use crate::rule::Context;
use crate::text::{LineIndex, Ranged};

/// A file that is run, as a module.
struct Turned {
    path: PathBuf,
    text: Arc<str>,
    /// What is done besides, in place of running it.
    caller: Caller,
}

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
    let text = cx.project.read_saved(&file)?;
    let is_notebook = file.extension().is_some_and(|own| own == "ipynb")
        || format::only_runs_as_notebook(text.as_bytes());
    let turned = if is_notebook {
        notebooks::turned(cx, &file, &text)?
    } else {
        Turned {
            path: file.clone(),
            text,
            caller: Caller::default(),
        }
    };
    let does_more = !turned.caller.lines.is_empty();
    let module = Existing::new(&slashed(&file), &turned.text)?;
    if !does_more {
        refuse_effects(&module)?;
    }
    refuse_free_names(&module)?;
    let target = Target::new(&cx.all, cx.project, &turned.path)?;
    if let Some(search) = &target.search {
        return Err(format!(
            "the notebook could import {} only with `{search}` on `sys.path`: install it as a package, or move it beside the notebook",
            slashed(&turned.path)
        )
        .into());
    }
    refuse_siblings(cx, &module, &target)?;
    let used = used(cx, &module)?;
    if used.is_empty() && !does_more {
        return Err(format!("no cell uses a name of {}: remove the line", module.name).into());
    }
    if is_notebook {
        refuse_rebinding(cx, &module)?;
    }
    let members = used.iter().map(|name| {
        let mut own = module.facts.bindings.iter().filter(|own| own.name == *name);
        own.find_map(Import::of)
            .unwrap_or_else(|| Import::member(&target.module, name))
    });
    let functions = turned.caller.functions.iter();
    let functions = functions.map(|name| Import::member(&target.module, name));
    let members: Vec<Import> = members.chain(functions).collect();
    let own = own_modules(cx.project);
    let root = target.module.split('.').next().unwrap_or_default();
    let is_own = |module: &str| module == root || own.iter().any(|own| own == module);
    let block = name::block(&members, &is_own);
    let mut edit = Edit::default();
    if is_notebook {
        edit.ops.push(EditOp::CreateFile {
            path: cx.project.place(&turned.path),
            text: turned.text.to_string(),
        });
    }
    let mut code = block.trim_end().to_owned();
    for (position, line) in turned.caller.lines.iter().enumerate() {
        code.push_str(if position == 0 { "\n\n" } else { "\n" });
        code.push_str(line);
    }
    edit.ops
        .extend(Edit::replace(cx.cell, magic.range, code).ops);
    Ok(edit)
}

/// Imports from all files that the notebook runs by `%run`, each in its place; nothing where it runs none.
///
/// # Errors
/// As [`plan`], with the line that it is about.
pub fn all(cx: &Context<'_>, project: &dyn Project) -> Result<Edit, Refusal> {
    let mut edit = Edit::default();
    for (cell, own) in cx.notebook.python_cells() {
        let runs = cx.facts(cell).magics.iter();
        for magic in runs.filter(|own| own.kind == MagicKind::Line && &*own.name == "run") {
            let at = ActionContext {
                all: *cx,
                cell,
                range: magic.range,
                findings: &[],
                client: Client {
                    cell_structure: true,
                    files: true,
                },
                project,
                is_trial: false,
            };
            let imported = plan(&at, magic).map_err(|refusal| {
                let line = own.text[magic.range].trim();
                let place = cx.cell_name(cell);
                format!(
                    "`{line}` in {place} cannot live in a module, nor be imported: {}",
                    refusal.0
                )
            })?;
            edit.ops.extend(imported.ops);
        }
    }
    Ok(edit)
}

/// The file, from the project's root. `.py` may be left out, and on Databricks `.ipynb`.
///
/// # Errors
/// Where there is no such file in the project.
pub fn find(project: &dyn Project, written: &str) -> Result<PathBuf, Refusal> {
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

/// Whatever else the file does, `%run` does each time, and an import once and unseen.
fn refuse_effects(module: &Existing<'_>) -> Result<(), Refusal> {
    let origins = Own(module);
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

struct Own<'a>(&'a Existing<'a>);

impl Origins for Own<'_> {
    fn module_of(&self, name: &str) -> Option<String> {
        let mut bindings = self.0.facts.bindings.iter().filter(|own| own.name == *name);
        bindings
            .find_map(Import::of)
            .map(|own| own.root().to_owned())
    }

    fn is_wrapper(&self, _: &str) -> bool {
        false
    }

    fn statement(&self, name: &str) -> Option<Stmt> {
        let binds = |stmt: &&Stmt| match stmt {
            Stmt::ClassDef(class) => class.name.as_str() == name,
            Stmt::Assign(assign) => assign
                .targets
                .iter()
                .any(|target| target.as_name_expr().is_some_and(|own| own.id == *name)),
            _ => false,
        };
        self.0.statements.iter().find(binds).cloned()
    }
}

fn reads(facts: &Facts) -> impl Iterator<Item = &Name> {
    let at_once = facts.uses.iter().map(|read| &read.name);
    let scopes = facts.scopes.iter();
    at_once.chain(scopes.flat_map(|scope| scope.reads.iter().map(|read| &read.name)))
}

/// Names that only the notebook that runs the file has.
fn refuse_free_names(module: &Existing<'_>) -> Result<(), Refusal> {
    // A part for `__main__` is one that promotion wrote: `refuse_effects` lets no other pass.
    let is_given = |name: &Name| {
        module.binds(name)
            || name == "__name__"
            || (builtins::is_python(name) && !name.starts_with("__"))
    };
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

/// All names that the notebook reads or mentions.
fn wanted(cx: &ActionContext<'_>) -> Result<FxHashSet<String>, Refusal> {
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
    Ok(wanted)
}

/// What the module binds and the notebook reads, in the module's order.
fn used(cx: &ActionContext<'_>, module: &Existing<'_>) -> Result<Vec<Name>, Refusal> {
    let wanted = wanted(cx)?;
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
