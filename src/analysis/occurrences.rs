//! Every place at which a cell names a variable, and whose variable it is.
//!
//! Facts tell what a name does to other cells; this tells where it is written, local names included, as
//! somebody who goes from one place to the next or renames it has to know. It is found when it is asked for.

mod magic;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    AnyParameterRef, Comprehension, ExceptHandler, Expr, ExprContext, Identifier,
    InterpolatedStringElement, Parameters, Pattern, Stmt, TypeParams,
};
use rustc_hash::FxHashSet;

use super::depth;
use super::facts::{Facts, StatementKind};
use super::scope::{Body, Locals, captured_name};
use super::source::{Source, size};
use crate::text::{TextRange, TextSize};

/// What a cell's text says of names.
#[derive(Debug, Default)]
pub struct Occurrences {
    /// In document order.
    pub found: Vec<Occurrence>,
    /// Words that may be names to somebody: in a magic's line, in a query, in an annotation that is a string.
    pub doubtful: Vec<(Name, TextRange)>,
    /// All of the cell is a text that names nothing of the notebook: a file that it writes, a shell script.
    pub is_aside: bool,
    /// The text is not Python, so some places may be missing.
    pub is_broken: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    pub name: Name,
    pub range: TextRange,
    pub kind: Kind,
    pub owner: Owner,
    /// The functions, comprehensions and classes whose names would be found here, by their places.
    pub inside: Box<[TextRange]>,
    /// The name itself is printed, too: `f"{x=}"`, `x?`.
    pub is_shown: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Read,
    Bind,
    /// The name that an import binds; see [`Imported`].
    Import(Imported),
    Delete,
    /// `global x`, `nonlocal x`.
    Declare,
}

/// How an import says what it binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What is imported, as it is written: `numpy`, `a.b`, `member`.
    pub path: TextRange,
    /// ` as x` stands behind it.
    pub has_alias: bool,
    /// It is `import a.b`, which brings more than the name.
    pub is_dotted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Notebook,
    /// A function, lambda or comprehension, by its place.
    Local {
        within: TextRange,
        is_parameter: bool,
    },
    /// The body of a class. What is read there may be another's: Python looks further when the class
    /// has not bound it yet.
    Class {
        within: TextRange,
    },
}

impl Owner {
    /// Whether both are the same variable, given that the name is the same.
    pub fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Notebook, Self::Notebook) => true,
            (Self::Local { within: a, .. }, Self::Local { within: b, .. })
            | (Self::Class { within: a }, Self::Class { within: b }) => a == b,
            _ => false,
        }
    }
}

/// Finds them in a cell of Python, whose facts are `facts`.
pub fn of(text: &str, facts: &Facts) -> Occurrences {
    let found = depth::with_stack_for(text, || find(text, facts));
    found.unwrap_or_else(|_| Occurrences {
        is_broken: true,
        ..Occurrences::default()
    })
}

impl Occurrences {
    /// The occurrence at a place, also where it ends.
    pub fn at(&self, offset: TextSize) -> Option<&Occurrence> {
        let mut found = self.found.iter();
        found.find(|occurrence| occurrence.range.contains_inclusive(offset))
    }
}

fn find(text: &str, facts: &Facts) -> Occurrences {
    if is_automagic(text, facts) {
        let mut finder = Finder::new(Source::new(""));
        finder.doubt(text, TextSize::new(0));
        return finder.occurrences;
    }
    let source = Source::new(text);
    let parsed = source.parse();
    let mut finder = Finder::new(source);
    finder.occurrences.is_broken = !parsed.errors.is_empty();
    finder.cell_magics();
    finder.visit_body(&parsed.statements);
    let mut occurrences = finder.occurrences;
    // What is not where it should be (a continued magic line, a pasted prompt) is not sure.
    occurrences.found.retain(|occurrence| {
        let is_there = text.get(std::ops::Range::<usize>::from(occurrence.range))
            == Some(occurrence.name.as_str());
        if !is_there {
            let doubt = (occurrence.name.clone(), occurrence.range);
            occurrences.doubtful.push(doubt);
        }
        is_there
    });
    occurrences
        .found
        .sort_by_key(|occurrence| occurrence.range.start());
    occurrences
        .found
        .dedup_by(|a, b| a.range == b.range && a.name == b.name);
    occurrences
}

