//! Writing facts down: reads, bindings, calls, changes.

use ruff_python_ast::Expr;
use ruff_python_ast::name::Name;

use super::{Frame, Place, Walker, root_name};
use crate::analysis::facts::{
    Binding, BindingKind, Call, Callee, ClassIdx, Mutation, Path, Scope, ScopeCall, ScopeIdx,
    ScopeUse, State, Use, UseKind,
};
use crate::analysis::flow::{Branch, Rounds};
use crate::text::{Ranged, TextRange};

impl Walker<'_> {
    pub(super) fn place_of(&self, name: &str) -> Place {
        let mut body = None;
        let mut class_visible = true;
        for frame in self.frames.iter().rev() {
            match frame {
                Frame::Names(names) => {
                    if names.contains(name) {
                        return Place::Local;
                    }
                    class_visible = false;
                }
                Frame::TypeParameters(names) => {
                    if names.contains(name) {
                        return Place::Local;
                    }
                }
                Frame::Class { locals, .. } => {
                    if class_visible && locals.contains(name) {
                        return Place::Local;
                    }
                    class_visible = false;
                }
                Frame::Function { scope, locals, .. } => {
                    body = body.or(Some(*scope));
                    if locals.global.contains(name) {
                        break;
                    }
                    if locals.bound.contains(name) {
                        return Place::Local;
                    }
                    class_visible = false;
                }
            }
        }
        if let Some(scope) = body {
            // A `global` further out does not matter: what is not local on the way is the notebook's.
            return Place::Body(scope);
        }
        Place::Cell
    }

    pub(super) fn read(&mut self, name: &Name, range: TextRange, kind: UseKind) {
        let place = self.place_of(name);
        self.read_at(&place, name, range, kind);
    }

    pub(super) fn read_at(&mut self, place: &Place, name: &Name, range: TextRange, kind: UseKind) {
        let guarded = self.guarded || self.asked_for.contains(name);
        let range = self.source.in_cell(range);
        match place {
            Place::Local => {}
            Place::Cell => {
                let step = self.next_step();
                let local = self.flow.state(name);
                self.idle_at.push(self.idle);
                self.facts.uses.push(Use {
                    name: name.clone(),
                    range,
                    step,
                    kind,
                    local,
                    path: self.path,
                    guarded,
                    in_annotation: self.in_annotation,
                });
            }
            Place::Body(scope) => {
                let path = self.path_in_body();
                let local = self.flow.state(name);
                self.scope_mut(*scope).reads.push(ScopeUse {
                    name: name.clone(),
                    range,
                    local,
                    path,
                    guarded,
                });
            }
        }
    }

    pub(super) fn bind(&mut self, name: &Name, range: TextRange, kind: BindingKind) {
        let is_walrus = kind == BindingKind::Walrus;
        for at in (0..self.frames.len()).rev() {
            match &mut self.frames[at] {
                // A walrus in a comprehension binds outside of it.
                Frame::Names(names) | Frame::TypeParameters(names) => {
                    if !is_walrus && names.contains(name) {
                        return;
                    }
                }
                Frame::Class { index, locals } => {
                    locals.insert(name.clone());
                    let class = &mut self.facts.classes[index.0 as usize];
                    let is_method = matches!(kind, BindingKind::Function(scope)
                        if class.methods.last().is_some_and(|(_, method)| *method == scope));
                    if !is_method {
                        class.attributes.push(name.clone());
                    }
                    return;
                }
                Frame::Function {
                    scope,
                    locals,
                    functions,
                    ..
                } => {
                    if let BindingKind::Function(nested) = kind {
                        functions.insert(name.clone(), nested);
                    }
                    if locals.global.contains(name) {
                        let scope = *scope;
                        let binds = &mut self.scope_mut(scope).binds;
                        if !binds.contains(name) {
                            binds.push(name.clone());
                        }
                    }
                    return;
                }
            }
        }
        self.bind_in_cell(name, range, kind);
    }

    /// `self.fn = f` in a method.
    pub(super) fn note_own_attribute(&mut self, target: &Expr) {
        if let Expr::Attribute(attribute) = target
            && let Expr::Name(base) = &*attribute.value
            && let Some(class) = self.own_class(&base.id)
        {
            let class = &mut self.facts.classes[class.0 as usize];
            class.attributes.push(attribute.attr.id.clone());
        }
    }

    pub(super) fn bind_in_cell(&mut self, name: &Name, range: TextRange, kind: BindingKind) {
        let state = match (&kind, self.flow.state(name)) {
            (BindingKind::Global, State::Sure) => State::Sure,
            (BindingKind::Global, _) => State::Perhaps,
            _ => State::Sure,
        };
        let path = match kind {
            BindingKind::Global => Path::Perhaps,
            _ => self.path,
        };
        self.flow.set(name, state);
        self.push_binding(name, range, kind, path);
    }

    pub(super) fn delete(&mut self, name: &Name, range: TextRange) {
        if let Some(frame) = self.frames.last_mut() {
            if let Frame::Class { locals, .. } = frame {
                locals.remove(name);
            }
            return;
        }
        self.flow.set(name, State::Gone);
        self.push_binding(name, range, BindingKind::Delete, self.path);
    }

    pub(super) fn push_binding(
        &mut self,
        name: &Name,
        range: TextRange,
        kind: BindingKind,
        path: Path,
    ) {
        let step = self.next_step();
        let range = self.source.in_cell(range);
        self.facts.bindings.push(Binding {
            name: name.clone(),
            range,
            step,
            kind,
            path,
            statement: self.statement,
        });
    }

    /// The object behind `target` is changed in place.
    pub(super) fn mutate(&mut self, target: &Expr) {
        let Some(root) = root_name(target) else {
            return;
        };
        let body = match self.place_of(&root.id) {
            Place::Cell => {
                let step = self.next_step();
                let range = self.source.in_cell(root.range());
                self.facts.mutations.push(Mutation {
                    name: root.id.clone(),
                    range,
                    step,
                    path: self.path,
                });
                return;
            }
            Place::Body(scope) => Some(scope),
            Place::Local => self.innermost_body(),
        };
        let Some(body) = body else {
            return;
        };
        let is_local = matches!(self.place_of(&root.id), Place::Local);
        let scope = self.scope_mut(body);
        if !scope.mutates.contains(&root.id) && (!is_local || scope.parameters.contains(&root.id)) {
            scope.mutates.push(root.id.clone());
        }
    }

    pub(super) fn call(&mut self, callee: Callee, range: TextRange, consumed: bool) {
        let range = self.source.in_cell(range);
        let (path, guarded) = (self.path_in_body(), self.guarded);
        match self.innermost_body() {
            None => {
                let step = self.next_step();
                self.facts.calls.push(Call {
                    callee,
                    range,
                    step,
                    path,
                    guarded,
                    consumed,
                });
            }
            Some(scope) => self.scope_mut(scope).calls.push(ScopeCall {
                callee,
                range,
                path,
                guarded,
                consumed,
            }),
        }
    }

    /// What a call of `expr` runs, where that is known.
    pub(super) fn callee_of(&self, expr: &Expr) -> Option<Callee> {
        match expr {
            Expr::Name(name) => match self.place_of(&name.id) {
                Place::Cell | Place::Body(_) => Some(Callee::Name(name.id.clone())),
                Place::Local => self.local_function(&name.id).map(Callee::Scope),
            },
            Expr::Attribute(attribute) => match &*attribute.value {
                Expr::Name(base) => match self.place_of(&base.id) {
                    Place::Cell | Place::Body(_) => Some(Callee::Attribute(
                        base.id.clone(),
                        attribute.attr.id.clone(),
                    )),
                    Place::Local => self
                        .own_class(&base.id)
                        .map(|class| Callee::Own(class, attribute.attr.id.clone())),
                },
                Expr::Call(call) => match &*call.func {
                    Expr::Name(class) if !matches!(self.place_of(&class.id), Place::Local) => {
                        Some(Callee::Method(class.id.clone(), attribute.attr.id.clone()))
                    }
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    fn local_function(&self, name: &str) -> Option<ScopeIdx> {
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Function { functions, .. } => functions.get(name).copied(),
            _ => None,
        })
    }

    fn own_class(&self, name: &str) -> Option<ClassIdx> {
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Function {
                own: Some((class, own)),
                ..
            } if *own == *name => Some(*class),
            _ => None,
        })
    }

    /// How sure it is that this place of a body is reached, by the path to it and by what may have left before.
    fn path_in_body(&self) -> Path {
        if self.returned {
            Path::Perhaps
        } else {
            self.path
        }
    }

    pub(super) fn innermost_body(&self) -> Option<ScopeIdx> {
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Function { scope, .. } => Some(*scope),
            _ => None,
        })
    }

    pub(super) fn scope_mut(&mut self, scope: ScopeIdx) -> &mut Scope {
        &mut self.facts.scopes[scope.0 as usize]
    }

    /// Names that bodies defined since `first` bind by `global` may be bound from here on.
    pub(super) fn bind_globals_since(&mut self, first: usize, range: TextRange) {
        if !self.is_at_once() {
            return;
        }
        let mut names: Vec<Name> = self.facts.scopes[first..]
            .iter()
            .flat_map(|scope| scope.binds.iter().cloned())
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            self.bind_in_cell(&name, range, BindingKind::Global);
        }
    }

    /// Reads since `first` in a loop's body that may find what the last round left: they come before a
    /// binding of the same body, on a way that need not be taken the first time round, or after one that a
    /// `continue` follows. `outer` is the path to the loop, and how many loops may be idle where its body stands.
    pub(super) fn carry_round(&mut self, first: usize, rounds: &Rounds, outer: (Path, u32)) {
        let (outer, idle) = outer;
        let binds = |branch: &Branch, name: &Name| {
            branch.get(name).is_some_and(|state| state.may_be_bound())
        };
        for (at, read) in self.facts.uses.iter_mut().enumerate().skip(first) {
            let is_conditional =
                read.path > outer.max(Path::Likely) || self.idle_at.get(at) > Some(&idle);
            let is_carried = is_conditional && binds(&rounds.next, &read.name);
            let skips = &rounds.skips;
            let is_skipped_to = || {
                skips
                    .iter()
                    .any(|(uses, branch)| *uses <= at && binds(branch, &read.name))
            };
            if read.local == State::Untouched && (is_carried || is_skipped_to()) {
                read.local = State::Perhaps;
            }
        }
    }

    pub(super) fn uses_so_far(&self) -> usize {
        self.facts.uses.len()
    }
}
