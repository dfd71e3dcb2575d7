//! What a cell does to names and to what cells share without naming it, as far as their order is concerned.

use std::collections::{BTreeMap, BTreeSet};

use super::super::facts::{BindingKind, Callee, Facts, State, StatementKind, Value};
use super::super::graph::Link;
use crate::analysis::known::builtins::is_history;
use crate::notebook::{CellIdx, Notebook};

/// What one cell takes and changes: names, and things without one, which are told by an article.
#[derive(Debug, Default)]
pub struct Effects {
    pub reads: BTreeSet<String>,
    pub writes: BTreeSet<String>,
    /// Written whatever was there before: not `x += 1`, not `xs.append(1)`.
    pub makes: BTreeSet<String>,
}

pub type AllEffects = BTreeMap<CellIdx, Effects>;

/// Things that cells share without naming them, told by words in the text.
struct Shared {
    thing: &'static str,
    changed_by: &'static [&'static str],
    /// Words of code that depends on it and does not change it.
    read_by: &'static [&'static str],
}

const SHARED: &[Shared] = &[
    Shared {
        thing: "the random numbers",
        changed_by: &[
            "random",
            "shuffle",
            "seed",
            ".rvs(",
            ".sample(",
            "train_test_split(",
        ],
        read_by: &[],
    },
    Shared {
        thing: "the files",
        changed_by: &[
            ".to_csv(",
            ".to_excel(",
            ".to_hdf(",
            ".to_json(",
            ".to_parquet(",
            ".to_pickle(",
            ".write_text(",
            ".write_bytes(",
            "savefig(",
            "np.save",
            "np.load",
            "open(",
            ".read_csv(",
            ".read_excel(",
            ".read_json(",
            ".read_parquet(",
            "pickle.",
            "joblib.",
            "%%writefile",
            "makedirs(",
            "mkdir(",
        ],
        read_by: &["listdir(", "glob("],
    },
    Shared {
        thing: "the working directory",
        changed_by: &["chdir(", "%cd"],
        read_by: &["open(", ".read_csv(", "getcwd(", "listdir(", "glob("],
    },
    Shared {
        thing: "the settings of plots",
        changed_by: &[
            "rcParams",
            "rcdefaults(",
            "plt.rc(",
            "style.use(",
            "sns.set(",
            "set_theme(",
            "set_style(",
            "set_palette(",
            "set_context(",
            "plotting.backend",
        ],
        read_by: &[
            "plt",
            "sns",
            "fig",
            "ax",
            "axes",
            ".plot",
            ".hist(",
            ".boxplot(",
            "pylab",
            "so",
        ],
    },
    Shared {
        thing: "the settings of what is shown",
        changed_by: &[
            "set_option(",
            "set_printoptions(",
            "options.display",
            "options.mode",
            "init_printing(",
            "%precision",
            "filterwarnings(",
        ],
        read_by: &["print(", "display("],
    },
];

const SHOWN: &str = "the settings of what is shown";
const RESULTS: &str = "the results of earlier cells";

/// The effects of the notebook's code cells, as `link` has them, whose cells stand in `order`.
pub fn of_all(notebook: &Notebook, link: &Link, order: &[CellIdx]) -> AllEffects {
    let aliases = aliases(link, order.len());
    let mut all: AllEffects = order
        .iter()
        .enumerate()
        .filter(|(_, cell)| {
            notebook
                .cell(**cell)
                .is_some_and(|cell| cell.is_python(&notebook.meta.language))
        })
        .map(|(position, &cell)| {
            let one = One {
                notebook,
                link,
                order,
                position: CellIdx::new(position),
            };
            (cell, one.effects(&aliases))
        })
        .collect();
    // What nobody changes needs no order.
    let changed: BTreeSet<String> = all
        .values()
        .flat_map(|effects| &effects.writes)
        .cloned()
        .collect();
    let history = all.values().any(|effects| effects.reads.contains(RESULTS));
    for effects in all.values_mut() {
        effects
            .reads
            .retain(|name| !is_thing(name) || changed.contains(name));
        if !history {
            effects.writes.remove(RESULTS);
        }
    }
    all
}

