//! Files of a workspace: configuration files and modules beside a notebook. The one place below the
//! front ends that reads from disk.
#![expect(
    clippy::disallowed_methods,
    reason = "reading files for the front ends is this module's job"
)]

pub mod clones;
pub mod dependencies;
mod imports;
pub mod priority;
mod project;
pub mod regular;
mod surroundings;
pub mod walk;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dashmap::DashMap;
use rayon::prelude::*;

use crate::analysis::facts::OpeningKind;
use crate::analysis::known::imports::{KnownImports, Votes};
use crate::analysis::{Dependencies, Surroundings};
use crate::config::{Config, ConfigError, Settings};

pub use self::project::DiskProject;

/// The configuration of every notebook around, read when first asked for. Shared between threads as it is.
///
/// What was read is kept until [`forget`](Self::forget): a front end that watches files calls it when
/// a [`CONFIG_FILES`] file changes.
#[derive(Debug, Default)]
pub struct Workspace {
    /// What the client's settings or the command line say; it lies above any file.
    overrides: Settings,
    /// By folder: the settings that hold for files in it.
    folders: DashMap<PathBuf, Found>,
    /// By a project's root: how it imports what it uses. Shared with the threads that find out.
    imports: Arc<DashMap<PathBuf, Arc<KnownImports>>>,
    /// By a project's root: its modules, relative to it.
    modules: DashMap<PathBuf, Arc<[PathBuf]>>,
    /// By a notebook's folder: what its project says that it depends on.
    dependencies: DashMap<PathBuf, Arc<Dependencies>>,
}

/// A configuration file of this size and more, in bytes, is none that people wrote.
const LARGEST_SETTINGS: u64 = 16 << 20;

/// The files that settings are read from. In one folder the first wins.
pub const CONFIG_FILES: [&str; 2] = ["cellwise.toml", "pyproject.toml"];

type Found = Result<Option<Arc<Settings>>, ConfigError>;

impl Workspace {
    pub fn new(overrides: Settings) -> Self {
        Self {
            overrides,
            folders: DashMap::new(),
            imports: Arc::default(),
            modules: DashMap::new(),
            dependencies: DashMap::new(),
        }
    }

    /// What holds for the notebook at `path`, which need not exist. A relative path starts from
    /// the working directory.
    ///
    /// # Errors
    /// When the configuration file that governs the notebook cannot be read or has a mistake. A front end
    /// that must go on uses [`fallback`](Self::fallback).
    pub fn config_for(&self, path: &Path) -> Result<Config, ConfigError> {
        let path = absolute(path);
        let file = self.settings_for_folder(path.parent().unwrap_or(&path))?;
        let layers: Vec<&Settings> = file
            .as_deref()
            .into_iter()
            .chain([&self.overrides])
            .collect();
        Ok(Config::resolve(&layers, Some(&path)))
    }

    /// What holds where the configuration file cannot be used.
    pub fn fallback(&self) -> Config {
        Config::resolve(&[&self.overrides], None)
    }

    /// Whether a walk should leave out the file or folder at `path`.
    /// A configuration file with a mistake excludes nothing.
    pub fn excludes(&self, path: &Path) -> bool {
        let path = absolute(path);
        let file = self.settings_for_folder(path.parent().unwrap_or(&path));
        self.overrides.excludes(&path)
            || matches!(file, Ok(Some(settings)) if settings.excludes(&path))
    }

