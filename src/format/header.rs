//! The YAML header of scripts and Markdown, of which a few keys matter: what jupytext and Quarto write at the top.

use super::ipynb;
use crate::notebook::Language;

/// A header that was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// Where the line after it starts.
    pub end: usize,
    /// It is one of a notebook: it names a kernel, or jupytext.
    pub is_notebook: bool,
    pub language: Option<Language>,
    /// jupytext's name for the format of the text: `percent`, `hydrogen`, `markdown`, `myst` …
    pub format_name: Option<String>,
    /// jupytext's option of that name.
    pub comment_magics: Option<bool>,
    /// What Quarto does with cells that do not say otherwise.
    pub runs: Runs,
    /// Quarto's `error` below `execute`: a cell that fails stops nothing.
    pub may_fail: bool,
}

/// Which cells of a document are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Runs {
    /// Those that do not say otherwise.
    #[default]
    Unless,
    /// Those that say so: Quarto's `execute: eval: false`.
    If,
    /// None, whatever they say: Quarto's `execute: enabled: false`.
    Never,
}

/// Reads the header at the top of a text, each line behind `comment` (`# ` in scripts, nothing in Markdown).
/// `None` where there is none, or it does not end.
pub fn read(text: &str, comment: &str) -> Option<Header> {
    let bare = comment.trim_end();
    let mut header = Header::default();
    let mut path: Vec<(usize, &str)> = Vec::new();
    for (number, full) in text.split_inclusive('\n').enumerate() {
        header.end += full.len();
        let line = full.trim_end();
        let line = match line.strip_prefix(comment) {
            Some(line) => line,
            None if line == bare => "",
            None if line.starts_with(bare) && number > 0 => &line[bare.len()..],
            None => return None,
        };
        match (number, line) {
            (0, "---") => continue,
            (0, _) => return None,
            (_, "---" | "...") => return Some(header),
            _ => {}
        }
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let indent = key.len() - key.trim_start().len();
        while path.last().is_some_and(|&(outer, _)| outer >= indent) {
            path.pop();
        }
        path.push((indent, key.trim()));
        let value = value.trim();
        header.member(&path, value.trim_matches(['"', '\'']));
        // `execute: {eval: false}`
        let inner = value
            .strip_prefix('{')
            .and_then(|rest| rest.split_once('}'));
        for (key, value) in inner.iter().flat_map(|(inner, _)| members(inner)) {
            path.push((indent + 1, key));
            header.member(&path, value);
            path.pop();
        }
    }
    None
}

fn members(inner: &str) -> impl Iterator<Item = (&str, &str)> {
    let members = inner.split(',').filter_map(|own| own.split_once(':'));
    members.map(|(key, value)| (key.trim(), value.trim()))
}

impl Header {
    fn member(&mut self, path: &[(usize, &str)], value: &str) {
        let keys = path.iter().map(|&(_, key)| key);
        let keys: Vec<&str> = keys.filter(|&key| key != "jupyter").collect();
        self.is_notebook |= path.first().is_some_and(|&(_, key)| {
            matches!(
                key,
                "jupyter" | "jupytext" | "kernelspec" | "kernel" | "engine"
            )
        });
        match keys[..] {
            // Quarto: `jupyter: python3`.
            [] | ["kernel"] if !value.is_empty() => self.kernel(value),
            ["kernelspec", "name"] => self.kernel(value),
            ["kernelspec", "language"] => self.language = Some(Language::from_name(value)),
            ["jupytext", "text_representation", "format_name"] => {
                self.format_name = Some(value.to_owned());
            }
            ["jupytext", "comment_magics"] => self.comment_magics = Some(value == "true"),
            // The engine that runs nothing.
            ["engine"] if value == "markdown" => self.runs = Runs::Never,
            ["execute"] | ["execute", "enabled"] if is_false(value) => self.runs = Runs::Never,
            ["execute" | "knitr", .., "eval"] if self.runs != Runs::Never => {
                self.runs = if is_true(value) {
                    Runs::Unless
                } else {
                    Runs::If
                };
            }
            ["execute" | "knitr", .., "error"] => self.may_fail = is_true(value),
            _ => {}
        }
    }

    fn kernel(&mut self, name: &str) {
        if self.language.is_none() {
            self.language = ipynb::language_of_kernel(name).map(Language::from_name);
        }
    }
}

/// Whether a value of YAML is true.
pub fn is_true(value: &str) -> bool {
    matches!(without_comment(value), "true" | "True" | "TRUE")
}

fn is_false(value: &str) -> bool {
    matches!(without_comment(value), "false" | "False" | "FALSE")
}

fn without_comment(value: &str) -> &str {
    value.split(" #").next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_that_matter_are_found() {
        let script = "# ---\n# jupyter:\n#   jupytext:\n#     comment_magics: false\n#     text_representation:\n\
            #       extension: .py\n#       format_name: percent\n#   kernelspec:\n#     display_name: R\n\
            #     language: R\n#     name: ir\n# ---\nx";
        let header = read(script, "# ").unwrap();
        assert_eq!(&script[header.end..], "x");
        assert!(header.is_notebook);
        assert_eq!(header.language, Some(Language::Other("r".into())));
        assert_eq!(header.format_name.as_deref(), Some("percent"));
        assert_eq!(header.comment_magics, Some(false));
        let quarto = read("---\ntitle: x: y\njupyter: python3\n---\n", "").unwrap();
        assert_eq!(quarto.language, Some(Language::Python));
        assert!(!read("---\ntitle: A\n---\n", "").unwrap().is_notebook);
    }

    #[test]
    fn what_does_not_end_is_none() {
        for text in [
            "",
            "# ---\n# a: b\n",
            "# ---\nx = 1\n# ---\n",
            "---\n# ---\n",
        ] {
            assert_eq!(read(text, "# "), None, "{text:?}");
        }
    }
}
