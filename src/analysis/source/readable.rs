//! The text without what ends the parser in a panic, at the same places.
//!
//! In ruff 0.0.10 a line that begins with `?`, `,`, `;`, `/`, `%%` or `!!` is an escape of IPython's wherever its lexer takes it
//! for the start of a statement, and its parser panics at one inside of an expression. They disagree where brackets do not
//! match, and behind a syntax error: `import [` and then a line `, a]`, `lambda` and then a line `;`.

use std::borrow::Cow;

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, ParseOptions, lexer, parse_unchecked};

use crate::text::Ranged;

/// Of so many no notebook has more in a cell, and each is looked at together with what stands above it.
const MOST_ESCAPES: usize = 64;

/// A cell that is broken in any case has its escapes as comments: its brackets do not match, or what is around the escapes
/// is no Python. In others a line that is no escape, since it goes on inside of brackets, is put behind the line before it.
pub fn readable(text: &str) -> Cow<'_, str> {
    let escapes = escapes(text);
    if escapes.is_empty() {
        return Cow::Borrowed(text);
    }
    if !brackets_match(text) {
        return Cow::Owned(commented(text, &escapes));
    }
    let inside: Vec<usize> = escapes
        .iter()
        .copied()
        .filter(|&at| goes_on(text, at))
        .collect();
    let readable = if inside.is_empty() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(joined(text, &inside))
    };
    // Behind a string without an end, a line may have closed a bracket that it does not close any more.
    if !inside.is_empty() && !brackets_match(&readable) {
        return Cow::Owned(commented(text, &escapes));
    }
    let outside = escapes.len() - inside.len();
    if outside > MOST_ESCAPES || (outside > 0 && is_broken(&readable)) {
        let mut outside = escapes;
        outside.retain(|at| !inside.contains(at));
        return Cow::Owned(commented(&readable, &outside));
    }
    readable
}

fn commented(text: &str, escapes: &[usize]) -> String {
    let mut readable = text.to_owned();
    for &at in escapes {
        readable.replace_range(at..at + 1, "#");
    }
    readable
}

/// Whether a text with an expression in place of each escape is no Python.
fn is_broken(text: &str) -> bool {
    let mut plain = text.to_owned();
    for at in escapes(text) {
        let mut end = escape_end(text, at);
        if !is_escape(&text[..end]) {
            continue;
        }
        while text[..end].ends_with('\\') && text[end..].starts_with(['\n', '\r']) {
            end = escape_end(text, end + 1);
        }
        plain.replace_range(at..end, &" ".repeat(end - at));
        plain.replace_range(at..=at, "0");
    }
    parse_unchecked(&plain, ParseOptions::from(Mode::Ipython)).has_syntax_errors()
}

/// Where an escape ends on its line: for the lexer at a NUL, too.
fn escape_end(text: &str, at: usize) -> usize {
    memchr::memchr3(b'\n', b'\r', 0, &text.as_bytes()[at..])
        .map_or(text.len(), |length| at + length)
}

/// Whether the last line of a text is an escape for the lexer, and neither in a string nor behind a backslash.
fn is_escape(text: &str) -> bool {
    let mut lexer = lexer::lex(text, Mode::Ipython);
    let mut last = TokenKind::EndOfFile;
    loop {
        match lexer.next_token() {
            TokenKind::EndOfFile => return last == TokenKind::IpyEscapeCommand,
            TokenKind::Newline | TokenKind::NonLogicalNewline | TokenKind::Dedent => {}
            kind => last = kind,
        }
    }
}

/// Where a line has begun that may be an escape.
fn escapes(text: &str) -> Vec<usize> {
    let lines = memchr::memchr2_iter(b'\n', b'\r', text.as_bytes()).map(|end| end + 1);
    lines
        .chain([0])
        .filter_map(|start| {
            let line = &text[start..];
            // For the lexer a line has not begun yet behind characters that it knows nothing of.
            let content = line.trim_start_matches(|c: char| {
                matches!(c, ' ' | '\t' | '\u{c}' | '\\') || !c.is_ascii()
            });
            let is_escape = content.starts_with(['?', ',', ';', '/'])
                || content.starts_with("%%")
                || content.starts_with("!!");
            is_escape.then_some(start + line.len() - content.len())
        })
        .collect()
}

fn brackets_match(text: &str) -> bool {
    let mut lexer = lexer::lex(text, Mode::Ipython);
    let mut open = Vec::new();
    loop {
        let opening = match lexer.next_token() {
            TokenKind::EndOfFile => return open.is_empty(),
            kind @ (TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace) => {
                open.push(kind);
                continue;
            }
            TokenKind::Rpar => TokenKind::Lpar,
            TokenKind::Rsqb => TokenKind::Lsqb,
            TokenKind::Rbrace => TokenKind::Lbrace,
            _ => continue,
        };
        if open.pop() != Some(opening) {
            return false;
        }
    }
}

/// Whether a line goes on, from that character on, what stands between brackets. In a string it does not.
fn goes_on(text: &str, at: usize) -> bool {
    let (depth, before) = opened(&text[..at]);
    depth > 0 && opened(&text[..=at]).1 > before
}

