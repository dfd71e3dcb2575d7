//! The notebook as a caller of its module: its text and headings, and one call a section.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Section;
use super::sorted::Sorted;
use crate::notebook::{CellIdx, CellKind, Edit, EditOp};
use crate::refactor::function::extract::Plan;
use crate::refactor::imports::block::name::{self, Import};
use crate::refactor::moving::pieces::is_directive;
use crate::refactor::pieces;
use crate::rule::Context;

/// The edit that writes the module to `path` and has the notebook call it, which imports it as `import`.
pub fn edit(
    cx: &Context<'_>,
    path: PathBuf,
    import: &str,
    sorted: &Sorted,
    sections: &[Section],
    plans: &[Plan],
    module: &str,
) -> Edit {
    let mut calls: BTreeMap<CellIdx, &Plan> = BTreeMap::new();
    for (section, plan) in sections.iter().zip(plans) {
        if let Some(first) = section.cells.first() {
            calls.insert(*first, plan);
        }
    }
    let mut edit = Edit::from(EditOp::CreateFile {
        path,
        text: module.to_owned(),
    });
    let names = plans.iter().map(|plan| Import::member(import, &plan.name));
    let names: Vec<Import> = names.collect();
    let mut import = Some(name::block(&names, &|_| true)).filter(|_| !names.is_empty());
    for &cell in &sorted.taken {
        let mut text = sorted.kept.get(&cell).cloned().unwrap_or_default();
        let call = calls.get(&cell);
        if let Some(import) = import.take() {
            if call.is_none() {
                add(&mut text, &import);
            } else {
                edit.ops.push(EditOp::Insert {
                    at: cell,
                    kind: CellKind::Code,
                    text: import,
                });
            }
        }
        if let Some(call) = call {
            add(&mut text, call.call());
        }
        if text.trim().is_empty() {
            edit.ops.push(EditOp::Remove { cell });
        } else if let Some(old) = cx.notebook.cell(cell) {
            let directives = old.text.lines().take_while(|line| is_directive(line));
            for directive in directives.collect::<Vec<_>>().into_iter().rev() {
                text.insert(0, '\n');
                text.insert_str(0, directive);
            }
            edit.ops.push(EditOp::Replace {
                cell,
                range: pieces::whole(&old.text),
                text,
            });
            edit.ops.push(EditOp::ClearOutputs { cell });
        }
    }
    edit
}

fn add(text: &mut String, code: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(code);
}
