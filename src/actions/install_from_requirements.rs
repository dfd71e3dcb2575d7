//! Names the packages that a line installs in the project's requirements file, and installs from that.
//!
//! Offered on an [`install-in-notebook`] finding where the project has a requirements file. Each package is added with the version that the
//! line says, unless the file names it already; the line becomes `%pip install -r`, so that the notebook still brings what it
//! needs, and whoever runs it gets the versions that the file says.
//!
//! ## Before
//! ```notebook name=notebooks/a.ipynb
//! # %%
//! !pip install -q pandas==2.1.0 scikit-$0learn numpy
//! ```
//!
//! ```text file=requirements.txt
//! numpy>=1.26
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! %pip install -q -r ../requirements.txt
//! ```
//!
//! ```text file=requirements.txt
//! numpy>=1.26
//! pandas==2.1.0
//! scikit-learn
//! ```
//!
//! ## Disabled
//! ```notebook
//! # %%
//! %pip install --index-url https://pypi.example.net pan$0das
//! ```
//!
//! ```text file=requirements.txt
//! numpy
//! ```
//! > does more than install packages by their names
//!
//! ## Disabled
//! ```notebook
//! # %%
//! %pip install pan$0das
//! ```
//!
//! ```toml file=pyproject.toml
//! [project]
//! dependencies = ["numpy"]
//! ```
//! > name the packages in pyproject.toml
//!
//! [`install-in-notebook`]: crate::rules

use std::path::Path;
use std::sync::Arc;

use super::declare_dependency;
use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::analysis::facts::{Magic, MagicKind};
use crate::analysis::known::{distributions, installs};
use crate::notebook::{Edit, EditOp};
use crate::project;
use crate::rule::Finding;

pub const ACTION: Action = Action {
    name: "install-from-requirements",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let (Some(file), Some((finding, magic))) = (&cx.all.dependencies.file, found(cx)) else {
        return Vec::new();
    };
    vec![Offer {
        repairs: Some(finding.rule),
        disabled: plan(cx, file, magic).err(),
        ..Offer::new(format!("Name the packages in {file}, and install from it"))
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let file = cx.all.dependencies.file.as_ref();
    let file = file.ok_or("no file of the project names what it depends on any more")?;
    let (_, magic) =
        found(cx).ok_or_else(|| format!("{} installs nothing there any more", cx.cell))?;
    let (options, packages) = plan(cx, file, magic)?;
    let path = Path::new(file);
    let mut ops = Vec::new();
    if !packages.is_empty() {
        let text = cx.project.read(path)?;
        ops.push(EditOp::EditFile {
            path: cx.project.place(path),
            replacements: declare_dependency::lines(&text, &packages),
            expected: Arc::clone(&text),
        });
    }
    let folder = cx
        .project
        .folder()
        .ok_or("the notebook is in no folder; save it first")?;
    let target = project::slashed(&project::from_folder(folder, path));
    let text = format!("%pip install {options}-r {target}");
    ops.push(EditOp::Replace {
        cell: cx.cell,
        range: magic.range,
        text,
    });
    Ok(Edit { ops, select: None })
}

/// The finding, and the line that it is about.
fn found<'a>(cx: &ActionContext<'a>) -> Option<(&'a Finding, &'a Magic)> {
    cx.places("install-in-notebook")
        .find_map(|(finding, range)| {
            let mut magics = cx.all.facts(cx.cell).magics.iter();
            let magic = magics.find(|magic| magic.range == range)?;
            Some((finding, magic))
        })
}

/// The options that stay, each with a space behind it, and the packages that the file does not name.
fn plan(
    cx: &ActionContext<'_>,
    file: &str,
    magic: &Magic,
) -> Result<(String, Vec<String>), String> {
    if !cx.client.files {
        return Err("this editor lets no language server change other files".to_owned());
    }
    if !file.ends_with(".txt") {
        return Err(format!(
            "pip cannot install from {file} alone; name the packages in {file}, and install the project"
        ));
    }
    cx.project.may_write(Path::new(file))?;
    let line = match magic.kind {
        MagicKind::Shell => magic.argument.to_string(),
        _ => format!("{} {}", magic.name, magic.argument),
    };
    let more =
        || "the line does more than install packages by their names; do it by hand".to_owned();
    let install =
        installs::install(&line).filter(|install| install.tool == "pip" && !install.compound);
    let rest = install
        .map(|install| &line[install.tool_end..])
        .ok_or_else(more)?;
    let mut options = String::new();
    let mut packages = Vec::new();
    for word in rest
        .split_whitespace()
        .skip_while(|word| *word != "install")
        .skip(1)
    {
        let word = word.trim_matches(['"', '\'']);
        match word {
            "-q" | "-qq" | "--quiet" | "-U" | "--upgrade" => {
                options.push_str(word);
                options.push(' ');
            }
            _ => packages.push(requirement(word).ok_or_else(more)?),
        }
    }
    if packages.is_empty() {
        return Err(more());
    }
    let named = &cx.all.dependencies.names;
    packages.retain(|(name, _)| !named.contains(&distributions::normalised(name)));
    Ok((
        options,
        packages.into_iter().map(|(_, whole)| whole).collect(),
    ))
}

/// The name of a requirement, and the whole of it; `None` for what is none, or says more than a version.
fn requirement(word: &str) -> Option<(String, String)> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let end = word
        .find(|character| !is_name(character))
        .unwrap_or(word.len());
    let (name, rest) = word.split_at(end);
    let is_version = |character: char| is_name(character) || "=<>!~,*+[]".contains(character);
    let is_file = name.ends_with(".whl") || name.ends_with(".gz") || name.ends_with(".zip");
    let fits = name.starts_with(|first: char| first.is_ascii_alphanumeric()) && !is_file;
    (fits && rest.chars().all(is_version)).then(|| (name.to_owned(), word.to_owned()))
}