/// `ls -a` on a line of its own is no Python, although it parses.
fn is_automagic(text: &str, facts: &Facts) -> bool {
    let is_marked =
        text.trim_start().starts_with(['%', '!', '?']) || text.trim_end().ends_with('?');
    let [only] = &facts.statements[..] else {
        return false;
    };
    only.kind == StatementKind::Magic && !is_marked
}

struct Finder<'s> {
    source: Source<'s>,
    occurrences: Occurrences,
    scopes: Vec<Scope>,
    is_shown: bool,
    in_annotation: bool,
}

enum Scope {
    Function {
        locals: Locals,
        parameters: FxHashSet<Name>,
        within: TextRange,
    },
    Class {
        locals: Locals,
        within: TextRange,
    },
    /// What a comprehension or a type parameter list brings.
    Names {
        names: FxHashSet<Name>,
        within: TextRange,
        hides_class: bool,
    },
}

impl Scope {
    fn within(&self) -> TextRange {
        match self {
            Self::Function { within, .. }
            | Self::Class { within, .. }
            | Self::Names { within, .. } => *within,
        }
    }
}

impl<'s> Finder<'s> {
    fn new(source: Source<'s>) -> Self {
        Self {
            source,
            occurrences: Occurrences::default(),
            scopes: Vec::new(),
            is_shown: false,
            in_annotation: false,
        }
    }

    fn owner(&self, name: &str) -> Owner {
        let mut sees_class = true;
        for scope in self.scopes.iter().rev() {
            match scope {
                Scope::Names {
                    names,
                    within,
                    hides_class,
                } => {
                    if names.contains(name) {
                        return Owner::Local {
                            within: *within,
                            is_parameter: false,
                        };
                    }
                    sees_class &= !hides_class;
                }
                Scope::Function {
                    locals,
                    parameters,
                    within,
                } => {
                    if locals.global.contains(name) {
                        return Owner::Notebook;
                    }
                    if locals.bound.contains(name) {
                        return Owner::Local {
                            within: *within,
                            is_parameter: parameters.contains(name),
                        };
                    }
                    sees_class = false;
                }
                Scope::Class { locals, within } if sees_class => {
                    if locals.global.contains(name) {
                        return Owner::Notebook;
                    }
                    if locals.bound.contains(name) {
                        return Owner::Class { within: *within };
                    }
                    // A class around this one is not looked into.
                    sees_class = false;
                }
                Scope::Class { .. } => {}
            }
        }
        Owner::Notebook
    }

    fn note(&mut self, name: &Name, range: TextRange, kind: Kind) {
        self.occurrences.found.push(Occurrence {
            owner: self.owner(name),
            name: name.clone(),
            range: self.source.in_cell(range),
            kind,
            inside: self.scopes.iter().map(Scope::within).collect(),
            is_shown: self.is_shown,
        });
    }

    fn note_identifier(&mut self, identifier: &Identifier, kind: Kind) {
        self.note(&identifier.id, identifier.range, kind);
    }

    /// Notes each word of `part`, which stands at `at` of the source.
    fn doubt(&mut self, part: &str, at: TextSize) {
        for word in words(part) {
            let offset = word.as_ptr() as usize - part.as_ptr() as usize;
            let range = TextRange::at(at + size(offset), size(word.len()));
            let range = self.source.in_cell(range);
            self.occurrences.doubtful.push((Name::new(word), range));
        }
    }