    /// What the notebook at `path` takes from files of its project by `%run` and star imports.
    pub fn surroundings<'o>(
        &self,
        path: &Path,
        lookups: impl IntoIterator<Item = &'o OpeningKind>,
    ) -> Surroundings {
        surroundings::of(&absolute(path), lookups.into_iter())
    }

    /// How the project of the notebook at `path` imports what it uses. All its scripts and notebooks are
    /// read when this is first asked.
    pub fn imports(&self, path: &Path) -> Arc<KnownImports> {
        let root = project_of(path);
        let read = || Arc::new(imports::of(&root).result());
        Arc::clone(&self.imports.entry(root.clone()).or_insert_with(read))
    }

    /// Reads the imports of the project of the notebook at `path` on all cores, unless they are known.
    /// `held` has those of files that somebody has read already, by their absolute paths.
    ///
    /// No thread of the pool may be inside [`imports`](Self::imports) meanwhile.
    pub fn gather_imports(&self, path: &Path, held: impl Fn(&Path) -> Option<Votes> + Sync) {
        let root = project_of(path);
        if self.imports.contains_key(&root) {
            return;
        }
        let votes = imports::files(&root)
            .into_par_iter()
            .map(|path| held(&path).unwrap_or_else(|| imports::of_file(&path)))
            .reduce(Votes::default, |mut all, votes| {
                all += votes;
                all
            });
        self.imports.insert(root, Arc::new(votes.result()));
    }

    /// The same, if it has been read before.
    pub fn known_imports(&self, path: &Path) -> Option<Arc<KnownImports>> {
        self.imports
            .get(&project_of(path))
            .map(|known| Arc::clone(&known))
    }

    /// Reads the imports in a thread of its own, and calls `done` when they are known.
    pub fn read_imports(&self, path: &Path, done: impl FnOnce() + Send + 'static) {
        let (root, imports) = (project_of(path), Arc::clone(&self.imports));
        // Said at once, so that nobody starts on the same project again.
        if imports.insert(root.clone(), Arc::default()).is_none() {
            std::thread::spawn(move || {
                priority::lower();
                let read = imports::of(&root).result();
                imports.insert(root, Arc::new(read));
                done();
            });
        }
    }

    /// What the project of the notebook at `path` says that it depends on.
    pub fn dependencies(&self, path: &Path) -> Arc<Dependencies> {
        let path = absolute(path);
        let folder = path.parent().unwrap_or(&path).to_owned();
        let read = || Arc::new(dependencies::of(&self.project(&path)));
        Arc::clone(&self.dependencies.entry(folder).or_insert_with(read))
    }

    /// The folder of the project that the notebook at `path` belongs to, if it belongs to one.
    pub fn root_of(&self, path: &Path) -> Option<PathBuf> {
        let path = absolute(path);
        surroundings::marked_root(path.parent()?).map(Path::to_owned)
    }

    /// The files around the notebook at `path`.
    pub fn project(&self, path: &Path) -> DiskProject<'_> {
        DiskProject::new(self, path)
    }

    /// Drops the lists of modules: one was created.
    pub fn forget_modules(&self) {
        self.modules.clear();
    }

    /// Another with the same settings that has read nothing: for a thread that works for itself.
    pub fn apart(&self) -> Self {
        Self::new(self.overrides.clone())
    }

    /// Replaces what the client's settings say.
    pub fn set_overrides(&mut self, overrides: Settings) {
        self.overrides = overrides;
    }

    /// Drops what was read, so that configuration files are read again.
    pub fn forget(&self) {
        self.folders.clear();
        self.dependencies.clear();
        self.forget_modules();
    }

    /// Drops what was read of imports, too.
    pub fn forget_imports(&self) {
        self.imports.clear();
    }

    /// The settings of the nearest configuration file in `folder` or above it.
    fn settings_for_folder(&self, folder: &Path) -> Found {
        if let Some(known) = self.folders.get(folder) {
            return known.clone();
        }
        let found = match read_folder(folder) {
            Ok(None) => match folder.parent() {
                Some(parent) => self.settings_for_folder(parent),
                None => Ok(None),
            },
            found => found,
        };
        self.folders.insert(folder.to_owned(), found.clone());
        found
    }
}

