//! The plan by which statements within a loop, a branch or a function become a function of their own.
//!
//! The same questions are asked as of a whole cell ([`interface`]); what is before and after the statements is
//! what the blocks around them say. Within a function its names take the place of the notebook's variables, and what is not
//! its own is read where it is.

mod around;
mod jumps;
mod path;

use ruff_python_ast::name::Name;
use ruff_python_ast::{Decorator, Expr, Stmt, StmtFunctionDef};
use ruff_python_parser::Mode;
use rustc_hash::FxHashSet;

use super::interface::{self, Interface, Parts};
use super::naming::{self, Subject};
use super::{extract, shape, unread};
use crate::action::{ActionContext, Refusal};
use crate::analysis::facts::Facts;
use crate::analysis::scope::{Body, Locals};
use crate::analysis::source::{Source, parse_part, size};
use crate::analysis::{depth, python, text_reads};
use crate::notebook::{Cell, CellIdx, CellKind, Edit, EditOp, Notebook};
use crate::refactor::{layout, outside, pieces};
use crate::rule::Context;
use crate::text::{Ranged, TextRange, TextSize, newline_of};
use around::Around;
use path::{Code, Path};

/// Statements of a block as a function, and the call in their place.
#[derive(Debug)]
pub struct Plan {
    pub name: String,
    function: String,
    /// The lines that the call takes the place of, and the call with their indent.
    lines: TextRange,
    call: String,
    /// Where the function stands if not in a cell of its own.
    above: TextSize,
    /// Whether it must not have a cell of its own.
    stays: bool,
    newline: &'static str,
}

/// Decorators that take the function as it is, whatever it calls.
const PLAIN_DECORATORS: &[&str] = &[
    "abstractmethod",
    "cache",
    "cached_property",
    "classmethod",
    "contextmanager",
    "fixture",
    "lru_cache",
    "no_grad",
    "override",
    "property",
    "setter",
    "staticmethod",
    "wraps",
];

/// Names by which a notebook has functions compiled, which then call compiled functions alone.
const COMPILERS: &[&str] = &["numba", "nb", "jit", "njit", "cuda", "cython", "getsource"];

/// Context managers after whose block the code goes on though it failed.
const SWALLOWERS: &[&str] = &[
    "assertRaises",
    "assertRaisesRegex",
    "ignored",
    "raises",
    "suppress",
];

/// Plans the extraction of the statements that `selection` touches within a block of the cell. `Ok(None)` where
/// it touches statements of the cell's own level, or none.
///
/// # Errors
/// Where they cannot be a function of their own.
pub fn plan(
    cx: &Context<'_>,
    index: CellIdx,
    selection: TextRange,
) -> Result<Option<Plan>, Refusal> {
    let Some(cell) = cx.notebook.cell(index) else {
        return Ok(None);
    };
    if !cell.is_python(&cx.notebook.meta.language) || !cx.facts(index).runs() {
        return Ok(None);
    }
    depth::with_stack_for(&cell.text, || planned(cx, index, cell, selection))
        .unwrap_or_else(|too_deep| Err(format!("it is {too_deep}").into()))
}

fn planned(
    cx: &Context<'_>,
    index: CellIdx,
    cell: &Cell,
    selection: TextRange,
) -> Result<Option<Plan>, Refusal> {
    let text = &*cell.text;
    let facts = cx.facts(index);
    let selection = super::cut::trimmed(text, selection);
    let source = Source::new(text);
    let parsed = source.parse();
    let as_written = parsed
        .statements
        .first()
        .is_some_and(|stmt| source.in_cell(stmt.range()) == stmt.range());
    if !as_written {
        return Ok(None);
    }
    let Some(path) = Path::to(&parsed.statements, text, selection) else {
        let touches = |stmt: &Stmt| stmt.range().intersect(selection).is_some();
        return if parsed.statements.iter().any(touches) {
            Err("no statement of the block is selected".into())
        } else {
            Ok(None)
        };
    };
    if path.steps.is_empty() {
        return Ok(None);
    }
    extract::refuse_what_is_no_plain_code(facts).map_err(|no_cut| match no_cut {
        super::cut::NoCut::Refused(refusal) => refusal,
        super::cut::NoCut::NothingToDo => "nothing in it would be a function".into(),
    })?;
    extract::refuse_what_the_notebook_forbids(cx, index, cell)?;
    let code = Code::new(text);
    let site = Site {
        cx,
        index,
        cell,
        code: &code,
        path: &path,
        function: innermost_function(&path)?,
    };
    site.refuse_what_the_function_forbids()?;
    site.plan(selection).map(Some)
}

