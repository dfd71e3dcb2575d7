//! Suppressions: `# cellwise: ignore[rule]` on a line, `# cellwise: ignore-cell[rule]` on a cell's
//! first line, the cell tag `cellwise-ignore`.
//!
//! A suppression without rules is for all of them. One that suppresses nothing, or that names no rule,
//! is itself a finding of the rule [`unused-suppression`](RULE_NAME), which [`apply_to_cell`] makes:
//! no other place knows what was suppressed.

use std::ops::RangeInclusive;

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use crate::analysis::source::readable;
use crate::config::{Config, UnknownName, nearest};
use crate::notebook::{Anchor, Cell, CellIdx};
use crate::rule::Finding;
use crate::rules;
use crate::text::{LineIndex, Ranged as _, TextRange, TextSize};

/// The rule whose findings are made here.
pub const RULE_NAME: &str = "unused-suppression";

/// The tag that silences a whole cell.
pub const TAG: &str = "cellwise-ignore";

/// Takes out the findings that the cell says to leave alone, and adds those of `unused-suppression`.
/// `findings` are all those of this cell, of every rule that runs.
pub fn apply_to_cell(cell: &Cell, index: CellIdx, config: &Config, findings: &mut Vec<Finding>) {
    if cell.has_tag(TAG) {
        findings.clear();
        return;
    }
    if !cell.is_code() {
        return;
    }
    let directives = Directives::of(&cell.text);
    if directives.is_empty() {
        return;
    }
    let unused = directives.filter(&cell.text, config, findings);
    let Some(severity) = rules::find(RULE_NAME).and_then(|rule| config.severity_of(rule)) else {
        return;
    };
    findings.extend(unused.into_iter().map(|unused| Finding {
        severity,
        ..Finding::new(
            RULE_NAME,
            Anchor::Range(index, unused.range),
            unused.message,
        )
    }));
}

/// The suppression comments of one cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directives {
    list: Vec<Directive>,
}

