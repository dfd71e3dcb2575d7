//! Turns a path that exists on one machine into one that is relative to the notebook.
//!
//! Offered on an [`absolute-path`] finding whose path leads to a file or folder of the project: the path itself, or, as it was written
//! on another machine, its last parts. A kernel starts in the notebook's folder, and so does the new path.
//!
//! ## Before
//! ```notebook name=notebooks/a.ipynb
//! # %%
//! df = pd.read_csv("/home/ana/shop/data/$0prices.csv")
//! ```
//!
//! ```text file=data/prices.csv
//! a,b
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! df = pd.read_csv("../data/prices.csv")
//! ```
//!
//! ### On Windows, and a file that is still to be written
//! ## Before
//! ```notebook
//! # %%
//! df.to_csv(r"C:\Users\ana\shop\out\$0new.csv")
//! ```
//!
//! ```text file=out/old.csv
//! a,b
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! df.to_csv(r"out/new.csv")
//! ```
//!
//! ## Disabled
//! ```notebook
//! # %%
//! df = pd.read_csv("/home/ana/$0prices.csv")
//! ```
//! > no file or folder of the project
//!
//! ## Disabled
//! ```notebook
//! # %%
//! df = pd.read_csv(f"/home/{user}/$0prices.csv")
//! ```
//! > is made when it runs
//!
//! [`absolute-path`]: crate::rules

use std::path::{Path, PathBuf};

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::Edit;
use crate::project::{Project, from_folder, slashed};
use crate::rule::Finding;
use crate::text::TextRange;

pub const ACTION: Action = Action {
    name: "use-relative-path",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some((finding, _, found)) = found(cx) else {
        return Vec::new();
    };
    let title = match &found {
        Ok((_, path)) => format!("Use a path relative to the notebook: {path}"),
        Err(_) => "Use a path relative to the notebook".to_owned(),
    };
    vec![Offer {
        repairs: Some(finding.rule),
        preferred: true,
        disabled: found.err(),
        ..Offer::new(title)
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let (_, range, found) =
        found(cx).ok_or_else(|| format!("{} has no such path any more", cx.cell))?;
    let (inside, path) = found?;
    let start = range.start() + inside.start();
    Ok(Edit::replace(
        cx.cell,
        TextRange::at(start, inside.len()),
        path,
    ))
}

/// The finding, the string, and what of it is replaced by which path.
type Found<'a> = (&'a Finding, TextRange, Result<(TextRange, String), String>);

fn found<'a>(cx: &ActionContext<'a>) -> Option<Found<'a>> {
    let text = &cx.all.notebook.cell(cx.cell)?.text;
    let (finding, range) = cx.places("absolute-path").next()?;
    Some((finding, range, relative(&text[range], cx.project)))
}

fn relative(literal: &str, project: &dyn Project) -> Result<(TextRange, String), String> {
    let quote = literal.find(['"', '\'']).unwrap_or_default();
    let prefix = literal[..quote].to_ascii_lowercase();
    let width = if literal[quote..].starts_with("\"\"\"") || literal[quote..].starts_with("'''") {
        3
    } else {
        1
    };
    let content = literal
        .get(quote + width..literal.len().saturating_sub(width))
        .filter(|_| ["", "r", "u"].contains(&&*prefix))
        .ok_or("the path is made when it runs; Cellwise does not know where it leads")?;
    let range = TextRange::at(
        crate::analysis::source::size(quote + width),
        crate::text::TextSize::of(content),
    );
    let folder = project
        .folder()
        .ok_or("the notebook is in no folder; save it first")?;
    // `\\` is one separator in a string that is not raw, and none of a name's characters in one that is.
    let plain = content.replace('\\', "/");
    let parts: Vec<&str> = plain.split('/').filter(|part| !part.is_empty()).collect();
    let target = target(&parts, folder, project).ok_or_else(|| {
        format!(
            "the path leads to no file or folder of the project: {} is not in it",
            parts.last().unwrap_or(&"")
        )
    })?;
    let mut path = slashed(&from_folder(folder, &target));
    if plain.ends_with('/') {
        path.push('/');
    }
    Ok((range, path))
}

/// Where in the project the path leads: by the project's own place, else by as many of its last parts as there are
/// in the project. A file that is to be written needs its folder alone.
fn target(parts: &[&str], folder: &Path, project: &dyn Project) -> Option<PathBuf> {
    let root: PathBuf = parts.iter().collect();
    let own_root = project.root().iter().skip(1).collect::<PathBuf>();
    if !own_root.as_os_str().is_empty()
        && let Ok(inside) = root.strip_prefix(&own_root)
        && project.exists(inside)
    {
        return Some(inside.to_path_buf());
    }
    let suffixes = (1..parts.len()).map(|first| parts[first..].iter().collect::<PathBuf>());
    let in_project = |wanted: &Path| {
        let beside = folder.join(wanted);
        [beside, wanted.to_path_buf()]
            .into_iter()
            .find(|path| project.exists(path))
    };
    suffixes.into_iter().find_map(|suffix| {
        in_project(&suffix).or_else(|| {
            let parent = suffix
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty())?;
            Some(in_project(parent)?.join(suffix.file_name()?))
        })
    })
}
