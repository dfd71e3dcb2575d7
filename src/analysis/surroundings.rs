//! What is known of the files that a notebook runs or imports everything from.
//!
//! The engine reads no files: a front end finds out (see `workspace/surroundings.rs`) and hands it in.

use ruff_python_ast::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::{Facts, OpeningKind};
use super::run_line::RunLine;

/// The names that `from module import *` and `%run path` bring, where the file could be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    known: FxHashMap<OpeningKind, FxHashSet<Name>>,
}

impl Surroundings {
    pub fn insert(&mut self, opening: OpeningKind, names: FxHashSet<Name>) {
        self.known.insert(opening, names);
    }

    /// Whether the name may exist after the opening, as far as anybody can tell.
    pub fn may_bring(&self, opening: &OpeningKind, name: &str) -> bool {
        match self.known.get(opening) {
            Some(names) => names.contains(name),
            None => *opening != OpeningKind::Reset,
        }
    }
}

/// Whether the opening may read the file that a cell has written before: then what stands on disk now says nothing.
pub fn may_read(opening: &OpeningKind, file: &str) -> bool {
    let read = match opening {
        OpeningKind::StarImport(module) => module.rsplit('.').next(),
        OpeningKind::Run(argument) => RunLine::new(argument).target.map(module_of),
        OpeningKind::Dynamic | OpeningKind::Magic(_) | OpeningKind::Reset => None,
    };
    // IPython puts values in place of `{name}` and `$name`.
    read.is_some_and(|read| {
        read == module_of(file) || read.contains(['{', '$']) || file.contains(['{', '$'])
    })
}

/// The last part of what a file is imported as.
fn module_of(file: &str) -> &str {
    let mut parts = file.rsplit(['/', '\\']);
    let name = parts.next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    match (stem, parts.next()) {
        ("__init__", Some(package)) => package,
        _ => stem,
    }
}

/// What opens a cell's names and can be looked up in files.
pub fn lookups(facts: &Facts) -> impl Iterator<Item = &OpeningKind> {
    facts
        .openings
        .iter()
        .map(|opening| &opening.kind)
        .filter(|kind| matches!(kind, OpeningKind::StarImport(_) | OpeningKind::Run(_)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::analysis::{FactsCache, Link};
    use crate::format::percent;
    use crate::notebook::CellIdx;

    #[test]
    fn a_written_file_is_told_by_its_name() {
        let run = |argument: &str| OpeningKind::Run(argument.into());
        let import = |module| OpeningKind::StarImport(Name::new_static(module));
        assert!(may_read(&import("w"), "w.py"));
        assert!(may_read(&import("pkg.w"), "src/pkg/w.py"));
        assert!(may_read(&import("pkg"), "pkg/__init__.py"));
        assert!(may_read(&run("w"), "./w.py"));
        assert!(may_read(&run("'w.py' --fast"), "w.py"));
        assert!(may_read(&run("{name}.py"), "w.py"));
        assert!(may_read(&import("w"), "$name"));
        assert!(!may_read(&import("other"), "w.py"));
        assert!(!may_read(&run("other.py"), "w.py"));
        assert!(!may_read(&OpeningKind::Reset, "$name"));
    }

    /// What stood on disk before is told by the surroundings, and holds until a cell above writes the file anew.
    #[test]
    fn a_file_that_the_notebook_writes_is_not_judged_by_what_it_was() {
        let mut before = Surroundings::default();
        before.insert(OpeningKind::StarImport("w".into()), FxHashSet::default());
        let script = "# %%\n%%writefile w.py\nx = 1\n\n# %%\nfrom w import *\nx\n\n# %%\nx\n\n# %%\n%%writefile w.py\ny\n";
        let notebook = percent::parse(script);
        let cache = FactsCache::default();
        let mut link = Link::new(&notebook, &cache, Arc::default(), Arc::new(before));
        let missing = |link: &Link| [1, 2].map(|cell| link.needs(CellIdx(cell)).len());
        assert_eq!(missing(&link), [0, 0]);
        link.set(CellIdx(0), cache.get(&"%%writefile other.py\nx = 1".into()));
        assert_eq!(missing(&link), [1, 1]);
        link.set(CellIdx(0), cache.get(&"%%file -a w.py\nx = 1".into()));
        assert_eq!(missing(&link), [0, 0]);
    }
}