/// The function that the statements belong to; `None` where they run with the cell.
fn innermost_function<'a>(path: &Path<'a>) -> Result<Option<&'a StmtFunctionDef>, Refusal> {
    for step in path.steps.iter().rev() {
        match step.statement {
            Stmt::FunctionDef(function) => return Ok(Some(function)),
            Stmt::ClassDef(class) => {
                return Err(format!(
                    "it stands in the body of class `{}`, where names become attributes",
                    class.name
                )
                .into());
            }
            _ => {}
        }
    }
    Ok(None)
}

/// The statements, and where they stand.
struct Site<'a> {
    cx: &'a Context<'a>,
    index: CellIdx,
    cell: &'a Cell,
    code: &'a Code<'a>,
    path: &'a Path<'a>,
    function: Option<&'a StmtFunctionDef>,
}

impl Site<'_> {
    fn plan(&self, selection: TextRange) -> Result<Plan, Refusal> {
        let selected = self.path.selected();
        let function = self.function.map(|function| function.name.as_str());
        let returns = jumps::returns(selected, function)?;
        let lines = self.lines(selected, selection)?;
        let body = self.code.dedented(lines);
        let inside = python::facts(&body);
        if !inside.runs() || inside.statements.len() != selected.len() {
            return Err("its lines are joined in a way that cannot be cut".into());
        }
        self.refuse_what_must_stay(&inside, &body)?;
        let around = around::of(
            self.code,
            self.path,
            self.start_of_python(),
            &inside,
            returns,
            &|callee| self.may_swallow(callee),
        );
        let parsed = parse_part(&body, pieces::whole(&body), Mode::Module);
        let shape = shape::within_block(&parsed.statements, &body);
        let before = python::facts(&around.before);
        let kept = match self.function {
            // What nobody reads there was unread before, if nobody binds it anew.
            Some(_) => {
                let mut assigned = unread::assigned(&parsed.statements, &inside);
                assigned.retain(|name| !returns && around.rest.binds.contains(name));
                assigned
            }
            None if extract::ends_in_error(self.cell) => Vec::new(),
            None => unread::kept(&parsed.statements, &inside),
        };
        let interface = interface::of(
            self.cx,
            &Parts {
                cell: self.index,
                before: &before,
                inside: &inside,
                body: &body,
                rest: &around.rest,
                shape: &shape,
                shared: &FxHashSet::default(),
                is_of_module: false,
                function: self.function.map(|function| interface::Around {
                    name: &function.name.id,
                    locals: &around.locals,
                }),
                result: unread::assigned_last(&parsed.statements)
                    .filter(|_| self.function.is_none() && !extract::ends_in_error(self.cell)),
                kept: &kept,
            },
        )?;
        self.refuse_what_errors_would_lose(&inside, &interface, &around, returns)?;
        refuse_what_stands_beside(&inside, &interface, &around)?;
        if returns && let Some(name) = interface.returns.first() {
            return Err(format!("it returns, and `{name}` may be read after that").into());
        }
        let mut named_after = interface.clone();
        if returns && let Some(function) = self.function {
            // What it returns is what the function around it is for.
            named_after.returns.push(function.name.id.clone());
        }
        // A heading tells of the whole cell.
        let subject = Subject {
            notebook: &Notebook::default(),
            cell: CellIdx(0),
            body: &body,
            inside: &inside,
            shape: &shape,
            interface: &named_after,
            shows_values: false,
        };
        let name = naming::function_name(&subject, |name| {
            extract::is_taken(self.cx, self.index, name) || around.locals.contains(name)
        });
        let body = match self.function {
            // What is unread there was unread before.
            Some(_) => body.clone(),
            None => unread::without_targets(&parsed.statements, &body, &inside, |name| {
                interface.returns.contains(name)
            }),
        };
        self.written(name, &inside, &interface, lines, &body, returns)
    }

    fn written(
        &self,
        name: String,
        inside: &Facts,
        interface: &Interface,
        lines: TextRange,
        body: &str,
        returns: bool,
    ) -> Result<Plan, Refusal> {
        let text = self.code.text;
        let newline = newline_of(text);
        let function = layout::function(&name, inside.awaits, interface, body, newline);
        let written = python::facts(&function);
        if !written.runs() || written.statements.len() != 1 {
            return Err("its code cannot be indented without changing it".into());
        }
        let indent = self.code.indent_at(lines.start());
        let call = if returns {
            let parameters = &interface.parameters;
            layout::return_call(indent, &name, inside.awaits, parameters, newline)
        } else {
            layout::call_at(indent, &name, inside.awaits, interface, newline)
        };
        Ok(Plan {
            name,
            function,
            lines,
            call: call[indent.len()..].to_owned(),
            above: self.above(),
            stays: self.function.is_some() || extract::reads_history(self.cx),
            newline,
        })
    }

    /// The lines of the statements, from where the first one's indent ends, with the selected comments around them.
    fn lines(&self, selected: &[Stmt], selection: TextRange) -> Result<TextRange, Refusal> {
        let text = self.code.text;
        let (Some(first), Some(last)) = (selected.first(), selected.last()) else {
            return Err("no statement is selected".into());
        };
        let indent = self.code.indent_at(first.start());
        let last_line = pieces::line_end(text, last.end());
        let rest = text[last.end().to_usize()..last_line].trim_start();
        let rest = rest.strip_prefix(';').unwrap_or(rest).trim_start();
        if indent.is_empty() || !(rest.is_empty() || rest.starts_with('#')) {
            return Err("its statements share lines with others".into());
        }
        let mut start = first.start().to_usize();
        while let Some(above) = comment_above(text, start, indent) {
            if above < selection.start().to_usize() {
                break;
            }
            start = above;
        }
        let mut end = match rest.is_empty() {
            true => last.end().to_usize(),
            false => text[..last_line].trim_end().len(),
        };
        while let Some(below) = comment_below(text, end, indent) {
            if below > selection.end().to_usize() {
                break;
            }
            end = below;
        }
        Ok(TextRange::new(size(start), size(end)))
    }

    /// Where the function stands in the same cell: above the statement, and its comment, that holds the selected ones.
    fn above(&self) -> TextSize {
        let text = self.code.text;
        let level = self.path.levels[0];
        let mut start = level.statements[level.first].start().to_usize();
        while let Some(above) = comment_above(text, start, "") {
            if above < self.start_of_python() || pieces::is_directive(&text[above..start]) {
                break;
            }
            start = above;
        }
        size(start)
    }

    fn start_of_python(&self) -> usize {
        let mut magics = self.cx.facts(self.index).cell_magics();
        let header = magics
            .next_back()
            .map(|magic| pieces::line_end(self.code.text, magic.range.end()));
        header.map_or(0, |end| pieces::after_line_break(self.code.text, end))
    }

    fn refuse_what_must_stay(&self, inside: &Facts, body: &str) -> Result<(), Refusal> {
        if !inside.magics.is_empty() || body.contains("get_ipython()") {
            return Err("a magic or a shell line in it must stay in the notebook".into());
        }
        let is_docstring = self.function.is_some_and(|function| {
            let first = self.path.selected().first();
            first.is_some_and(|first| first.range() == function.body[0].range())
                && matches!(first, Some(Stmt::Expr(only)) if only.value.is_string_literal_expr())
        });
        if is_docstring {
            return Err("its first line is what describes the function around it".into());
        }
        if self.function.is_none()
            && extract::ends_in_error(self.cell)
            && !inside.bindings.is_empty()
        {
            return Err("the cell is meant to stop with an error, and what it has bound until then would be lost".into());
        }
        let is_pass = |stmt: &Stmt| matches!(stmt, Stmt::Pass(_));
        if self.path.selected().iter().all(is_pass) {
            return Err("there is nothing in it to do".into());
        }
        Ok(())
    }

    fn refuse_what_the_function_forbids(&self) -> Result<(), Refusal> {
        let Some(innermost) = self.function else {
            return Ok(());
        };
        let text = self.code.text;
        let words: FxHashSet<&str> = crate::refactor::words::words(&text[self.range()]).collect();
        let mut in_class = false;
        let mut receivers: Vec<&Name> = Vec::new();
        for step in &self.path.steps {
            match step.statement {
                Stmt::ClassDef(_) => in_class = true,
                Stmt::FunctionDef(function) => {
                    if let Some(decorator) =
                        function.decorator_list.iter().find(|one| !is_plain(one))
                    {
                        return Err(format!(
                            "`{}` may read the code of `{}`, and would not see what is outside of it",
                            text[decorator.range()].lines().next().unwrap_or_default(),
                            function.name
                        )
                        .into());
                    }
                    let is_static = function
                        .decorator_list
                        .iter()
                        .any(|one| text[one.expression.range()] == *"staticmethod");
                    let first = function.parameters.iter().next();
                    if in_class && !is_static {
                        receivers.extend(first.map(|parameter| &parameter.name().id));
                    }
                }
                _ => {}
            }
        }
        if let Some(receiver) = receivers.iter().find(|name| words.contains(name.as_str())) {
            return Err(format!(
                "it uses `{receiver}`, so it would be a method of the class rather than a function"
            )
            .into());
        }
        let mangled = |word: &&&str| word.starts_with("__") && !word.ends_with("__");
        if in_class
            && let Some(word) = words
                .iter()
                .find(|word| matches!(**word, "super" | "__class__") || mangled(word))
        {
            return Err(format!("`{word}` means something else outside of its class").into());
        }
        if let Some(compiler) = COMPILERS
            .iter()
            .find(|name| self.cx.link.binders(name).next().is_some())
        {
            return Err(format!(
                "the notebook has functions compiled or read as text (`{compiler}`), and `{}` may be one of them",
                innermost.name
            )
            .into());
        }
        let outermost = self.path.levels[0];
        let whole = &outermost.statements[outermost.first];
        let code = self.code.of(std::slice::from_ref(whole));
        if let Some(name) = text_reads::namespace_use(&python::facts(&code), &code) {
            return Err(format!(
                "`{name}` looks names up while the function runs, and would find others"
            )
            .into());
        }
        let declared = Locals::of(
            Some(&innermost.parameters),
            Body::Statements(&innermost.body),
        );
        let own = python::facts(&self.code.of(self.path.selected()));
        let mut bound = own.bindings.iter().map(|binding| &binding.name);
        if let Some(name) =
            bound.find(|name| declared.global.contains(*name) || declared.nonlocal.contains(*name))
        {
            return Err(format!(
                "it sets `{name}`, which is no variable of `{}` alone",
                innermost.name
            )
            .into());
        }
        Ok(())
    }

    fn range(&self) -> TextRange {
        let selected = self.path.selected();
        match (selected.first(), selected.last()) {
            (Some(first), Some(last)) => first.range().cover(last.range()),
            _ => TextRange::default(),
        }
    }

    /// Whether a block of `with` may go on after an error: what is known to, and what the notebook defines itself.
    fn may_swallow(&self, callee: &str) -> bool {
        let last = callee.rsplit('.').next().unwrap_or_default();
        let root = callee.split('.').next().unwrap_or_default();
        SWALLOWERS.contains(&last)
            || self.cx.link.binders(root).any(|cell| {
                let mut bindings = self.cx.facts(cell).bindings.iter();
                bindings.any(|own| own.name == *root && own.kind.is_definition())
            })
    }

    /// Where an error is caught, what was bound until then can be read; a function would give back nothing.
    fn refuse_what_errors_would_lose(
        &self,
        inside: &Facts,
        interface: &Interface,
        around: &Around,
        returns: bool,
    ) -> Result<(), Refusal> {
        let mut returned = interface.returns.iter().filter(|_| returns);
        if let Some(name) = returned.find(|name| around.caught.contains(*name)) {
            return Err(format!(
                "it returns, and `{name}` is read where an error or `finally` leads"
            )
            .into());
        }
        let last = self.path.selected().last();
        let is_atomic = |name: &Name| {
            let mut bindings = inside.bindings.iter().filter(|own| own.name == *name);
            let last_index = inside.statements.len().saturating_sub(1);
            last.is_some_and(binds_at_its_end)
                && bindings.all(|own| own.statement as usize == last_index)
        };
        let others = match self.function {
            None if around.swallows => {
                let names = interface.returns.iter().cloned().collect();
                outside::readers(self.cx.notebook, self.cx.link, self.index, &names)
            }
            _ => outside::Readers::default(),
        };
        for name in &interface.returns {
            let is_caught = around.caught.contains(name)
                || others.contains_key(name)
                || (around.swallows && around.rest.reads_any);
            if is_caught && !is_atomic(name) {
                return Err(format!(
                    "where an error in it is caught, `{name}` would not be what it is now"
                )
                .into());
            }
        }
        let moved = inside.bindings.iter().find(|own| {
            (own.kind.is_import() || own.kind.is_definition())
                && interface.returns.contains(&own.name)
        });
        match moved {
            Some(own) => Err(format!(
                "it imports or defines `{}`, which is used elsewhere",
                own.name
            )
            .into()),
            None => Ok(()),
        }
    }
}

