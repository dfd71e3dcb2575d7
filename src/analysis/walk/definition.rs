//! Functions and classes: their heads run where they stand, their bodies when they are called.

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{
    Decorator, Expr, Parameters, Stmt, StmtClassDef, StmtFunctionDef, TypeParams,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::statement::last_segment;
use super::{Frame, Walker};
use crate::analysis::facts::{BindingKind, Callee, Class, ClassIdx, Path, Scope, ScopeIdx};
use crate::analysis::flow::Branch;
use crate::analysis::scope::{Body, Locals};
use crate::text::{Ranged, TextRange};

/// Decorators of the standard library and of libraries for computing whose function runs the body when it is
/// called. Sorted.
const TRANSPARENT: &[&str] = &[
    "abstractmethod",
    "beartype",
    "cache",
    "classmethod",
    "contextmanager",
    "deprecated",
    "final",
    "inference_mode",
    "jit",
    "lru_cache",
    "njit",
    "no_grad",
    "override",
    "profile",
    "property",
    "staticmethod",
    "total_ordering",
    "typechecked",
    "wraps",
];

/// What a function is, apart from its body.
pub(super) struct Head<'a> {
    pub name: Option<&'a Name>,
    pub range: TextRange,
    pub parameters: Option<&'a Parameters>,
    pub is_async: bool,
    pub is_generator: bool,
    pub decorators: &'a [Decorator],
    pub class: Option<ClassIdx>,
}

