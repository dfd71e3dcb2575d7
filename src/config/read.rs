//! Reading settings: one reader for TOML and JSON, which says of each mistake what, where, and what was meant.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{ConfigError, Pattern, Selector, Settings, UnknownName};
use crate::rule::Severity;
use crate::rules;
use crate::text::{LineIndex, TextSize};

/// The keys at the top. The names of rules are keys, too, for their thresholds.
const KEYS: [&str; 9] = [
    "builtins",
    "exclude",
    "extend-select",
    "ignore",
    "inlay-hints",
    "module-root",
    "per-file-ignores",
    "select",
    "severity",
];

/// The thresholds: a rule, and what can be set for it.
const THRESHOLDS: [(&str, &str); 1] = [("long-cell", "max-lines")];

pub(super) fn from_json(value: &serde_json::Value) -> Result<Settings, ConfigError> {
    settings(&Node::from_json(value)).map_err(|mistake| ConfigError {
        file: None,
        place: None,
        message: mistake.message,
    })
}

/// Reads the table at `path` of a TOML file; `None` where the file has no such table.
pub(super) fn from_toml(text: &str, path: &[&str]) -> Result<Option<Settings>, ConfigError> {
    let error = |message: String, span: Option<Range<usize>>| ConfigError {
        file: None,
        place: span.map(|span| {
            let at = u32::try_from(span.start.min(text.len())).unwrap_or(u32::MAX);
            LineIndex::new(text).line_column(text, TextSize::new(at))
        }),
        message,
    };
    let document = DeTable::parse(text)
        .map_err(|mistake| error(mistake.message().to_owned(), mistake.span()))?;
    let mut table = document.get_ref();
    let mut span = document.span();
    for step in path {
        match table.get(*step) {
            None => return Ok(None),
            Some(inner) => match inner.get_ref() {
                DeValue::Table(inner_table) => {
                    span = inner.span();
                    table = inner_table;
                }
                _ => {
                    let message = format!("`{step}` must be a table");
                    return Err(error(message, Some(inner.span())));
                }
            },
        }
    }
    let node = Node {
        span: Some(span),
        value: Value::from_table(table),
    };
    settings(&node)
        .map(Some)
        .map_err(|mistake| error(mistake.message, mistake.span))
}

/// A value of either language, with its place where the language tells it.
struct Node<'a> {
    span: Option<Range<usize>>,
    value: Value<'a>,
}

enum Value<'a> {
    Table(Vec<(Key<'a>, Node<'a>)>),
    List(Vec<Node<'a>>),
    Text(Cow<'a, str>),
    Integer(i64),
    Bool(bool),
    /// JSON's `null`: not written.
    Nothing,
    /// A kind of value that no key takes, by its name.
    Other(&'static str),
}

struct Key<'a> {
    span: Option<Range<usize>>,
    text: Cow<'a, str>,
}

struct Mistake {
    span: Option<Range<usize>>,
    message: String,
}

impl<'a> Node<'a> {
    fn from_json(value: &'a serde_json::Value) -> Self {
        let value = match value {
            serde_json::Value::Null => Value::Nothing,
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(number) => Value::Integer(number),
                None => Value::Other("a number with a fraction"),
            },
            serde_json::Value::String(text) => Value::Text(text.into()),
            serde_json::Value::Array(list) => {
                Value::List(list.iter().map(Node::from_json).collect())
            }
            serde_json::Value::Object(object) => Value::Table(
                object
                    .iter()
                    .map(|(key, value)| {
                        let key = Key {
                            span: None,
                            text: key.into(),
                        };
                        (key, Node::from_json(value))
                    })
                    .collect(),
            ),
        };
        Self { span: None, value }
    }

    fn mistake(&self, message: impl Into<String>) -> Mistake {
        Mistake {
            span: self.span.clone(),
            message: message.into(),
        }
    }

    fn must_be(&self, key: &str, wanted: &str) -> Mistake {
        self.mistake(format!(
            "`{key}` must be {wanted}, and is {}",
            self.value.kind()
        ))
    }

    fn table(&self, key: &str) -> Result<&[(Key<'a>, Node<'a>)], Mistake> {
        match &self.value {
            Value::Table(entries) => Ok(entries),
            Value::Nothing => Ok(&[]),
            _ => Err(self.must_be(key, "a table")),
        }
    }

    fn text(&self, key: &str, wanted: &str) -> Result<&str, Mistake> {
        match &self.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.must_be(key, wanted)),
        }
    }

    /// A list of strings, each read by `read`.
    fn list<T, E: std::fmt::Display>(
        &self,
        key: &str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>, Mistake> {
        let Value::List(entries) = &self.value else {
            return Err(self.must_be(key, "a list of strings"));
        };
        entries
            .iter()
            .map(|entry| {
                let text = entry.text(key, "a list of strings")?;
                read(text).map_err(|error| entry.mistake(format!("`{key}`: {error}")))
            })
            .collect()
    }

    fn selectors(&self, key: &str) -> Result<Vec<Selector>, Mistake> {
        self.list(key, str::parse)
    }
}