    fn function(
        &mut self,
        parameters: Option<&Parameters>,
        within: TextRange,
        body: Body<'_>,
        walk: impl FnOnce(&mut Self),
    ) {
        let iter = || parameters.into_iter().flat_map(Parameters::iter);
        self.scopes.push(Scope::Function {
            locals: Locals::of(parameters, body),
            parameters: iter()
                .map(|parameter| parameter.name().id.clone())
                .collect(),
            within: self.source.in_cell(within),
        });
        for parameter in iter() {
            self.note_identifier(parameter.name(), Kind::Bind);
        }
        walk(self);
        self.scopes.pop();
    }

    fn defaults(&mut self, parameters: &Parameters) {
        for default in parameters.iter().filter_map(AnyParameterRef::default) {
            self.visit_expr(default);
        }
    }

    fn annotations(&mut self, parameters: &Parameters) {
        for annotation in parameters.iter().filter_map(AnyParameterRef::annotation) {
            self.visit_annotation(annotation);
        }
    }

    /// Runs `walk` where the type parameters are known.
    fn with_type_params(&mut self, params: Option<&TypeParams>, walk: impl FnOnce(&mut Self)) {
        let Some(params) = params else {
            walk(self);
            return;
        };
        let names = params.iter().map(|param| param.name().id.clone());
        self.scopes.push(Scope::Names {
            names: names.collect(),
            within: self.source.in_cell(params.range),
            hides_class: false,
        });
        for param in params {
            self.note_identifier(param.name(), Kind::Bind);
            self.visit_type_param(param);
        }
        walk(self);
        self.scopes.pop();
    }

    fn comprehension(
        &mut self,
        generators: &[Comprehension],
        within: TextRange,
        inner: impl FnOnce(&mut Self),
    ) {
        let Some((first, others)) = generators.split_first() else {
            return;
        };
        self.visit_expr(&first.iter);
        let mut names = Targets::default();
        generators
            .iter()
            .for_each(|generator| names.visit_expr(&generator.target));
        self.scopes.push(Scope::Names {
            names: names.0,
            within: self.source.in_cell(within),
            hides_class: true,
        });
        self.visit_expr(&first.target);
        first
            .ifs
            .iter()
            .for_each(|condition| self.visit_expr(condition));
        for generator in others {
            self.visit_expr(&generator.iter);
            self.visit_expr(&generator.target);
            generator
                .ifs
                .iter()
                .for_each(|condition| self.visit_expr(condition));
        }
        inner(self);
        self.scopes.pop();
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

/// The names that a comprehension's target binds.
#[derive(Default)]
struct Targets(FxHashSet<Name>);

impl<'a> Visitor<'a> for Targets {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Store => {
                self.0.insert(name.id.clone());
            }
            _ => visitor::walk_expr(self, expr),
        }
    }
}

