//! Code that gives a module other members, and the imports that would bind another object above it.
//!
//! `import json` binds the module, which is the same object before and after `json.dumps = str`; `from json import dumps`
//! binds what the module has at that moment.

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Arguments, Expr, ExprContext, Stmt};

use super::block::{Names, Statement};
use crate::analysis::facts::{BindingKind, Facts};
use crate::analysis::source::Source;
use crate::notebook::CellIdx;
use crate::rule::Context;
use crate::text::{Ranged, TextRange, TextSize};

/// What has a `patch` for modules.
const MOCKS: &[&str] = &["mock", "mocker", "mp", "monkeypatch", "patch", "unittest"];

/// Code that may set a member of a module.
#[derive(Debug)]
pub struct Patch {
    pub cell: CellIdx,
    pub range: TextRange,
    /// Whether it stands in a function: when that is called is not asked.
    in_function: bool,
    members: Members,
}

/// What may be another afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Members {
    /// The members of this name, whosever they are: the module may have another name here.
    Named(String),
    /// All of a package, by the first part of its name.
    Of(String),
    All,
}

/// All patches down to the end of cell `to`, in document order.
pub fn until(cx: &Context<'_>, to: CellIdx) -> Vec<Patch> {
    let mut found = Vec::new();
    let cells = cx.notebook.python_cells();
    for (cell, own) in cells.take_while(|(cell, _)| *cell <= to) {
        let source = Source::new(&own.text);
        let mut search = Search {
            cx,
            source: &source,
            cell,
            functions: 0,
            own: Vec::new(),
            in_class: false,
            found: &mut found,
        };
        search.visit_body(&source.parse().statements);
    }
    found
}

/// The first patch that an import may not pass on its way from `statement` of its cell up to `to`.
pub fn held_by<'p>(
    cx: &Context<'_>,
    patches: &'p [Patch],
    imports: &[Statement],
    (cell, statement): (CellIdx, usize),
    to: (CellIdx, usize),
) -> Option<&'p Patch> {
    let at = |place: (CellIdx, usize)| {
        let statements = &cx.facts(place.0).statements;
        let start = statements.get(place.1).map(|own| own.range.start());
        (place.0, start.unwrap_or(TextSize::new(u32::MAX)))
    };
    let (from, to) = (at((cell, statement)), at(to));
    patches.iter().find(|patch| {
        let place = (patch.cell, patch.range.start());
        place < from
            && (patch.in_function || place >= to)
            && imports.iter().any(|import| patch.members.meet(import))
    })
}

impl Members {
    fn meet(&self, import: &Statement) -> bool {
        let root = import.module.split('.').next().unwrap_or_default();
        let (named, all_of) = match &import.names {
            Names::Members(members) => (members.iter().map(|own| &*own.0).collect(), true),
            // `import a.b as c` takes the member `b` of `a`.
            Names::Module(Some(_)) => {
                let last = import.module.rsplit_once('.').map(|(_, last)| last);
                (Vec::from_iter(last), false)
            }
            Names::Module(None) => return false,
        };
        match self {
            Self::Named(name) => named.contains(&name.as_str()),
            Self::Of(package) => all_of && root == package,
            Self::All => all_of,
        }
    }
}

struct Search<'a> {
    cx: &'a Context<'a>,
    source: &'a Source<'a>,
    cell: CellIdx,
    /// How many functions are around.
    functions: usize,
    /// The first parameters of the methods around: objects of a class, and no modules.
    own: Vec<Name>,
    in_class: bool,
    found: &'a mut Vec<Patch>,
}

