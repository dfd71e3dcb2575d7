//! Configuration: the same keys in `pyproject.toml` `[tool.cellwise]`, `cellwise.toml` and the client's settings.
//!
//! [`Settings`] are one layer as somebody wrote it; [`Config`] is what holds for one notebook
//! once the layers lie on top of each other. Files are found and read by [`crate::workspace`].

mod read;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use globset::{GlobBuilder, GlobMatcher};
use rustc_hash::FxHashMap;

use crate::rule::{Group, Rule, Severity};
use crate::rules;
use crate::text::LineColumn;

/// Settings for one notebook, resolved: no file needs to be read to answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The rules that run, by name, each with the severity of its findings.
    severities: FxHashMap<&'static str, Severity>,
    /// What `severity.<rule>` says, by rule.
    configured: FxHashMap<&'static str, Severity>,
    /// The rules that a `select` or `extend-select` names itself, not by group or `all`.
    named: Vec<&'static str>,
    /// Names that the notebooks' home injects beyond those that Cellwise knows.
    pub builtins: Vec<String>,
    /// `long-cell.max-lines`: how many lines of code a cell may have.
    pub long_cell_max_lines: u32,
    /// `inlay-hints`: whether an editor shows at each cell what it takes and gives.
    pub inlay_hints: bool,
    /// The folder that functions are moved to, below the folder of the configuration file.
    pub module_root: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self::resolve(&[], None)
    }
}

impl Config {
    /// Lays `layers` on top of each other, the weakest first: the configuration file, then the client
    /// or the command line. `path` is the notebook's, for `per-file-ignores`.
    ///
    /// A layer's `select` replaces what the layers below it chose. Within a layer the more
    /// precise entry wins (a rule before its group, a group before `all`), and of two equally
    /// precise ones `ignore`.
    pub fn resolve(layers: &[&Settings], path: Option<&Path>) -> Self {
        let configured: FxHashMap<&'static str, Severity> = layers
            .iter()
            .flat_map(|layer| layer.severity.iter().map(|(&rule, &level)| (rule, level)))
            .collect();
        let severities = rules::ALL
            .iter()
            .filter(|rule| is_selected(rule, layers) && !is_ignored_in(rule, layers, path))
            .map(|rule| {
                let severity = configured.get(rule.name).copied();
                (rule.name, severity.unwrap_or(rule.severity))
            })
            .collect();
        let named = rules::ALL
            .iter()
            .map(|rule| rule.name)
            .filter(|name| layers.iter().any(|layer| layer.selects_by_name(name)))
            .collect();
        Self {
            severities,
            configured,
            named,
            builtins: layers
                .iter()
                .flat_map(|layer| layer.builtins.iter().cloned())
                .collect(),
            long_cell_max_lines: layers
                .iter()
                .rev()
                .find_map(|layer| layer.long_cell_max_lines)
                .unwrap_or(50),
            inlay_hints: layers
                .iter()
                .rev()
                .find_map(|layer| layer.inlay_hints)
                .unwrap_or(false),
            module_root: layers.iter().rev().find_map(|layer| {
                let folder = layer.module_root.as_ref()?;
                Some(match &layer.root {
                    Some(root) => root.join(folder),
                    None => folder.clone(),
                })
            }),
        }
    }

    /// Reads the settings that a client sends. The keys are those of the configuration files;
    /// a key whose value is `null` counts as not written.
    ///
    /// # Errors
    /// With the key that is unknown or of the wrong kind, and the nearest real one.
    pub fn from_settings(settings: &serde_json::Value) -> Result<Settings, ConfigError> {
        read::from_json(settings)
    }

    /// The severity of the rule's findings, or `None` where it does not run.
    pub fn severity_of(&self, rule: &Rule) -> Option<Severity> {
        self.severities.get(rule.name).copied()
    }

    /// What `severity.<rule>` says, for findings that otherwise choose their own.
    pub fn configured_severity(&self, rule: &Rule) -> Option<Severity> {
        self.configured.get(rule.name).copied()
    }

    /// Whether every rule of the default set runs: then a cell without findings has really been looked at.
    pub fn runs_all_defaults(&self) -> bool {
        rules::ALL
            .iter()
            .filter(|rule| rule.on_by_default)
            .all(|rule| self.severities.contains_key(rule.name))
    }

    /// Whether somebody asked for this rule by its own name: then even its hints are no noise.
    pub fn asks_for(&self, rule: &str) -> bool {
        self.named.contains(&rule)
    }
}

