//! Credentials in a text: tokens by their shapes, and passwords by what they are assigned to.
//!
//! One pass looks for the few letters that each kind starts with, and only what follows one is read.
//! A shape is checked as far as its issuer made it checkable: lengths, alphabets, checksums.
//! What stands for a secret (`<your token>`, `xxxx`, the examples of manuals) is none.

mod assignment;
mod shapes;

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::text::{TextRange, TextSize};

/// A credential, by its place alone: what it says must not get any further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// With its article: "a GitHub token".
    pub what: &'static str,
    pub range: TextRange,
}

/// Finds the secrets of a text, in its order; none overlaps another.
pub fn find(text: &str) -> Vec<Secret> {
    let Some(starts) = &*STARTS else {
        return Vec::new();
    };
    let mut found: Vec<(usize, Secret)> = starts
        .find_overlapping_iter(text)
        .filter_map(|start| {
            let rank = start.pattern().as_usize();
            let (what, range) = (KINDS.get(rank)?.read)(text, start.start()..start.end())?;
            let range = TextRange::new(size(range.start), size(range.end));
            Some((rank, Secret { what, range }))
        })
        .collect();
    found.sort_by_key(|(rank, secret)| (secret.range.start(), *rank));
    let mut found: Vec<Secret> = found.into_iter().map(|(_, secret)| secret).collect();
    let mut end = TextSize::new(0);
    found.retain(|secret| {
        let is_new = secret.range.start() >= end;
        if is_new {
            end = secret.range.end();
        }
        is_new
    });
    found
}

/// Where a secret may start in a text that is not decoded yet, in its order.
pub fn starts(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let starts = STARTS.iter().flat_map(move |starts| starts.find_iter(text));
    starts.map(|start| start.range())
}

/// The start of the one secret that is longer than a line.
pub const BLOCK: &str = "PRIVATE KEY";

/// The kinds of secrets in texts, each once, in the order in which they come.
pub fn kinds_in<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    for secret in texts.into_iter().flat_map(find) {
        if !kinds.contains(&secret.what) {
            kinds.push(secret.what);
        }
    }
    kinds
}

/// What every secret starts with or is named by, in any case: a text in which none of these stands has none.
pub fn marks() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.start).collect()
}

/// A text of which parts are shown.
pub struct Masked<'t> {
    text: &'t str,
    secrets: Vec<Secret>,
}

impl<'t> Masked<'t> {
    pub fn new(text: &'t str) -> Self {
        let secrets = find(text);
        Self { text, secrets }
    }

    /// A part as it may be shown: every character of a secret is a `•`, so that all columns stay.
    pub fn part(&self, part: TextRange) -> String {
        let shown = &self.text[part];
        if self.secrets.is_empty() {
            return shown.to_owned();
        }
        let mut hidden: Vec<TextRange> = Vec::new();
        for secret in &self.secrets {
            // What is a password in one place of a cell is one wherever it stands there.
            let same = shown.match_indices(&self.text[secret.range]);
            hidden.extend(
                same.map(|(at, same)| TextRange::at(part.start() + size(at), TextSize::of(same))),
            );
            hidden.push(secret.range);
        }
        let is_secret = |at: TextSize| hidden.iter().any(|range| range.contains(at));
        shown
            .char_indices()
            .map(|(at, character)| {
                let is_shown = character.is_whitespace() || !is_secret(part.start() + size(at));
                if is_shown { character } else { '•' }
            })
            .collect()
    }

    /// Takes the text's secrets, and any other, out of what is said of it: a message may quote a path, a command or an error.
    pub fn hide(&self, words: &mut String) {
        for secret in &self.secrets {
            let secret = &self.text[secret.range];
            if words.contains(secret) {
                *words = words.replace(secret, HIDDEN);
            }
        }
        // An error in the outputs may name one that no cell holds.
        for secret in find(words).iter().rev() {
            let (start, end) = (secret.range.start(), secret.range.end());
            words.replace_range(start.to_usize()..end.to_usize(), HIDDEN);
        }
    }
}