impl<'a> Value<'a> {
    fn from_table(table: &'a DeTable<'a>) -> Self {
        Self::Table(
            table
                .iter()
                .map(|(key, value)| {
                    let node = Node {
                        span: Some(value.span()),
                        value: Value::from_toml(value.get_ref()),
                    };
                    let key = Key {
                        span: Some(key.span()),
                        text: Cow::Borrowed(key.get_ref()),
                    };
                    (key, node)
                })
                .collect(),
        )
    }

    fn from_toml(value: &'a DeValue<'a>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(Cow::Borrowed(text)),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Self::Other("a number out of range"), Self::Integer),
            DeValue::Float(_) => Self::Other("a number with a fraction"),
            DeValue::Boolean(value) => Self::Bool(*value),
            DeValue::Datetime(_) => Self::Other("a date"),
            DeValue::Array(list) => Self::List(
                list.iter()
                    .map(|entry| Node {
                        span: Some(entry.span()),
                        value: Self::from_toml(entry.get_ref()),
                    })
                    .collect(),
            ),
            DeValue::Table(table) => Self::from_table(table),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Table(_) => "a table",
            Self::List(_) => "a list",
            Self::Text(_) => "a string",
            Self::Integer(_) => "a number",
            Self::Bool(_) => "a boolean",
            Self::Nothing => "null",
            Self::Other(kind) => kind,
        }
    }
}

fn settings(node: &Node<'_>) -> Result<Settings, Mistake> {
    let mut settings = Settings::default();
    for (key, value) in node.table("cellwise")? {
        if matches!(value.value, Value::Nothing) {
            continue;
        }
        match &*key.text {
            "select" => settings.select = Some(value.selectors("select")?),
            "extend-select" => settings.extend_select = value.selectors("extend-select")?,
            "ignore" => settings.ignore = value.selectors("ignore")?,
            "exclude" => settings.exclude = value.list("exclude", str::parse)?,
            "builtins" => {
                settings.builtins = value.list("builtins", |name| {
                    Ok::<_, std::convert::Infallible>(name.to_owned())
                })?;
            }
            "module-root" => {
                settings.module_root = Some(value.text("module-root", "a folder's name")?.into());
            }
            "per-file-ignores" => {
                for (pattern, ignored) in value.table("per-file-ignores")? {
                    settings.per_file_ignores.push((
                        pattern.text.parse::<Pattern>().map_err(|error| Mistake {
                            span: pattern.span.clone(),
                            message: format!("`per-file-ignores`: {error}"),
                        })?,
                        ignored.selectors("per-file-ignores")?,
                    ));
                }
            }
            "inlay-hints" => match value.value {
                Value::Bool(shown) => settings.inlay_hints = Some(shown),
                _ => return Err(value.mistake("`inlay-hints` must be true or false")),
            },
            "severity" => {
                for (rule, level) in value.table("severity")? {
                    severity(rule, level, &mut settings.severity)?;
                }
            }
            // Flat settings, as some clients send them: `"long-cell.max-lines": 40`.
            dotted if dotted.contains('.') => {
                let (table, inner) = dotted.split_once('.').unwrap_or((dotted, ""));
                let inner = Key {
                    span: key.span.clone(),
                    text: inner.into(),
                };
                match table {
                    "severity" => severity(&inner, value, &mut settings.severity)?,
                    _ if is_rule(table) => threshold(table, &inner, value, &mut settings)?,
                    _ => return Err(unknown_key(key)),
                }
            }
            rule if is_rule(rule) => {
                for (inner, value) in value.table(rule)? {
                    threshold(rule, inner, value, &mut settings)?;
                }
            }
            _ => return Err(unknown_key(key)),
        }
    }
    Ok(settings)
}

fn is_rule(name: &str) -> bool {
    rules::find(name).is_some() || THRESHOLDS.iter().any(|(rule, _)| *rule == name)
}

fn threshold(
    rule: &str,
    key: &Key<'_>,
    value: &Node<'_>,
    settings: &mut Settings,
) -> Result<(), Mistake> {
    let full = format!("{rule}.{}", key.text);
    let count = || match value.value {
        Value::Integer(number) => u32::try_from(number).ok(),
        _ => None,
    };
    match full.as_str() {
        "long-cell.max-lines" => {
            let lines = count().filter(|&lines| lines > 0);
            let lines = lines
                .ok_or_else(|| value.mistake(format!("`{full}` must be a number, 1 or more")))?;
            settings.long_cell_max_lines = Some(lines);
            Ok(())
        }
        _ => {
            let own = THRESHOLDS
                .iter()
                .filter(|(of, _)| *of == rule)
                .map(|(_, key)| *key);
            Err(Mistake {
                span: key.span.clone(),
                message: format!("`{rule}`: {}", UnknownName::new("setting", &key.text, own)),
            })
        }
    }
}

