//! The module's text.

use super::shown::Helpers;
use super::sorted::Sorted;
use crate::notebook::CellKind;
use crate::refactor::function::extract::Plan;
use crate::refactor::imports::block::name;
use crate::refactor::layout;
use crate::rule::Context;

/// What stands above the functions that the work became.
pub fn top(sorted: &Sorted, helpers: &Helpers, is_own: &dyn Fn(&str) -> bool) -> String {
    let mut blocks = Vec::new();
    let mut all = sorted.imports.clone();
    all.extend(helpers.imports());
    if !all.is_empty() {
        blocks.push(name::block(&all, is_own));
    }
    if !sorted.import_blocks.is_empty() {
        blocks.push(sorted.import_blocks.join("\n"));
    }
    if !sorted.constants.is_empty() {
        blocks.push(sorted.constants.join("\n"));
    }
    let definitions = sorted.definitions.iter().map(String::as_str);
    let definitions: Vec<&str> = definitions.chain(helpers.definition()).collect();
    let mut text = blocks.join("\n\n");
    for definition in definitions {
        if !text.is_empty() {
            text.push_str("\n\n\n");
        }
        text.push_str(definition.trim());
    }
    text
}

/// The whole module.
pub fn module(cx: &Context<'_>, sorted: &Sorted, top: &str, plans: &[Plan], main: &str) -> String {
    let is_async = plans.iter().any(Plan::awaits);
    let mut text = format!("\"\"\"{}\"\"\"\n", title(cx));
    if !top.is_empty() {
        text.push('\n');
        text.push_str(top);
        text.push('\n');
    }
    for plan in plans {
        text.push_str("\n\n");
        text.push_str(&plan.function);
        text.push('\n');
    }
    if plans.is_empty() {
        return text;
    }
    let calls: Vec<String> = [sorted.parameters.trim()]
        .into_iter()
        .filter(|parameters| !parameters.is_empty())
        .map(str::to_owned)
        .chain(plans.iter().map(|plan| plan.call().to_owned()))
        .collect();
    let (keyword, run) = if is_async {
        ("async def", format!("asyncio.run({main}())"))
    } else {
        ("def", format!("{main}()"))
    };
    text.push_str(&format!(
        "\n\n{keyword} {main}():\n{}\n\n\nif __name__ == \"__main__\":\n    {run}\n",
        layout::indented(&calls.join("\n"), "    ")
    ));
    text
}

/// The notebook's title as the module's first line.
fn title(cx: &Context<'_>) -> String {
    let heading = cx
        .notebook
        .indexed()
        .find(|(_, cell)| cell.kind == CellKind::Markdown)
        .and_then(|(_, cell)| {
            let line = cell.text.lines().find(|line| !line.trim().is_empty())?;
            line.strip_prefix("# ").map(str::trim).map(str::to_owned)
        });
    let title = heading.or_else(|| {
        let file = cx.notebook.meta.file_name.as_deref()?;
        Some(format!("What {file} computes"))
    });
    let title = title.unwrap_or_else(|| "What a notebook computes".to_owned());
    let plain: String = title
        .chars()
        .filter(|c| !matches!(c, '"' | '\\' | '*' | '`' | '<' | '>') && !c.is_control())
        .take(80)
        .collect();
    let plain = plain.trim().trim_end_matches('.');
    let end = if plain.ends_with(['?', '!']) { "" } else { "." };
    format!("{plain}{end}")
}
