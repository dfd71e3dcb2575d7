//! Names a function as a colleague would: after the heading above, the comment at its top, or what it does.

mod vocabulary;

use ruff_python_ast::name::Name;

use super::interface::Interface;
use super::shape::Shape;
use super::unread;
use crate::analysis::Facts;
use crate::notebook::{CellIdx, CellKind, Notebook};
use crate::refactor::words::words;
pub use vocabulary::KEYWORDS;
use vocabulary::{DRAWING, EMPTY, LINKS, PLOTS, VERBS};

/// What a name may be taken from.
#[derive(Debug)]
pub struct Subject<'a> {
    pub notebook: &'a Notebook,
    pub cell: CellIdx,
    pub body: &'a str,
    pub inside: &'a Facts,
    pub shape: &'a Shape,
    pub interface: &'a Interface,
    /// Whether `show` shows any value, and `plt.show()` may stand where nothing is drawn: so it is in promoted code.
    pub shows_values: bool,
}

impl Subject<'_> {
    /// What the code gives back. What nobody reads is what it is about only if it does nothing else.
    fn given(&self) -> Vec<&Name> {
        let Interface {
            returns, unread, ..
        } = self.interface;
        let is_all = self.shape.calls.is_empty() && unread.len() == returns.len();
        let given = returns.iter();
        given
            .filter(|name| is_all || !unread.contains(name))
            .collect()
    }
}

/// Longer names are not read.
const MOST_WORDS: usize = 5;
const MOST_CHARACTERS: usize = 40;

/// A name for the function that `is_taken` says nobody has.
pub fn function_name(subject: &Subject<'_>, is_taken: impl Fn(&str) -> bool) -> String {
    let verb = verb(subject);
    let phrases = [
        heading_above(subject.notebook, subject.cell),
        first_comment(subject.body),
    ];
    let [heading, comment] = &phrases;
    let of_heading = heading
        .iter()
        .filter_map(|phrase| from_phrase(phrase, Some(verb)));
    // A comment without a verb most often names one line of the code, not all of it.
    let of_comment = comment
        .iter()
        .filter_map(|phrase| from_phrase(phrase, None));
    let what = what(subject, verb);
    // "Count" is to count what the code is about.
    let of_verbs = phrases
        .iter()
        .flatten()
        .filter_map(|phrase| lone_verb(phrase))
        .filter(|verb| !what.starts_with(verb.as_str()))
        .map(|verb| format!("{verb}_{what}"));
    let of_phrases = of_heading.chain(of_comment).chain(of_verbs);
    // `set_theme()` alone is told by its own name.
    let plain = match what.split_once('_') {
        Some((first, _)) if first == verb => what.clone(),
        Some((first, _)) if verb == "run" && first != "test" && VERBS.contains(&first) => {
            what.clone()
        }
        _ => format!("{verb}_{what}"),
    };
    let of_parameters = subject
        .interface
        .parameters
        .iter()
        .map(|parameter| snake(parameter))
        .filter(|parameter| !what.split('_').any(|word| word == parameter))
        .map(|parameter| format!("{plain}_from_{parameter}"));
    let candidates: Vec<String> = of_phrases
        .chain([plain.clone()])
        .chain(of_parameters)
        // It would be taken for a test.
        .filter(|name| !name.starts_with("test_"))
        .collect();
    let is_free = |name: &String| !is_taken(name) && !is_keyword(name);
    if let Some(name) = candidates.iter().find(|name| is_free(name)) {
        return name.clone();
    }
    let base = candidates.first().unwrap_or(&plain);
    (2_u32..)
        .map(|number| format!("{base}_{number}"))
        .find(is_free)
        .unwrap_or(plain)
}