impl<'a> Visitor<'a> for Finder<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                for decorator in &function.decorator_list {
                    self.visit_expr(&decorator.expression);
                }
                self.note_identifier(&function.name, Kind::Bind);
                let parameters = &*function.parameters;
                self.defaults(parameters);
                self.with_type_params(function.type_params.as_deref(), |finder| {
                    finder.annotations(parameters);
                    if let Some(returns) = &function.returns {
                        finder.visit_annotation(returns);
                    }
                    let body = Body::Statements(&function.body);
                    finder.function(Some(parameters), function.range, body, |finder| {
                        finder.visit_body(&function.body);
                    });
                });
            }
            Stmt::ClassDef(class) => {
                for decorator in &class.decorator_list {
                    self.visit_expr(&decorator.expression);
                }
                self.note_identifier(&class.name, Kind::Bind);
                self.with_type_params(class.type_params.as_deref(), |finder| {
                    if let Some(arguments) = &class.arguments {
                        finder.visit_arguments(arguments);
                    }
                    finder.scopes.push(Scope::Class {
                        locals: Locals::of(None, Body::Statements(&class.body)),
                        within: finder.source.in_cell(class.range),
                    });
                    finder.visit_body(&class.body);
                    finder.scopes.pop();
                });
            }
            Stmt::TypeAlias(alias) => {
                self.visit_expr(&alias.name);
                self.with_type_params(alias.type_params.as_deref(), |finder| {
                    finder.visit_expr(&alias.value);
                });
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let module = alias.name.id.as_str();
                    let root = module.split('.').next().unwrap_or_default();
                    let (name, range) = match &alias.asname {
                        Some(own) => (own.id.clone(), own.range),
                        None => (
                            Name::new(root),
                            TextRange::at(alias.name.range.start(), size(root.len())),
                        ),
                    };
                    let imported = Imported {
                        path: self.source.in_cell(alias.name.range),
                        has_alias: alias.asname.is_some(),
                        is_dotted: alias.asname.is_none() && module.contains('.'),
                    };
                    self.note(&name, range, Kind::Import(imported));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in import.names.iter().filter(|alias| &*alias.name.id != "*") {
                    let imported = Imported {
                        path: self.source.in_cell(alias.name.range),
                        has_alias: alias.asname.is_some(),
                        is_dotted: false,
                    };
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.note_identifier(name, Kind::Import(imported));
                }
            }
            Stmt::Global(global) => {
                for name in &global.names {
                    self.note_identifier(name, Kind::Declare);
                }
            }
            Stmt::Nonlocal(nonlocal) => {
                for name in &nonlocal.names {
                    self.note_identifier(name, Kind::Declare);
                }
            }
            Stmt::IpyEscapeCommand(command) => {
                self.escape(command.kind, &command.value, command.range);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                let kind = match name.ctx {
                    ExprContext::Load | ExprContext::Invalid => Kind::Read,
                    ExprContext::Store => Kind::Bind,
                    ExprContext::Del => Kind::Delete,
                };
                self.note(&name.id, name.range, kind);
            }
            Expr::Lambda(lambda) => {
                let parameters = lambda.parameters.as_deref();
                if let Some(parameters) = parameters {
                    self.defaults(parameters);
                }
                let body = Body::Expression(&lambda.body);
                self.function(parameters, lambda.range, body, |finder| {
                    finder.visit_expr(&lambda.body);
                });
            }
            Expr::ListComp(comp) => {
                self.comprehension(&comp.generators, comp.range, |finder| {
                    finder.visit_expr(&comp.elt);
                });
            }
            Expr::SetComp(comp) => {
                self.comprehension(&comp.generators, comp.range, |finder| {
                    finder.visit_expr(&comp.elt);
                });
            }
            Expr::Generator(comp) => {
                self.comprehension(&comp.generators, comp.range, |finder| {
                    finder.visit_expr(&comp.elt);
                });
            }
            Expr::DictComp(comp) => {
                self.comprehension(&comp.generators, comp.range, |finder| {
                    if let Some(key) = &comp.key {
                        finder.visit_expr(key);
                    }
                    finder.visit_expr(&comp.value);
                });
            }
            Expr::IpyEscapeCommand(command) => {
                self.escape(command.kind, &command.value, command.range);
            }
            Expr::StringLiteral(string) if self.in_annotation => {
                let text = self.source.text.clone();
                self.doubt(&text[string.range], string.range.start());
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_annotation(&mut self, expr: &'a Expr) {
        let before = std::mem::replace(&mut self.in_annotation, true);
        self.visit_expr(expr);
        self.in_annotation = before;
    }

    fn visit_interpolated_string_element(&mut self, element: &'a InterpolatedStringElement) {
        let shows = matches!(element, InterpolatedStringElement::Interpolation(part) if part.debug_text.is_some());
        let before = self.is_shown;
        self.is_shown |= shows;
        visitor::walk_interpolated_string_element(self, element);
        self.is_shown = before;
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(exception) = &inner.type_ {
            self.visit_expr(exception);
        }
        if let Some(name) = &inner.name {
            self.note_identifier(name, Kind::Bind);
        }
        self.visit_body(&inner.body);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        if let Some(name) = captured_name(pattern) {
            self.note_identifier(name, Kind::Bind);
        }
        visitor::walk_pattern(self, pattern);
    }
}
