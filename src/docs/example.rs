//! Examples in the headers of rules and actions: how they are written, and what they stand for.
//!
//! An example is a fenced block below `## Flagged`, `## Clean`, `## Before`, `## After` or `## Disabled`:
//!
//! - ```` ```notebook ```` holds a percent script. Its marker lines may say more than usual: `In [3]` is the execution count,
//!   `edited` means that the cell was edited after that run, and `error=NameError: name 'x' is not defined` (last in the line)
//!   is the error in its outputs. `outputs=120kB` is their size in the file.
//! - ```` ```ipynb ```` holds a file's text.
//! - ```` ```python file=prices.py ```` (or `text`, `toml`, `yaml`) holds a file of the notebook's project, by its path from the root, and stands after the
//!   notebook's block: below `## Before` and `## Disabled` one that is there, below `## After` one that the action creates or changes.
//!
//! After the language come options, split by spaces: `home=databricks`, `language=r`, `python=3.14`, `client=plain` (one that can neither
//! change cells nor files), `argument="…"` for the action, `repeat=101` (the cells, so many times over),
//! `name=notebooks/a.ipynb` (the notebook's path, otherwise `example.ipynb`), `choice="…"` (what a person chose where the action
//! asks), and any setting of the configuration: `long-cell.max-lines=3`.
//!
//! **What is found** stands in a comment below the line it is found in, and is taken out before the notebook is checked:
//!
//! ```text
//! total = price + tax
//! #       ^^^^^ undefined-name: no cell binds `price`
//! #<^^^^ other-rule
//! ```
//!
//! Carets stand below the characters that are flagged. The `#` hides column 0, so a `<` in place of the first caret says that
//! what is flagged begins there: `#<` flags the first two characters, `#<^^^` the first five. `#|` flags the first alone.
//! A finding over several lines is flagged to the end of its first. For a whole cell the mark stands below
//! the first line, and its width means nothing. What follows the colon must occur in the message.
//! A finding that belongs to no cell, or any finding in an ```` ```ipynb ```` block, is a line after the block:
//! `> rule-name: part of the message`.
//!
//! **Where a person stands**: `$0` is the cursor, two of them are the ends of a selection. In an ```` ```ipynb ```` block it is
//! the start of the first cell, and what comes after is compared byte for byte.
//! Below `## Disabled`, the line after the block is a part of the reason: `> cell 9 reads it`.
//! Several pairs of `## Before` and `## After` may follow each other, each below a `###` title if it helps.
//! Execution counts are compared only if the block below `## After` shows any.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::config::{Config, ConfigError, Settings};
use crate::format;
use crate::format::percent;
use crate::notebook::{
    Cell, CellIdx, Execution, Home, Language, Notebook, NotebookMeta, OutputError,
};
use crate::project::MemoryProject;
use crate::text::{TextRange, TextSize};

/// One example of a manual page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub section: Section,
    /// The `###` heading above it; empty where there is none.
    pub title: String,
    /// The line of its fence in the source file, 1-based.
    pub line: usize,
    pub is_ipynb: bool,
    options: Vec<(String, String)>,
    /// The block as it is written.
    pub text: String,
    /// The `>` lines after it.
    pub notes: Vec<String>,
    /// Files of the project: path and text.
    pub files: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Flagged,
    Clean,
    Before,
    After,
    Disabled,
}

/// A finding that an example foretells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expected {
    /// `None` where it belongs to no cell.
    pub cell: Option<CellIdx>,
    /// 1-based, in the cell.
    pub line: u32,
    /// 0-based characters: first, and one past the last.
    pub columns: (u32, u32),
    pub rule: String,
    /// A part of the message.
    pub message: String,
}

pub(super) const NOTEBOOK: &str = "notebook";
pub(super) const IPYNB: &str = "ipynb";
/// The options that are no settings.
const OPTIONS: [&str; 9] = [
    "home", "language", "python", "client", "argument", "choice", "file", "name", "repeat",
];
/// Marks the cursor, or the ends of a selection.
pub(super) const CURSOR: &str = "$0";

