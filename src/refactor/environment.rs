//! A secret in a string becomes a look into the environment.

pub mod variables;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Pattern, Stmt};

use crate::analysis::source::{self, Source, size};
use crate::analysis::{depth, python, secrets};
use crate::text::{Ranged, TextRange, with_replacements};

/// What takes the place of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The string, or its part and its prefix: what is replaced by what, from the back.
    pub edits: Vec<(TextRange, String)>,
    /// The variable of the environment.
    pub variable: String,
}

/// How the secret at `place` of a cell can be read from the environment.
///
/// # Errors
/// With the reason why not, as in "the secret is left: …".
pub fn replacement(cell: &str, place: TextRange) -> Result<Replacement, &'static str> {
    replacement_as(cell, place, |wanted| wanted)
}

/// The same, by the variable that is chosen in view of the one that would be best.
fn replacement_as(
    cell: &str,
    place: TextRange,
    choose: impl FnOnce(String) -> String,
) -> Result<Replacement, &'static str> {
    let source = Source::new(cell);
    if !source.is_python(place) {
        return Err("it does not stand in Python");
    }
    let string = source::strings(cell)
        .into_iter()
        .find(|string| string.contains_range(place));
    let string = string.ok_or("it stands in no string of Python")?;
    let line = cell[..string.start().to_usize()]
        .rfind(['\n', '\r'])
        .map_or(0, |at| at + 1);
    let before = &cell[line..string.start().to_usize()];
    if before.contains("environ") || before.contains("putenv") {
        return Err(
            "the line sets the environment itself; set it before the kernel starts, and remove the line",
        );
    }
    let literal = Literal::of(&cell[string]).ok_or("the string is not one of plain text")?;
    let inside = TextRange::new(
        string.start() + size(literal.prefix.len() + literal.quote.len()),
        string.end() - size(literal.quote.len()),
    );
    let is_f = literal.prefix.eq_ignore_ascii_case("f");
    let is_whole = cell[inside].trim() == &cell[place] && !is_f;
    // A part is not what the name says: `url = "postgresql://…"`.
    let variable = name_given(before)
        .filter(|_| is_whole)
        .unwrap_or_else(|| name_of_kind(cell, place));
    let variable = choose(variable);
    let edits = if is_whole {
        vec![(string, format!("os.environ[\"{variable}\"]"))]
    } else {
        if !is_f && cell[inside].contains(['{', '}', '\\']) {
            return Err("the string around it holds braces or escapes");
        }
        let quote = if literal.quote.starts_with('"') {
            '\''
        } else {
            '"'
        };
        let mut edits = vec![(place, format!("{{os.environ[{quote}{variable}{quote}]}}"))];
        if !is_f {
            edits.push((TextRange::empty(string.start()), "f".to_owned()));
        }
        edits
    };
    if let Some(reason) = must_be_plain(&source, string) {
        return Err(reason);
    }
    let after = with_replacements(cell, &edits);
    if python::facts(cell).runs() && !python::facts(&after).runs() {
        return Err(ONLY_STRINGS);
    }
    Ok(Replacement { edits, variable })
}

const ONLY_STRINGS: &str = "Python allows nothing but a string there";

/// Why the string has to be one: a pattern is no expression, though the parser takes f-strings in it, and only a plain string
/// is a docstring.
fn must_be_plain(source: &Source<'_>, string: TextRange) -> Option<&'static str> {
    let reason = depth::with_stack_for(&source.text, || {
        let mut walk = Plain {
            source,
            string,
            reason: None,
        };
        walk.visit_body(&source.parse().statements);
        walk.reason
    });
    reason.ok().flatten()
}

struct Plain<'s> {
    source: &'s Source<'s>,
    string: TextRange,
    reason: Option<&'static str>,
}

impl Plain<'_> {
    fn stands_in(&self, node: &impl Ranged) -> bool {
        self.source
            .in_cell(node.range())
            .contains_range(self.string)
    }
}

impl<'a> Visitor<'a> for Plain<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let body = match stmt {
            Stmt::FunctionDef(own) => &own.body[..],
            Stmt::ClassDef(own) => &own.body[..],
            _ => &[],
        };
        if let Some(Stmt::Expr(first)) = body.first()
            && first.value.is_string_literal_expr()
            && self.stands_in(first)
        {
            self.reason = Some("it stands in a docstring, which only a plain string can be");
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        if self.stands_in(pattern) {
            self.reason = Some(ONLY_STRINGS);
        }
    }
}

struct Literal<'t> {
    prefix: &'t str,
    quote: &'t str,
}

impl<'t> Literal<'t> {
    /// `None` for bytes and for what is raw, in which a brace would mean itself.
    fn of(literal: &'t str) -> Option<Self> {
        let start = literal.find(['"', '\''])?;
        let (prefix, rest) = literal.split_at(start);
        if !["", "f", "u"].contains(&prefix.to_ascii_lowercase().as_str()) {
            return None;
        }
        let single = &rest[..1];
        let is_triple = rest.len() >= 6 && rest.starts_with(&single.repeat(3));
        let quote = &rest[..if is_triple { 3 } else { 1 }];
        Some(Self { prefix, quote })
    }
}