/// How many brackets a text leaves open, and of how many tokens it is.
fn opened(text: &str) -> (usize, usize) {
    let mut lexer = lexer::lex(text, Mode::Ipython);
    let (mut depth, mut tokens) = (0_usize, 0);
    loop {
        match lexer.next_token() {
            TokenKind::EndOfFile => return (depth, tokens),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => depth += 1,
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        tokens += 1;
    }
}

/// Puts lines that go on inside of brackets behind those before them. Comments and backslashes between them go: they say
/// nothing to the parser.
fn joined(text: &str, places: &[usize]) -> String {
    let mut joined = text.to_owned();
    for &at in places {
        let line = memchr::memrchr2(b'\n', b'\r', &text.as_bytes()[..at]).map_or(0, |end| end + 1);
        let mut before = &joined[..line];
        loop {
            let bare = before.trim_ascii_end();
            let bare = comments_behind(bare).map_or(bare, |comments| &bare[..comments]);
            let bare = bare.strip_suffix('\\').unwrap_or(bare);
            if bare.len() == before.len() {
                break;
            }
            before = bare;
        }
        let gap = before.len()..line;
        joined.replace_range(gap.clone(), &" ".repeat(gap.len()));
    }
    joined
}

/// Where the comments begin that end a text, in which no line inside of brackets looks like an escape.
fn comments_behind(text: &str) -> Option<usize> {
    let line = memchr::memrchr2(b'\n', b'\r', text.as_bytes()).map_or(0, |end| end + 1);
    memchr::memchr(b'#', &text.as_bytes()[line..])?;
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Ipython));
    let mut behind = parsed.tokens().iter().rev();
    let last = behind.find(|token| token.kind() == TokenKind::Comment)?;
    let is_passed = |kind| matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline);
    let others = behind.take_while(|token| is_passed(token.kind()));
    let comments = others.filter(|token| token.kind() == TokenKind::Comment);
    let first = comments.last().unwrap_or(last);
    (last.end().to_usize() == text.len()).then(|| first.start().to_usize())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the lexer, the parser and its recovery look at.
    const WORDS: &[&str] = &[
        "lambda", "import", "yield", "if", "x", "a.", "1", "[", "]", "{", "}", "'", "f'", "\"\"\"",
        "#", ":", "=", ".", "\n;", "\n?", "\n%%", "\n!!", "\n,", "\n/", "%", "!", "?", ";", "$",
        "\n", "\r", "\n  ", "\\", "\\\n", " ", "\t", "\u{c}", "\0", "é", "\u{feff}",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_parser_reads_it_without_a_panic(words in prop::collection::vec(prop::sample::select(WORDS), 2..9)) {
            let text = words.concat();
            let readable = readable(&text);
            assert_eq!(readable.len(), text.len());
            parse_unchecked(&readable, ParseOptions::from(Mode::Ipython));
        }
    }

    #[test]
    fn long_escapes_and_many_are_read() {
        let long = format!("x = 1\n;f {}\nprint(1)", "é".repeat(70_000));
        assert_eq!(readable(&long), long);
        let many = ";f a\n".repeat(100);
        assert_eq!(readable(&many), "#f a\n".repeat(100));
    }

    #[test]
    fn what_goes_on_inside_of_brackets_is_one_line() {
        for (text, expected) in [
            ("x = [1\n, 2]", "x = [1 , 2]"),
            ("x = (1\r\n/ 2)", "x = (1  / 2)"),
            ("x = [1, \\\n  , 2]", "x = [1,     , 2]"),
            (
                "x = [1  # é\n, 2 # #\n, '#'\n, 3]",
                "x = [1       , 2     , '#' , 3]",
            ),
            // The parser takes the line behind the error for an escape.
            ("import[\n?]", "import[ ?]"),
            ("import [a\n, b]", "import [a , b]"),
            ("lambda{\n\\\n\n,\n}", "lambda{    ,\n}"),
            ("x = [1  # é\n  # b\n\n, 2]", "x = [1              , 2]"),
            // None of them is inside.
            ("x = 1  # (\n?x", "x = 1  # (\n?x"),
            ("f('''a\n, b''')", "f('''a\n, b''')"),
            ("!!ls (\n?x", "!!ls (\n?x"),
            ("%%time\nx = [1]\n;y", "%%time\nx = [1]\n;y"),
            ("x = 1 \\\n / 2", "x = 1 \\\n / 2"),
            // Broken in any case.
            ("x = [1\n?y", "x = [1\n#y"),
            ("(]\n,y", "(]\n#y"),
            ("lambda['yield\n,]\n;", "lambda['yield\n#]\n#"),
            ("lambda\n;", "lambda\n#"),
            ("lambda\n;\0 x", "lambda\n#\0 x"),
            ("lambda\n\\;", "lambda\n\\#"),
            ("x = [\n1 2]\n;y é", "x = [\n1 2]\n#y é"),
            // Escapes are no reason for it.
            (
                ";f é\n%%x\nif a:\n  ,g \\\n  h\n",
                ";f é\n%%x\nif a:\n  ,g \\\n  h\n",
            ),
        ] {
            let found = readable(text);
            assert_eq!(found, expected, "{text:?}");
            assert_eq!(found.len(), text.len());
            parse_unchecked(&found, ParseOptions::from(Mode::Ipython));
        }
    }
}
