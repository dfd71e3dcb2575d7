//! The calls of a function in one cell, with what its names mean there.

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, Expr, ExprCall, InterpolatedStringElement, Stmt};
use rustc_hash::FxHashSet;

use super::heads::{appended, size};
use crate::analysis::scope::{Body, Locals, stored_names};
use crate::text::{Ranged, TextRange, TextSize};

/// What a cell does with a function of the notebook; in places of the parsed text.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub sites: Vec<Site>,
    /// Where the function is read and not called, or bound anew.
    pub handed_on: Vec<TextRange>,
}

/// One call.
#[derive(Debug)]
pub(super) struct Site {
    /// The function's name.
    pub name: TextRange,
    /// From the opening to the closing parenthesis.
    parentheses: TextRange,
    /// How many arguments it hands over by place.
    pub positional: usize,
    pub keywords: Vec<Name>,
    /// Whether it hands over `*rest`, or `**rest`.
    pub unpacks: bool,
    pub unpacks_keywords: bool,
    /// The last argument, without the parentheses that may stand around it.
    last: Option<TextRange>,
    /// Where the argument before that ends, or the call's parentheses begin.
    above_last: TextSize,
    /// A generator without parentheses of its own.
    bare_generator: Option<TextRange>,
    /// One of the names to hand over, if it means something else here than in the notebook.
    pub hidden: Option<Name>,
    /// Whether its text is shown: `f"{f(1)=}"`.
    pub is_shown: bool,
}

impl Calls {
    pub fn of(statements: &[Stmt], function: &str, names: &[Name]) -> Self {
        let mut walk = Walk {
            calls: Self::default(),
            function,
            names,
            frames: Vec::new(),
            is_shown: false,
        };
        walk.visit_body(statements);
        walk.calls
    }
}

impl Site {
    /// The same call with more arguments: what to insert, and where.
    pub fn with(&self, arguments: &[String], text: &str) -> Vec<(TextSize, String)> {
        if let Some(range) = self.bare_generator {
            return vec![
                (range.start(), "(".to_owned()),
                (range.end(), format!("), {}", arguments.join(", "))),
            ];
        }
        match self.last {
            Some(last) => {
                let last = self.whole(last, text);
                let new = appended(arguments, text, self.parentheses.start(), last.start());
                vec![(last.end(), new)]
            }
            None => {
                let inside = self.parentheses.start() + TextSize::new(1);
                vec![(inside, arguments.join(", "))]
            }
        }
    }

    /// The last argument with the parentheses around it, which are no part of an expression's range.
    fn whole(&self, last: TextRange, text: &str) -> TextRange {
        let close = self.parentheses.end() - TextSize::new(1);
        let mut start = None;
        for (at, c) in code(text, TextRange::new(self.above_last, last.start())) {
            match c {
                ',' => start = None,
                '(' => start = start.or(Some(at)),
                _ => {}
            }
        }
        let closing = code(text, TextRange::new(last.end(), close)).filter(|(_, c)| *c == ')');
        let end = closing.last().map(|(at, _)| at + TextSize::new(1));
        TextRange::new(start.unwrap_or(last.start()), end.unwrap_or(last.end()))
    }
}

/// The characters of a range that holds no strings, without its comments.
fn code(text: &str, range: TextRange) -> impl Iterator<Item = (TextSize, char)> {
    let mut is_comment = false;
    let characters = text[range].char_indices().filter(move |(_, c)| {
        is_comment = match c {
            '#' => true,
            '\n' | '\r' => false,
            _ => is_comment,
        };
        !is_comment
    });
    characters.map(move |(at, c)| (range.start() + size(at), c))
}

/// What binds names between a place and the notebook.
enum Frame {
    Function(Locals),
    Class(Locals),
    Comprehension(FxHashSet<Name>),
}

struct Walk<'a> {
    calls: Calls,
    function: &'a str,
    names: &'a [Name],
    frames: Vec<Frame>,
    /// Whether an f-string around shows the code itself.
    is_shown: bool,
}

