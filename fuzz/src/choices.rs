//! Numbers taken from the end of an input.

use arbitrary::Unstructured;

/// Parts an input into its text and the numbers behind the last byte 0xFF, which no UTF-8 has.
pub fn split(data: &[u8]) -> (&[u8], Choices<'_>) {
    match data.iter().rposition(|&byte| byte == 0xFF) {
        Some(at) => (&data[..at], Choices::new(&data[at + 1..])),
        None => (data, Choices::new(&[])),
    }
}

/// What an input decides, one number after another; each is 0 when it has no more to say.
#[derive(Debug)]
pub struct Choices<'d>(Unstructured<'d>);

impl<'d> Choices<'d> {
    pub fn new(data: &'d [u8]) -> Self {
        Self(Unstructured::new(data))
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A number below `end`, which is at most 65,536; 0 for an `end` of 0.
    pub fn below(&mut self, end: usize) -> usize {
        let last = u16::try_from(end.saturating_sub(1)).unwrap_or(u16::MAX);
        usize::from(self.0.int_in_range(0..=last).unwrap_or(0))
    }

    pub fn flip(&mut self) -> bool {
        self.below(2) == 1
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// A place where a character of the text begins, or its end.
    pub fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}
