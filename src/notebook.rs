//! A notebook as Cellwise sees it: cells in an order, and what is known of how they ran.
//!
//! This model is the same whether the notebook came from a file or from an editor.
//! Outputs are never held: only what rules ask of them is kept ([`Outputs`]).

pub mod anchor;
pub mod edit;

use std::fmt;
use std::sync::Arc;

use thin_vec::ThinVec;

pub use anchor::Anchor;
pub use edit::{Edit, EditOp};

/// The position of a cell among all cells of its notebook, 0-based.
/// People count from 1: [`fmt::Display`] writes "cell 7" for the index 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellIdx(pub u32);

impl CellIdx {
    pub fn new(position: usize) -> Self {
        Self(u32::try_from(position).unwrap_or(u32::MAX))
    }

    pub fn to_usize(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for CellIdx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cell {}", u64::from(self.0) + 1)
    }
}

/// A notebook at one moment. Cloning copies pointers, not texts.
#[derive(Debug, Clone, Default)]
pub struct Notebook {
    pub cells: Vec<Arc<Cell>>,
    pub meta: Arc<NotebookMeta>,
    /// What was wrong with the file it was read from. Empty for a notebook that an editor sent.
    pub problems: Arc<[Problem]>,
}

/// Something wrong with a notebook's file, which was read all the same as far as it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    pub anchor: Anchor,
    /// What is wrong, what follows from it, and what to do.
    pub message: String,
    /// Whether [`EditOp::MendFile`] takes it away, or a part of it.
    pub is_mendable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// Editors and kernels will not open the file.
    Unreadable,
    /// The file opens, and breaks a rule of the notebook format.
    Invalid,
    /// git left conflict markers.
    Conflict,
}

impl Notebook {
    pub fn cell(&self, index: CellIdx) -> Option<&Cell> {
        self.cells.get(index.to_usize()).map(AsRef::as_ref)
    }

    pub fn indexed(&self) -> impl DoubleEndedIterator<Item = (CellIdx, &Cell)> {
        self.cells
            .iter()
            .enumerate()
            .map(|(position, cell)| (CellIdx::new(position), cell.as_ref()))
    }

    /// The cells that the notebook's kernel runs as Python.
    pub fn python_cells(&self) -> impl DoubleEndedIterator<Item = (CellIdx, &Cell)> {
        self.indexed()
            .filter(|(_, cell)| cell.is_python(&self.meta.language))
    }
}

/// What concerns the notebook as a whole.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NotebookMeta {
    pub language: Language,
    pub home: Home,
    /// `(major, minor)` of the Python that ran it last, as `language_info` says; `None` where it does not.
    pub python: Option<(u32, u32)>,
    /// `(nbformat, nbformat_minor)` as the file says; `None` where it says nothing usable.
    pub nbformat: Option<(i64, i64)>,
    /// The last part of its path; `None` where it has never been saved, or nobody says.
    pub file_name: Option<Arc<str>>,
    /// The keys of metadata in its file that change without anyone meaning it, each with the number of its places.
    pub volatile: Arc<[(&'static str, usize)]>,
}

impl NotebookMeta {
    /// Reads the version of a language as kernels write it: `3.14.0`.
    pub fn read_version(version: &str) -> Option<(u32, u32)> {
        let mut parts = version.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    }
}

/// The language of a kernel or of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    Python,
    /// Another language, by its lower-case name: `r`, `julia`, `scala`, `sql` …
    Other(Arc<str>),
}

impl Language {
    /// Reads a language's name as kernels and editors write it. Nothing written means Python,
    /// the language of nearly all notebooks that leave it out.
    pub fn from_name(name: &str) -> Self {
        let name = name.trim().to_ascii_lowercase();
        match name.as_str() {
            "" | "python" | "python2" | "python3" | "ipython" | "ipython3" | "xpython"
            | "pyspark" | "pyolite" | "micropython" => Self::Python,
            _ => Self::Other(name.into()),
        }
    }