impl Walk<'_> {
    fn is_of_notebook(&self, name: &str) -> bool {
        let mut class_visible = true;
        for frame in self.frames.iter().rev() {
            match frame {
                Frame::Function(locals) => {
                    if locals.global.contains(name) {
                        return true;
                    }
                    if locals.bound.contains(name) || locals.nonlocal.contains(name) {
                        return false;
                    }
                    class_visible = false;
                }
                Frame::Class(locals) => {
                    if class_visible && locals.bound.contains(name) && !locals.global.contains(name)
                    {
                        return false;
                    }
                    class_visible = false;
                }
                Frame::Comprehension(targets) => {
                    if targets.contains(name) {
                        return false;
                    }
                }
            }
        }
        true
    }

    fn call(&mut self, call: &ExprCall, name: TextRange) {
        let arguments = &call.arguments;
        let hidden = self.names.iter().find(|name| !self.is_of_notebook(name));
        let bare_generator = match (&arguments.args[..], &arguments.keywords[..]) {
            ([Expr::Generator(generator)], []) if !generator.parenthesized => Some(generator.range),
            _ => None,
        };
        let mut ranges: Vec<TextRange> = arguments
            .args
            .iter()
            .map(Ranged::range)
            .chain(arguments.keywords.iter().map(Ranged::range))
            .collect();
        ranges.sort_by_key(Ranged::end);
        let last = ranges.pop();
        let begin = arguments.range().start() + TextSize::new(1);
        self.calls.sites.push(Site {
            name,
            parentheses: arguments.range(),
            positional: arguments.args.len(),
            keywords: arguments
                .keywords
                .iter()
                .filter_map(|keyword| Some(keyword.arg.as_ref()?.id.clone()))
                .collect(),
            unpacks: arguments.args.iter().any(Expr::is_starred_expr),
            unpacks_keywords: arguments
                .keywords
                .iter()
                .any(|keyword| keyword.arg.is_none()),
            last,
            above_last: ranges.last().map_or(begin, Ranged::end),
            bare_generator,
            hidden: hidden.cloned(),
            is_shown: self.is_shown,
        });
    }

    fn within(&mut self, frame: Frame, walk: impl FnOnce(&mut Self)) {
        self.frames.push(frame);
        walk(self);
        self.frames.pop();
    }

    /// The first source of a comprehension is read outside of it.
    fn comprehension(&mut self, generators: &[Comprehension], elements: &[&Expr]) {
        let targets = generators.iter().map(|generator| &generator.target);
        let names: FxHashSet<Name> = targets.flat_map(stored_names).collect();
        let Some((first, rest)) = generators.split_first() else {
            return;
        };
        self.visit_expr(&first.iter);
        self.within(Frame::Comprehension(names), |walk| {
            first.ifs.iter().for_each(|guard| walk.visit_expr(guard));
            rest.iter().for_each(|part| walk.visit_comprehension(part));
            elements.iter().for_each(|element| walk.visit_expr(element));
        });
    }
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                for decorator in &function.decorator_list {
                    self.visit_decorator(decorator);
                }
                self.visit_parameters(&function.parameters);
                if let Some(returns) = &function.returns {
                    self.visit_annotation(returns);
                }
                let locals =
                    Locals::of(Some(&function.parameters), Body::Statements(&function.body));
                self.within(Frame::Function(locals), |walk| {
                    walk.visit_body(&function.body);
                });
            }
            Stmt::ClassDef(class) => {
                for decorator in &class.decorator_list {
                    self.visit_decorator(decorator);
                }
                if let Some(arguments) = &class.arguments {
                    self.visit_arguments(arguments);
                }
                let locals = Locals::of(None, Body::Statements(&class.body));
                self.within(Frame::Class(locals), |walk| walk.visit_body(&class.body));
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => {
                match &*call.func {
                    Expr::Name(name) if name.id == self.function => {
                        if self.is_of_notebook(self.function) {
                            self.call(call, name.range());
                        }
                    }
                    other => self.visit_expr(other),
                }
                self.visit_arguments(&call.arguments);
            }
            Expr::Name(name) => {
                if name.id == self.function && self.is_of_notebook(self.function) {
                    self.calls.handed_on.push(name.range());
                }
            }
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.visit_parameters(parameters);
                }
                let locals =
                    Locals::of(lambda.parameters.as_deref(), Body::Expression(&lambda.body));
                self.within(Frame::Function(locals), |walk| {
                    walk.visit_expr(&lambda.body);
                });
            }
            Expr::ListComp(list) => self.comprehension(&list.generators, &[&list.elt]),
            Expr::SetComp(set) => self.comprehension(&set.generators, &[&set.elt]),
            Expr::Generator(generator) => {
                self.comprehension(&generator.generators, &[&generator.elt]);
            }
            Expr::DictComp(dict) => {
                let key = dict.key.as_deref();
                let elements: Vec<&Expr> = key.into_iter().chain([&*dict.value]).collect();
                self.comprehension(&dict.generators, &elements);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_interpolated_string_element(&mut self, element: &'a InterpolatedStringElement) {
        let was = self.is_shown;
        self.is_shown |= matches!(element, InterpolatedStringElement::Interpolation(own) if own.debug_text.is_some());
        visitor::walk_interpolated_string_element(self, element);
        self.is_shown = was;
    }
}
