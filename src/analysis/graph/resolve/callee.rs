//! What a call runs: the body of a function, of a method, of an object that is called.

use ruff_python_ast::name::Name;

use super::{Moment, Resolver};
use crate::analysis::facts::{BindingKind, Callee, ClassIdx, ScopeIdx, Value};
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

impl Resolver<'_> {
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
            Callee::Name(name) => return self.body_of_name(name, moment, LONGEST_ALIAS),
            Callee::Own(class, method) => match receiver {
                Receiver::None => ((home, *class), method),
                Receiver::Known(class) => (class, method),
                Receiver::Unknown => return None,
            },
            Callee::Method(class, method) => {
                (self.class_of_name(class, moment, LONGEST_ALIAS)?, method)
            }
            Callee::Attribute(base, method) => {
                let (cell, binding) = self.binding_at(base, moment)?;
                let class = match &binding.kind {
                    // `Base.run(anything)`: the object is of any class.
                    BindingKind::Class(class) => {
                        let found = self.method((cell, *class), method, moment);
                        return found.map(|body| Body {
                            receiver: Receiver::Unknown,
                            ..body
                        });
                    }
                    _ => self.class_of_object(base, moment, LONGEST_ALIAS)?,
                };
                (class, method)
            }
        };
        self.method(class, method, moment)
    }

    fn body_of_name(&mut self, name: &Name, moment: Moment, patience: u32) -> Option<Body> {
        let patience = patience.checked_sub(1)?;
        let (cell, binding) = self.binding_at(name, moment)?;
        match &binding.kind {
            BindingKind::Function(scope) | BindingKind::Value(Value::Lambda(scope)) => Some(Body {
                cell,
                scope: *scope,
                receiver: Receiver::None,
            }),
            BindingKind::Class(class) => self.method((cell, *class), "__init__", moment),
            BindingKind::Value(Value::Alias(other)) => {
                let bound = Moment::of(cell, binding);
                self.body_of_name(other, bound, patience)
            }
            // An object that is called as a function is.
            BindingKind::Value(Value::CallOf(class)) => {
                let made = Moment::of(cell, binding);
                let class = self.class_of_name(class, made, LONGEST_ALIAS)?;
                self.method(class, "__call__", moment)
            }
            _ => None,
        }
    }

    /// The class of the object that a name stands for: `net` of `net = Net()`.
    fn class_of_object(
        &mut self,
        name: &Name,
        moment: Moment,
        patience: u32,
    ) -> Option<(CellIdx, ClassIdx)> {
        let patience = patience.checked_sub(1)?;
        let (cell, binding) = self.binding_at(name, moment)?;
        let bound = Moment::of(cell, binding);
        match &binding.kind {
            BindingKind::Value(Value::CallOf(class)) => {
                self.class_of_name(class, bound, LONGEST_ALIAS)
            }
            BindingKind::Value(Value::Alias(other)) => self.class_of_object(other, bound, patience),
            _ => None,
        }
    }

    fn class_of_name(
        &mut self,
        name: &Name,
        moment: Moment,
        patience: u32,
    ) -> Option<(CellIdx, ClassIdx)> {
        let patience = patience.checked_sub(1)?;
        let (cell, binding) = self.binding_at(name, moment)?;
        match &binding.kind {
            BindingKind::Class(class) => Some((cell, *class)),
            BindingKind::Value(Value::Alias(other)) => {
                let bound = Moment::of(cell, binding);
                self.class_of_name(other, bound, patience)
            }
            _ => None,
        }
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
            let Some(base) = self.class_of_name(base, moment, LONGEST_ALIAS) else {
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