/// Functions beside the statements that read or set their names would look at other ones.
fn refuse_what_stands_beside(
    inside: &Facts,
    interface: &Interface,
    around: &Around,
) -> Result<(), Refusal> {
    let mut own = inside.bindings.iter().map(|binding| &binding.name);
    let mut given = interface.parameters.iter();
    let seen = own
        .find(|name| around.seen_beside.contains(*name))
        .or_else(|| given.find(|name| around.bound_beside.contains(*name)));
    match seen {
        None => Ok(()),
        Some(name) => Err(format!(
            "a function beside it reads or sets `{name}`, and would not see what this one does to it"
        )
        .into()),
    }
}

/// Whether the statement binds its names when all else in it is done.
fn binds_at_its_end(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Assign(assign) => matches!(&assign.targets[..], [Expr::Name(_)]),
        Stmt::AugAssign(assign) => assign.target.is_name_expr(),
        Stmt::AnnAssign(assign) => assign.target.is_name_expr(),
        _ => false,
    }
}

fn is_plain(decorator: &Decorator) -> bool {
    let callee = match &decorator.expression {
        Expr::Call(call) => &*call.func,
        other => other,
    };
    let last = match callee {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    PLAIN_DECORATORS.contains(&last)
}

/// Where a comment with this indent starts that stands directly above `start`, itself behind its line's indent.
fn comment_above(text: &str, start: usize, indent: &str) -> Option<usize> {
    let line = start.checked_sub(indent.len())?;
    let end = text[..line].strip_suffix('\n')?;
    let end = end.strip_suffix('\r').unwrap_or(end);
    let own = end.rfind('\n').map_or(0, |found| found + 1);
    let comment = end[own..].strip_prefix(indent)?;
    comment.starts_with('#').then_some(own + indent.len())
}

/// Where a comment with this indent ends that stands directly below the line that ends at `end`.
fn comment_below(text: &str, end: usize, indent: &str) -> Option<usize> {
    let line_end = pieces::line_end(text, size(end));
    let own = pieces::after_line_break(text, line_end);
    let rest = text.get(own..)?;
    let comment = rest.strip_prefix(indent)?;
    let length = comment.find(['\n', '\r']).unwrap_or(comment.len());
    comment
        .starts_with('#')
        .then(|| own + indent.len() + comment[..length].trim_end().len())
}

impl Plan {
    /// The function in a cell of its own above, where the client can insert cells and it may stand there, and the call.
    pub fn edit(&self, cx: &ActionContext<'_>) -> Edit {
        let apart = cx.client.cell_structure && !self.stays;
        let mut edit = Edit::replace(cx.cell, self.lines, self.call.clone());
        let mut start = 0;
        if apart {
            let insert = EditOp::Insert {
                at: cx.cell,
                kind: CellKind::Code,
                text: self.function.clone(),
            };
            edit.ops.insert(0, insert);
        } else {
            let text = cx.all.notebook.cell(cx.cell).map_or("", |cell| &cell.text);
            let gap = self.gap_below(cx, &text[..self.above.to_usize()]);
            let newline = self.newline;
            start = self.above.to_usize() + gap.len();
            let definition = format!("{gap}{}{newline}{newline}{newline}", self.function);
            let insert = EditOp::Replace {
                cell: cx.cell,
                range: TextRange::empty(self.above),
                text: definition,
            };
            edit.ops.insert(0, insert);
        }
        let name = self.function.find(&self.name).unwrap_or(0) + start;
        // An inserted cell takes the place of the one that it stands above.
        let range = TextRange::at(size(name), TextSize::of(self.name.as_str()));
        edit.select = Some((cx.cell, range));
        edit
    }

    /// Line breaks that leave two blank lines above a definition; none where it is the first code of its cell.
    fn gap_below(&self, cx: &ActionContext<'_>, above: &str) -> String {
        let is_first = cx.all.facts(cx.cell).statements.first();
        if is_first.is_none_or(|first| first.range.end() > TextSize::of(above)) {
            return String::new();
        }
        let blank = above.len() - above.trim_end().len();
        let there = above[above.len() - blank..].matches('\n').count();
        self.newline.repeat(3_usize.saturating_sub(there))
    }
}
