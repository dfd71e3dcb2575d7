//! What magics, shell lines and help requests name.

use ruff_python_ast::IpyEscapeKind;
use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::Visitor;
use ruff_python_parser::Mode;

use super::{Finder, Kind, words};
use crate::analysis::facts::Magic;
use crate::analysis::magics::{self, Body, Effect};
use crate::analysis::source::{parse_part, size};
use crate::text::{TextRange, TextSize};

/// What the words of a magic's line are that nothing else is known of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Options, or names that the magic looks up.
    MayBeNames,
    /// Words of a shell, names of files.
    NoNames,
}

/// Cell magics whose body names nothing of the notebook.
const READ_BY_NOBODY: &[&str] = &[
    "bash",
    "sh",
    "script",
    "system",
    "sx",
    "cmd",
    "perl",
    "ruby",
    "pypy",
    "python",
    "python2",
    "python3",
    "html",
    "HTML",
    "javascript",
    "js",
    "latex",
    "markdown",
    "md",
    "svg",
    "SVG",
    "writefile",
    "file",
];

impl Finder<'_> {
    pub(super) fn cell_magics(&mut self) {
        for magic in self.source.cell_magics.clone() {
            self.cell_magic(&magic);
        }
    }

    fn cell_magic(&mut self, magic: &Magic) {
        let text = self.source.text.clone();
        let line = &text[magic.range];
        let at_argument = line.len() - line[2 + magic.name.len()..].trim_start().len();
        let argument = line[at_argument..].trim_end();
        let at = magic.range.start() + size(at_argument);
        let body = &text[magic.range.end().to_usize()..];
        let effect = magics::cell_effect(&magic.name, argument, body);
        let is_foreign = magics::body_of(&magic.name) == Body::Other;
        self.occurrences.is_aside = is_foreign && READ_BY_NOBODY.contains(&&*magic.name);
        let known = if self.occurrences.is_aside {
            Rest::NoNames
        } else {
            Rest::MayBeNames
        };
        self.magic(&effect, argument, at, known);
        if is_foreign && !self.occurrences.is_aside {
            self.doubt(body, magic.range.end());
        }
    }

    pub(super) fn escape(&mut self, kind: IpyEscapeKind, value: &str, range: TextRange) {
        let text = self.source.text.clone();
        let whole = &text[range];
        let (name, argument) = match kind {
            IpyEscapeKind::Magic | IpyEscapeKind::Magic2 => {
                let end = value.find(char::is_whitespace).unwrap_or(value.len());
                (
                    value[..end].trim_start_matches('%'),
                    value[end..].trim_start(),
                )
            }
            _ => ("", value.trim()),
        };
        let Some(at) = whole.rfind(argument).map(|at| range.start() + size(at)) else {
            self.doubt(whole, range.start());
            return;
        };
        // A slice of the source, so that places in it can be told.
        let argument = &text[TextRange::at(at, size(argument.len()))];
        match kind {
            IpyEscapeKind::Magic | IpyEscapeKind::Magic2 => {
                let effect = magics::line_effect(name, argument);
                self.magic(&effect, argument, at, Rest::MayBeNames);
            }
            IpyEscapeKind::Shell | IpyEscapeKind::ShCap => {
                let mentions = magics::shell_mentions(argument);
                let effect = Effect {
                    mentions,
                    ..Effect::default()
                };
                self.magic(&effect, argument, at, Rest::NoNames);
            }
            IpyEscapeKind::Help | IpyEscapeKind::Help2 => {
                let first = words(argument).next();
                if let Some(name) = first.filter(|name| argument.starts_with(name)) {
                    let range = TextRange::at(at, size(name.len()));
                    // What help shows of an object names it.
                    self.is_shown = true;
                    self.note(&Name::new(name), range, Kind::Read);
                    self.is_shown = false;
                }
            }
            _ => self.doubt(argument, at),
        }
    }

    /// What a magic does with its argument, which stands at `at`. In the line of nearly every magic IPython
    /// replaces `$x` and `{x}`; the others take Python.
    fn magic(&mut self, effect: &Effect<'_>, argument: &str, at: TextSize, rest_is: Rest) {
        let place = |part: &str| {
            let offset = part.as_ptr() as usize - argument.as_ptr() as usize;
            TextRange::at(at + size(offset), size(part.len()))
        };
        for name in &effect.mentions {
            self.note(&Name::new(name), place(name), Kind::Read);
        }
        if effect.python.is_none() {
            for name in magics::shell_mentions(argument) {
                self.note(&Name::new(name), place(name), Kind::Read);
            }
        }
        for name in &effect.deletes {
            self.note(&Name::new(name), place(name), Kind::Delete);
        }
        for name in &effect.binds {
            self.note(&Name::new(name), place(name), Kind::Bind);
        }
        let mut rest = argument;
        if let Some((code, _)) = effect.python {
            let text = self.source.text.clone();
            let parsed = parse_part(&text, place(code), Mode::Module);
            if parsed.errors.is_empty() {
                self.visit_body(&parsed.statements);
                rest = &argument[..argument.len() - code.len()];
            }
        }
        if rest_is == Rest::NoNames {
            return;
        }
        let known: Vec<TextRange> = self
            .occurrences
            .found
            .iter()
            .map(|known| known.range)
            .collect();
        let before = self.occurrences.doubtful.len();
        self.doubt(rest, at);
        let mut position = 0;
        self.occurrences.doubtful.retain(|(_, range)| {
            position += 1;
            position <= before || !known.contains(range)
        });
    }
}