fn read_folder(folder: &Path) -> Found {
    for name in CONFIG_FILES {
        let file = folder.join(name);
        let text = match read_text(&file) {
            Ok(text) => text,
            // A folder of that name, or no right to look: neither is a configuration that somebody wrote here.
            Err(error) if is_absent(&error) => continue,
            Err(error) => {
                return Err(ConfigError {
                    file: Some(file),
                    place: None,
                    message: format!("cannot be read: {error}"),
                });
            }
        };
        let settings = if name == "pyproject.toml" {
            match Settings::from_pyproject(&text) {
                // Not ours: other tools will say what is wrong with it.
                Err(_) if !text.contains("cellwise") => Ok(None),
                settings => settings,
            }
        } else {
            Settings::from_toml(&text).map(Some)
        };
        match settings {
            Ok(Some(settings)) => {
                return Ok(Some(Arc::new(Settings {
                    root: Some(folder.to_owned()),
                    ..settings
                })));
            }
            Ok(None) => {}
            Err(error) => {
                return Err(ConfigError {
                    file: Some(file),
                    ..error
                });
            }
        }
    }
    Ok(None)
}

fn read_text(file: &Path) -> io::Result<String> {
    let bytes = regular::read(file, LARGEST_SETTINGS)?;
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

fn project_of(path: &Path) -> PathBuf {
    let path = absolute(path);
    surroundings::project_root(path.parent().unwrap_or(&path))
}

/// Whether a link that somebody calls by its name leads out of the project that it stands in.
pub fn leads_out(path: &Path) -> bool {
    let path = absolute(path);
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    let target = path.canonicalize().ok();
    let (true, Some(folder), Some(target)) = (path.is_symlink(), folder, target) else {
        return false;
    };
    !target.starts_with(surroundings::project_root(&folder))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    )
}

/// `path` from the root of the file system, without `.` and `..`, so that folders compare by name.
fn absolute(path: &Path) -> PathBuf {
    let Ok(absolute) = std::path::absolute(path) else {
        return path.to_owned();
    };
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        match part {
            std::path::Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Severity;
    use crate::rules;

    fn severity(workspace: &Workspace, path: &Path) -> Option<Severity> {
        let config = workspace.config_for(path).unwrap();
        config.severity_of(rules::find("empty-cell").unwrap())
    }

    #[test]
    fn the_nearest_file_governs_and_the_overrides_lie_above_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("inner/deep")).unwrap();
        std::fs::write(at("cellwise.toml"), "severity.empty-cell = 'error'").unwrap();
        std::fs::write(at("inner/pyproject.toml"), "[project]\nname = 'x'").unwrap();
        let mut workspace = Workspace::default();
        let notebook = at("inner/deep/a.ipynb");
        assert_eq!(severity(&workspace, &notebook), Some(Severity::Error));

        let pyproject = "[tool.cellwise]\nseverity.empty-cell = 'info'";
        std::fs::write(at("inner/pyproject.toml"), pyproject).unwrap();
        assert_eq!(severity(&workspace, &notebook), Some(Severity::Error));
        workspace.forget();
        assert_eq!(severity(&workspace, &notebook), Some(Severity::Info));
        assert_eq!(severity(&workspace, &at("b.ipynb")), Some(Severity::Error));

        workspace.set_overrides(Settings::from_toml("severity.empty-cell = 'warning'").unwrap());
        assert_eq!(severity(&workspace, &notebook), Some(Severity::Warning));
    }

    #[test]
    fn a_mistake_names_its_file_and_a_foreign_one_is_no_mistake() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pyproject.toml");
        let notebook = folder.path().join("a.ipynb");
        std::fs::write(&file, "[tool.ruff\n").unwrap();
        assert!(Workspace::default().config_for(&notebook).is_ok());
        std::fs::write(&file, "[tool.cellwise]\nselect = 3\n").unwrap();
        let error = Workspace::default().config_for(&notebook).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "{}:2:10: `select` must be a list of strings, and is a number",
                file.display()
            )
        );
    }

    #[test]
    fn excluded_folders_are_named_from_the_files_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("cellwise.toml"),
            "exclude = ['old', 'a/b/']",
        )
        .unwrap();
        let workspace = Workspace::default();
        for (path, excluded) in [
            ("x/old", true),
            ("a/b", true),
            ("x/a/b", false),
            ("older", false),
        ] {
            assert_eq!(
                workspace.excludes(&folder.path().join(path)),
                excluded,
                "{path}"
            );
        }
    }
}
