//! What differs between two states of a text, as replacements.

use similar::{DiffTag, TextDiff};

use crate::text::{TextRange, TextSize};

/// Replacements that make `new` of `old`, in order and apart from each other. Lines that are in both stay,
/// so that an editor keeps cursors and marks in them.
pub fn replacements(old: &str, new: &str) -> Vec<(TextRange, String)> {
    let (start, old_end, new_end) = differing(old, new);
    let (old_middle, new_middle) = (&old[start..old_end], &new[start..new_end]);
    if old_middle.is_empty() && new_middle.is_empty() {
        return Vec::new();
    }
    if !old_middle.contains('\n') || !new_middle.contains('\n') {
        return vec![(range(start, old_end), new_middle.to_owned())];
    }
    // Whole lines, so that those in both are found.
    let start = old[..start].rfind('\n').map_or(0, |found| found + 1);
    let to_line = |text: &str, end: usize| {
        text[end..]
            .find('\n')
            .map_or(text.len(), |found| end + found + 1)
    };
    let (old_end, new_end) = (to_line(old, old_end), to_line(new, new_end));
    let old_lines: Vec<&str> = old[start..old_end].split_inclusive('\n').collect();
    let new_lines: Vec<&str> = new[start..new_end].split_inclusive('\n').collect();
    let mut found = Vec::new();
    let (mut old_at, mut new_at) = (start, start);
    for op in TextDiff::from_slices(&old_lines, &new_lines).ops() {
        let length = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
        let old_length = length(&old_lines[op.old_range()]);
        let new_length = length(&new_lines[op.new_range()]);
        if op.tag() != DiffTag::Equal {
            let before = &old[old_at..old_at + old_length];
            let after = &new[new_at..new_at + new_length];
            let (from, before_end, after_end) = differing(before, after);
            found.push((
                range(old_at + from, old_at + before_end),
                after[from..after_end].to_owned(),
            ));
        }
        old_at += old_length;
        new_at += new_length;
    }
    found
}

/// Where two texts begin to differ, and where each of them ends to.
fn differing(old: &str, new: &str) -> (usize, usize, usize) {
    let same = |(a, b): &(u8, u8)| a == b;
    let mut start = old.bytes().zip(new.bytes()).take_while(same).count();
    while !old.is_char_boundary(start) {
        start -= 1;
    }
    let rest = old[start..].bytes().rev().zip(new[start..].bytes().rev());
    let mut end = rest.take_while(same).count();
    while !old.is_char_boundary(old.len() - end) {
        end -= 1;
    }
    (start, old.len() - end, new.len() - end)
}

fn range(start: usize, end: usize) -> TextRange {
    let size = |at| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
    TextRange::new(size(start), size(end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::with_replacements;

    fn applied(old: &str, new: &str) -> String {
        with_replacements(old, &replacements(old, new))
    }

    #[test]
    fn lines_in_both_stay() {
        let old = "a\nb\nc\nd\ne\n";
        let new = "a\nX\nc\nd\ne!\nf\n";
        let found = replacements(old, new);
        let shown: Vec<(&str, &str)> = found
            .iter()
            .map(|(range, text)| (&old[*range], text.as_str()))
            .collect();
        assert_eq!(shown, [("b", "X"), ("", "!\nf")]);
        assert_eq!(replacements(old, old), []);
    }

    proptest! {
        #[test]
        fn they_make_the_new_of_the_old(old in "[ab😀é\n\r]{0,30}", new in "[ab😀é\n\r]{0,30}") {
            prop_assert_eq!(applied(&old, &new), new);
        }
    }
}