/// Whether Python reads the word as a part of its grammar.
pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// The text of the last heading in the Markdown that stands directly above the cell.
fn heading_above(notebook: &Notebook, cell: CellIdx) -> Option<String> {
    for index in (0..cell.0).rev().map(CellIdx) {
        let above = notebook.cell(index)?;
        if above.kind != CellKind::Markdown {
            return None;
        }
        let heading = above.text.lines().rev().find_map(|line| {
            let line = line.trim();
            let text = line.trim_start_matches('#');
            let level = line.len() - text.len();
            // The title of the notebook says nothing of its first cell.
            let is_title = level == 1 && index == CellIdx(0);
            ((1..=6).contains(&level) && !is_title && text.starts_with([' ', '\t']))
                .then(|| text.trim().trim_end_matches('#').to_owned())
        });
        if heading.is_some() {
            return heading;
        }
    }
    None
}

/// The comment at the top of the code.
fn first_comment(body: &str) -> Option<String> {
    let line = body.lines().map(str::trim).find(|line| !line.is_empty())?;
    let comment = line
        .strip_prefix('#')?
        .trim_matches(['#', '-', '=', '*', ' ', '\t']);
    Some(comment.to_owned())
}

/// `load_prices` of "1.2 Loading the prices"; `None` where the phrase says nothing that makes a name.
fn from_phrase(phrase: &str, verb: Option<&str>) -> Option<String> {
    let lowered = phrase.to_lowercase();
    if lowered.contains('?')
        || ["why", "what", "who", "where", "does", "do", "did"]
            .iter()
            .any(|start| lowered.split(' ').next() == Some(start))
        || lowered.contains("todo")
        || lowered.contains("fixme")
        || lowered.contains("http")
        || lowered.contains(['=', '[', ']', '{', '}', '\\', '$', '%', '<', '>', '@'])
        || lowered.contains("()")
        // What is not done names nothing.
        || format!(" {lowered}").contains(" not ")
        || lowered.contains("n't ")
        || lowered.starts_with("your turn")
        || !lowered.is_ascii()
    {
        return None;
    }
    // A clause is enough.
    let clause = lowered
        .trim_start_matches(|c: char| c.is_ascii_digit() || ".):-# ".contains(c))
        .split(['.', ',', ';', ':', '(', '!', '|'])
        .find(|clause| clause_words(clause).next().is_some())?
        .replace(" - ", " ")
        .replace(['\'', '`', '*'], "");
    let mut parts: Vec<String> = clause_words(&clause).map(str::to_owned).collect();
    parts.dedup();
    if parts.len() > 8 {
        return None;
    }
    parts.truncate(MOST_WORDS);
    drop_links(&mut parts);
    while parts.first().is_some_and(|word| {
        LINKS.contains(&word.as_str()) || word.starts_with(|c: char| c.is_ascii_digit())
    }) {
        parts.remove(0);
    }
    let first = parts.first()?.clone();
    // "List of values" is no listing; "plot of values" is a plot.
    let begins = |words: &str| clause.trim_start().starts_with(words);
    let is_noun = (first != "plot" && clause.contains(&format!("{first} of ")))
        || (first == "list" && !begins("list all") && !begins("list the"))
        || (first == "model" && !begins("model the") && !begins("model a"))
        || begins("train test")
        || begins("train/test");
    let gerund = parts.last().filter(|_| !first.ends_with("ing"));
    if let Some(base) = verb_of(&first).filter(|_| !is_noun) {
        parts[0] = base;
    } else if let Some(base) = gerund.and_then(|last| verb_of_gerund(last)) {
        // "Data cleaning" is to clean data.
        parts.pop();
        parts.insert(0, base);
    } else {
        if first.ends_with("ing") {
            return None;
        }
        parts.insert(0, verb?.to_owned());
    }
    if parts.len() < 2 {
        return None;
    }
    let mut name = parts.join("_");
    while name.len() > MOST_CHARACTERS && parts.len() > 2 {
        parts.pop();
        drop_links(&mut parts);
        name = parts.join("_");
    }
    (name.len() <= MOST_CHARACTERS && parts.len() > 1).then_some(name)
}

