//! Magics, shell lines and help requests.

use ruff_python_ast::IpyEscapeKind;
use ruff_python_ast::name::Name;
use ruff_python_parser::Mode;

use super::Walker;
use crate::analysis::facts::{BindingKind, Magic, MagicKind, Opening, OpeningKind, State, UseKind};
use crate::analysis::flow::Branch;
use crate::analysis::magics::{self, Body, Effect};
use crate::analysis::source::{parse_part, size};
use crate::text::{TextRange, TextSize};

impl Walker<'_> {
    /// The lines of cell magics, which run before the body.
    pub fn cell_magic_lines(&mut self) {
        let source = self.source;
        self.facts.magics.extend(source.cell_magics.iter().cloned());
        for magic in &source.cell_magics {
            self.cell_magic_line(magic);
        }
    }

    fn cell_magic_line(&mut self, magic: &Magic) {
        let text = &self.source.text;
        let body = &text[magic.range.end().to_usize()..];
        let (argument, at) = argument_of(text, magic);
        let mut effect = magics::cell_effect(&magic.name, argument, body);
        match magics::body_of(&magic.name) {
            Body::Other => {}
            // What the line binds is bound when the body has run: see `cell_magic_ends`.
            Body::Python => effect.binds.clear(),
            Body::PythonAside => self.flow.enter(Branch::default()),
        }
        self.effect(&effect, argument, at, magic.range);
    }

    /// What cell magics do when the body has run.
    pub fn cell_magic_ends(&mut self) {
        let magics = &self.source.cell_magics;
        let are = |body| move |magic: &&Magic| magics::body_of(&magic.name) == body;
        for _ in magics.iter().filter(are(Body::PythonAside)) {
            // The body ran in a function of its own: nothing that it bound is left.
            self.flow.leave();
            self.facts.bindings.clear();
            self.facts.repeats.clear();
            self.facts.randoms.clear();
        }
        // What a magic's line binds stays, below `%%timeit`, too.
        for magic in magics.iter().rev().filter(are(Body::Python)) {
            let (argument, at) = argument_of(&self.source.text, magic);
            let effect = Effect {
                binds: magics::cell_effect(&magic.name, argument, "").binds,
                ..Effect::default()
            };
            self.effect(&effect, argument, at, magic.range);
        }
    }

    /// A line `name argument` that IPython takes for `%name argument`. Both are slices of the cell's text.
    pub fn automagic(&mut self, name: &str, argument: &str, range: TextRange) {
        self.facts.magics.push(Magic {
            range,
            kind: MagicKind::Line,
            name: name.into(),
            argument: argument.into(),
        });
        let effect = magics::line_effect(name, argument);
        let at = range.end() - size(argument.len());
        self.effect(&effect, argument, at, range);
    }

    pub(super) fn escape(&mut self, kind: IpyEscapeKind, value: &str, range: TextRange) {
        let magic_kind = match kind {
            IpyEscapeKind::Magic | IpyEscapeKind::Magic2 => MagicKind::Line,
            IpyEscapeKind::Shell | IpyEscapeKind::ShCap => MagicKind::Shell,
            _ => MagicKind::Help,
        };
        let (name, argument) = match magic_kind {
            MagicKind::Line => {
                let end = value
                    .find(|c: char| c.is_whitespace())
                    .unwrap_or(value.len());
                (&value[..end], value[end..].trim_start())
            }
            _ => ("", value.trim()),
        };
        let own_range = self.source.in_cell(range);
        self.facts.magics.push(Magic {
            range: own_range,
            kind: magic_kind,
            name: name.into(),
            argument: argument.into(),
        });
        // A line continued with `\` is not in the text as the parser hands it over: what stands there is taken instead,
        // which Python reads as well.
        let own = self.source.text[range].to_owned();
        let (argument, at) = own.rfind(argument).map_or_else(
            || {
                let behind = own.find(name).map_or(0, |at| at + name.len());
                let rest = own[behind..].trim_start_matches(['!', ' ', '\t']);
                (rest, own.len() - rest.len())
            },
            |at| (argument, at),
        );
        let at = range.start() + size(at);
        match magic_kind {
            MagicKind::Line => {
                // `%%name` further down is a line magic to no IPython, but `%%time` is often meant as one.
                let effect = magics::line_effect(name.trim_start_matches('%'), argument);
                self.effect(&effect, argument, at, range);
            }
            MagicKind::Shell => {
                let mentions = magics::shell_mentions(argument);
                let effect = Effect {
                    mentions,
                    ..Effect::default()
                };
                self.effect(&effect, argument, at, range);
            }
            MagicKind::Help | MagicKind::Cell => {}
        }
    }

    fn effect(&mut self, effect: &Effect<'_>, argument: &str, at: TextSize, whole: TextRange) {
        let place = |part: &str| {
            let offset = part.as_ptr() as usize - argument.as_ptr() as usize;
            TextRange::at(at + size(offset), size(part.len()))
        };
        for name in &effect.mentions {
            self.guarding(true, |walker| {
                walker.read(&Name::new(name), place(name), UseKind::Read);
            });
        }
        if let Some((code, binds)) = effect.python
            && !code.trim().is_empty()
        {
            self.embedded(place(code), code, binds);
        }
        for name in &effect.deletes {
            self.delete(&Name::new(name), place(name));
        }
        for name in &effect.binds {
            self.bind(&Name::new(name), place(name), BindingKind::Magic);
        }
        if let Some(kind) = &effect.opening {
            self.open(whole, kind.clone());
        }
    }

    /// Python in a magic's line: `%time x = f()`.
    fn embedded(&mut self, range: TextRange, code: &str, binds: bool) {
        let text: &str = &self.source.text;
        if text.get(std::ops::Range::<usize>::from(range)) != Some(code) {
            return;
        }
        let parsed = parse_part(text, range, Mode::Module);
        if !parsed.errors.is_empty() {
            return;
        }
        if binds {
            self.body(&parsed.statements);
        } else {
            let bindings = self.facts.bindings.len();
            let (repeats, randoms) = (self.facts.repeats.len(), self.facts.randoms.len());
            self.flow.enter(Branch::default());
            self.body(&parsed.statements);
            self.flow.leave();
            self.facts.bindings.truncate(bindings);
            self.facts.repeats.truncate(repeats);
            self.facts.randoms.truncate(randoms);
        }
    }

    pub(super) fn open(&mut self, range: TextRange, kind: OpeningKind) {
        let step = self.next_step();
        let range = self.source.in_cell(range);
        if kind == OpeningKind::Reset {
            let bound: Vec<Name> = self
                .facts
                .bindings
                .iter()
                .map(|binding| binding.name.clone())
                .collect();
            for name in bound {
                if self.flow.state(&name) != State::Untouched {
                    self.flow.set(&name, State::Gone);
                }
            }
        }
        self.facts.openings.push(Opening { range, step, kind });
    }
}

/// What stands after a cell magic's name, and where.
fn argument_of<'t>(text: &'t str, magic: &Magic) -> (&'t str, TextSize) {
    let line = &text[magic.range];
    let after_name = "%%".len() + magic.name.len();
    let argument = line.get(after_name..).unwrap_or_default();
    // Not `trim`, which gives the start of what is blank, when all of it is.
    let trimmed = argument.trim_start().trim_end();
    let blank = argument.len() - argument.trim_start().len();
    let at = magic.range.start() + size(after_name + blank);
    (trimmed, at)
}