    pub fn is_python(&self) -> bool {
        matches!(self, Self::Python)
    }
}

/// Where a notebook runs; each home injects names of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Home {
    #[default]
    Jupyter,
    Databricks,
    Colab,
    /// R Markdown and Quarto with chunks of R: Python sees R's variables as `r`.
    Knitr,
    /// Quarto with a Jupyter kernel.
    Quarto,
    /// marimo, whose cells run in the order of what they need, wherever they stand.
    Marimo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    Code,
    Markdown,
    Raw,
    /// A cell whose type no editor knows. It is kept and left alone.
    Unknown,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub kind: CellKind,
    /// Set where a cell says its own language (VS Code, Databricks); otherwise the notebook's holds.
    pub language: Option<Language>,
    pub text: Arc<str>,
    /// The cell's `id` of nbformat 4.5.
    pub id: Option<Arc<str>>,
    pub tags: Arc<[Box<str>]>,
    /// What it defines can be imported from the notebook's file: marimo's `@app.function`.
    pub is_importable: bool,
    pub execution: Execution,
    pub outputs: Outputs,
}

impl Cell {
    pub fn new(kind: CellKind, text: impl Into<Arc<str>>) -> Self {
        Self {
            kind,
            language: None,
            text: text.into(),
            id: None,
            tags: Arc::default(),
            is_importable: false,
            execution: Execution::default(),
            outputs: Outputs::default(),
        }
    }

    pub fn is_code(&self) -> bool {
        self.kind == CellKind::Code
    }

    pub fn is_python(&self, notebook: &Language) -> bool {
        self.is_code() && self.language.as_ref().unwrap_or(notebook).is_python()
    }

    /// The count of a cell that has code: where nothing stands any more, nothing says what ran.
    pub fn count_of_code(&self) -> Option<u32> {
        self.execution
            .count
            .filter(|_| !self.text.trim().is_empty())
    }

    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.iter().any(|own| &**own == tag)
    }

    /// Whether papermill sets its variables, or has set them.
    pub fn is_for_papermill(&self) -> bool {
        self.has_tag("parameters") || self.has_tag("injected-parameters")
    }

    /// Whether it is a form of Colab, in which people set its variables.
    pub fn is_form(&self) -> bool {
        self.text.contains("#@param") || self.text.contains("# @param")
    }
}

/// What is known of how a cell last ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Execution {
    /// The count in `In [n]`, always positive: writers that mean "unknown" use 0 or less.
    pub count: Option<u32>,
    /// Whether the text has changed since the run that `count` tells of.
    /// Only an editor can know; a file's cells are never called edited.
    pub edited_since: bool,
    /// Whether that run was seen to succeed.
    pub success: Option<bool>,
}

impl Execution {
    /// A count as files and editors write it; 0 and negative numbers mean "unknown" (Databricks, Colab).
    pub fn with_count(count: Option<i64>) -> Self {
        Self {
            count: count
                .and_then(|count| u32::try_from(count).ok())
                .filter(|&count| count > 0),
            ..Self::default()
        }
    }
}

/// What rules may ask of a cell's stored outputs. The outputs themselves are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outputs {
    /// How many outputs there are.
    pub count: u32,
    /// Their size in the file, in bytes.
    pub bytes: u64,
    /// The first error among them.
    pub error: Option<Box<OutputError>>,
    /// The credentials in them, by their kind with its article ("a GitHub token"), each kind once, in
    /// the order of the outputs. What they say is not kept.
    pub secrets: ThinVec<&'static str>,
    /// They were read from the saved file, and the cell has run or was cleared since: what a person
    /// sees may be another.
    pub outdated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputError {
    /// The exception's class: `NameError`.
    pub ename: Box<str>,
    /// The exception's text, cut after 200 characters: `name 'x' is not defined`.
    pub evalue: Box<str>,
}