impl Example {
    /// The value of an option of the fence.
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options
            .iter()
            .find(|(own, _)| own == key)
            .map(|(_, value)| value.as_str())
    }

    /// The notebook that the block stands for, without cursors and what is expected.
    pub fn notebook(&self) -> Notebook {
        let mut notebook = if self.is_ipynb {
            format::parse(self.text.as_bytes())
        } else {
            Notebook {
                cells: self.cells().into_iter().map(|read| read.cell).collect(),
                ..Notebook::default()
            }
        };
        let times = self.option("repeat").and_then(|times| times.parse().ok());
        if let Some(times) = times {
            let once = std::mem::take(&mut notebook.cells);
            notebook.cells = std::iter::repeat_n(once, times).flatten().collect();
        }
        let home = match self.option("home") {
            Some("databricks") => Some(Home::Databricks),
            Some("colab") => Some(Home::Colab),
            _ => None,
        };
        let language = self.option("language").map(Language::from_name);
        let name = self.option("name");
        let python = self.option("python").and_then(NotebookMeta::read_version);
        if home.is_some() || language.is_some() || name.is_some() || python.is_some() {
            notebook.meta = Arc::new(NotebookMeta {
                home: home.unwrap_or(notebook.meta.home),
                language: language.unwrap_or_else(|| notebook.meta.language.clone()),
                python,
                file_name: name.and_then(|name| name.rsplit('/').next()).map(Arc::from),
                ..NotebookMeta::clone(&notebook.meta)
            });
        }
        notebook
    }

    /// The files around the notebook.
    pub fn project(&self) -> MemoryProject {
        let notebook = self.option("name").unwrap_or("example.ipynb");
        let files = self.files.iter();
        MemoryProject::new(
            notebook,
            files.map(|(path, text)| (path.as_str(), text.as_str())),
        )
    }

    /// What is expected to be found, in reading order.
    pub fn expected(&self) -> Vec<Expected> {
        let mut expected: Vec<Expected> = self
            .notes
            .iter()
            .filter_map(|note| {
                let (rule, message) = rule_and_message(note)?;
                Some(Expected {
                    cell: None,
                    line: 1,
                    columns: (0, 0),
                    rule,
                    message,
                })
            })
            .collect();
        if !self.is_ipynb {
            expected.extend(self.cells().into_iter().flat_map(|read| read.expected));
        }
        expected
    }

    /// The cell and the bytes where a person stands; `None` where no `$0` says it.
    pub fn selection(&self) -> Option<(CellIdx, TextRange)> {
        if self.is_ipynb {
            return Some((CellIdx(0), TextRange::default()));
        }
        self.cells().into_iter().find_map(|read| {
            let first = *read.cursors.first()?;
            let last = *read.cursors.last()?;
            Some((read.index, TextRange::new(first, last)))
        })
    }

    /// The settings that the fence's options name.
    ///
    /// # Errors
    /// When an option is neither one of examples nor a setting.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        Config::from_settings(&Value::Object(self.written_settings()))
    }

    /// The same as they would stand in a file.
    pub fn written_settings(&self) -> Map<String, Value> {
        self.options
            .iter()
            .filter(|(key, _)| !OPTIONS.contains(&key.as_str()))
            .map(|(key, value)| {
                let number = value.parse::<i64>().map(Value::from);
                let value = match number {
                    Ok(number) => number,
                    Err(_)
                        if ["builtins", "select", "extend-select", "ignore"]
                            .contains(&key.as_str()) =>
                    {
                        value.split(',').map(Value::from).collect()
                    }
                    Err(_) => Value::from(value.as_str()),
                };
                (key.clone(), value)
            })
            .collect()
    }

    fn cells(&self) -> Vec<ReadCell> {
        percent::titled(&self.text)
            .into_iter()
            .enumerate()
            .map(|(position, (title, written))| {
                let index = CellIdx::new(position);
                let mut read = read_text(index, &written.text);
                let mut cell = Cell {
                    text: read.text.into(),
                    ..written
                };
                read_title(&title, &mut cell);
                read.expected.retain(|_| cell.is_code());
                ReadCell {
                    index,
                    cell: Arc::new(cell),
                    expected: read.expected,
                    cursors: read.cursors,
                }
            })
            .collect()
    }
}