impl Search<'_> {
    fn add(&mut self, range: TextRange, members: Members) {
        self.found.push(Patch {
            cell: self.cell,
            range: self.source.in_cell(range),
            in_function: self.functions > 0,
            members,
        });
    }

    /// `self.__dict__`, `vars(self)`.
    fn is_of_own(&self, namespace: &Expr) -> bool {
        let object = match namespace {
            Expr::Attribute(own) => Some(&*own.value),
            Expr::Call(call) => call.arguments.args.first(),
            _ => None,
        };
        object
            .is_some_and(|object| matches!(object, Expr::Name(name) if self.own.contains(&name.id)))
    }

    /// What setting `attribute` of `object` changes.
    fn set(&mut self, range: TextRange, object: &Expr, attribute: Option<String>) {
        let mut package = None;
        if let Expr::Name(name) = object {
            if self.own.contains(&name.id) {
                return;
            }
            package = self.package(&name.id);
        }
        match attribute {
            Some(attribute) => self.add(range, Members::Named(attribute)),
            None if package.is_none() => self.add(range, Members::All),
            None => {}
        }
        if let Some(package) = package {
            self.add(range, Members::Of(package));
        }
    }

    /// The package that an import binds this name to.
    fn package(&self, name: &str) -> Option<String> {
        let of = |facts: &Facts| {
            facts.bindings.iter().find_map(|own| match &own.kind {
                BindingKind::Import { module, .. } if own.name == *name => {
                    module.split('.').next().map(str::to_owned)
                }
                _ => None,
            })
        };
        let mut binders = self.cx.link.binders(name);
        binders.find_map(|cell| of(self.cx.facts(cell)))
    }

    fn call(&mut self, range: TextRange, function: &Expr, arguments: &Arguments) {
        let (base, way) = match function {
            Expr::Name(name) => (None, name.id.as_str()),
            Expr::Attribute(own) => (Some(&*own.value), own.attr.as_str()),
            _ => return,
        };
        let first = arguments.args.first();
        let second = arguments.args.get(1).and_then(text_of);
        // `json.dumps` in a string names a member of a module.
        let path = first.and_then(text_of);
        let member = |path: &str| path.rsplit_once('.').map(|(_, member)| member.to_owned());
        let of_patch = base.is_some_and(|base| match base {
            Expr::Name(name) => name.id.as_str() == "patch",
            Expr::Attribute(own) => own.attr.as_str() == "patch",
            _ => false,
        });
        // `requests.patch(url)` patches what stands elsewhere.
        let is_mock = match base {
            None => true,
            Some(Expr::Name(name)) => MOCKS.contains(&name.id.as_str()),
            Some(Expr::Attribute(own)) => MOCKS.contains(&own.attr.as_str()),
            Some(_) => false,
        };
        if matches!(way, "patch" | "patch_all") && !is_mock {
            return;
        }
        match (way, path, first) {
            ("setattr" | "delattr" | "patch", Some(path), _) => {
                if let Some(member) = member(&path) {
                    self.add(range, Members::Named(member));
                }
            }
            ("setattr" | "delattr", None, Some(object)) => self.set(range, object, second),
            ("object", None, Some(object)) if of_patch => self.set(range, object, second),
            ("setattr" | "delattr" | "patch" | "patch_all", ..) => self.add(range, Members::All),
            ("object" | "multiple", ..) if of_patch => self.add(range, Members::All),
            ("dict", Some(path), _) if of_patch && path.ends_with("__dict__") => {
                self.add(range, Members::All);
            }
            ("dict", None, Some(object)) if of_patch && is_namespace(object) => {
                self.add(range, Members::All);
            }
            ("__setattr__", Some(member), _) => self.add(range, Members::Named(member)),
            ("update" | "setdefault" | "pop", ..)
                if base.is_some_and(|base| is_namespace(base) && !self.is_of_own(base)) =>
            {
                self.add(range, Members::All);
            }
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Search<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                let depth = self.own.len();
                if self.in_class {
                    let first = function.parameters.iter().next();
                    self.own.extend(first.map(|own| own.name().id.clone()));
                }
                let was = std::mem::take(&mut self.in_class);
                self.functions += 1;
                visitor::walk_stmt(self, stmt);
                self.functions -= 1;
                self.in_class = was;
                self.own.truncate(depth);
            }
            Stmt::ClassDef(_) => {
                let was = std::mem::replace(&mut self.in_class, true);
                visitor::walk_stmt(self, stmt);
                self.in_class = was;
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Attribute(own) if !matches!(own.ctx, ExprContext::Load) => {
                self.set(own.range(), &own.value, Some(own.attr.to_string()));
            }
            Expr::Subscript(own)
                if !matches!(own.ctx, ExprContext::Load)
                    && is_namespace(&own.value)
                    && !self.is_of_own(&own.value) =>
            {
                let named = text_of(&own.slice).map_or(Members::All, Members::Named);
                self.add(own.range(), named);
            }
            Expr::Call(call) => self.call(call.range(), &call.func, &call.arguments),
            Expr::Lambda(_) => {
                self.functions += 1;
                visitor::walk_expr(self, expr);
                self.functions -= 1;
                return;
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

/// `vars(json)`, `json.__dict__`.
fn is_namespace(expr: &Expr) -> bool {
    match expr {
        Expr::Attribute(own) => own.attr.as_str() == "__dict__",
        Expr::Call(call) => {
            matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "vars")
        }
        _ => false,
    }
}

fn text_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
        _ => None,
    }
}
