//! One cell's text → its facts.

use std::hash::{Hash, Hasher};

use ruff_python_ast::name::Name;
use ruff_python_ast::{Stmt, StmtExpr};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use thin_vec::{ThinVec, thin_vec};

use super::depth;
use super::facts::{
    Binding, BindingKind, Class, Exit, Facts, Opening, OpeningKind, Path, Remark, ScopeIdx, State,
    Statement, StatementKind, SyntaxError, Trailing, Value,
};
use super::flow::Branch;
use super::magics;
use super::shapes;
use super::source::{Source, size};
use super::text_reads;
use super::walk::Walker;
use crate::analysis::known::builtins;
use crate::text::{Ranged, TextRange};

/// The facts of a cell of Python.
///
/// Whatever the text is, there is an answer: a text that is not Python has
/// [`syntax_errors`](Facts::syntax_errors), and what it may bind is perhaps bound.
pub fn facts(text: &str) -> Facts {
    let start = TextRange::empty(size(0));
    depth::with_stack_for(text, || parsed_facts(text)).unwrap_or_else(|too_much| Facts {
        syntax_errors: thin_vec![SyntaxError {
            range: start,
            message: too_much.to_string().into(),
        }],
        // Nobody has read what it binds.
        openings: thin_vec![Opening {
            range: start,
            step: 0,
            kind: OpeningKind::Dynamic,
        }],
        ..Facts::default()
    })
}

fn parsed_facts(text: &str) -> Facts {
    if let Some(facts) = automagic(text) {
        return facts;
    }
    let source = Source::new(text);
    let parsed = source.parse();
    let mut walker = Walker::new(&source);
    walker.cell_magic_lines();
    let mut statements = Vec::with_capacity(parsed.statements.len());
    for stmt in &parsed.statements {
        let from = walker.step();
        if walker.top_level(stmt) {
            walker.mark_unreachable();
        }
        statements.push(Statement {
            range: source.in_cell(stmt.range()),
            kind: kind_of(stmt),
            steps: (from, walker.step()),
        });
    }
    walker.cell_magic_ends();
    let (mut facts, flow) = walker.finish();
    facts.statements = statements.into();
    facts.trailing = parsed
        .statements
        .last()
        .and_then(|stmt| trailing(text, &source, stmt));
    facts.code_lines = code_lines(text);
    facts.syntax_errors = parsed
        .errors
        .iter()
        .map(|error| SyntaxError {
            range: source.in_cell(error.location),
            message: error.error.to_string().into(),
        })
        .collect();
    // A path in a list that a call is given by a keyword is met twice.
    let place = |remark: &Remark| (remark.range.start(), remark.range.end());
    facts.remarks.sort_by_key(place);
    facts.remarks.dedup();
    facts.text_reads = text_reads::of(&facts, text);
    facts.shows_every_expression =
        memchr::memmem::find(text.as_bytes(), b"ast_node_interactivity").is_some();
    if facts.runs() {
        facts.passages = shapes::passages(&source, &parsed.statements).into();
    } else {
        doubt(&mut facts);
    }
    facts.exits = exits(&facts, flow.into_states());
    facts.fit();
    facts
}

/// A cell that does not parse binds nothing when it is run, and something once it is mended.
fn doubt(facts: &mut Facts) {
    for binding in &mut facts.bindings {
        binding.path = Path::Perhaps;
    }
    for read in &mut facts.uses {
        read.guarded = true;
    }
    for scope in &mut facts.scopes {
        for read in &mut scope.reads {
            read.guarded = true;
        }
    }
    facts.calls.clear();
}

fn exits(facts: &Facts, states: Branch) -> ThinVec<(Name, Exit)> {
    let mut last_written: FxHashMap<&Name, usize> = FxHashMap::default();
    let mut bound: FxHashSet<&Name> = FxHashSet::default();
    for (at, binding) in facts.bindings.iter().enumerate() {
        if binding.kind.is_written() {
            last_written.insert(&binding.name, at);
        }
        if !binding.kind.is_delete() {
            bound.insert(&binding.name);
        }
    }
    let mut exits: ThinVec<_> = states
        .into_iter()
        .filter_map(|(name, state)| {
            let binding = *last_written.get(&name)?;
            let state = match (facts.runs(), state) {
                (_, State::Untouched) => return None,
                (true, state) => state,
                (false, State::Gone | State::Unsure) => State::Unsure,
                (false, _) => State::Perhaps,
            };
            let exit = Exit {
                state,
                binding: u32::try_from(binding).unwrap_or(u32::MAX),
                fingerprint: fingerprint(
                    facts,
                    (state, bound.contains(&name)),
                    &facts.bindings[binding],
                ),
            };
            Some((name, exit))
        })
        .collect();
    exits.sort_unstable_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
    exits
}

