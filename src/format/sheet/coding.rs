//! How the lines of a text are written in a file.

/// How a line of a text is written in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coding {
    /// As it is.
    #[default]
    Plain,
    /// Behind `# `, or another such prefix, whose space is left out before nothing.
    Prefix(&'static str),
    /// As it is, but for magics, which stand behind `# `: jupytext's percent scripts and R Markdown.
    Magics,
    /// So many spaces in, unless it is blank. Strings of several lines, too: marimo takes the spaces off again, and so do
    /// Quarto and knitr.
    Indent(usize),
}

/// What stands in a line of the file besides the text: `prefix` bytes behind an `indent` that belongs to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Placed {
    pub indent: usize,
    pub prefix: usize,
}

/// Goes through the lines of one cell.
#[derive(Debug)]
pub struct Coder {
    coding: Coding,
    quotes: Quotes,
    /// The line before was a magic that goes on.
    goes_on: bool,
}

impl Coder {
    pub fn new(coding: Coding) -> Self {
        Self {
            coding,
            quotes: Quotes::default(),
            goes_on: false,
        }
    }

    /// Where the text stands in the next line of the file.
    pub fn read(&mut self, line: &str) -> Placed {
        let prefix = match self.coding {
            Coding::Plain => 0,
            Coding::Prefix(prefix) => {
                let bare = prefix.trim_end();
                if line.starts_with(prefix) {
                    prefix.len()
                } else if line.starts_with(bare) {
                    bare.len()
                } else {
                    0
                }
            }
            Coding::Magics => {
                let indent = line.len() - line.trim_start().len();
                let quoted = self.quotes.pass(line);
                let commented = line[indent..].strip_prefix("# ");
                let is_coded = !quoted
                    && commented.is_some_and(|rest| self.goes_on || is_magic(uncommented(rest)));
                self.goes_on = is_coded && line.trim_end().ends_with('\\');
                return Placed {
                    indent,
                    prefix: if is_coded { 2 } else { 0 },
                };
            }
            Coding::Indent(deep) => {
                let spaces = line.len() - line.trim_start_matches(' ').len();
                spaces.min(deep)
            }
        };
        Placed { indent: 0, prefix }
    }

    /// Writes the next line of a text, without a line break.
    pub fn write(&mut self, line: &str, out: &mut String) {
        match self.coding {
            Coding::Plain => out.push_str(line),
            Coding::Prefix(prefix) => {
                out.push_str(if line.is_empty() {
                    prefix.trim_end()
                } else {
                    prefix
                });
                out.push_str(line);
            }
            Coding::Magics => {
                let quoted = self.quotes.pass(line);
                let is_coded =
                    !quoted && (self.goes_on || is_magic(uncommented(line.trim_start())));
                let indent = if is_coded && !self.goes_on {
                    line.len() - line.trim_start().len()
                } else {
                    0
                };
                self.goes_on = is_coded && line.trim_end().ends_with('\\');
                out.push_str(&line[..indent]);
                if is_coded {
                    out.push_str("# ");
                }
                out.push_str(&line[indent..]);
            }
            Coding::Indent(deep) => {
                if !line.trim().is_empty() {
                    out.extend(std::iter::repeat_n(' ', deep));
                }
                out.push_str(line);
            }
        }
    }
}

/// A line of a script without the signs of a comment.
fn uncommented(line: &str) -> &str {
    line.trim_start_matches(['#', ' '])
}

/// Whether jupytext comments the line out: `%magic`, `!command`, and assignments of either.
/// Help (`df?`) and bare commands (`ls`) it comments out, too; they are left as the comments that they look like,
/// for so does many a sentence.
fn is_magic(line: &str) -> bool {
    if is_call(line) {
        return true;
    }
    let Some((name, value)) = line.split_once('=') else {
        return false;
    };
    let name = name.trim();
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '_');
    is_name && is_call(value.trim_start())
}

fn is_call(text: &str) -> bool {
    if let Some(command) = text.strip_prefix('!') {
        let command = command.trim_start_matches(['!', ' ']);
        return command
            .starts_with(|first: char| first.is_ascii_alphabetic() || "./~$\\{".contains(first));
    }
    let name = text.trim_start_matches('%');
    let signs = text.len() - name.len();
    (1..=3).contains(&signs) && name.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// Whether a line begins inside a string of several lines.
#[derive(Debug, Default)]
pub struct Quotes {
    open: Option<&'static str>,
}

impl Quotes {
    /// Whether a text ends in a string that goes on.
    pub fn are_left_open(text: &str) -> bool {
        let mut quotes = Self::default();
        for line in text.lines() {
            quotes.pass(line);
        }
        quotes.open.is_some()
    }

    /// Passes a line, and says whether it begins in a string.
    pub fn pass(&mut self, line: &str) -> bool {
        let was_open = self.open.is_some();
        let mut rest = line;
        loop {
            if let Some(quotes) = self.open {
                let Some(end) = rest.find(quotes) else {
                    return was_open;
                };
                rest = &rest[end + quotes.len()..];
                self.open = None;
            }
            let Some(at) = rest.find(['"', '\'', '#']) else {
                return was_open;
            };
            rest = &rest[at..];
            if rest.starts_with('#') {
                return was_open;
            }
            self.open = ["\"\"\"", "'''"]
                .into_iter()
                .find(|quotes| rest.starts_with(quotes));
            rest = match self.open {
                Some(quotes) => &rest[quotes.len()..],
                None => behind_string(rest),
            };
        }
    }
}

/// What follows the string of one line that starts here.
fn behind_string(text: &str) -> &str {
    let mut characters = text.char_indices();
    let quote = characters.next().map(|(_, quote)| quote);
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if Some(character) == quote {
            return &text[at + 1..];
        }
    }
    ""
}