struct ReadCell {
    index: CellIdx,
    cell: Arc<Cell>,
    expected: Vec<Expected>,
    cursors: Vec<TextSize>,
}

struct ReadText {
    text: String,
    expected: Vec<Expected>,
    cursors: Vec<TextSize>,
}

/// Takes marks and cursors out of a cell's text.
fn read_text(cell: CellIdx, written: &str) -> ReadText {
    let mut lines: Vec<String> = Vec::new();
    let mut expected = Vec::new();
    let mut cursors = Vec::new();
    let mut offset = 0;
    for line in written.split('\n') {
        if let Some(mark) = read_expected(line) {
            expected.push(Expected {
                cell: Some(cell),
                line: u32::try_from(lines.len().max(1)).unwrap_or(u32::MAX),
                ..mark
            });
            continue;
        }
        let mut line = line.to_owned();
        while let Some(at) = line.find(CURSOR) {
            line.replace_range(at..at + CURSOR.len(), "");
            cursors.push(TextSize::new(
                u32::try_from(offset + at).unwrap_or(u32::MAX),
            ));
        }
        offset += line.len() + 1;
        lines.push(line);
    }
    ReadText {
        text: lines.join("\n"),
        expected,
        cursors,
    }
}

/// Reads a line of carets. Its cell and line are for the caller to say.
pub(super) fn read_expected(line: &str) -> Option<Expected> {
    let marks = line.strip_prefix('#')?;
    let (from, text) = if let Some(text) = marks.strip_prefix('|') {
        (0, text)
    } else if let Some(carets) = marks.strip_prefix('<') {
        (0, carets.trim_start_matches('^'))
    } else {
        let carets = marks.trim_start_matches(' ');
        let text = carets.trim_start_matches('^');
        if text.len() == carets.len() {
            return None;
        }
        (line.len() - carets.len(), text)
    };
    let to = if marks.starts_with('|') {
        1
    } else {
        line.len() - text.len()
    };
    let (rule, message) = rule_and_message(text)?;
    Some(mark((from, to), rule, message))
}

fn mark((from, to): (usize, usize), rule: String, message: String) -> Expected {
    let column = |column| u32::try_from(column).unwrap_or(u32::MAX);
    Expected {
        cell: None,
        line: 1,
        columns: (column(from), column(to)),
        rule,
        message,
    }
}

/// `rule-name` or `rule-name: part of the message`.
fn rule_and_message(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let (rule, message) = text.split_once(": ").unwrap_or((text, ""));
    let is_name = !rule.is_empty()
        && rule
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    is_name.then(|| (rule.to_owned(), message.trim().to_owned()))
}

impl Expected {
    /// The mark as a page shows it: carets, with the `#` that code needs left out.
    pub(super) fn drawn(&self) -> String {
        let (from, to) = self.columns;
        let indent = " ".repeat(from as usize);
        let carets = "^".repeat(to.saturating_sub(from) as usize);
        let colon = if self.message.is_empty() { "" } else { ": " };
        format!("{indent}{carets} {}{colon}{}", self.rule, self.message)
    }
}

/// What a marker says of how the cell ran.
fn read_title(title: &str, cell: &mut Cell) {
    let (title, error) = match title.split_once("error=") {
        Some((title, error)) => (title, Some(error)),
        None => (title, None),
    };
    let size = title
        .split(' ')
        .find_map(|word| word.strip_prefix("outputs="));
    if let Some(size) = size.and_then(|size| size.strip_suffix("kB")?.parse::<u64>().ok()) {
        cell.outputs.count = 1;
        cell.outputs.bytes = 1_000 * size;
    }
    let count = title
        .split_once("In [")
        .and_then(|(_, count)| count.split_once(']')?.0.trim().parse().ok());
    cell.execution = Execution {
        edited_since: title.split(' ').any(|word| word == "edited"),
        success: count.map(|_| error.is_none()),
        ..Execution::with_count(count)
    };
    if let Some(error) = error {
        let (ename, evalue) = error.split_once(": ").unwrap_or((error, ""));
        cell.outputs.count = 1;
        cell.outputs.error = Some(Box::new(OutputError {
            ename: ename.into(),
            evalue: evalue.into(),
        }));
    }
}