/// One layer of settings, as it was written. What is not written is empty or `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// The folder that patterns and `module-root` start from; `None` where there is no file.
    pub root: Option<PathBuf>,
    /// The rules that run, in place of the default set.
    pub select: Option<Vec<Selector>>,
    /// Rules that run besides.
    pub extend_select: Vec<Selector>,
    pub ignore: Vec<Selector>,
    /// Rules that do not run for the notebooks that a pattern fits.
    pub per_file_ignores: Vec<(Pattern, Vec<Selector>)>,
    /// Files and folders that a walk leaves out.
    pub exclude: Vec<Pattern>,
    pub severity: BTreeMap<&'static str, Severity>,
    pub builtins: Vec<String>,
    pub module_root: Option<PathBuf>,
    pub long_cell_max_lines: Option<u32>,
    pub inlay_hints: Option<bool>,
}

impl Settings {
    /// Reads a `cellwise.toml`.
    ///
    /// # Errors
    /// With the place of what is no TOML, no key or of the wrong kind.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        read::from_toml(text, &[]).map(Option::unwrap_or_default)
    }

    /// Reads the table `[tool.cellwise]` of a `pyproject.toml`, if it has one.
    ///
    /// # Errors
    /// As [`Self::from_toml`].
    pub fn from_pyproject(text: &str) -> Result<Option<Self>, ConfigError> {
        read::from_toml(text, &["tool", "cellwise"])
    }

    /// Whether a walk leaves out the file or folder at `path`.
    pub fn excludes(&self, path: &Path) -> bool {
        self.exclude
            .iter()
            .any(|pattern| pattern.fits(path, self.root.as_deref()))
    }

    fn selects_by_name(&self, rule: &str) -> bool {
        self.select
            .iter()
            .flatten()
            .chain(&self.extend_select)
            .any(|selector| matches!(selector, Selector::Rule(name) if *name == rule))
    }
}

/// What an entry of `select`, `ignore` or `extend-select` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector {
    All,
    Group(Group),
    Rule(&'static str),
}

impl Selector {
    /// How precisely the entry means this rule, or `None` where it does not.
    fn precision(self, rule: &Rule) -> Option<u8> {
        match self {
            Self::All => Some(1),
            Self::Group(group) => (group == rule.group).then_some(2),
            Self::Rule(name) => (name == rule.name).then_some(3),
        }
    }
}

impl FromStr for Selector {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let text = text.trim();
        if text == "all" {
            return Ok(Self::All);
        }
        if let Some(group) = Group::ALL.into_iter().find(|group| group.name() == text) {
            return Ok(Self::Group(group));
        }
        if let Some(rule) = rules::find(text) {
            return Ok(Self::Rule(rule.name));
        }
        let names = rules::ALL.iter().map(|rule| rule.name);
        let groups = Group::ALL.into_iter().map(Group::name);
        Err(UnknownName::new("rule or group", text, names.chain(groups)))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Group(group) => group.name(),
            Self::Rule(name) => name,
        })
    }
}

/// A glob. Without a slash it fits a name at any depth, with one a path below [`Settings::root`].
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    /// Whether it fits `path`, which lies below `root` or else is taken as it is.
    pub fn fits(&self, path: &Path, root: Option<&Path>) -> bool {
        let below = root.and_then(|root| path.strip_prefix(root).ok());
        self.matcher.is_match(below.unwrap_or(path))
    }
}

impl FromStr for Pattern {
    type Err = globset::Error;

