//! Which language a notebook and its cells are written in.

use super::raw::{RawCell, Root};
use crate::notebook::{Home, Language, NotebookMeta};

/// What the kernel said of itself counts most, then what its specification says, then its name.
pub fn of_notebook(root: &Root) -> Language {
    if is_sage(root) {
        return Language::from_name("sage");
    }
    let said = [
        &root.language_name,
        &root.kernel_language,
        &root.databricks_language,
        &root.jupytext_language,
    ];
    if let Some(name) = said
        .into_iter()
        .flatten()
        .find(|name| !name.trim().is_empty())
    {
        return Language::from_name(name);
    }
    root.kernel_name
        .as_deref()
        .and_then(of_kernel)
        .map_or(Language::Python, Language::from_name)
}

/// Sage says of itself that it is Python, and rewrites what it runs: `R.<t> = QQ[]`, `2^3`. It binds a thousand names, too.
fn is_sage(root: &Root) -> bool {
    let has_language = root.kernel_language.as_deref() == Some("sage");
    let name = root.kernel_name.as_deref();
    has_language || name.is_some_and(|name| of_kernel(name) == Some("sage"))
}

/// The language that a cell says, where it is not what the notebook's kernel runs anyway.
pub fn of_cell(cell: &RawCell, root: &Root, meta: &NotebookMeta, text: &str) -> Option<Language> {
    if let Some(name) = &cell.metadata.language {
        return Some(Language::from_name(name));
    }
    if meta.home == Home::Databricks
        && let Some(language) = of_magic(text, &meta.language)
    {
        return Some(language);
    }
    // Old files say "python" in every cell, whatever the kernel: only something else tells anything.
    let own = cell.language.as_deref().filter(|_| root.major() < 4)?;
    let own = Language::from_name(own);
    (!own.is_python()).then_some(own)
}

/// The language of a Databricks cell whose first line says that it is not in the notebook's own.
pub fn of_magic(text: &str, notebook: &Language) -> Option<Language> {
    let word = text.trim_start().strip_prefix('%')?;
    let word = word.split(char::is_whitespace).next()?;
    Some(match word {
        "python" => Language::Python,
        // Cells in Python read what the other notebook binds, whatever language this one is in.
        "run" if !notebook.is_python() => Language::Python,
        "md" | "md-sandbox" => Language::Other("markdown".into()),
        "sql" | "scala" | "r" | "sh" | "fs" => Language::Other(word.into()),
        _ => return None,
    })
}

/// Kernels are named by people; only names that tell a language are known.
pub fn of_kernel(name: &str) -> Option<&'static str> {
    let name = name.trim().to_ascii_lowercase();
    let starts = [
        ("python", "python"),
        ("julia", "julia"),
        ("xcpp", "c++"),
        ("scala", "scala"),
        ("spylon", "scala"),
        ("almond", "scala"),
        ("sparkkernel", "scala"),
        ("gophernotes", "go"),
        ("javascript", "javascript"),
        ("typescript", "typescript"),
        ("deno", "typescript"),
        ("ihaskell", "haskell"),
        ("haskell", "haskell"),
        ("sagemath", "sage"),
        (".net-csharp", "csharp"),
        (".net-fsharp", "fsharp"),
        (".net-powershell", "powershell"),
    ];
    let whole = [
        ("ir", "r"),
        ("xr", "r"),
        ("sparkrkernel", "r"),
        ("xsql", "sql"),
        ("sql", "sql"),
        ("xsqlite", "sql"),
        ("bash", "bash"),
        ("octave", "octave"),
        ("xeus-octave", "octave"),
        ("matlab", "matlab"),
        ("rust", "rust"),
        ("ruby", "ruby"),
        ("kotlin", "kotlin"),
        ("java", "java"),
        ("sas", "sas"),
        ("stata", "stata"),
        ("wolframlanguage", "wolfram"),
        ("maxima", "maxima"),
    ];
    whole
        .iter()
        .find(|(kernel, _)| *kernel == name)
        .or_else(|| starts.iter().find(|(kernel, _)| name.starts_with(kernel)))
        .map(|(_, language)| *language)
}