/// A suppression, or a part of one, that does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    pub range: TextRange,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Directive {
    /// From the `#` to the end of the directive.
    range: TextRange,
    scope: Scope,
    /// `None` suppresses every rule.
    rules: Option<Vec<(String, TextRange)>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Scope {
    Cell,
    /// 0-based lines: findings that start or end in them.
    Lines(RangeInclusive<u32>),
    /// It means nothing where it stands, or is misspelt.
    Nothing(&'static str),
}

const MARKER: &str = "cellwise:";

impl Directives {
    /// Reads the comments of a cell. Nearly all cells have none of these, which costs one search.
    pub fn of(text: &str) -> Self {
        if !text.contains(MARKER) {
            return Self::default();
        }
        let tokens = Tokens::of(text);
        let lines = LineIndex::new(text);
        let list = text
            .match_indices(MARKER)
            .filter_map(|(at, _)| Directive::read(text, at, &lines, &tokens))
            .collect();
        Self { list }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Where another rule can be written into the comment that is for rules on a line.
    pub fn line_brackets(&self, text: &str, line: TextRange) -> Option<TextSize> {
        self.list
            .iter()
            .filter(|directive| matches!(directive.scope, Scope::Lines(_)))
            .find(|directive| line.contains_range(directive.range))
            .and_then(|directive| directive.brackets(text))
    }

    /// The same for the comment that is for rules in the whole cell.
    pub fn cell_brackets(&self, text: &str) -> Option<TextSize> {
        self.list
            .iter()
            .filter(|directive| directive.scope == Scope::Cell)
            .find_map(|directive| directive.brackets(text))
    }

    /// Takes out the findings that the comments are for, and says which comments are for none.
    ///
    /// A comment for a rule that does not run is not called unused: it may have its use in the next run.
    pub fn filter(&self, text: &str, config: &Config, findings: &mut Vec<Finding>) -> Vec<Unused> {
        let lines = LineIndex::new(text);
        let mut used: Vec<Vec<&'static str>> = vec![Vec::new(); self.list.len()];
        findings.retain(|finding| {
            let range = finding.anchor.range_in(text);
            let ends = [range.start(), range.end()].map(|offset| lines.line_of(offset));
            let mut kept = true;
            for (directive, used) in self.list.iter().zip(&mut used) {
                if directive.covers(ends) && directive.names(finding.rule) {
                    used.push(finding.rule);
                    kept = false;
                }
            }
            kept
        });
        let mut unused = Vec::new();
        for (directive, used) in self.list.iter().zip(&used) {
            directive.tell_unused(config, used, &mut unused);
        }
        // A suppression can suppress what is said of another one, and by name what is said of itself.
        let is_silenced = |unused: &Unused| {
            let line = lines.line_of(unused.range.start());
            self.list.iter().any(|directive| {
                let means_it = match &directive.rules {
                    None => !directive.range.contains_range(unused.range),
                    Some(rules) => rules.iter().any(|(name, _)| name == RULE_NAME),
                };
                means_it && directive.covers([line; 2])
            })
        };
        unused.retain(|unused| !is_silenced(unused));
        unused
    }
}

impl Directive {
    fn read(text: &str, marker: usize, lines: &LineIndex, tokens: &Tokens) -> Option<Self> {
        let hash = text[..marker]
            .trim_end_matches([' ', '\t'])
            .len()
            .checked_sub(1)?;
        if text.as_bytes()[hash] != b'#' || tokens.is_in_string(marker) {
            return None;
        }
        let after = marker + MARKER.len();
        let line_end = text[after..]
            .find(['\n', '\r'])
            .map_or(text.len(), |found| after + found);
        let word_start = line_end - text[after..line_end].trim_start().len();
        let word_len = text[word_start..line_end]
            .find(|character: char| !character.is_alphanumeric() && !"-_".contains(character))
            .unwrap_or(line_end - word_start);
        let word_end = word_start + word_len;
        let (rules, end) = read_rules(text, word_end, line_end);
        let line = lines.line_of(size(marker));
        let scope = match &text[word_start..word_end] {
            "ignore" => Scope::Lines(tokens.first_line_of(text, lines, line)..=line),
            "ignore-cell" if tokens.starts_below_code(marker) => Scope::Nothing(
                "`ignore-cell` works only above the cell's code; put it on the first line",
            ),
            "ignore-cell" => Scope::Cell,
            word => Scope::Nothing(match nearest(word, ["ignore", "ignore-cell"]) {
                Some("ignore-cell") => "there is no such directive; did you mean `ignore-cell`?",
                Some(_) => "there is no such directive; did you mean `ignore`?",
                None => "there is no such directive; there are `ignore` and `ignore-cell`",
            }),
        };
        Some(Self {
            range: TextRange::new(size(hash), size(end)),
            scope,
            rules,
        })
    }

    /// Behind the last rule in the brackets, if there are any and they are closed.
    fn brackets(&self, text: &str) -> Option<TextSize> {
        let (_, last) = self.rules.as_ref()?.last()?;
        text[self.range].ends_with(']').then(|| last.end())
    }

    fn covers(&self, ends: [u32; 2]) -> bool {
        match &self.scope {
            Scope::Cell => true,
            Scope::Lines(lines) => ends.iter().any(|line| lines.contains(line)),
            Scope::Nothing(_) => false,
        }
    }

    fn names(&self, rule: &str) -> bool {
        self.rules
            .as_ref()
            .is_none_or(|rules| rules.iter().any(|(name, _)| name == rule))
    }

    fn tell_unused(&self, config: &Config, used: &[&'static str], unused: &mut Vec<Unused>) {
        let mut tell = |range, message: String| unused.push(Unused { range, message });
        if let Scope::Nothing(why) = self.scope {
            tell(self.range, format!("This suppresses nothing: {why}."));
            return;
        }
        let (place, wait) = match self.scope {
            Scope::Cell => ("in this cell", "the next finding of its kind"),
            _ => ("on this line", "the next finding here"),
        };
        let Some(names) = &self.rules else {
            if used.is_empty() && config.runs_all_defaults() {
                tell(
                    self.range,
                    format!(
                        "This suppresses nothing: there is no finding {place}. \
                         Remove it, or it will hide {wait}."
                    ),
                );
            }
            return;
        };
        for (name, range) in names {
            match rules::find(name) {
                None => {
                    let real = rules::ALL.iter().map(|rule| rule.name);
                    let unknown = UnknownName::new("rule", name, real).to_string();
                    let stop = if unknown.ends_with('?') { "" } else { "." };
                    tell(*range, format!("This suppresses nothing: {unknown}{stop}"));
                }
                Some(rule) => {
                    let runs = config.severity_of(rule).is_some();
                    if runs && rule.name != RULE_NAME && !used.contains(&rule.name) {
                        tell(
                            *range,
                            format!(
                                "This suppresses nothing: there is no `{name}` {place}. \
                                 Remove it, or it will hide {wait}."
                            ),
                        );
                    }
                }
            }
        }
    }
}

/// The names in brackets after a directive, and where the directive ends.
fn read_rules(
    text: &str,
    from: usize,
    line_end: usize,
) -> (Option<Vec<(String, TextRange)>>, usize) {
    let rest = &text[from..line_end];
    let Some(inside) = rest.trim_start().strip_prefix('[') else {
        return (None, from);
    };
    let start = line_end - inside.len();
    // Where the bracket is never closed, the names go on to the end of the line.
    let length = inside.find(']').unwrap_or(inside.len());
    let mut at = start;
    let mut names = Vec::new();
    for part in inside[..length].split(',') {
        let name = part.trim();
        let name_start = at + (part.len() - part.trim_start().len());
        if !name.is_empty() {
            let range = TextRange::at(size(name_start), size(name.len()));
            names.push((name.to_owned(), range));
        }
        at += part.len() + 1;
    }
    (Some(names), (start + length + 1).min(line_end))
}

/// What the tokens tell of a cell: which bytes are strings, and where code starts.
struct Tokens {
    strings: Vec<TextRange>,
    code_start: Option<TextSize>,
}

impl Tokens {
    fn of(text: &str) -> Self {
        let parsed = parse_unchecked(&readable(text), ParseOptions::from(Mode::Ipython));
        let mut tokens = Self {
            strings: Vec::new(),
            code_start: None,
        };
        for token in parsed.tokens() {
            let range = token.range();
            match token.kind() {
                TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::Newline => continue,
                TokenKind::String | TokenKind::FStringMiddle | TokenKind::TStringMiddle => {
                    tokens.strings.push(range);
                }
                // A cell magic must stand on the first line, so what comes below it still counts as the top.
                TokenKind::IpyEscapeCommand if text[range].starts_with("%%") => continue,
                _ => {}
            }
            tokens.code_start.get_or_insert(range.start());
        }
        tokens
    }

    fn is_in_string(&self, offset: usize) -> bool {
        let offset = size(offset);
        self.strings.iter().any(|string| string.contains(offset))
    }

    fn starts_below_code(&self, offset: usize) -> bool {
        // A comment behind the code of the first line still stands on the first line.
        self.code_start.is_some_and(|start| start < size(offset))
    }

    /// The line where the string or the continued line starts that ends on `line`:
    /// no comment could stand any earlier.
    fn first_line_of(&self, text: &str, lines: &LineIndex, line: u32) -> u32 {
        let mut first = line;
        while first > 0 {
            let start = lines.line_range(text, first).start();
            let string = self
                .strings
                .iter()
                .find(|string| string.start() < start && start <= string.end());
            let above = &text[lines.line_range(text, first - 1)];
            match string {
                Some(string) => first = lines.line_of(string.start()),
                None if above.ends_with('\\') => first -= 1,
                None => break,
            }
        }
        first
    }
}

fn size(offset: usize) -> TextSize {
    TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::CellKind;

    /// Findings of `empty-cell` at the places of `needles`, after suppression: what is left, and what is unused.
    fn left(text: &str, needles: &[&str]) -> (Vec<String>, Vec<String>) {
        let cell = Cell::new(CellKind::Code, text);
        let mut findings: Vec<Finding> = needles
            .iter()
            .map(|needle| {
                let at = size(text.find(needle).unwrap());
                let range = TextRange::at(at, TextSize::of(*needle));
                Finding::new("empty-cell", Anchor::Range(CellIdx(0), range), *needle)
            })
            .collect();
        apply_to_cell(&cell, CellIdx(0), &Config::default(), &mut findings);
        let of = |unused: bool| {
            findings
                .iter()
                .filter(|finding| (finding.rule == RULE_NAME) == unused)
                .map(|finding| {
                    if unused {
                        text[finding.anchor.range_in(text)].to_owned()
                    } else {
                        finding.message.clone()
                    }
                })
                .collect()
        };
        (of(false), of(true))
    }

    #[track_caller]
    fn check(text: &str, needles: &[&str], kept: &[&str], unused: &[&str]) {
        let (left, useless) = left(text, needles);
        assert_eq!(left, kept, "{text}");
        assert_eq!(useless, unused, "{text}");
    }

    #[test]
    fn a_comment_is_for_its_line() {
        check("a  # cellwise: ignore\nb", &["a", "b"], &["b"], &[]);
        check("a  #cellwise:ignore[empty-cell]", &["a"], &[], &[]);
        check(
            "a  # noqa # cellwise: ignore [ x, empty-cell ]",
            &["a"],
            &[],
            &["x"],
        );
        check("!ls b  # cellwise: ignore", &["ls"], &[], &[]);
    }

    #[test]
    fn a_comment_is_for_what_starts_or_ends_on_its_line() {
        check("f(a,\n  b)  # cellwise: ignore", &["f(a,\n  b)"], &[], &[]);
        check("f(a,  # cellwise: ignore\n  b)", &["f(a,"], &[], &[]);
        check("x = '''\nkey\n'''  # cellwise: ignore", &["key"], &[], &[]);
        check("x = f'''\nkey\n'''  # cellwise: ignore", &["key"], &[], &[]);
        check("x = key + \\\n  1  # cellwise: ignore", &["key"], &[], &[]);
    }

    #[test]
    fn a_comment_in_a_string_is_none() {
        check("'# cellwise: ignore'", &["cellwise"], &["cellwise"], &[]);
        check("f'# cellwise: ignore'", &["cellwise"], &["cellwise"], &[]);
        check("x  # see cellwise: ignore", &["x"], &["x"], &[]);
    }

    #[test]
    fn a_cell_is_silenced_above_its_code() {
        check("# cellwise: ignore-cell\n\na", &["a"], &[], &[]);
        check(
            "%%time\n# cellwise: ignore-cell[empty-cell]\na",
            &["a"],
            &[],
            &[],
        );
        check(
            "a\n# cellwise: ignore-cell",
            &["a"],
            &["a"],
            &["# cellwise: ignore-cell"],
        );
        check(
            "# cellwise: ignore-cell\na  # cellwise: ignore[zzz]",
            &["a "],
            &[],
            &[],
        );
        check(
            "# cellwise: ignore-cell",
            &[],
            &[],
            &["# cellwise: ignore-cell"],
        );
    }

    #[test]
    fn what_suppresses_nothing_is_reported() {
        check("a  # cellwise: ignore", &[], &[], &["# cellwise: ignore"]);
        check(
            "a  # cellwise: ignore[empty-cell]",
            &[],
            &[],
            &["empty-cell"],
        );
        check(
            "a  # cellwise: ignroe",
            &["a"],
            &["a"],
            &["# cellwise: ignroe"],
        );
        check("a  # cellwise: ignore[empty", &["a"], &["a"], &["empty"]);
        check(
            "a  # cellwise: ignore[unused-suppression, zzz]",
            &[],
            &[],
            &[],
        );
    }

    #[test]
    fn a_tag_silences_everything() {
        let mut cell = Cell::new(CellKind::Markdown, "x");
        cell.tags = [TAG.into()].into();
        let mut findings = vec![Finding::new("empty-cell", Anchor::Cell(CellIdx(0)), "")];
        apply_to_cell(&cell, CellIdx(0), &Config::default(), &mut findings);
        assert_eq!(findings, []);
    }
}
