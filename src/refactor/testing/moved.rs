//! Moves tests of the notebook to a test file, where pytest finds them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ruff_python_ast::name::Name;

use super::{FOLDER, own_module, search_path};
use crate::action::{ActionContext, Refusal};
use crate::analysis::facts::{Callee, Facts, RemarkKind, StatementKind};
use crate::analysis::known::builtins;
use crate::notebook::{CellIdx, Edit};
use crate::project::slashed;
use crate::refactor::layout::indented;
use crate::refactor::module::target::topic;
use crate::refactor::module::{self, Additions, Code, Existing, Import};
use crate::refactor::moving::closure::bindings;
use crate::refactor::moving::pieces::{Piece, PieceId};
use crate::refactor::moving::thin;
use crate::text::TextRange;

/// Parameters that pytest gives a test by itself.
const FIXTURES: &[&str] = &[
    "cache",
    "capfd",
    "caplog",
    "capsys",
    "monkeypatch",
    "recwarn",
    "request",
    "tmp_path",
    "tmp_path_factory",
];

/// Tests of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tests {
    /// Test functions and test cases, by the position of their statement.
    Definitions(Vec<usize>),
    /// A cell of nothing but `assert` and imports: the positions of the `assert`.
    Asserts(Vec<usize>),
}

impl Tests {
    /// The tests that the range touches; all of the cell's where it touches none.
    pub fn at(facts: &Facts, range: TextRange) -> Option<Self> {
        let definitions: Vec<usize> = tests(facts).collect();
        let touches = |at: &usize| facts.statements[*at].range.intersect(range).is_some();
        let touched: Vec<usize> = definitions.iter().copied().filter(touches).collect();
        if !touched.is_empty() {
            return Some(Self::Definitions(touched));
        }
        if !definitions.is_empty() {
            return Some(Self::Definitions(definitions));
        }
        let asserts: Vec<usize> = positions(facts, RemarkKind::Assert).collect();
        let is_import = |at: usize| facts.statements[at].kind == StatementKind::Import;
        let only = (0..facts.statements.len()).all(|at| asserts.contains(&at) || is_import(at));
        (only && asserts.len() > 1 && facts.magics.is_empty()).then_some(Self::Asserts(asserts))
    }

    fn positions(&self) -> &[usize] {
        match self {
            Self::Definitions(own) | Self::Asserts(own) => own,
        }
    }
}

/// The statements that hold a remark.
fn positions(facts: &Facts, kind: RemarkKind) -> impl Iterator<Item = usize> {
    let holds = move |range: TextRange| facts.remarks_of(kind).any(|own| range.contains_range(own));
    let statements = facts.statements.iter().enumerate();
    statements
        .filter(move |(_, own)| holds(own.range))
        .map(|(at, _)| at)
}

/// Test functions and test cases at the top level of a cell.
fn tests(facts: &Facts) -> impl Iterator<Item = usize> {
    positions(facts, RemarkKind::Test)
        .filter(|at| facts.statements[*at].kind == StatementKind::Definition)
}

/// Where the tests go, and what is written.
#[derive(Debug)]
pub struct Moved {
    /// From the project's root.
    pub file: PathBuf,
    pub edit: Edit,
}

/// Moves tests of the cell to the file of the module that they import, or to one that is called like the notebook.
///
/// # Errors
/// Where they need what no test can import, or where they cannot be written.
pub fn plan(cx: &ActionContext<'_>, tests: &Tests) -> Result<Moved, Refusal> {
    let pieces = tests
        .positions()
        .iter()
        .map(|&statement| {
            Piece::take(
                &cx.all,
                PieceId {
                    cell: cx.cell,
                    statement,
                },
            )
        })
        .collect::<Result<Vec<_>, _>>()?;
    let names: Vec<Name> = pieces.iter().flat_map(|own| own.names.clone()).collect();
    let mut needed = Needed::default();
    for piece in &pieces {
        refuse_asking(cx, piece)?;
        needed.add(cx, piece, &names)?;
    }
    let own = needed
        .imports
        .iter()
        .find_map(|own| own_module(cx, &own.module));
    let file = file(cx, own.as_ref().map(|(_, file)| file.as_path()))?;
    let code = match tests {
        Tests::Definitions(_) => pieces.iter().map(|own| needed.code(own)).collect(),
        Tests::Asserts(_) => vec![function_of(cx, &pieces, &file, &needed)?],
    };
    let additions = Additions {
        imports: needed.imports.clone(),
        code,
        exported: Vec::new(),
    };
    let mut edit = Edit::default();
    edit.ops
        .extend(module::write(cx.project, &file, &additions)?);
    if let Some((base, _)) = &own {
        edit.ops.extend(search_path(cx, base)?);
    }
    edit.ops
        .extend(notebook(cx, &pieces, &names, &needed.imports)?.ops);
    Ok(Moved { file, edit })
}

