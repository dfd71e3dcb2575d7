//! Room for deeply nested code.
//!
//! The parser and the walk recurse once for each level of nesting, and real cells nest deeply: one
//! has an expression with 1,965 `+`. So the stack is made as large as the text could ever need,
//! and a text that could need more than is reasonable is refused instead of ending the process.

use std::fmt;

/// Stack for one level of nesting in the parser, the walk and the drop of the tree. The largest
/// frame seen is that of the parser without optimisation: about 5 kB for a bracketed expression.
const BYTES_PER_LEVEL: usize = if cfg!(debug_assertions) {
    24 << 10
} else {
    6 << 10
};

/// What a thread of ours has left at least when it starts on a cell.
const RESERVE: usize = 512 << 10;

/// The most that is ever set aside. It is address space, touched only as far as the nesting goes.
const LIMIT: usize = 1 << 30;

/// The most words and signs that are parsed. The tree takes some 80 bytes for each.
const MOST_SIGNS: usize = 4_000_000;

/// A cell that is not parsed.
#[derive(Debug, PartialEq, Eq)]
pub enum TooMuch {
    /// It nests to so many levels that neither Cellwise nor CPython would parse it.
    Deep(usize),
    /// It has so many words and signs that it is data rather than code.
    Long(usize),
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deep(levels) => write!(
                f,
                "nested up to {levels} levels deep, which is more than Python itself can parse"
            ),
            Self::Long(signs) => write!(f, "{signs} words and signs, which is too much to read"),
        }
    }
}

/// Runs `work` on `text` with a stack that is large enough for whatever nesting is in it.
///
/// # Errors
/// Where the text is too long to be code, or nests too deeply.
pub fn with_stack_for<T>(text: &str, work: impl FnOnce() -> T) -> Result<T, TooMuch> {
    let signs = signs(text).count();
    if signs > MOST_SIGNS {
        return Err(TooMuch::Long(signs));
    }
    let levels = possible_levels(text, signs);
    let bytes = levels
        .saturating_mul(BYTES_PER_LEVEL)
        .saturating_add(RESERVE);
    if bytes > LIMIT {
        return Err(TooMuch::Deep(levels));
    }
    Ok(stacker::maybe_grow(bytes, bytes, work))
}

/// The levels to which the text can nest: no fewer than there are, often many more.
///
/// Every level takes a bracket, an operator, a keyword or a step of indentation, so the number of
/// words and signs is a bound that no trick gets round. Only where it would ask for too much (a cell
/// that holds a table of numbers) a closer look counts what can nest within one statement.
fn possible_levels(text: &str, count: usize) -> usize {
    let all = indents(text) + count;
    if all <= (LIMIT - RESERVE) / BYTES_PER_LEVEL {
        return all;
    }
    // How deep each open bracket stands, and how deep the place is by now.
    let mut open: Vec<usize> = Vec::new();
    let (mut here, mut deepest) = (0, 0);
    let mut at = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        for (_, byte) in signs(line) {
            match byte {
                b'(' | b'[' | b'{' => {
                    here += 1;
                    open.push(here);
                }
                b')' | b']' | b'}' => here = open.pop().unwrap_or(here),
                b',' => here = open.last().copied().unwrap_or(here),
                _ => here += 1,
            }
            deepest = deepest.max(here);
        }
        at += line.len();
        let continued = line.trim_end().ends_with('\\');
        if open.is_empty() && !continued {
            let next = &text[at..];
            here = next.len() - next.trim_start_matches([' ', '\t']).len();
        }
    }
    deepest
}

/// The blanks at the starts of all lines.
fn indents(text: &str) -> usize {
    let mut at_start = true;
    let blanks = text.bytes().filter(|byte| {
        let is_blank = matches!(byte, b' ' | b'\t' | b'\x0b' | b'\x0c');
        at_start = matches!(byte, b'\n' | b'\r') || (at_start && is_blank);
        at_start && is_blank
    });
    blanks.count()
}

/// The words and signs of a text: the first byte of each word, every other byte that is not blank.
fn signs(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let mut in_word = false;
    text.bytes().enumerate().filter(move |(_, byte)| {
        let word = byte.is_ascii_alphanumeric() || *byte >= 0x80 || *byte == b'_';
        let first = !(word && in_word);
        in_word = word;
        first && !byte.is_ascii_whitespace()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_operators_and_words_count() {
        let possible_levels = |text: &str| possible_levels(text, signs(text).count());
        assert!(possible_levels(&"(".repeat(100)) >= 100);
        assert!(possible_levels(&"a + ".repeat(100)) >= 200);
        assert!(possible_levels(&"not ".repeat(100)) >= 100);
        assert!(possible_levels(&format!("x = (1{})", "\n + 1".repeat(100))) >= 100);
    }

    #[test]
    fn a_large_table_needs_no_more_than_a_row() {
        let cell = format!("x = [\n{}]", "    [1, -2, 3.5],\n".repeat(100_000));
        assert!(with_stack_for(&cell, || ()).is_ok());
    }

    #[test]
    fn absurd_nesting_is_refused() {
        let nested = with_stack_for(&"[".repeat(1_000_000), || ());
        assert!(matches!(nested, Err(TooMuch::Deep(_))));
    }

    #[test]
    fn data_of_many_megabytes_is_refused() {
        let long = with_stack_for(&"a, ".repeat(3_000_000), || ());
        assert_eq!(long, Err(TooMuch::Long(6_000_000)));
        let one_string = format!("x = '{}'", "a".repeat(10_000_000));
        assert_eq!(with_stack_for(&one_string, || ()), Ok(()));
    }
}