/// What stands for a secret in a sentence.
const HIDDEN: &str = "••••";

/// The words without their secrets.
pub fn hidden(words: impl Into<String>) -> String {
    let mut words = words.into();
    Masked::new("").hide(&mut words);
    words
}

/// A kind of secret: how it starts, in any case, and what reads it there.
struct Kind {
    start: &'static str,
    read: Read,
}

/// Given a text and where the start was found in it, what the secret is and where it stands.
type Read = fn(&str, Range<usize>) -> Option<(&'static str, Range<usize>)>;

const fn kind(start: &'static str, read: Read) -> Kind {
    Kind { start, read }
}

/// Of two that start at one place, the one that stands here first is told: it knows its issuer.
const KINDS: &[Kind] = &[
    kind("AKIA", shapes::aws_key_id),
    kind("ASIA", shapes::aws_key_id),
    kind("aws_secret_access_key ", shapes::aws_configured),
    kind("ghp_", shapes::github),
    kind("gho_", shapes::github),
    kind("ghu_", shapes::github),
    kind("ghs_", shapes::github),
    kind("ghr_", shapes::github),
    kind("github_pat_", shapes::github_fine_grained),
    kind("glpat-", shapes::gitlab),
    kind("xoxb-", shapes::slack),
    kind("xoxa-", shapes::slack),
    kind("xoxp-", shapes::slack),
    kind("xoxr-", shapes::slack),
    kind("xoxs-", shapes::slack),
    kind("AIza", shapes::google),
    kind("sk-", shapes::language_model),
    kind("sk_live_", shapes::stripe),
    kind("rk_live_", shapes::stripe),
    kind(BLOCK, shapes::private_key),
    kind("eyJ", shapes::json_web_token),
    kind("://", shapes::connection_string),
    kind("AccountKey=", shapes::azure_account_key),
    kind("dapi", shapes::databricks),
    kind("hf_", shapes::hugging_face),
    kind("passw", assignment::read),
    kind("passphrase", assignment::read),
    kind("pwd", assignment::read),
    kind("secret", assignment::read),
    kind("token", assignment::read),
    kind("key", assignment::read),
];

/// `None` never happens: the patterns are few and short.
static STARTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(KINDS.iter().map(|kind| kind.start))
        .ok()
});

/// Whether a text stands for a secret in place of one.
fn is_placeholder(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "your",
        "xxxx",
        "****",
        "...",
        "…",
        "example",
        "changeme",
        "change_me",
        "change-me",
        "placeholder",
        "dummy",
        "fake_",
        "redacted",
        "replace",
        "insert",
        "<",
        ">",
        "my_",
        "my-",
        "sample",
        "password",
        "passwd",
        "test",
        "123456789",
        "{",
        "}",
        "enter_",
        "secret",
        "hidden",
        "$(",
        "%(",
        "%s",
    ];
    let lower = text.to_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
}

/// How many characters a text is made of, each counted once.
fn variety(text: &str) -> usize {
    let mut seen: Vec<char> = text.chars().collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

/// Whether a token's body is as mixed as chance makes it.
fn is_random(body: &str) -> bool {
    variety(body) >= 8 && !is_placeholder(body)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_token(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

/// No private key and no JSON Web Token is longer.
const MAX_BYTES: usize = 8192;
/// No other secret is longer. Looking no further keeps a text of nothing but first letters cheap.
const MAX_TOKEN: usize = 512;

/// The end of the bytes from `start` that are `wanted`, of which no more than [`MAX_TOKEN`] are looked at.
fn run(text: &str, start: usize, wanted: impl Fn(u8) -> bool) -> usize {
    run_within(text, start, MAX_TOKEN, wanted)
}

fn run_within(text: &str, start: usize, max: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let end = floor(text, start + max);
    text.as_bytes()[start..end]
        .iter()
        .position(|&byte| !wanted(byte))
        .map_or(end, |length| start + length)
}

/// The last place at or before `at` where a character starts.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn size(offset: usize) -> TextSize {
    TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX))
}

#[cfg(test)]
pub(crate) mod tests;
