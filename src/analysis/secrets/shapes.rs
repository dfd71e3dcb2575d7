//! Secrets that are known by their own shape.
//!
//! Each function is given where its first letters were found, in whatever case.

use std::ops::Range;

use serde_json::Value;

use super::{
    MAX_BYTES, floor, is_placeholder, is_random, is_token, is_word, run, run_within, variety,
};

type Found = Option<(&'static str, Range<usize>)>;

/// The token of `wanted` bytes that begins with `prefix` at `at`, if no word goes on before it.
fn token<'t>(
    text: &'t str,
    at: usize,
    prefix: &str,
    wanted: impl Fn(u8) -> bool,
) -> Option<(&'t str, usize)> {
    let stands_alone = at == 0 || !is_word(text.as_bytes()[at - 1]);
    if !stands_alone || !text[at..].starts_with(prefix) {
        return None;
    }
    let start = at + prefix.len();
    let end = run(text, start, wanted);
    Some((&text[start..end], end))
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes>.
/// The id alone opens nothing, but nobody writes it down without the key.
pub fn aws_key_id(text: &str, start: Range<usize>) -> Found {
    let at = start.start;
    let prefix = if text[at..].starts_with("AKIA") {
        "AKIA"
    } else {
        "ASIA"
    };
    let (body, end) = token(text, at, prefix, is_word)?;
    let is_base32 = |byte: u8| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte);
    let fits = body.len() == 16 && body.bytes().all(is_base32) && is_random(body);
    fits.then_some(("an AWS access key id", at..end))
}

/// `aws configure set aws_secret_access_key …`, which has neither `=` nor quotes.
pub fn aws_configured(text: &str, start: Range<usize>) -> Found {
    let from = run(text, start.end, |byte| byte == b' ');
    let end = run(text, from, |byte| {
        byte.is_ascii_alphanumeric() || b"/+".contains(&byte)
    });
    let fits = end - from == 40 && is_random(&text[from..end]);
    fits.then_some(("an AWS secret access key", from..end))
}

/// <https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/>:
/// 30 characters, and the CRC-32 of them in 6 of base 62.
pub fn github(text: &str, start: Range<usize>) -> Found {
    let at = start.start;
    let prefix = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]
        .into_iter()
        .find(|prefix| text[at..].starts_with(prefix))?;
    let (body, end) = token(text, at, prefix, is_word)?;
    if body.len() != 36 || !body.is_ascii() {
        return None;
    }
    let (random, checksum) = body.split_at(30);
    (base62(crc32(random.as_bytes())) == checksum).then_some(("a GitHub token", at..end))
}

pub fn github_fine_grained(text: &str, start: Range<usize>) -> Found {
    let (body, end) = token(text, start.start, "github_pat_", is_word)?;
    let (id, random) = body.split_once('_')?;
    let fits = id.len() == 22 && random.len() == 59 && !random.contains('_') && is_random(random);
    fits.then_some(("a GitHub token", start.start..end))
}

/// 20 characters, or since GitLab 18 a routable payload, a dot, its length and a checksum.
pub fn gitlab(text: &str, start: Range<usize>) -> Found {
    let (body, end) = token(text, start.start, "glpat-", |byte| {
        is_token(byte) || byte == b'.'
    })?;
    let payload = body.split('.').next()?;
    let fits = payload.len() >= 20 && is_random(payload);
    fits.then_some(("a GitLab token", start.start..end))
}

pub fn slack(text: &str, start: Range<usize>) -> Found {
    let at = start.start;
    let prefix = text.get(at..at + 5)?;
    let is_lower = prefix.bytes().all(|byte| !byte.is_ascii_uppercase());
    let (body, end) = token(text, at, prefix, is_token)?;
    let (first, rest) = body.split_once('-')?;
    let is_number = first.len() >= 6 && first.bytes().all(|byte| byte.is_ascii_digit());
    let fits = is_lower && is_number && rest.len() >= 16 && is_random(rest);
    fits.then_some(("a Slack token", at..end))
}

pub fn google(text: &str, start: Range<usize>) -> Found {
    let (body, end) = token(text, start.start, "AIza", is_token)?;
    let fits = body.len() == 35 && is_random(body);
    fits.then_some(("a Google API key", start.start..end))
}

/// OpenAI (`sk-…`, `sk-proj-…`), Anthropic (`sk-ant-…`), and those that took over the prefix.
pub fn language_model(text: &str, start: Range<usize>) -> Found {
    let at = start.start;
    let (body, end) = token(text, at, "sk-", is_token)?;
    // The class names of scikit-learn's HTML, `sk-estimator-doc-link`, are words.
    let longest = body.split(['-', '_']).map(str::len).max()?;
    let is_mixed = body.bytes().any(|byte| byte.is_ascii_digit())
        && body.bytes().any(|byte| byte.is_ascii_alphabetic());
    let fits = body.len() >= 32 && longest >= 16 && is_mixed && is_random(body);
    let what = if body.starts_with("ant-") {
        "an Anthropic API key"
    } else {
        "an OpenAI-like API key"
    };
    fits.then_some((what, at..end))
}

