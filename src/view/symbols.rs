//! What a table of contents names: headings, cells and what they define.

use super::{outline, variable};
use crate::analysis::facts::{BindingKind, Facts};
use crate::analysis::occurrences::{Kind, Owner};
use crate::analysis::secrets::Masked;
use crate::engine::Analysis;
use crate::notebook::{Cell, CellIdx, CellKind};
use crate::text::{TextRange, TextSize};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    pub name: String,
    pub kind: SymbolKind,
    /// The whole of it.
    pub range: TextRange,
    /// The part that names it, within [`Self::range`].
    pub name_range: TextRange,
    pub children: Vec<Symbol>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymbolKind {
    /// A Markdown heading, with its level from 1 to 6.
    Heading(usize),
    Function,
    Method,
    Class,
    Variable,
}

/// The symbols of one cell: its headings, or what it defines, in document order.
pub fn of_cell(analysis: &Analysis, index: CellIdx) -> Vec<Symbol> {
    let Some(cell) = analysis.notebook().cell(index) else {
        return Vec::new();
    };
    match cell.kind {
        CellKind::Markdown => headings(cell),
        CellKind::Code => definitions(analysis, index),
        CellKind::Raw | CellKind::Unknown => Vec::new(),
    }
}

/// Headings of the form `## Title` outside of code fences; those of a lower level stand in those of a higher.
fn headings(cell: &Cell) -> Vec<Symbol> {
    let mut found: Vec<Symbol> = Vec::new();
    let masked = Masked::new(&cell.text);
    let mut at = 0;
    let mut in_fence = false;
    for line in cell.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_end();
        in_fence ^= line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        if in_fence {
            continue;
        }
        if let Some(level) = outline::heading_level(line) {
            let range = TextRange::at(size(start), size(line.len()));
            found.push(Symbol {
                name: masked.part(range).trim_start_matches('#').trim().to_owned(),
                kind: SymbolKind::Heading(level),
                range,
                name_range: range,
                children: Vec::new(),
            });
        }
    }
    nested(found)
}

/// Puts each heading into the one above it that is of a higher level.
fn nested(headings: Vec<Symbol>) -> Vec<Symbol> {
    let mut top: Vec<Symbol> = Vec::new();
    let level = |symbol: &Symbol| match symbol.kind {
        SymbolKind::Heading(level) => level,
        _ => 0,
    };
    for heading in headings {
        match top.last_mut() {
            Some(above) if level(above) < level(&heading) => {
                above.range = above.range.cover(heading.range);
                let mut inner = std::mem::take(&mut above.children);
                inner.push(heading);
                above.children = nested(inner);
            }
            _ => top.push(heading),
        }
    }
    top
}

/// The functions, classes and variables that a cell is the first in its text to bind at its top level.
fn definitions(analysis: &Analysis, index: CellIdx) -> Vec<Symbol> {
    let facts = analysis.link().facts(index);
    let mut found: Vec<Symbol> = Vec::new();
    let named = variable::occurrences(analysis, index).found;
    let bound = named
        .iter()
        .filter(|place| place.owner == Owner::Notebook && place.kind == Kind::Bind);
    for place in bound {
        let binding = facts
            .bindings
            .iter()
            .find(|binding| binding.range == place.range);
        let Some(binding) = binding else { continue };
        let (kind, range, children) = match &binding.kind {
            BindingKind::Function(scope) => {
                (SymbolKind::Function, facts.scope(*scope).range, Vec::new())
            }
            BindingKind::Class(class) => {
                let class = facts.class(*class);
                (
                    SymbolKind::Class,
                    class.range,
                    methods(facts, &class.methods, &named),
                )
            }
            BindingKind::Value(_) => (SymbolKind::Variable, place.range, Vec::new()),
            _ => continue,
        };
        let is_known = kind == SymbolKind::Variable
            && found
                .iter()
                .any(|symbol| symbol.kind == kind && *symbol.name == *place.name);
        if !is_known {
            found.push(Symbol {
                name: place.name.to_string(),
                kind,
                range: range.cover(place.range),
                name_range: place.range,
                children,
            });
        }
    }
    found
}

fn methods(
    facts: &Facts,
    methods: &[(
        ruff_python_ast::name::Name,
        crate::analysis::facts::ScopeIdx,
    )],
    named: &[crate::analysis::occurrences::Occurrence],
) -> Vec<Symbol> {
    let symbol = |(name, scope): &(ruff_python_ast::name::Name, _)| {
        let range = facts.scope(*scope).range;
        let own = named.iter().find(|place| {
            place.name == *name && place.kind == Kind::Bind && range.contains_range(place.range)
        });
        Some(Symbol {
            name: name.to_string(),
            kind: SymbolKind::Method,
            range,
            name_range: own?.range,
            children: Vec::new(),
        })
    };
    methods.iter().filter_map(symbol).collect()
}

fn size(bytes: usize) -> TextSize {
    TextSize::new(u32::try_from(bytes).unwrap_or(u32::MAX))
}