/// Whether it is something that cells share without naming it.
pub fn is_thing(name: &str) -> bool {
    name.starts_with("the ")
}

impl Effects {
    /// Names that it reads from elsewhere or changes rather than makes.
    pub fn takes(&self) -> impl Iterator<Item = &String> {
        self.reads.iter().chain(self.writes.difference(&self.makes))
    }

    /// Something for which it matters which of the two comes first.
    pub fn conflict<'e>(&'e self, other: &'e Self) -> impl Iterator<Item = &'e String> {
        let theirs = other
            .writes
            .iter()
            .filter(|name| self.reads.contains(*name) || self.writes.contains(*name));
        let ours = self
            .writes
            .iter()
            .filter(|name| other.reads.contains(*name));
        theirs.chain(ours)
    }
}

/// One cell, at its place in a link.
struct One<'n> {
    notebook: &'n Notebook,
    link: &'n Link,
    order: &'n [CellIdx],
    position: CellIdx,
}

impl One<'_> {
    fn effects(&self, aliases: &[(String, String)]) -> Effects {
        let facts = self.link.facts(self.position);
        let mut effects = Effects::default();
        self.add_reads(facts, &mut effects);
        for (name, exit) in &facts.exits {
            if self.is_repeated_import(name) {
                continue;
            }
            effects.writes.insert(name.to_string());
            if !matches!(facts.binding(exit).kind, BindingKind::Augmented) {
                effects.makes.insert(name.to_string());
            }
        }
        let changed: BTreeSet<String> = self.changed_in_place(facts);
        for name in &changed {
            let same = aliases.iter().filter_map(|(a, b)| match name {
                name if name == a => Some(b),
                name if name == b => Some(a),
                _ => None,
            });
            effects.writes.extend(same.cloned());
        }
        effects.writes.extend(changed);
        self.add_shared(facts, &mut effects);
        effects
    }

    fn add_reads(&self, facts: &Facts, effects: &mut Effects) {
        let reads = facts
            .uses
            .iter()
            .filter(|read| read.local != State::Sure)
            .map(|read| &read.name);
        let sources = self.link.sources(self.position);
        let needs = self.link.needs(self.position);
        for name in reads
            .chain(sources.iter().map(|source| &source.name))
            .chain(
                needs
                    .iter()
                    .filter(|need| !need.in_body)
                    .map(|need| &need.name),
            )
        {
            if is_history(name) {
                effects.reads.insert(RESULTS.to_owned());
            } else if !self.is_repeated_import(name) {
                effects.reads.insert(name.to_string());
            }
        }
    }

    /// What the cell changes in place, itself or through the functions it calls.
    fn changed_in_place(&self, facts: &Facts) -> BTreeSet<String> {
        let mut changed: BTreeSet<String> = facts
            .mutations
            .iter()
            .map(|mutation| mutation.name.to_string())
            .collect();
        for call in &facts.calls {
            // `model.fit(x)` on a line of its own is there for what it does.
            if let Callee::Attribute(base, _) = &call.callee
                && facts
                    .statements
                    .iter()
                    .any(|stmt| stmt.kind == StatementKind::Expression && stmt.range == call.range)
            {
                changed.insert(base.to_string());
            }
            let mut arguments_change = false;
            for (cell, scope) in self.link.bodies_of(self.position, call) {
                let scope = self.link.facts(cell).scope(scope);
                changed.extend(scope.binds.iter().map(ToString::to_string));
                for name in &scope.mutates {
                    if !scope.parameters.contains(name) {
                        changed.insert(name.to_string());
                    } else if scope.class.is_none() {
                        arguments_change = true;
                    }
                }
            }
            if arguments_change {
                let arguments = facts
                    .uses
                    .iter()
                    .filter(|read| call.range.contains_range(read.range));
                changed.extend(
                    arguments
                        .filter(|read| !self.is_defined_or_given(&read.name))
                        .map(|read| read.name.to_string()),
                );
            }
        }
        changed.retain(|name| !self.is_import(name));
        changed
    }

    fn add_shared(&self, facts: &Facts, effects: &mut Effects) {
        let text = self.text(self.position);
        let at_once = facts
            .statements
            .iter()
            .filter(|stmt| !matches!(stmt.kind, StatementKind::Definition | StatementKind::Import))
            .map(|stmt| &text[stmt.range]);
        let called = facts
            .calls
            .iter()
            .flat_map(|call| self.link.bodies_of(self.position, call))
            .map(|(cell, scope)| &self.text(cell)[self.link.facts(cell).scope(scope).range]);
        let run: BTreeSet<&str> = at_once.chain(called).collect();
        let has = |words: &[&str]| {
            run.iter()
                .any(|code| words.iter().any(|word| has_word(code, word)))
        };
        for shared in SHARED {
            if has(shared.changed_by) {
                effects.writes.insert(shared.thing.to_owned());
            } else if has(shared.read_by) {
                effects.reads.insert(shared.thing.to_owned());
            }
        }
        if facts.trailing.is_some() {
            effects.writes.insert(RESULTS.to_owned());
            effects.reads.insert(SHOWN.to_owned());
        }
    }

    /// The text of the cell at a position of the link.
    fn text(&self, position: CellIdx) -> &str {
        self.order
            .get(position.to_usize())
            .and_then(|&cell| self.notebook.cell(cell))
            .map_or("", |cell| &cell.text)
    }

    fn is_import(&self, name: &str) -> bool {
        self.link.binders(name).all(|cell| {
            let facts = self.link.facts(cell);
            facts
                .exit(name)
                .is_some_and(|exit| facts.binding(exit).kind.is_import())
        })
    }

    /// The same import twice makes no difference: whoever needs it stands below one of them.
    fn is_repeated_import(&self, name: &str) -> bool {
        let mut kinds = self.link.binders(name).filter_map(|cell| {
            let facts = self.link.facts(cell);
            Some(&facts.binding(facts.exit(name)?).kind)
        });
        let Some(first) = kinds.next().filter(|kind| kind.is_import()) else {
            return false;
        };
        let mut others = kinds.peekable();
        others.peek().is_some() && others.all(|kind| kind == first)
    }

    /// Whether it is a function, a class or no name of the notebook: nothing that a call changes.
    fn is_defined_or_given(&self, name: &str) -> bool {
        self.link.binders(name).all(|cell| {
            let facts = self.link.facts(cell);
            facts
                .exit(name)
                .is_some_and(|exit| facts.binding(exit).kind.is_definition())
        })
    }
}

/// Pairs of names that may stand for the same object: `b = a`.
fn aliases(link: &Link, cells: usize) -> Vec<(String, String)> {
    (0..cells)
        .flat_map(|position| &link.facts(CellIdx::new(position)).bindings)
        .filter_map(|binding| match &binding.kind {
            BindingKind::Value(Value::Alias(other)) => {
                Some((binding.name.to_string(), other.to_string()))
            }
            _ => None,
        })
        .collect()
}

/// Whether the code has the word, not as a part of a longer name: `random.seed`, not `random_list`.
fn has_word(code: &str, word: &str) -> bool {
    let is_part = |char: char| char == '_' || char.is_alphanumeric();
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(is_part);
        let after = code[at + word.len()..].chars().next().is_some_and(is_part);
        !(before && word.starts_with(is_part) || after && word.ends_with(is_part))
    })
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn a_word_is_no_part_of_a_name() {
        assert!(has_word("np.random.seed(1)", "random"));
        assert!(has_word("df.sample(3)", ".sample("));
        assert!(!has_word("random_list.index(4)", "random"));
        assert!(!has_word("reopen(path)", "open("));
    }
}
