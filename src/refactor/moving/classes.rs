//! What runs when a class is made: its metaclass, and what its bases do with classes that are made of them.

use ruff_python_ast::{Expr, Stmt, StmtClassDef};

/// Metaclasses that do nothing but make the class, by the last part of their names.
const PLAIN_METACLASSES: &[&str] = &["ABCMeta", "EnumMeta", "EnumType", "type"];

/// How many classes a chain of bases is followed through.
const MOST_BASES: usize = 50;

/// What may do more than make the class: "the metaclass `Registry`", "`__init_subclass__` of `Base`". `find` has the
/// statement that binds a name of the notebook; what is imported is taken to make a class and no more.
pub fn hook(class: &StmtClassDef, find: &dyn Fn(&str) -> Option<Stmt>) -> Option<String> {
    let mut pending = vec![class.clone()];
    for turn in 0..MOST_BASES {
        let own = pending.pop()?;
        if let Some(metaclass) = metaclass(&own) {
            return Some(metaclass);
        }
        if turn > 0
            && let Some(method) = methods(&own).find(|name| *name == "__init_subclass__")
        {
            return Some(format!("`{method}` of `{}`", own.name));
        }
        for base in own.arguments.iter().flat_map(|own| &own.args) {
            let (name, is_indexed) = match base {
                Expr::Name(name) => (&name.id, false),
                Expr::Subscript(own) => match &*own.value {
                    Expr::Name(name) => (&name.id, true),
                    _ => continue,
                },
                _ => continue,
            };
            let Some(base) = class_of(name, find) else {
                continue;
            };
            if is_indexed
                && let Some(method) = methods(&base).find(|name| *name == "__class_getitem__")
            {
                return Some(format!("`{method}` of `{}`", base.name));
            }
            pending.push(base);
        }
    }
    // Bases that go in a circle.
    None
}

fn metaclass(class: &StmtClassDef) -> Option<String> {
    let mut keywords = class.arguments.iter().flat_map(|own| &own.keywords);
    let given = keywords.find(|own| own.arg.as_ref().is_none_or(|name| name == "metaclass"))?;
    let name = match &given.value {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(own) => own.attr.as_str(),
        _ => "",
    };
    match name {
        "" => Some(format!("the metaclass of `{}`", class.name)),
        plain if given.arg.is_some() && PLAIN_METACLASSES.contains(&plain) => None,
        other => Some(format!("the metaclass `{other}` of `{}`", class.name)),
    }
}

/// The names that the class gives to methods, be it by `def` or by `=`.
fn methods(class: &StmtClassDef) -> impl Iterator<Item = &str> {
    class.body.iter().filter_map(|stmt| match stmt {
        Stmt::FunctionDef(function) => Some(function.name.as_str()),
        Stmt::Assign(assign) => Some(assign.targets.first()?.as_name_expr()?.id.as_str()),
        _ => None,
    })
}

/// The class that a name of the notebook means, through `Other = Base`.
fn class_of(name: &str, find: &dyn Fn(&str) -> Option<Stmt>) -> Option<StmtClassDef> {
    let mut name = name.to_owned();
    for _ in 0..MOST_BASES {
        match find(&name)? {
            Stmt::ClassDef(class) => return Some(class),
            Stmt::Assign(assign) => name = assign.value.as_name_expr()?.id.to_string(),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refactor::pieces::whole;
    use ruff_python_parser::Mode;

    /// What runs when the last class of the code is made.
    fn hook_of(code: &str) -> Option<String> {
        let parsed = crate::analysis::source::parse_part(code, whole(code), Mode::Module);
        let find = |name: &str| {
            let binds = |stmt: &&Stmt| match stmt {
                Stmt::ClassDef(class) => class.name.as_str() == name,
                Stmt::Assign(assign) => assign.targets[0]
                    .as_name_expr()
                    .is_some_and(|own| own.id == *name),
                _ => false,
            };
            parsed.statements.iter().find(binds).cloned()
        };
        let class = parsed.statements.last().and_then(Stmt::as_class_def_stmt);
        class.and_then(|class| hook(class, &find))
    }

    const BASE: &str = "class Base:\n    def __init_subclass__(cls):\n        reg.append(cls)\n";

    #[test]
    fn a_class_of_a_base_that_takes_note_of_it_is_hooked() {
        for classes in [
            "class A(Base): pass",
            "class B(Base): pass\nclass A(B): pass",
            "class A(list, Base): pass",
            "Other = Base\nclass A(Other): pass",
            "class A(Base[int]): pass",
        ] {
            let hook = hook_of(&format!("{BASE}{classes}"));
            assert_eq!(
                hook.as_deref(),
                Some("`__init_subclass__` of `Base`"),
                "{classes}"
            );
        }
        assert_eq!(hook_of(BASE), None, "its own hook is not called for itself");
    }

    #[test]
    fn a_metaclass_may_do_anything_but_for_those_of_python() {
        for plain in [
            "class A: pass",
            "class A(Unknown): pass",
            "class A(metaclass=ABCMeta): pass",
            "class A(metaclass=abc.ABCMeta): pass",
            "class A(pydantic.BaseModel, frozen=True): pass",
            "class A(A): pass",
            "A = A\nclass B(A): pass",
        ] {
            assert_eq!(hook_of(plain), None, "{plain}");
        }
        for (hooked, told) in [
            (
                "class A(metaclass=Meta): pass",
                "the metaclass `Meta` of `A`",
            ),
            (
                "class A(metaclass=m.Meta): pass",
                "the metaclass `Meta` of `A`",
            ),
            ("class A(metaclass=meta()): pass", "the metaclass of `A`"),
            ("class A(**how): pass", "the metaclass `how` of `A`"),
            (
                "class B(metaclass=Meta): pass\nclass A(B): pass",
                "the metaclass `Meta` of `B`",
            ),
            (
                "class B:\n    def __class_getitem__(cls, x): return cls\nclass A(B[1]): pass",
                "`__class_getitem__` of `B`",
            ),
        ] {
            assert_eq!(hook_of(hooked).as_deref(), Some(told), "{hooked}");
        }
    }
}