/// The first word behind a fence.
pub(super) fn language(info: &str) -> &str {
    info.split(' ').next().unwrap_or_default()
}

/// The options behind the language: `key=value`, or `key="a value"`.
fn options(info: &str) -> Vec<(String, String)> {
    let mut options = Vec::new();
    let mut rest = info.split_once(' ').map_or("", |(_, rest)| rest).trim();
    while let Some((key, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        options.push((key.trim().to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    options
}

pub(super) fn read(header: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut section = None;
    let mut title = String::new();
    let mut lines = header.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = match heading.trim() {
                "Flagged" => Some(Section::Flagged),
                "Clean" => Some(Section::Clean),
                "Before" => Some(Section::Before),
                "After" => Some(Section::After),
                "Disabled" => Some(Section::Disabled),
                _ => None,
            };
            // `## After` belongs to the title that `## Before` stands under.
            if section != Some(Section::After) {
                title.clear();
            }
        } else if let Some(heading) = line.strip_prefix("### ") {
            heading.trim().clone_into(&mut title);
        } else if let Some(info) = line.strip_prefix("```") {
            let text = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| !line.starts_with("```"))
                .fold(String::new(), |text, line| text + line + "\n");
            let options = options(info);
            let file = options.iter().find(|(key, _)| key == "file");
            if let (Some((_, name)), Some(example)) = (file, examples.last_mut()) {
                example.files.push((name.clone(), text));
            } else if let (Some(section), NOTEBOOK | IPYNB) = (section, language(info)) {
                examples.push(Example {
                    section,
                    title: title.clone(),
                    line: number + 1,
                    is_ipynb: language(info) == IPYNB,
                    options,
                    text,
                    notes: Vec::new(),
                    files: Vec::new(),
                });
            }
        } else if let (Some(note), Some(_), Some(example)) =
            (line.strip_prefix('>'), section, examples.last_mut())
        {
            example.notes.push(note.trim().to_owned());
        }
    }
    examples
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(header: &str) -> Example {
        let mut examples = read(header);
        assert_eq!(examples.len(), 1);
        examples.remove(0)
    }

    #[test]
    fn marks_can_flag_every_column() {
        let columns = |line: &str| read_expected(line).map(|mark| mark.columns);
        assert_eq!(columns("#| a-rule"), Some((0, 1)));
        assert_eq!(columns("#< a-rule"), Some((0, 2)));
        assert_eq!(columns("#<^ a-rule"), Some((0, 3)));
        assert_eq!(columns("#^ a-rule: x"), Some((1, 2)));
        assert_eq!(columns("#   ^^ a-rule"), Some((4, 6)));
        assert_eq!(columns("# a-rule"), None);
        assert_eq!(columns("# ^ is Power"), None);
    }

    #[test]
    fn markers_tell_how_a_cell_ran() {
        let example = one(
            "## Clean\n```notebook home=colab argument=\"a b\" long-cell.max-lines=3\n\
             # %% In [3] edited\nx\n# %% error=NameError: name 'x'\ny\n```\n> a-rule: hm\n",
        );
        let notebook = example.notebook();
        assert_eq!(notebook.meta.home, Home::Colab);
        assert_eq!(notebook.cells[0].execution.count, Some(3));
        assert!(notebook.cells[0].execution.edited_since);
        let error = notebook.cells[1].outputs.error.as_ref().unwrap();
        assert_eq!((&*error.ename, &*error.evalue), ("NameError", "name 'x'"));
        assert_eq!(example.option("argument"), Some("a b"));
        assert_eq!(example.settings().unwrap().long_cell_max_lines, Some(3));
        assert_eq!(example.expected()[0].message, "hm");
    }

    #[test]
    fn cursors_and_marks_are_taken_out() {
        let example =
            one("## Before\n```notebook\n# %%\na\n# %%\nb\n$0c$0 = 1\n#| a-rule\nd\n```\n");
        assert_eq!(&*example.notebook().cells[1].text, "b\nc = 1\nd");
        let range = TextRange::new(2.into(), 3.into());
        assert_eq!(example.selection(), Some((CellIdx(1), range)));
        let expected = &example.expected()[0];
        assert_eq!((expected.cell, expected.line), (Some(CellIdx(1)), 2));
    }
}