/// The name that the string is given to (`db_password = `, `"api_key": `), as variables of the environment are written.
fn name_given(before: &str) -> Option<String> {
    let before = before.trim_end();
    let name = before
        .strip_suffix('=')
        .or_else(|| before.strip_suffix(':'))?;
    let name = name.trim_end().trim_end_matches(['"', '\'']);
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    let start = name.trim_end_matches(is_name).len();
    if !name[start..].is_ascii() {
        return None;
    }
    let mut variable = String::new();
    let mut was_lower = false;
    for character in name[start..].chars() {
        if was_lower && character.is_ascii_uppercase() {
            variable.push('_');
        }
        was_lower = character.is_ascii_lowercase();
        variable.push(character.to_ascii_uppercase());
    }
    let starts_well = variable.starts_with(|first: char| first.is_ascii_alphabetic());
    starts_well.then_some(variable)
}

/// The variable in which the issuer's own tools look, as far as there is one.
fn name_of_kind(cell: &str, place: TextRange) -> String {
    let found = secrets::find(cell)
        .into_iter()
        .find(|secret| secret.range == place);
    let variable = match found.map_or("", |secret| secret.what) {
        "an AWS access key id" => "AWS_ACCESS_KEY_ID",
        "an AWS secret access key" => "AWS_SECRET_ACCESS_KEY",
        "a GitHub token" => "GITHUB_TOKEN",
        "a GitLab token" => "GITLAB_TOKEN",
        "a Slack token" => "SLACK_TOKEN",
        "a Google API key" => "GOOGLE_API_KEY",
        "an Anthropic API key" => "ANTHROPIC_API_KEY",
        "an OpenAI-like API key" => "OPENAI_API_KEY",
        "a Stripe key" => "STRIPE_API_KEY",
        "a Databricks token" => "DATABRICKS_TOKEN",
        "a Hugging Face token" => "HF_TOKEN",
        "a password" | "the password of a connection" => "PASSWORD",
        _ => "SECRET",
    };
    variable.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cell: &str, expected: Result<&str, &str>) {
        let place = secrets::find(cell)
            .first()
            .map(|secret| secret.range)
            .unwrap();
        let found = replacement(cell, place);
        let found = found.map(|found| with_replacements(cell, &found.edits));
        assert_eq!(found.as_deref().map_err(|reason| *reason), expected);
    }

    #[test]
    fn the_variable_is_named_after_what_it_is_for() {
        check(
            "dbPassword = 'not-4-real-one!'",
            Ok("dbPassword = os.environ[\"DB_PASSWORD\"]"),
        );
        check(
            "x = {'api_key': \"n0t4realKey7Zq9w8Rt5Lm2Xc\"}",
            Ok("x = {'api_key': os.environ[\"API_KEY\"]}"),
        );
        check(
            "login(\"ana\", password = u'not-4-real-one!')",
            Ok("login(\"ana\", password = os.environ[\"PASSWORD\"])"),
        );
    }

    #[test]
    fn a_cell_may_be_indented_as_a_whole() {
        check(
            "    password = 'not-4-real-one!'",
            Ok("    password = os.environ[\"PASSWORD\"]"),
        );
        check(
            "  def login():\n    'by AKIAQX7M2LTZ4WVN6RBD'",
            Err("it stands in a docstring, which only a plain string can be"),
        );
    }

    #[test]
    fn a_name_that_is_no_variable_of_an_environment_is_not_taken() {
        check(
            "contraseña = 'AKIAQX7M2LTZ4WVN6RBD'",
            Ok("contraseña = os.environ[\"AWS_ACCESS_KEY_ID\"]"),
        );
        check(
            "f(\u{a0}api_key='n0t4realKey7Zq9w8Rt5Lm2Xc')",
            Ok("f(\u{a0}api_key=os.environ[\"API_KEY\"])"),
        );
    }

    #[test]
    fn a_part_of_a_string_becomes_a_value_in_it() {
        check(
            "engine = f('mysql://shop:n0t-a-real-1@db.net/a')",
            Ok("engine = f(f'mysql://shop:{os.environ[\"PASSWORD\"]}@db.net/a')"),
        );
        check(
            "u = f\"mysql://shop:n0t-a-real-1@db.net/{a}\"",
            Ok("u = f\"mysql://shop:{os.environ['PASSWORD']}@db.net/{a}\""),
        );
    }

    #[test]
    fn what_would_be_something_else_is_left() {
        check(
            "# password = 'not-4-real-one!'",
            Err("it stands in no string of Python"),
        );
        check(
            "%env PASSWORD=not-4-real-one!",
            Err("it stands in no string of Python"),
        );
        check(
            "%%bash\nexport PASSWORD='not-4-real-one!'",
            Err("it does not stand in Python"),
        );
        check(
            "password = b'not-4-real-one!'",
            Err("the string is not one of plain text"),
        );
        check(
            "match x:\n    case P(password='not-4-real-one!'): pass",
            Err("Python allows nothing but a string there"),
        );
        check(
            "os.environ['DB_PASSWORD'] = 'not-4-real-one!'",
            Err(
                "the line sets the environment itself; set it before the kernel starts, and remove the line",
            ),
        );
        check(
            "x = \"{'password': 'not-4-real-one!'}\"",
            Err("the string around it holds braces or escapes"),
        );
        check(
            "match x:\n    case 'mysql://shop:n0t-a-real-1@db.net/a': pass",
            Err("Python allows nothing but a string there"),
        );
        for definition in ["def f():", "class A:"] {
            check(
                &format!("{definition}\n    'mysql://shop:n0t-a-real-1@db.net/a'\n    x = 1"),
                Err("it stands in a docstring, which only a plain string can be"),
            );
        }
    }
}