fn file(cx: &ActionContext<'_>, module: Option<&Path>) -> Result<PathBuf, Refusal> {
    let notebook = cx
        .project
        .notebook()
        .ok_or("the notebook is in no folder; save it first")?;
    let stem = module
        .unwrap_or(notebook)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    let name = topic(&stem);
    let name = name.strip_prefix("test_").unwrap_or(&name);
    Ok(Path::new(FOLDER).join(format!("test_{name}.py")))
}

/// What tests need to stand in a file of their own.
#[derive(Debug, Default)]
struct Needed {
    imports: Vec<Import>,
    builtins: Vec<Name>,
}

impl Needed {
    fn add(
        &mut self,
        cx: &ActionContext<'_>,
        piece: &Piece,
        moved: &[Name],
    ) -> Result<(), Refusal> {
        let at_once = piece.facts.uses.iter().map(|read| &read.name);
        let scopes = piece.facts.scopes.iter();
        let later = scopes.flat_map(|scope| scope.reads.iter().map(|read| &read.name));
        for name in at_once.chain(later).filter(|name| !moved.contains(name)) {
            let bound: Vec<_> = bindings(&cx.all, name).collect();
            let Some((cell, _)) = bound.first() else {
                self.given(cx, piece, name)?;
                continue;
            };
            let place = cx.all.cell_name(*cell);
            let imports: Option<Vec<Import>> =
                bound.iter().map(|(_, own)| Import::of(own)).collect();
            let Some(imports) = imports else {
                return Err(if bound.iter().any(|(_, own)| own.kind.is_definition()) {
                    format!("it needs `{name}` of {place}, which no test can import from a notebook: move `{name}` to a module first")
                } else {
                    format!("it reads `{name}`, a variable of {place} that no test has; give the test its own value first")
                }
                .into());
            };
            let first = &imports[0];
            if let Some(other) = imports
                .iter()
                .find(|own| *own != first && !own.shares_root_with(first))
            {
                return Err(format!(
                    "it reads `{name}`, which the notebook imports as `{}` and as `{}`",
                    first.statement(),
                    other.statement()
                )
                .into());
            }
            for import in imports {
                if !self.imports.contains(&import) {
                    self.imports.push(import);
                }
            }
        }
        Ok(())
    }

    /// A name that no cell binds.
    fn given(&mut self, cx: &ActionContext<'_>, piece: &Piece, name: &Name) -> Result<(), Refusal> {
        if builtins::is_python(name) && !name.starts_with("__") {
            self.builtins.push(name.clone());
            return Ok(());
        }
        let mut cells = cx.all.notebook.python_cells();
        let opens = cells.find(|(cell, _)| {
            let mut openings = cx.all.facts(*cell).openings.iter();
            openings.any(|own| cx.all.link.surroundings().may_bring(&own.kind, name))
        });
        Err(match opens {
            Some((cell, _)) => format!(
                "it reads `{name}`, which may come from what {} runs or imports by `*`; import it by its name first",
                cx.all.cell_name(cell)
            ),
            None => format!("{} reads `{name}`, which a test file does not have", subject(piece)),
        }
        .into())
    }

    fn code(&self, piece: &Piece) -> Code {
        Code {
            names: piece.names.clone(),
            builtins: self.builtins.clone(),
            text: piece.text.clone(),
            is_definition: true,
        }
    }
}

/// "`test_tax`", "the cell".
fn subject(piece: &Piece) -> String {
    piece
        .names
        .first()
        .map_or_else(|| "the cell".to_owned(), |name| format!("`{name}`"))
}

/// What pytest would not do as the notebook does.
fn refuse_asking(cx: &ActionContext<'_>, piece: &Piece) -> Result<(), Refusal> {
    let who = subject(piece);
    let facts = &piece.facts;
    if let Some(bound) = facts.scopes.iter().find_map(|scope| scope.binds.first()) {
        return Err(format!("{who} sets `{bound}` of the notebook by `global`").into());
    }
    if let Some(name) = piece.names.first()
        && let Some((cell, _)) = bindings(&cx.all, name).find(|(cell, own)| {
            (*cell, own.statement as usize) != (piece.id.cell, piece.id.statement)
        })
    {
        return Err(format!(
            "{} binds `{name}`, too, and a test file has one",
            cx.all.cell_name(cell)
        )
        .into());
    }
    if let Some(function) = piece.stmt.as_function_def_stmt() {
        if function.is_async {
            return Err(format!("{who} is `async`, which pytest runs only with a plugin").into());
        }
        let decorators: String = function
            .decorator_list
            .iter()
            .map(|own| &piece.text[crate::text::Ranged::range(own)])
            .collect();
        let given = |name: &str| FIXTURES.contains(&name) || decorators.contains(name);
        if let Some(own) = function
            .parameters
            .iter_non_variadic_params()
            .find(|own| own.default.is_none() && !given(&own.parameter.name))
        {
            return Err(format!(
                "{who} takes `{}`, which pytest looks for among its fixtures; let the test make it first",
                own.parameter.name
            )
            .into());
        }
    }
    if facts.awaits {
        return Err(format!("{who} awaits, which only a notebook does at its top level").into());
    }
    Ok(())
}