fn severity(
    rule: &Key<'_>,
    level: &Node<'_>,
    severities: &mut BTreeMap<&'static str, Severity>,
) -> Result<(), Mistake> {
    let Some(known) = rules::find(&rule.text) else {
        let unknown = UnknownName::new("rule", &rule.text, rules::ALL.iter().map(|rule| rule.name));
        return Err(Mistake {
            span: rule.span.clone(),
            message: format!("`severity`: {unknown}"),
        });
    };
    let full = format!("severity.{}", known.name);
    let name = level.text(&full, "one of `error`, `warning`, `info`, `hint`")?;
    let found = Severity::ALL
        .into_iter()
        .find(|severity| severity.name() == name);
    match found {
        Some(found) => {
            severities.insert(known.name, found);
            Ok(())
        }
        None => {
            let unknown = UnknownName::new(
                "severity",
                name,
                Severity::ALL.into_iter().map(Severity::name),
            );
            Err(level.mistake(format!(
                "`{full}` must be one of `error`, `warning`, `info`, `hint`: {unknown}"
            )))
        }
    }
}

fn unknown_key(key: &Key<'_>) -> Mistake {
    let real = KEYS
        .into_iter()
        .chain(THRESHOLDS.into_iter().map(|(rule, _)| rule));
    Mistake {
        span: key.span.clone(),
        message: UnknownName::new("setting", &key.text, real).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Config;
    use crate::text::LineColumn;

    #[test]
    fn files_and_clients_write_the_same_keys() {
        let toml = from_toml(
            r#"
            select = ["state", "empty-cell"]
            extend-select = ["version"]
            ignore = ["all"]
            exclude = ["archive"]
            builtins = ["spark"]
            module-root = "lib"
            long-cell.max-lines = 0x20
            severity.empty-cell = "error"
            [per-file-ignores]
            "draft*.ipynb" = ["test"]
            "#,
            &[],
        );
        let json = Config::from_settings(&json!({
            "select": ["state", "empty-cell"],
            "extend-select": ["version"],
            "ignore": ["all"],
            "exclude": ["archive"],
            "builtins": ["spark"],
            "module-root": "lib",
            "long-cell": {"max-lines": 32},
            "severity": {"empty-cell": "error"},
            "per-file-ignores": {"draft*.ipynb": ["test"]},
        }));
        assert_eq!(toml.unwrap().unwrap(), json.unwrap());
    }

    #[test]
    fn clients_may_write_flat_keys_and_null() {
        let settings = Config::from_settings(&json!({
            "long-cell.max-lines": 7,
            "severity.empty-cell": "info",
            "select": null,
        }))
        .unwrap();
        assert_eq!(settings.long_cell_max_lines, Some(7));
        assert_eq!(settings.severity["empty-cell"], Severity::Info);
        assert_eq!(settings.select, None);
        assert_eq!(
            Config::from_settings(&json!(null)).unwrap(),
            Settings::default()
        );
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_what_was_meant() {
        for (text, line, column, message) in [
            (
                "\nselct = []",
                2,
                1,
                "there is no setting named `selct`; did you mean `select`?",
            ),
            (
                "select = ['all', 'emty-cell']",
                1,
                18,
                "`select`: there is no rule or group named `emty-cell`; did you mean `empty-cell`?",
            ),
            (
                "[severity]\nempty-cells = 'error'",
                2,
                1,
                "`severity`: there is no rule named `empty-cells`; did you mean `empty-cell`?",
            ),
            (
                "severity.empty-cell = 'eror'",
                1,
                23,
                "`severity.empty-cell` must be one of `error`, `warning`, `info`, `hint`: \
                 there is no severity named `eror`; did you mean `error`?",
            ),
            (
                "long-cell.maxlines = 3",
                1,
                11,
                "`long-cell`: there is no setting named `maxlines`; did you mean `max-lines`?",
            ),
            (
                "long-cell.max-lines = 0",
                1,
                23,
                "`long-cell.max-lines` must be a number, 1 or more",
            ),
            (
                "ignore = 'all'",
                1,
                10,
                "`ignore` must be a list of strings, and is a string",
            ),
        ] {
            let error = from_toml(text, &[]).unwrap_err();
            assert_eq!(error.message, message);
            assert_eq!(error.place, Some(LineColumn { line, column }), "{text}");
        }
    }

    #[test]
    fn only_the_own_table_of_a_pyproject_is_read() {
        let path = ["tool", "cellwise"];
        assert_eq!(from_toml("[project]\nname = 'x'", &path), Ok(None));
        let error = from_toml("[tool.ruff]\nx = 1\n[tool.cellwise]\nx = 1", &path).unwrap_err();
        assert_eq!(error.place, Some(LineColumn { line: 4, column: 1 }));
    }
}
