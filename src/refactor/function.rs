//! Code becomes a function and its call.
//!
//! [`extract`] plans it for a cell, or for whole statements of one; [`block`] for statements within a loop, a branch
//! or a function; [`duplicate`] for statements that stand in several places. All ask the same questions, and each
//! question has one place:
//!
//! | question | answer |
//! | --- | --- |
//! | Which statements go into the function, and which stay above or below the call? | [`cut`] |
//! | What are its parameters, what does it return? | [`interface`] |
//! | Which names does it read by the text of a query? | [`texts`] |
//! | Which bodies may a call in it get to? | [`reach`] |
//! | What does the syntax forbid, such as `yield` or `nonlocal`? | [`shape`] |
//! | Which errors does a `with` keep to itself? | [`swallowed`] |
//! | Which of its assignments does nobody read? | [`unread`] |
//! | What is it called? | [`naming`] |

pub mod block;
pub mod cut;
pub mod duplicate;
pub mod extract;
pub mod interface;
pub mod naming;
pub mod reach;
pub mod shape;
pub mod swallowed;
pub mod texts;
pub mod unread;
