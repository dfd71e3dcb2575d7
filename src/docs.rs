//! The manual pages, read from the `//!` headers of rules and actions, and the examples in them.
//!
//! The first sentence of a header is its [`summary`]. Whole, it is the [`page`] that `cellwise explain` and a hover show.
//! Its fenced blocks are [`examples`], which `tests/examples.rs` runs; [`example`] tells how they are written.

pub mod example;

pub use example::{Example, Expected, Section};

/// The manual page as Markdown: the header without what only tests and rustdoc read.
pub fn page(source: &str) -> String {
    let mut page = String::new();
    let mut fence: Option<&str> = None;
    for line in header(source).lines() {
        let line = match fence {
            None => match line.strip_prefix("```") {
                Some(info) => {
                    fence = Some(example::language(info));
                    format!("```{}", shown_language(info))
                }
                None if is_rust_link_definition(line) => continue,
                None => without_rust_links(line),
            },
            Some(_) if line.starts_with("```") => {
                fence = None;
                line.to_owned()
            }
            Some(example::NOTEBOOK) => match example::read_expected(line) {
                Some(mark) => mark.drawn(),
                None => line.replace(example::CURSOR, ""),
            },
            Some(_) => line.to_owned(),
        };
        page.push_str(line.trim_end());
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// The first sentence of the header, with its full stop, on one line.
pub fn summary(source: &str) -> String {
    let header = header(source);
    let paragraph: Vec<&str> = header
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .collect();
    let paragraph = without_rust_links(&paragraph.join(" "));
    match paragraph.find(". ") {
        Some(end) => paragraph[..=end].to_owned(),
        None => paragraph,
    }
}

/// The examples of the header, in order.
pub fn examples(source: &str) -> Vec<Example> {
    example::read(&header(source))
}

/// The `//!` lines at the top of a file, without the mark. Line numbers are those of the file.
fn header(source: &str) -> String {
    source
        .lines()
        .map_while(|line| {
            let text = line.strip_prefix("//!")?;
            Some(text.strip_prefix(' ').unwrap_or(text))
        })
        .fold(String::new(), |header, line| header + line + "\n")
}

/// The language that a reader's highlighter knows.
fn shown_language(info: &str) -> &str {
    match example::language(info) {
        example::NOTEBOOK => "python",
        example::IPYNB => "json",
        other => other,
    }
}

fn is_rust_path(target: &str) -> bool {
    ["crate::", "super::", "self::"]
        .iter()
        .any(|prefix| target.starts_with(prefix))
}

/// ``[`empty-cell`]: crate::rules``
fn is_rust_link_definition(line: &str) -> bool {
    line.starts_with('[')
        && line
            .split_once("]: ")
            .is_some_and(|(_, target)| is_rust_path(target))
}

/// The line with links into the source replaced by their text: nobody can follow them from a manual page.
fn without_rust_links(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(open) = rest.find('[') {
        let (before, link) = rest.split_at(open);
        kept.push_str(before);
        let Some(close) = link.find(']') else {
            rest = link;
            break;
        };
        let (text, after) = (&link[1..close], &link[close + 1..]);
        let target = after
            .strip_prefix('(')
            .and_then(|target| target.split_once(')'));
        match target {
            Some((target, after)) if is_rust_path(target) => {
                kept.push_str(text);
                rest = after;
            }
            // ``[`empty-cell`]`` with its definition elsewhere.
            None if text.starts_with('`') && text.ends_with('`') && text.len() > 1 => {
                kept.push_str(text);
                rest = after;
            }
            _ => {
                kept.push_str(&link[..=close]);
                rest = after;
            }
        }
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
//! A cell that [`other`] finds, in
//! two lines. And [more](https://x.y).
//!
//! ## Flagged
//! ```notebook max-lines=3
//! # %%
//! x = a$0
//! #   ^ some-rule: no `a`
//! #<^^^ some-rule
//! ```
//!
//! [`other`]: crate::rules

use x;
//! not the header
";

    #[test]
    fn a_page_is_for_people() {
        assert_eq!(
            page(SOURCE),
            "\
A cell that `other` finds, in
two lines. And [more](https://x.y).

## Flagged
```python
# %%
x = a
    ^ some-rule: no `a`
^^^^^ some-rule
```
"
        );
    }

    #[test]
    fn a_summary_is_the_first_sentence() {
        assert_eq!(summary(SOURCE), "A cell that `other` finds, in two lines.");
        assert_eq!(summary("//! One"), "One");
    }

    #[test]
    fn links_into_the_source_become_words() {
        let line = "see [`x`](crate::x), [y](super::y) and x[0] or [z](http://z)";
        assert_eq!(
            without_rust_links(line),
            "see `x`, y and x[0] or [z](http://z)"
        );
    }
}
