//! Secrets that are known by the name they are given to: `db_password = "…"`, `{"api_key": "…"}`,
//! `os.environ["TOKEN"] = "…"`, `spark.conf.set("fs.s3a.secret.key", "…")`, `%env API_KEY=…`.

use std::ops::Range;

use super::{floor, is_placeholder, is_word, run, variety};

/// Longer names are data.
const MAX_NAME: usize = 80;
/// How far the value may reach behind its name.
const MAX_REACH: usize = 700;

/// Reads around a word that may be a part of a name.
pub fn read(text: &str, word: Range<usize>) -> Option<(&'static str, Range<usize>)> {
    let is_name = |byte: u8| is_word(byte) || b"-.".contains(&byte);
    let first = word.start.saturating_sub(MAX_NAME);
    let start = text.as_bytes()[first..word.start]
        .iter()
        .rposition(|&byte| !is_name(byte))
        .map_or(first, |at| first + at + 1);
    let end = run(text, word.end, is_name);
    if end - start > MAX_NAME {
        return None;
    }
    let sort = Sort::of(&text[start..end])?;
    let value = value(text, start..end)?;
    let content = &text[value.clone()];
    let is_real = match sort {
        Sort::Password => is_password(content),
        Sort::Key => is_key(content),
        // `kaggle.json`, whose content notebooks write out by hand.
        Sort::Plain => {
            let from = floor(text, start.saturating_sub(80));
            let is_hex =
                content.len() == 32 && content.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_hex && text[from..start].contains("username") && variety(content) >= 6
        }
    };
    is_real.then_some((sort.what(), value))
}

enum Sort {
    Password,
    Key,
    /// Nothing but `key`.
    Plain,
}

impl Sort {
    /// What a name says of its value. The last words tell: a `token_type` is no token.
    fn of(name: &str) -> Option<Self> {
        let words = words(name);
        let mut words = words.iter().map(String::as_str).rev();
        let last = words.find(|word| !word.bytes().all(|byte| byte.is_ascii_digit()))?;
        match (words.next().unwrap_or_default(), last) {
            (_, "password" | "passwd" | "passwort" | "passphrase" | "pwd") => Some(Self::Password),
            (_, "secret" | "token" | "apikey" | "secretkey" | "accesskey") => Some(Self::Key),
            (
                "api" | "access" | "secret" | "auth" | "private" | "account" | "kaggle" | "storage"
                | "subscription" | "consumer" | "encryption" | "signing" | "app",
                "key",
            ) => Some(Self::Key),
            ("", "key") => Some(Self::Plain),
            _ => None,
        }
    }

    fn what(&self) -> &'static str {
        match self {
            Self::Password => "a password",
            Self::Key | Self::Plain => "a secret key or token",
        }
    }
}

/// The words of a name, in lower case: of `dbPassword`, `DB_PASSWORD` and `db.password` the same.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for character in name.chars() {
        let is_letter = character.is_ascii_alphanumeric();
        if !is_letter || (was_lower && character.is_ascii_uppercase()) {
            words.push(String::new());
        }
        if is_letter && let Some(word) = words.last_mut() {
            word.push(character.to_ascii_lowercase());
        }
        was_lower = character.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Where the text stands that a name is given.
fn value(text: &str, name: Range<usize>) -> Option<Range<usize>> {
    let reach = floor(text, name.end + MAX_REACH);
    let line_end = text[name.end..reach]
        .find(['\n', '\r'])
        .map_or(reach, |at| name.end + at);
    let mut rest = &text[name.end..line_end];
    let before = text[..name.start].chars().next_back();
    let quote = before.filter(|quote| ['"', '\''].contains(quote));
    if let Some(quote) = quote {
        rest = rest.strip_prefix(quote)?.trim_start();
        let is_argument = text[floor(text, name.start.saturating_sub(20))..name.start - 1]
            .trim_end()
            .ends_with('(');
        rest = match rest.as_bytes().first()? {
            b']' => rest[1..].trim_start().strip_prefix('=')?,
            b':' => &rest[1..],
            b',' if is_argument => &rest[1..],
            _ => return None,
        };
    } else {
        let from = floor(text, name.start.saturating_sub(MAX_REACH));
        let before = &text[from..name.start];
        let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
        let is_shell = ["%env", "%set_env", "!", "export ", "$ export "]
            .iter()
            .any(|start| line.trim_start().starts_with(start));
        rest = rest.trim_start();
        if let Some(annotated) = rest.strip_prefix(':') {
            // `token: str = "…"`, and YAML in a cell that writes a file.
            rest = annotated
                .split_once('=')
                .map_or(annotated, |(_, value)| value);
        } else {
            rest = rest.strip_prefix('=')?;
        }
        if is_shell && !rest.starts_with(['"', '\'']) {
            let from = line_end - rest.len();
            let end = run(text, from, |byte| byte > b' ' && !b"\"'".contains(&byte));
            return Some(from..end.min(line_end));
        }
    }
    let rest = rest.trim_start();
    let rest = rest.trim_start_matches(['b', 'r', 'u', 'B', 'R', 'U']);
    let quote = rest
        .chars()
        .next()
        .filter(|quote| ['"', '\''].contains(quote))?;
    let inside = rest.strip_prefix(quote)?;
    let length = inside.find(quote)?;
    let from = line_end - inside.len();
    Some(from..from + length)
}

/// Long and mixed enough that nobody wrote it to be read.
fn is_password(value: &str) -> bool {
    let has = |wanted: fn(char) -> bool| value.chars().any(wanted);
    let letters = has(char::is_alphabetic);
    let digits = has(|c| c.is_ascii_digit());
    let signs = has(|c| "!@#$%^&*?=+~".contains(c));
    // Names of columns and of other settings are words with `_`, `-` and `.` between them.
    let is_mixed = letters && (digits || signs);
    (8..=128).contains(&value.chars().count())
        && is_mixed
        && !has(char::is_whitespace)
        && !value.contains("://")
        && !value.starts_with(['/', '$', '%', '.', '#'])
        && bits(value) >= 24.0
        && !is_placeholder(value)
}

fn is_key(value: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.~:".contains(&byte);
    let longest = value.split(['-', '_', '.', '/', ':']).map(str::len).max();
    let is_uuid = value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| {
            if [8, 13, 18, 23].contains(&at) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        });
    // `bert-base-uncased-v2` is made of words.
    let is_one_piece = longest >= Some(12) || is_uuid || value.len() == 40;
    (16..=512).contains(&value.len())
        && value.bytes().all(is_plain)
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
        && is_one_piece
        && !value.contains("://")
        && bits(value) >= 3.0 * value.len().min(20) as f64
        && !is_placeholder(value)
}

/// The information in a text whose characters are drawn as often as they occur in it, in bits.
fn bits(text: &str) -> f64 {
    let mut characters: Vec<char> = text.chars().collect();
    let all = characters.len() as f64;
    characters.sort_unstable();
    characters
        .chunk_by(|one, other| one == other)
        .map(|same| same.len() as f64)
        .map(|count| -count * (count / all).log2())
        .sum()
}
