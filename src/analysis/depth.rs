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

/// A cell that nests so deeply that neither Cellwise nor CPython would parse it.
#[derive(Debug)]
pub struct TooDeep {
    levels: usize,
}

impl fmt::Display for TooDeep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "nested up to {} levels deep, which is more than Python itself can parse",
            self.levels
        )
    }
}

/// Runs `work` on `text` with a stack that is large enough for whatever nesting is in it.
pub fn with_stack_for<T>(text: &str, work: impl FnOnce() -> T) -> Result<T, TooDeep> {
    let levels = possible_levels(text);
    let bytes = levels
        .saturating_mul(BYTES_PER_LEVEL)
        .saturating_add(RESERVE);
    if bytes > LIMIT {
        return Err(TooDeep { levels });
    }
    Ok(stacker::maybe_grow(bytes, bytes, work))
}

/// The levels to which the text can nest: no fewer than there are, often many more.
///
/// Every level takes a bracket, an operator, a keyword or a step of indentation, so the number of
/// words and signs is a bound that no trick gets round. Only where it would ask for too much (a cell
/// that holds a table of numbers) a closer look counts what can nest within one statement.
fn possible_levels(text: &str) -> usize {
    let all: usize = text
        .split(['\n', '\r'])
        .map(|line| line.len() - line.trim_start().len() + line_counts(line).0)
        .sum();
    if all <= LIMIT / BYTES_PER_LEVEL - RESERVE / BYTES_PER_LEVEL {
        return all;
    }
    let mut open = 0usize;
    let mut deepest = 0usize;
    let mut carried = 0usize;
    let mut continued = false;
    for line in text.split(['\n', '\r']) {
        let indent = line.len() - line.trim_start().len();
        let (_, opened, closed, nesting) = line_counts(line);
        // A line that starts afresh has nothing of those before it, apart from the blocks it is in.
        let fresh = open == 0 && indent == 0 && !continued;
        carried = if fresh { nesting } else { carried + nesting };
        open = (open + opened).saturating_sub(closed);
        continued = line.ends_with('\\');
        deepest = deepest.max(indent + carried + open);
    }
    deepest
}

/// Of one line: its words and signs, opening and closing brackets, and how many of the words and
/// signs can be nested in one another, which commas end.
fn line_counts(line: &str) -> (usize, usize, usize, usize) {
    let (mut all, mut opened, mut closed, mut run, mut longest) = (0, 0, 0, 0, 0);
    let mut in_word = false;
    for byte in line.bytes() {
        let word = byte.is_ascii_alphanumeric()
            || byte >= 0x80
            || matches!(byte, b'_' | b'"' | b'\'' | b'.');
        let counts = match byte {
            b' ' | b'\t' => false,
            b',' => {
                longest = longest.max(run);
                run = 0;
                false
            }
            b')' | b']' | b'}' => {
                closed += 1;
                false
            }
            b'(' | b'[' | b'{' => {
                opened += 1;
                true
            }
            _ => !(word && in_word) || byte == b'.',
        };
        all += usize::from(counts);
        run += usize::from(counts);
        in_word = word;
    }
    (all, opened, closed, longest.max(run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_operators_and_words_count() {
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
        assert!(with_stack_for(&"[".repeat(10_000_000), || ()).is_err());
    }
}
