//! What a call runs: the body of a function, of a method, of an object that is called.

use ruff_python_ast::name::Name;

use super::{Moment, Resolver};
use crate::analysis::facts::{Binding, BindingKind, Callee, ClassIdx, ScopeIdx, Value};
use crate::notebook::CellIdx;

/// How far names are followed through `f = g` and base classes.
const LONGEST_ALIAS: u32 = 8;

/// A body that a call runs.
pub(super) struct Body {
    pub cell: CellIdx,
    pub scope: ScopeIdx,
    pub receiver: Receiver,
}

/// What a class holds under a name.
enum Member {
    Method {
        body: (CellIdx, ScopeIdx),
        /// From a base class.
        is_inherited: bool,
    },
    /// Something that is no method of the text, or nobody knows.
    Unknown,
    Nowhere,
}

impl Member {
    fn inherited(self) -> Self {
        match self {
            Self::Method { body, .. } => Self::Method {
                body,
                is_inherited: true,
            },
            other => other,
        }
    }
}

/// The object whose method a body is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Receiver {
    /// It is no method, or nobody has said.
    None,
    /// An object of this class, or the class.
    Known((CellIdx, ClassIdx)),
    Unknown,
}

impl<'l> Resolver<'l> {
    /// The body that a call runs, where that is certain. `home` is the cell whose text makes the call, `receiver` the
    /// object whose method makes it.
    pub(super) fn body_of(
        &mut self,
        callee: &Callee,
        home: CellIdx,
        (moment, receiver): (Moment, Receiver),
    ) -> Option<Body> {
        let (class, method) = match callee {
            Callee::Scope(scope) => {
                return Some(Body {
                    cell: home,
                    scope: *scope,
                    receiver,
                });
            }
            Callee::Name(name) => return self.body_of_name(name, moment),
            Callee::Own(class, method) => match receiver {
                Receiver::None => ((home, *class), method),
                Receiver::Known(class) => (class, method),
                Receiver::Unknown => return None,
            },
            Callee::Method(class, method) => (self.class_of_name(class, moment)?, method),
            Callee::Attribute(base, method) => {
                let (cell, binding) = self.meaning(base, moment)?;
                match &binding.kind {
                    // `Base.run(anything)`: the object is of any class.
                    BindingKind::Class(class) => {
                        let found = self.method((cell, *class), method, moment);
                        return found.map(|body| Body {
                            receiver: Receiver::Unknown,
                            ..body
                        });
                    }
                    BindingKind::Value(Value::CallOf(class)) => {
                        let made = Moment::of(cell, binding);
                        (self.class_of_name(class, made)?, method)
                    }
                    _ => return None,
                }
            }
        };
        self.method(class, method, moment)
    }

    fn body_of_name(&mut self, name: &Name, moment: Moment) -> Option<Body> {
        let (cell, binding) = self.meaning(name, moment)?;
        match &binding.kind {
            BindingKind::Function(scope) | BindingKind::Value(Value::Lambda(scope)) => Some(Body {
                cell,
                scope: *scope,
                receiver: Receiver::None,
            }),
            BindingKind::Class(class) => self.method((cell, *class), "__init__", moment),
            // An object that is called as a function is.
            BindingKind::Value(Value::CallOf(class)) => {
                let class = self.class_of_name(class, Moment::of(cell, binding))?;
                self.method(class, "__call__", moment)
            }
            _ => None,
        }
    }

    fn class_of_name(&mut self, name: &Name, moment: Moment) -> Option<(CellIdx, ClassIdx)> {
        let (cell, binding) = self.meaning(name, moment)?;
        match &binding.kind {
            BindingKind::Class(class) => Some((cell, *class)),
            _ => None,
        }
    }

    /// What a name stands for at a moment, through `f = g`, where that is certain.
    fn meaning(&mut self, name: &Name, moment: Moment) -> Option<(CellIdx, &'l Binding)> {
        let (mut name, mut moment) = (name, moment);
        for _ in 0..LONGEST_ALIAS {
            let (cell, binding) = self.binding_at(name, moment)?;
            let BindingKind::Value(Value::Alias(other)) = &binding.kind else {
                return Some((cell, binding));
            };
            (name, moment) = (other, Moment::of(cell, binding));
        }
        None
    }

    /// The body of a method of an object of this class, where that is certain.
    fn method(&mut self, class: (CellIdx, ClassIdx), name: &str, moment: Moment) -> Option<Body> {
        let Member::Method { body, .. } = self.member(class, name, moment, LONGEST_ALIAS) else {
            return None;
        };
        let (cell, scope) = body;
        let receiver = Receiver::Known(class);
        Some(Body {
            cell,
            scope,
            receiver,
        })
    }

    /// What the class, or the nearest of its base classes, holds under a name.
    fn member(
        &mut self,
        (cell, class): (CellIdx, ClassIdx),
        name: &str,
        moment: Moment,
        patience: u32,
    ) -> Member {
        let Some(patience) = patience.checked_sub(1) else {
            return Member::Unknown;
        };
        let class = self.link.facts(cell).class(class);
        if class.attributes.iter().any(|own| *own == *name) {
            return Member::Unknown;
        }
        // The last of several definitions of one name is the one that stays.
        if let Some((_, scope)) = class.methods.iter().rev().find(|(own, _)| *own == *name) {
            return Member::Method {
                body: (cell, *scope),
                is_inherited: false,
            };
        }
        let mut found = Member::Nowhere;
        for base in &class.bases {
            let Some(base) = self.class_of_name(base, moment) else {
                return match found {
                    Member::Nowhere => Member::Unknown, // A base class from elsewhere may have the method.
                    found => found,
                };
            };
            let of_base = self.member(base, name, moment, patience);
            found = match (found, of_base) {
                (Member::Nowhere, of_base) => of_base,
                // What all inherit goes behind what one of them defines.
                (
                    Member::Method {
                        body,
                        is_inherited: true,
                    },
                    Member::Method { body: other, .. },
                ) if body != other => Member::Unknown,
                (found, _) => found,
            };
        }
        found.inherited()
    }
}
