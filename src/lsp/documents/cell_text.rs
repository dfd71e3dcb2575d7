//! The text of a cell: a rope while somebody types in it, otherwise the very text that the analysis holds.

use std::collections::VecDeque;
use std::sync::Arc;

use ropey::Rope;

use crate::lsp::proto::Uri;

/// The smallest rope takes a kilobyte, five times as much as most cells.
#[derive(Debug, Clone, Default)]
pub struct CellText {
    /// Empty while there is a rope.
    rest: Arc<str>,
    edited: Option<Rope>,
}

/// The cells whose texts are ropes, the one that was edited last at the end.
#[derive(Debug, Default)]
pub struct Edited(VecDeque<Uri>);

/// More cells are not edited by turns.
const MOST_EDITED: usize = 8;

impl CellText {
    /// For an edit.
    pub fn rope(&mut self) -> &mut Rope {
        let rest = &mut self.rest;
        self.edited
            .get_or_insert_with(|| Rope::from_str(&std::mem::take(rest)))
    }

    pub fn whole(&self) -> Arc<str> {
        match &self.edited {
            Some(rope) => rope.to_string().into(),
            None => Arc::clone(&self.rest),
        }
    }

    /// No more edits are expected.
    pub fn rest(&mut self) {
        *self = Self::from(self.whole());
    }
}

impl Edited {
    /// A cell is edited. Returns the one that is at rest from now on.
    pub fn note(&mut self, cell: &Uri) -> Option<Uri> {
        if self.0.back() == Some(cell) {
            return None;
        }
        self.0.retain(|known| known != cell);
        self.0.push_back(cell.clone());
        (self.0.len() > MOST_EDITED).then(|| self.0.pop_front())?
    }
}

impl From<Arc<str>> for CellText {
    fn from(rest: Arc<str>) -> Self {
        Self { rest, edited: None }
    }
}

impl PartialEq for CellText {
    fn eq(&self, other: &Self) -> bool {
        match (&self.edited, &other.edited) {
            (None, None) => self.rest == other.rest,
            (Some(own), Some(other)) => own == other,
            (Some(rope), None) => *rope == *other.rest,
            (None, Some(rope)) => *rope == *self.rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_text_is_what_it_says() {
        let mut text = CellText::from(Arc::from("x = 1\n"));
        let before = text.clone();
        text.rope().insert(1, "y");
        assert_eq!(&*text.whole(), "xy = 1\n");
        assert!(text != before);
        let rope = text.clone();
        text.rest();
        assert!(text == rope);
        assert!(rope == text);
        assert!(text.edited.is_none());
    }

    #[test]
    fn a_few_cells_are_edited_at_a_time() {
        let cell = |number: usize| Uri::from(format!("cell:{number}").as_str());
        let mut edited = Edited::default();
        for number in 0..MOST_EDITED {
            assert_eq!(edited.note(&cell(number)), None);
        }
        assert_eq!(edited.note(&cell(0)), None);
        assert_eq!(edited.note(&cell(100)), Some(cell(1)));
    }
}