/// The verb that is all the phrase says: "Count", "3. Cleaning".
fn lone_verb(phrase: &str) -> Option<String> {
    let lowered = phrase.to_lowercase();
    let mut words = clause_words(&lowered);
    let verb = verb_of(words.next()?)?;
    (words.next().is_none() && !lowered.contains('?')).then_some(verb)
}

fn drop_links(parts: &mut Vec<String>) {
    while parts
        .last()
        .is_some_and(|word| LINKS.contains(&word.as_str()))
    {
        parts.pop();
    }
}

fn clause_words(clause: &str) -> impl Iterator<Item = &str> {
    clause
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty() && !EMPTY.contains(word))
        .skip_while(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The verb that a word is, in its base form: "plot", "plotting", "plots".
fn verb_of(word: &str) -> Option<String> {
    if VERBS.contains(&word) {
        return Some(word.to_owned());
    }
    verb_of_gerund(word)
}

fn verb_of_gerund(word: &str) -> Option<String> {
    let stem = word.strip_suffix("ing")?;
    let undoubled = || {
        let mut chars = stem.chars().rev();
        let (last, before) = (chars.next()?, chars.next()?);
        (last == before).then(|| stem[..stem.len() - last.len_utf8()].to_owned())
    };
    [Some(stem.to_owned()), Some(format!("{stem}e")), undoubled()]
        .into_iter()
        .flatten()
        .find(|base| VERBS.contains(&base.as_str()))
}

/// What the code does, in one word.
fn verb(subject: &Subject<'_>) -> &'static str {
    let calls = || {
        subject
            .shape
            .calls
            .iter()
            .map(|call| (call.as_str(), call.rsplit('.').next().unwrap_or_default()))
    };
    let any = |lasts: &[&str]| calls().any(|(_, last)| lasts.contains(&last));
    let loads = calls().any(|(call, last)| {
        [
            "read_",
            "load",
            "fetch_",
            "imread",
            "genfromtxt",
            "urlopen",
            "urlretrieve",
        ]
        .iter()
        .any(|start| last.starts_with(start))
            || call == "requests.get"
    });
    let given = subject.given();
    let gives = !given.is_empty();
    let plots = draws(subject);
    if gives && !(given.iter().all(|name| is_figure(name)) && plots) {
        return match () {
            () if loads => "load",
            () if any(&["train_test_split"]) => "split",
            () if any(&["fit", "fit_transform", "fit_generator", "train"]) => "fit",
            () if any(&["predict", "predict_proba"]) => "predict",
            () if any(&["merge", "concat"]) => "merge",
            () if any(&["dropna", "fillna", "drop_duplicates", "astype"]) => "clean",
            () if calls().any(|(call, _)| call.contains("random.")) => "generate",
            () if is_literal_only(subject) => "make",
            () if calls().any(|(_, last)| {
                last.starts_with(char::is_uppercase)
                    && !last.ends_with("Error")
                    && last != "Exception"
            }) =>
            {
                "build"
            }
            () => "compute",
        };
    }
    match () {
        () if plots => "plot",
        () if any(&[
            "to_csv",
            "to_excel",
            "to_parquet",
            "to_pickle",
            "savefig",
            "dump",
            "save",
        ]) =>
        {
            "save"
        }
        () if any(&["fit", "train"]) => "fit",
        () if any(&["print", "display", "pprint"]) => "print",
        () if subject.shows_values && calls().any(|(call, _)| call == "show") => "show",
        () if subject.shape.asserts || calls().any(|(_, last)| last.starts_with("assert")) => {
            "check"
        }
        () if !subject.inside.mutations.is_empty() => "update",
        () if subject.shape.calls.is_empty() => "compute",
        () => "run",
    }
}

/// Whether a call tells that something is drawn.
fn draws(subject: &Subject<'_>) -> bool {
    subject.shape.calls.iter().any(|call| {
        let last = call.rsplit('.').next().unwrap_or_default();
        if last == "show" {
            return !subject.shows_values;
        }
        PLOTS.contains(&last)
            || snake(last).split('_').any(tells_drawing)
            || (call.contains('.') && call.split('.').any(|part| part == "plot"))
    })
}

/// `draw`, `drawing`, `lineplot`, `subplots`, but neither `configure` nor `withdraw`.
fn tells_drawing(part: &str) -> bool {
    let ends = ["plot", "plots", "heatmap", "chart", "charts"];
    DRAWING.iter().any(|word| part.starts_with(word)) || ends.iter().any(|end| part.ends_with(end))
}

/// Whether a variable of this name most often is a figure or a part of one.
fn is_figure(name: &Name) -> bool {
    [
        "fig", "ax", "axs", "axes", "plot", "chart", "grid", "g", "p",
    ]
    .contains(&name.as_str())
}

fn is_literal_only(subject: &Subject<'_>) -> bool {
    subject.shape.calls.is_empty()
        && subject
            .inside
            .uses
            .iter()
            .all(|read| read.local.may_be_bound())
}

/// What the code is about: what it returns, changes, shows or takes.
fn what(subject: &Subject<'_>, verb: &str) -> String {
    let interface = subject.interface;
    let shows = verb == "plot";
    // A figure is what it is drawn on, and seldom what it is about.
    let mut returns = subject.given();
    if returns.iter().any(|name| !is_figure(name)) {
        returns.retain(|name| !is_figure(name));
    }
    match &returns[..] {
        [] => {}
        names if shows && names.iter().all(|name| is_figure(name)) => {}
        [one] => return snake(one),
        [one, two] => return format!("{}_and_{}", snake(one), snake(two)),
        [.., last] => return snake(last),
    }
    if let Some(title) = &subject.shape.title {
        let mut parts: Vec<String> = words(title)
            .map(str::to_lowercase)
            .filter(|word| word.is_ascii() && !EMPTY.contains(&word.as_str()))
            .take(4)
            .collect();
        drop_links(&mut parts);
        let name = parts.join("_");
        if !name.is_empty() && name.len() <= 30 {
            return name;
        }
    }
    let changed = subject
        .inside
        .mutations
        .iter()
        .map(|mutation| &mutation.name)
        .find(|name| interface.parameters.contains(name));
    let own = || {
        let names = || {
            subject
                .inside
                .bindings
                .iter()
                .filter(|binding| binding.kind.is_written())
                .map(|binding| &binding.name)
        };
        let is_read = |name: &&Name| !unread::is_unread(subject.inside, name);
        let long = || names().filter(|name| name.len() > 2 && !is_figure(name));
        let read = long().find(is_read).or_else(|| long().next());
        read.or_else(|| names().find(|name| *name != "_"))
    };
    let parameter = interface.parameters.iter().find(|name| !is_figure(name));
    if let Some(name) = changed.or(parameter) {
        return snake(name);
    }
    let calls = || {
        subject
            .shape
            .calls
            .iter()
            .filter_map(|call| call.rsplit('.').next())
            .filter(|name| name.len() > 2)
    };
    if shows {
        const FRAMES: &[&str] = &["figure", "plot", "show", "subplot", "subplots"];
        return calls()
            .find(|name| PLOTS.contains(name) && !FRAMES.contains(name))
            .map_or_else(|| "figure".to_owned(), snake);
    }
    match own() {
        Some(name) => snake(name),
        None => calls()
            .find(|name| !PLOTS.contains(name) && *name != "print")
            .map_or_else(|| "results".to_owned(), snake),
    }
}

/// `meanPrice` → `mean_price`, `_X` → `x`.
fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for c in name.chars() {
        if c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
        before = c;
    }
    let trimmed = snake.trim_matches('_');
    if trimmed.is_empty() {
        "value".to_owned()
    } else {
        trimmed.to_owned()
    }
}