    fn from_str(text: &str) -> Result<Self, globset::Error> {
        let trimmed = text.trim_end_matches('/');
        let anchored = match trimmed.strip_prefix('/').or(trimmed.strip_prefix("./")) {
            Some(below) => below.to_owned(),
            None if trimmed.contains('/') => trimmed.to_owned(),
            None => format!("**/{trimmed}"),
        };
        let matcher = GlobBuilder::new(&anchored)
            .literal_separator(true)
            .build()?
            .compile_matcher();
        Ok(Self {
            text: text.to_owned(),
            matcher,
        })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// What is wrong with somebody's configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// `None` for settings that a client sent.
    pub file: Option<PathBuf>,
    pub place: Option<LineColumn>,
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}", file.display())?;
            if let Some(LineColumn { line, column }) = self.place {
                write!(f, ":{line}:{column}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

/// In characters. No real name is longer: what is longer is a slip of none, and is not quoted whole.
const LONGEST_NAME: usize = 60;

/// A name that means nothing, and the real one that was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// What it should have named: "rule or group".
    kind: &'static str,
    name: String,
    nearest: Option<&'static str>,
}

impl UnknownName {
    pub fn new(
        kind: &'static str,
        name: &str,
        real: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let mut quoted: String = name.chars().take(LONGEST_NAME).collect();
        if quoted.len() < name.len() {
            quoted.push('…');
        }
        Self {
            kind,
            name: quoted,
            nearest: nearest(name, real),
        }
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no {} named `{}`", self.kind, self.name)?;
        match self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownName {}

/// The name of `real` that `name` is most likely a slip of, if any is near enough to say so.
pub fn nearest(name: &str, real: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    if name.chars().nth(LONGEST_NAME).is_some() {
        return None;
    }
    let name = name.to_lowercase().replace('_', "-");
    real.into_iter()
        .map(|candidate| (strsim::jaro_winkler(&name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

fn is_selected(rule: &Rule, layers: &[&Settings]) -> bool {
    let mut selected = rule.on_by_default;
    for layer in layers {
        let precision = |list: &[Selector]| {
            list.iter()
                .filter_map(|entry| entry.precision(rule))
                .max()
                .unwrap_or(0)
        };
        let select = layer.select.as_deref().map_or(0, precision);
        if layer.select.is_some() {
            selected = select > 0;
        }
        let wanted = select.max(precision(&layer.extend_select));
        let unwanted = precision(&layer.ignore);
        if wanted.max(unwanted) > 0 {
            selected = wanted > unwanted;
        }
    }
    selected
}

fn is_ignored_in(rule: &Rule, layers: &[&Settings], path: Option<&Path>) -> bool {
    let Some(path) = path else { return false };
    layers.iter().any(|layer| {
        layer.per_file_ignores.iter().any(|(pattern, ignored)| {
            ignored.iter().any(|entry| entry.precision(rule).is_some())
                && pattern.fits(path, layer.root.as_deref())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Settings {
        Settings::from_toml(text).unwrap()
    }

    fn runs(layers: &[&Settings], path: &str) -> bool {
        Config::resolve(layers, Some(Path::new(path)))
            .severity_of(rules::find("empty-cell").unwrap())
            .is_some()
    }

    #[test]
    fn the_more_precise_entry_wins_within_a_layer() {
        assert!(runs(&[], "a.ipynb"));
        for (text, expected) in [
            ("select = ['structure']", true),
            ("select = ['state']", false),
            ("select = []", false),
            ("select = ['all']\nignore = ['structure']", false),
            ("select = ['empty-cell']\nignore = ['structure']", true),
            ("select = ['structure']\nignore = ['empty-cell']", false),
            ("select = ['empty-cell']\nignore = ['empty-cell']", false),
            ("select = ['state']\nextend-select = ['empty-cell']", true),
        ] {
            assert_eq!(runs(&[&settings(text)], "a.ipynb"), expected, "{text}");
        }
    }

    #[test]
    fn the_upper_layer_has_the_last_word() {
        let file = settings("ignore = ['empty-cell']");
        assert!(!runs(&[&file], "a.ipynb"));
        assert!(runs(
            &[&file, &settings("extend-select = ['structure']")],
            "a.ipynb"
        ));
        assert!(runs(&[&file, &settings("select = ['all']")], "a.ipynb"));
        assert!(!runs(&[&file, &settings("builtins = ['x']")], "a.ipynb"));
    }

    #[test]
    fn patterns_without_a_slash_fit_at_any_depth() {
        let mut file = settings("[per-file-ignores]\n'draft*' = ['all']\n'old/*.ipynb' = ['all']");
        file.root = Some("/project".into());
        for (path, expected) in [
            ("/project/a.ipynb", true),
            ("/project/x/draft1.ipynb", false),
            ("/project/old/a.ipynb", false),
            ("/project/new/old/a.ipynb", true),
            ("/project/old/deep/a.ipynb", true),
        ] {
            assert_eq!(runs(&[&file], path), expected, "{path}");
        }
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        let message = |text: &str| text.parse::<Selector>().unwrap_err().to_string();
        assert_eq!(
            message("empty_cel"),
            "there is no rule or group named `empty_cel`; did you mean `empty-cell`?"
        );
        assert_eq!(message("qqq"), "there is no rule or group named `qqq`");
    }

    #[test]
    fn a_name_without_end_is_quoted_in_part() {
        let message = "é".repeat(1_000_000).parse::<Selector>().unwrap_err();
        let quoted = "é".repeat(LONGEST_NAME);
        assert_eq!(
            message.to_string(),
            format!("there is no rule or group named `{quoted}…`")
        );
    }
}