/// A number that differs when what other cells may conclude from a binding differs. `end` is what became of the name,
/// and whether it was ever bound.
fn fingerprint(facts: &Facts, end: (State, bool), binding: &Binding) -> u64 {
    let mut hasher = FxHasher::default();
    end.hash(&mut hasher);
    binding.range.hash(&mut hasher);
    binding.path.hash(&mut hasher);
    std::mem::discriminant(&binding.kind).hash(&mut hasher);
    match &binding.kind {
        BindingKind::Import { module, member } => (module, member).hash(&mut hasher),
        BindingKind::Function(scope) | BindingKind::Value(Value::Lambda(scope)) => {
            hash_scope(facts, *scope, &mut hasher);
        }
        BindingKind::Class(class) => {
            let Class {
                bases,
                methods,
                attributes,
                ..
            } = facts.class(*class);
            (bases, attributes).hash(&mut hasher);
            for (name, scope) in methods {
                name.hash(&mut hasher);
                hash_scope(facts, *scope, &mut hasher);
            }
        }
        BindingKind::Value(Value::Alias(name) | Value::CallOf(name)) => name.hash(&mut hasher),
        BindingKind::Value(value) => std::mem::discriminant(value).hash(&mut hasher),
        _ => {}
    }
    hasher.finish()
}

/// A body, and the bodies defined in it, which follow it in [`Facts::scopes`].
fn hash_scope(facts: &Facts, index: ScopeIdx, hasher: &mut FxHasher) {
    let outer = facts.scope(index).range;
    for scope in &facts.scopes[index.0 as usize..] {
        if !outer.contains_range(scope.range) {
            break;
        }
        scope.hash(hasher);
    }
}

fn kind_of(stmt: &Stmt) -> StatementKind {
    match stmt {
        Stmt::Import(_) | Stmt::ImportFrom(_) => StatementKind::Import,
        Stmt::FunctionDef(_) | Stmt::ClassDef(_) => StatementKind::Definition,
        Stmt::Expr(expression) if expression.value.is_ipy_escape_command_expr() => {
            StatementKind::Magic
        }
        Stmt::Expr(_) => StatementKind::Expression,
        Stmt::IpyEscapeCommand(_) => StatementKind::Magic,
        _ => StatementKind::Other,
    }
}

fn trailing(text: &str, source: &Source<'_>, last: &Stmt) -> Option<Trailing> {
    let Stmt::Expr(StmtExpr { value, .. }) = last else {
        return None;
    };
    let range = source.in_cell(last.range());
    let after = text.get(range.end().to_usize()..).unwrap_or_default();
    Some(Trailing {
        range: source.in_cell(value.range()),
        suppressed: after.trim_start_matches([' ', '\t', ')']).starts_with(';'),
    })
}

fn code_lines(text: &str) -> u32 {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .count();
    u32::try_from(lines).unwrap_or(u32::MAX)
}

/// One line that starts with a magic's name: IPython runs `ls -a` as `%ls -a`, whatever Python would make of it.
/// A lone word may be a variable, which goes first: see `is_bare_magic`.
fn automagic(text: &str) -> Option<Facts> {
    let line = text.trim();
    if line.contains(['\n', '\r']) {
        return None;
    }
    let (word, argument) = magics::automagic(line)?;
    let start = text.len() - text.trim_start().len();
    let range = TextRange::at(size(start), size(line.len()));
    let source = Source::of_other(text);
    let mut walker = Walker::new(&source);
    walker.automagic(word, argument, range);
    let steps = (0, walker.step().max(1));
    let (mut facts, flow) = walker.finish();
    facts.statements = thin_vec![Statement {
        range,
        kind: StatementKind::Magic,
        steps,
    }];
    facts.code_lines = 1;
    facts.exits = exits(&facts, flow.into_states());
    facts.fit();
    Some(facts)
}

/// Whether a lone word on a line is a magic rather than a name: `ls`, `pwd`, `whos`.
pub fn is_bare_magic(facts: &Facts, range: TextRange, name: &str) -> bool {
    matches!(&facts.statements[..], [only] if only.range == range)
        && magics::is_automagic(name)
        && !builtins::is_history(name)
}