impl Walker<'_> {
    pub(super) fn class(&mut self, class: &StmtClassDef) {
        self.decorators(&class.decorator_list);
        let mut bases = Vec::new();
        self.with_type_parameters(class.type_params.as_deref(), |walker| {
            for argument in class.arguments.iter().flat_map(|arguments| &arguments.args) {
                if let Expr::Name(name) = argument {
                    bases.push(name.id.clone());
                }
                walker.visit_expr(argument);
            }
            for keyword in class
                .arguments
                .iter()
                .flat_map(|arguments| &arguments.keywords)
            {
                walker.visit_expr(&keyword.value);
            }
        });
        let index = ClassIdx(u32::try_from(self.facts.classes.len()).unwrap_or(u32::MAX));
        let range = self.source.in_cell(class.range());
        self.facts.classes.push(Class {
            name: class.name.id.clone(),
            range,
            bases,
            methods: Vec::new(),
            attributes: Vec::new(),
        });
        self.with_type_parameters(class.type_params.as_deref(), |walker| {
            let locals: FxHashSet<Name> = ["__module__", "__qualname__", "__annotations__"]
                .into_iter()
                .map(Name::new_static)
                .collect();
            // What `super()` needs is there for every method, as a name as well.
            let implied = [Name::new_static("__class__")].into_iter().collect();
            walker.frames.push(Frame::Names(implied));
            walker.frames.push(Frame::Class { index, locals });
            for stmt in &class.body {
                match stmt {
                    Stmt::FunctionDef(function) => walker.function(function, Some(index)),
                    _ => {
                        walker.statement(stmt);
                    }
                }
            }
            walker.frames.pop();
            walker.frames.pop();
        });
        self.bind(&class.name.id, class.name.range, BindingKind::Class(index));
    }

    pub(super) fn function(&mut self, function: &StmtFunctionDef, class: Option<ClassIdx>) {
        self.decorators(&function.decorator_list);
        let first_scope = self.facts.scopes.len();
        let scope = self.with_type_parameters(function.type_params.as_deref(), |walker| {
            walker.visit_parameter_heads(&function.parameters);
            if let Some(returns) = &function.returns {
                walker.visit_annotation(returns);
            }
            let locals = Locals::of(Some(&function.parameters), Body::Statements(&function.body));
            let head = Head {
                name: Some(&function.name.id),
                range: function.range(),
                parameters: Some(&function.parameters),
                is_async: function.is_async,
                is_generator: false,
                decorators: &function.decorator_list,
                class,
            };
            walker.function_body(&head, locals, |walker| {
                walker.body(&function.body);
            })
        });
        if let Some(class) = class {
            let method = (function.name.id.clone(), scope);
            self.facts.classes[class.0 as usize].methods.push(method);
        }
        self.bind(
            &function.name.id,
            function.name.range,
            BindingKind::Function(scope),
        );
        self.bind_globals_since(first_scope, function.name.range);
    }

    /// Walks a body that runs later, in a frame of its own.
    pub(super) fn function_body(
        &mut self,
        head: &Head<'_>,
        locals: Locals,
        walk: impl FnOnce(&mut Self),
    ) -> ScopeIdx {
        let scope = ScopeIdx(u32::try_from(self.facts.scopes.len()).unwrap_or(u32::MAX));
        let parameters: Vec<Name> = head
            .parameters
            .into_iter()
            .flat_map(Parameters::iter)
            .map(|parameter| parameter.name().id.clone())
            .collect();
        let own = head
            .class
            .filter(|_| !head.decorators.iter().any(is_static))
            .and_then(|class| Some((class, parameters.first()?.clone())));
        self.facts.scopes.push(Scope {
            name: head.name.cloned(),
            range: self.source.in_cell(head.range),
            reads: Vec::new(),
            calls: Vec::new(),
            binds: Vec::new(),
            mutates: Vec::new(),
            parameters,
            class: head.class,
            parent: self.innermost_body(),
            is_async: head.is_async,
            is_generator: head.is_generator || locals.is_generator,
            decorated: !head.decorators.is_empty(),
            replaced: !head.decorators.iter().all(is_transparent),
        });
        let (path, guarded) = (self.path, self.guarded);
        (self.path, self.guarded) = (Path::Sure, false);
        let outside = (self.returns, self.returned, self.idle);
        (self.returns, self.returned, self.idle) = (false, false, 0);
        let asked_for = std::mem::take(&mut self.asked_for);
        self.frames.push(Frame::Function {
            scope,
            locals,
            functions: FxHashMap::default(),
            own,
        });
        self.flow.enter(Branch::default());
        walk(self);
        self.flow.leave();
        self.frames.pop();
        self.asked_for = asked_for;
        (self.path, self.guarded) = (path, guarded);
        (self.returns, self.returned, self.idle) = outside;
        scope
    }

    /// Defaults and annotations: the parts of a parameter list that run at the definition.
    pub(super) fn visit_parameter_heads(&mut self, parameters: &Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = parameter.default() {
                self.visit_expr(default);
            }
        }
        for parameter in parameters {
            if let Some(annotation) = parameter.annotation() {
                self.visit_annotation(annotation);
            }
        }
    }

    fn decorators(&mut self, decorators: &[Decorator]) {
        for decorator in decorators {
            self.visit_expr(&decorator.expression);
            if let Some(callee @ Callee::Name(_)) = self.callee_of(&decorator.expression) {
                self.call(callee, decorator.range(), true);
            }
        }
    }

    pub(super) fn with_type_parameters<T>(
        &mut self,
        parameters: Option<&TypeParams>,
        walk: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let Some(parameters) = parameters else {
            return walk(self);
        };
        let names = parameters
            .type_params
            .iter()
            .map(|parameter| parameter.name().id.clone())
            .collect();
        self.frames.push(Frame::TypeParameters(names));
        let result = walk(self);
        // The class or function itself is bound outside of the list, by the caller.
        self.frames.pop();
        result
    }
}

/// `@staticmethod`: its first parameter is no object of the class.
fn is_static(decorator: &Decorator) -> bool {
    last_segment(&decorator.expression) == Some("staticmethod")
}

/// Whether a call of what is decorated runs the body, as it does without.
fn is_transparent(decorator: &Decorator) -> bool {
    let made_by = match &decorator.expression {
        Expr::Call(call) => &call.func,
        expression => expression,
    };
    last_segment(made_by).is_some_and(|name| TRANSPARENT.binary_search(&name).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TRANSPARENT.is_sorted());
    }
}