/// One test of what a cell asserts, named after the function that it asks.
fn function_of(
    cx: &ActionContext<'_>,
    pieces: &[Piece],
    file: &Path,
    needed: &Needed,
) -> Result<Code, Refusal> {
    let asked = pieces
        .iter()
        .flat_map(|own| &own.facts.calls)
        .find_map(|call| match &call.callee {
            Callee::Name(name) if !builtins::is_python(name) => Some(name.to_string()),
            _ => None,
        });
    let asked = asked.unwrap_or_else(|| format!("in_{}", cx.cell).replace(' ', "_"));
    let text = if cx.project.exists(file) {
        cx.project.read(file)?
    } else {
        "".into()
    };
    let existing = Existing::new(&slashed(file), &text)?;
    let name = (1..)
        .map(|count| match count {
            1 => format!("test_{asked}"),
            _ => format!("test_{asked}_{count}"),
        })
        .find(|name| !existing.binds(name))
        .unwrap_or_default();
    let body: Vec<&str> = pieces.iter().map(|own| own.text.as_str()).collect();
    Ok(Code {
        names: vec![name.as_str().into()],
        builtins: needed.builtins.clone(),
        text: format!("def {name}():\n{}", indented(&body.join("\n"), "    ")),
        is_definition: true,
    })
}

/// The notebook without the tests, without what ran them, and without imports that only they needed.
fn notebook(
    cx: &ActionContext<'_>,
    pieces: &[Piece],
    names: &[Name],
    imports: &[Import],
) -> Result<Edit, Refusal> {
    let mut gone: Vec<PieceId> = pieces.iter().map(|own| own.id).collect();
    let stays = |cell: CellIdx, gone: &[PieceId]| {
        tests(cx.all.facts(cell)).any(|statement| !gone.contains(&PieceId { cell, statement }))
    };
    let no_test_stays = !cx
        .all
        .notebook
        .python_cells()
        .any(|(cell, _)| stays(cell, &gone));
    for (cell, own) in cx.all.notebook.python_cells() {
        let facts = cx.all.facts(cell);
        for (statement, range) in facts.statements.iter().map(|own| own.range).enumerate() {
            let code = own.text[range].trim();
            let calls = names.iter().any(|name| code == format!("{name}()"));
            let runs = || {
                let mut remarks = facts.remarks_of(RemarkKind::Test);
                remarks.any(|own| range.contains_range(own))
                    && facts.statements[statement].kind != StatementKind::Definition
                    && !code.contains("doctest")
            };
            if calls || (no_test_stays && !names.is_empty() && runs()) {
                gone.push(PieceId { cell, statement });
            }
        }
    }
    for (statement, own) in cx.all.facts(cx.cell).statements.iter().enumerate() {
        let id = PieceId {
            cell: cx.cell,
            statement,
        };
        let facts = cx.all.facts(cx.cell);
        let bound: Vec<_> = facts.bound_by(statement).collect();
        let only_needed = bound.iter().all(|own| {
            let is_theirs = Import::of(own).is_some_and(|own| imports.contains(&own));
            is_theirs && reader(cx, &own.name, &gone).is_none()
        });
        if own.kind == StatementKind::Import && !bound.is_empty() && only_needed {
            gone.push(id);
        }
    }
    for name in names {
        if let Some(cell) = reader(cx, name, &gone) {
            return Err(format!(
                "{} uses `{name}`, which would be gone",
                cx.all.cell_name(cell)
            )
            .into());
        }
    }
    let mut changes: BTreeMap<CellIdx, Vec<(TextRange, String)>> = BTreeMap::new();
    gone.sort_unstable();
    for id in gone {
        let text = cx.all.notebook.cell(id.cell).map_or("", |cell| &cell.text);
        let cut = thin::cut(text, &Piece::take(&cx.all, id)?, None);
        changes.entry(id.cell).or_default().push(cut);
    }
    thin::without(cx, changes)
}

/// A cell that reads the name in a statement that stays.
fn reader(cx: &ActionContext<'_>, name: &Name, gone: &[PieceId]) -> Option<CellIdx> {
    let mut cells = cx.all.notebook.python_cells();
    let (cell, _) = cells.find(|(cell, own)| {
        let facts = cx.all.facts(*cell);
        let at_once = facts.uses.iter().map(|read| (&read.name, read.range));
        let scopes = facts.scopes.iter();
        let later = scopes.flat_map(|own| own.reads.iter().map(|read| (&read.name, read.range)));
        let goes = |range: TextRange| {
            gone.iter().any(|id| {
                id.cell == *cell && facts.statements[id.statement].range.contains_range(range)
            })
        };
        at_once
            .chain(later)
            .any(|(read, range)| read == name && !goes(range))
            || crate::refactor::outside::mentioned(facts, &own.text).contains(&name.as_str())
    })?;
    Some(cell)
}