/// Live keys alone: `sk_test_…` moves no money.
pub fn stripe(text: &str, start: Range<usize>) -> Found {
    let at = start.start;
    let prefix = if text[at..].starts_with("sk") {
        "sk_live_"
    } else {
        "rk_live_"
    };
    let (body, end) = token(text, at, prefix, is_word)?;
    let fits = body.len() >= 16 && is_random(body);
    fits.then_some(("a Stripe key", at..end))
}

/// The block from its first dashes to its last, on one line with `\n` or on many.
pub fn private_key(text: &str, start: Range<usize>) -> Found {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    let from = floor(text, start.start.saturating_sub(40));
    let before = &text[from..start.start];
    let begin = before.rfind(BEGIN)?;
    let at = from + begin;
    let names = &before[begin + BEGIN.len()..];
    let is_header = names.len() <= 20
        && names
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b' ')
        && text[start.clone()]
            .bytes()
            .all(|byte| !byte.is_ascii_lowercase());
    if !is_header {
        return None;
    }
    let rest = &text[start.end..floor(text, start.end + MAX_BYTES)];
    let length = rest.find(END).map_or_else(
        // Cut off, it is still half of a key: up to the quote, or the blank line, that ends it.
        || rest.find(['"', '\'']).unwrap_or(rest.len()),
        |end| {
            let tail = &rest[end + END.len()..];
            end + END.len() + tail.find("-----").map_or(0, |dashes| dashes + 5)
        },
    );
    let body = rest[..length].split(END).next()?;
    let letters = body.chars().filter(char::is_ascii_alphanumeric);
    let letters: String = letters.take(256).collect();
    let fits = letters.len() >= 48 && variety(&letters) >= 16 && !body.contains("...");
    fits.then(|| ("a private key", at..start.end + length))
}

/// Three parts of base64url, the first of which is JSON with an `alg`.
pub fn json_web_token(text: &str, start: Range<usize>) -> Found {
    let at = start.start;
    let (header, _) = token(text, at, "eyJ", is_token)?;
    if header.len() < 8 {
        return None;
    }
    let end = run_within(text, at, MAX_BYTES, |byte| is_token(byte) || byte == b'.');
    let mut parts = text[at..end].split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || signature.len() < 16 || !is_random(signature) {
        return None;
    }
    let header: Value = serde_json::from_slice(&base64url(header)?).ok()?;
    header.get("alg")?;
    let payload = base64url(payload)?;
    // The example of jwt.io, which every tutorial shows.
    let is_example = String::from_utf8_lossy(&payload).contains("John Doe");
    (!is_example).then_some(("a JSON Web Token", at..end))
}

/// The password of `scheme://user:password@host`.
pub fn connection_string(text: &str, start: Range<usize>) -> Found {
    const WELL_KNOWN: &[&str] = &[
        "pass", "pwd", "pw", "postgres", "root", "admin", "guest", "user", "mysql", "token",
        "pwrd", "1234", "12345", "123456", "foo", "bar", "foobar", "baz",
    ];
    let scheme = text.as_bytes()[..start.start].last()?;
    if !scheme.is_ascii_alphanumeric() {
        return None;
    }
    let from = start.end;
    let ends = |byte: u8| byte <= b' ' || byte >= 0x7f || b"/\\\"'`<>()?#,;|".contains(&byte);
    let end = run(text, from, |byte| !ends(byte));
    let (account, host) = text[from..end].rsplit_once('@')?;
    let (user, password) = account.split_once(':')?;
    let lower = password.to_lowercase();
    let is_real = password.len() >= 4
        && host
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric())
        && !host.starts_with("example.")
        && !host.starts_with("host")
        && !user.eq_ignore_ascii_case(password)
        && !password.starts_with(['$', '%', '[', '*'])
        && !password
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        && !WELL_KNOWN.contains(&&*lower)
        && !is_placeholder(password);
    let at = from + user.len() + 1;
    is_real.then(|| ("the password of a connection", at..at + password.len()))
}

/// 64 bytes in base64, in an Azure connection string.
pub fn azure_account_key(text: &str, start: Range<usize>) -> Found {
    let end = run(text, start.end, |byte| {
        byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
    });
    let key = &text[start.end..end];
    let fits = key.len() == 88 && key.ends_with("==") && is_random(key);
    fits.then_some(("the key of an Azure storage account", start.end..end))
}

pub fn databricks(text: &str, start: Range<usize>) -> Found {
    let (body, end) = token(text, start.start, "dapi", is_token)?;
    let (hex, rest) = body.split_at_checked(32)?;
    let is_hex = hex
        .bytes()
        .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let is_whole = rest.is_empty() || (rest.len() == 2 && rest.starts_with('-'));
    let fits = is_hex && is_whole && variety(hex) >= 6;
    fits.then_some(("a Databricks token", start.start..end))
}

pub fn hugging_face(text: &str, start: Range<usize>) -> Found {
    let (body, end) = token(text, start.start, "hf_", is_word)?;
    let has = |wanted: fn(&u8) -> bool| body.as_bytes().iter().any(wanted);
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let fits = body.len() == 34
        && !body.contains('_')
        && is_mixed
        && is_random(body)
        && !is_placeholder(body);
    fits.then_some(("a Hugging Face token", start.start..end))
}

/// CRC-32 as zip and PNG have it.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let carry = if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
            crc = (crc >> 1) ^ carry;
        }
    }
    !crc
}

/// Six digits of base 62.
pub(super) fn base62(mut number: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(bytes)
}
