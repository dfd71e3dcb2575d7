//! What is known of a text before it is read.

use std::path::Path;

/// What an editor calls the language of a text, or a file's extension says. It rules formats out,
/// and never decides alone: jupytext's plugins show a script under the name of an `.ipynb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Hint {
    /// Nothing is known, and the content decides.
    #[default]
    None,
    Json,
    Python,
    Markdown,
    Quarto,
    RMarkdown,
    Sql,
    Scala,
    R,
    /// A language in which no notebook is written.
    Other,
}

impl Hint {
    /// Whether the text may be JSON.
    pub fn may_be_json(self) -> bool {
        matches!(self, Self::None | Self::Json)
    }

    /// Reads the `languageId` of an editor.
    pub fn of_language(id: &str) -> Self {
        match id.to_ascii_lowercase().as_str() {
            "" | "plaintext" | "text" => Self::None,
            "json" | "jsonc" | "ipynb" | "notebook" | "jupyter" => Self::Json,
            "python" | "python3" | "ipython" | "jupyter-python" => Self::Python,
            "markdown" | "md" | "myst" | "pandoc" => Self::Markdown,
            "quarto" | "qmd" => Self::Quarto,
            "rmd" | "rmarkdown" | "r_markdown" | "r-markdown" => Self::RMarkdown,
            "sql" => Self::Sql,
            "scala" => Self::Scala,
            "r" => Self::R,
            _ => Self::Other,
        }
    }

    /// Reads a file's extension. That of notebooks says nothing about what is in it.
    pub fn of_path(path: &Path) -> Self {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("py") => Self::Python,
            Some("md" | "markdown") => Self::Markdown,
            Some("qmd") => Self::Quarto,
            Some("rmd") => Self::RMarkdown,
            Some("sql") => Self::Sql,
            Some("scala") => Self::Scala,
            Some("r") => Self::R,
            _ => Self::None,
        }
    }
}
