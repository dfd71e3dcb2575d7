//! Reads what a project says that it depends on: requirements files, pyproject.toml, environment.yml, setup.cfg.
//!
//! Files are looked for in the notebook's folder and those above it, up to the project's root. A file that
//! computes what it names, or that cannot be read to its end, makes all unknown: then nothing is missing.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::analysis::Dependencies;
use crate::analysis::known::distributions::normalised;
use crate::project::{Project, slashed};

/// How far `-r` is followed from file to file.
const DEEPEST: u32 = 8;

/// What the notebook's project depends on.
pub fn of(project: &dyn Project) -> Dependencies {
    let mut read = Reading {
        project,
        found: Dependencies::default(),
    };
    match read.all() {
        Some(()) if read.found.file.is_some() => read.found,
        _ => Dependencies::default(),
    }
}

/// `None` from its functions says that not all can be told.
struct Reading<'p> {
    project: &'p dyn Project,
    found: Dependencies,
}

impl Reading<'_> {
    fn all(&mut self) -> Option<()> {
        let folder = self.project.folder()?.to_owned();
        for ancestor in folder.ancestors() {
            for path in self.project.entries(ancestor) {
                self.entry(&path)?;
            }
        }
        // What is below `src` is imported as if it lay beside it.
        for path in self.project.entries(Path::new("src")) {
            self.note_local(&path);
        }
        Some(())
    }

    fn note_local(&mut self, path: &Path) {
        let is_file = path.extension().is_some();
        if !is_file || path.extension().is_some_and(|own| own == "py") {
            let name = path.file_stem().unwrap_or_default();
            self.found.local.insert(name.to_string_lossy().into_owned());
        }
    }

    fn entry(&mut self, path: &Path) -> Option<()> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        match &*name {
            // These compute or lock what they name, in ways of their own.
            "setup.py" | "pipfile" | "pixi.toml" | "conda-lock.yml" | "meta.yaml" => None,
            "pyproject.toml" => self.pyproject(path),
            "setup.cfg" => self.setup_cfg(path),
            "requirements" | "binder" | ".binder" => {
                // A folder of requirements files may hold any.
                let inside = self.project.entries(path);
                for path in inside {
                    if path
                        .extension()
                        .is_some_and(|own| own == "txt" || own == "yml")
                    {
                        self.entry_of_folder(&path)?;
                    }
                }
                Some(())
            }
            _ => {
                self.note_local(path);
                self.named(path, &name)
            }
        }
    }

    fn entry_of_folder(&mut self, path: &Path) -> Option<()> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        if name.ends_with(".txt") && !name.contains("apt") {
            return self.requirements(path, DEEPEST);
        }
        self.named(path, &name)
    }

    fn named(&mut self, path: &Path, name: &str) -> Option<()> {
        let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        if name.ends_with(".txt") && name.contains("requirement") {
            self.requirements(path, DEEPEST)
        } else if is_yaml
            && (name.contains("environment") || name.contains("conda") || name.starts_with("env"))
        {
            self.environment(path)
        } else {
            Some(())
        }
    }

    /// A file of the project names distributions for who uses it. One for tests alone says nothing of what is missing.
    fn declares(&mut self, path: &Path) {
        const ASIDE: [&str; 7] = [
            "dev",
            "test",
            "doc",
            "lint",
            "build",
            "constraint",
            "optional",
        ];
        let name = slashed(path);
        if self.found.file.is_none() && !ASIDE.iter().any(|word| name.contains(word)) {
            self.found.file = Some(name);
        }
    }

    /// One requirement as PEP 508 writes it.
    fn requirement(&mut self, text: &str) {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
        let name = &text[..end.unwrap_or(text.len())];
        if !name.is_empty() {
            self.found.names.insert(normalised(name));
        }
    }

    fn requirements(&mut self, path: &Path, patience: u32) -> Option<()> {
        let patience = patience.checked_sub(1)?;
        let text = self.project.read(path).ok()?;
        self.declares(path);
        for line in text.replace("\\\n", " ").lines() {
            let line = line.split(" #").next().unwrap_or_default().trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (option, value) = line.split_once([' ', '=']).unwrap_or((line, ""));
            if let Some(rest) = line.strip_prefix("-r").filter(|_| !line.starts_with("--")) {
                self.requirements(&beside(path, rest.trim()), patience)?;
                continue;
            }
            match option {
                "--requirement" => self.requirements(&beside(path, value.trim()), patience)?,
                "-e" | "--editable" => self.location(value)?,
                _ if line.starts_with('-') => {}
                _ if line.contains(" @ ") => self.requirement(line),
                _ if line.contains("://") || line.starts_with('.') || line.starts_with('/') => {
                    self.location(line)?;
                }
                _ if line.contains(['{', '$', '\0']) => return None,
                _ => self.requirement(line),
            }
        }
        Some(())
    }

    /// A place to install from. What lies in the project itself is read there; elsewhere only a name helps.
    fn location(&mut self, place: &str) -> Option<()> {
        if matches!(place.trim(), "." | "./") {
            return Some(());
        }
        let (_, name) = place.split_once("#egg=")?;
        self.requirement(name);
        Some(())
    }

    fn pyproject(&mut self, path: &Path) -> Option<()> {
        let text = self.project.read(path).ok()?;
        let table: Table = text.parse().ok()?;
        if let Some(project) = table.get("project").and_then(Value::as_table) {
            let dynamic = project.get("dynamic").and_then(Value::as_array);
            let computes = |name: &Value| {
                name.as_str()
                    .is_some_and(|name| name.contains("dependencies"))
            };
            if dynamic.is_some_and(|names| names.iter().any(computes)) {
                return None;
            }
            self.requirement(text_of(project.get("name")));
            if let Some(list) = project.get("dependencies") {
                // An empty list is a tool's way of writing none down.
                if list.as_array().is_some_and(|list| !list.is_empty()) {
                    self.declares(path);
                }
                self.list(list)?;
            }
            self.lists(project.get("optional-dependencies"))?;
        }
        self.lists(table.get("dependency-groups"))?;
        let tool = table.get("tool").and_then(Value::as_table);
        let tool = |name: &str| tool.and_then(|tool| tool.get(name)?.as_table());
        if tool("pixi").is_some() || tool("hatch").is_some_and(|own| own.contains_key("envs")) {
            return None;
        }
        if let Some(list) = tool("uv").and_then(|uv| uv.get("dev-dependencies")) {
            self.list(list)?;
        }
        self.lists(tool("pdm").and_then(|pdm| pdm.get("dev-dependencies")))?;
        if let Some(poetry) = tool("poetry") {
            self.requirement(text_of(poetry.get("name")));
            if poetry.contains_key("dependencies") {
                self.declares(path);
            }
            self.keys(poetry.get("dependencies"));
            self.keys(poetry.get("dev-dependencies"));
            let groups = poetry.get("group").and_then(Value::as_table);
            for group in groups.into_iter().flat_map(Table::values) {
                self.keys(group.get("dependencies"));
            }
        }
        Some(())
    }

    fn keys(&mut self, table: Option<&Value>) {
        for name in table
            .and_then(Value::as_table)
            .into_iter()
            .flat_map(Table::keys)
        {
            self.requirement(name);
        }
    }

    fn lists(&mut self, table: Option<&Value>) -> Option<()> {
        for list in table
            .and_then(Value::as_table)
            .into_iter()
            .flat_map(Table::values)
        {
            self.list(list)?;
        }
        Some(())
    }

    fn list(&mut self, list: &Value) -> Option<()> {
        for item in list.as_array()? {
            // A table includes another group, which is read for itself.
            if let Some(requirement) = item.as_str() {
                self.requirement(requirement.trim());
            }
        }
        Some(())
    }

    /// The list below `dependencies:`, one item a line, as conda writes it. Another way of writing is not read.
    fn environment(&mut self, path: &Path) -> Option<()> {
        let text = self.project.read(path).ok()?;
        let mut inside = false;
        let mut pip: Option<usize> = None;
        for line in text.lines() {
            let line = line.split(" #").next().unwrap_or_default().trim_end();
            let plain = line.trim_start();
            if plain.is_empty() || plain.starts_with('#') {
                continue;
            }
            let indent = line.len() - plain.len();
            let Some(item) = plain.strip_prefix("- ") else {
                if indent > 0 && inside {
                    return None;
                }
                inside = plain == "dependencies:";
                if plain.starts_with("dependencies") && !inside {
                    return None;
                }
                continue;
            };
            if !inside {
                continue;
            }
            let item = item.trim().trim_matches(['"', '\'']);
            if pip.is_some_and(|outer| indent <= outer) {
                pip = None;
            }
            if item.contains(['{', '[', '&', '*', '|']) && pip.is_none() {
                return None;
            }
            if pip.is_some() {
                match item.strip_prefix("-r").map(str::trim) {
                    Some(other) => self.requirements(&beside(path, other), DEEPEST)?,
                    None if item.starts_with("-e")
                        || item.contains("://") && !item.contains(" @ ") =>
                    {
                        self.location(item.trim_start_matches("-e").trim())?;
                    }
                    None => self.requirement(item),
                }
            } else if item == "pip:" {
                pip = Some(indent);
            } else {
                let item = item.rsplit("::").next().unwrap_or(item);
                if item == "anaconda" || item.starts_with("anaconda=") {
                    return None;
                }
                self.requirement(item);
            }
        }
        self.declares(path);
        Some(())
    }

    fn setup_cfg(&mut self, path: &Path) -> Option<()> {
        let text = self.project.read(path).ok()?;
        let mut section = "";
        let mut reads = false;
        for line in text.lines() {
            let plain = line.trim();
            if plain.is_empty() || plain.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = plain.strip_prefix('[') {
                section = name.trim_end_matches(']');
                reads = false;
            } else if line.starts_with([' ', '\t']) {
                if reads {
                    self.requirement(plain);
                }
            } else if let Some((key, value)) = plain.split_once('=') {
                let key = key.trim();
                let is_main = section == "options" && key == "install_requires";
                reads = is_main || section == "options.extras_require";
                let value = value.trim();
                if reads && value.contains("file:") {
                    return None;
                }
                if is_main {
                    self.declares(path);
                }
                if reads {
                    value
                        .split(';')
                        .for_each(|one| self.requirement(one.trim()));
                }
                if section == "metadata" && key == "name" {
                    self.requirement(value);
                }
            }
        }
        Some(())
    }
}

fn text_of(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn beside(path: &Path, other: &str) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).join(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::MemoryProject;

    fn read(files: &[(&str, &str)]) -> Option<Vec<String>> {
        let project = MemoryProject::new("notebooks/n.ipynb", files.iter().copied());
        let found = of(&project);
        found.file?;
        let mut names: Vec<String> = found.names.into_iter().collect();
        names.sort();
        Some(names)
    }

    fn names(files: &[(&str, &str)]) -> String {
        read(files).unwrap_or_default().join(" ")
    }

    #[test]
    fn every_tool_is_understood() {
        let poetry = "[tool.poetry.dependencies]\npython = '^3.12'\nA_b = { version = '1', optional = true }\n\
            [tool.poetry.group.dev.dependencies]\nc = '*'\n";
        assert_eq!(names(&[("pyproject.toml", poetry)]), "a-b c python");
        let groups = "[project]\nname = 'own'\ndependencies = ['a[x]>=1; python_version > \"3\"']\n\
            [dependency-groups]\ntest = ['b', {include-group = 'other'}]\n[tool.uv]\ndev-dependencies = ['c']\n";
        assert_eq!(names(&[("pyproject.toml", groups)]), "a b c own");
        let setup = "[metadata]\nname = own\n[options]\ninstall_requires =\n    a>=1\n    b\npackages = find:\n\
            [options.extras_require]\nall = c; d\n";
        assert_eq!(names(&[("setup.cfg", setup)]), "a b c d own");
        let environment =
            "name: x\ndependencies:\n- a=1.0=py39\n- pip:\n  - b==1\n  - -r more.txt\n- c\n";
        let files = [
            ("environment.yml", environment),
            ("more.txt", "d @ https://host/d.whl\n"),
        ];
        assert_eq!(names(&files), "a b c d");
        let requirements =
            "-r requirements/base.txt\n--index-url https://host\na==1 \\\n  --hash=sha256:0\n";
        let files = [
            ("requirements.txt", requirements),
            ("requirements/base.txt", "b~=1 # why\n"),
        ];
        assert_eq!(names(&files), "a b");
        assert_eq!(names(&[("notebooks/requirements.txt", "a\n")]), "a");
    }

    #[test]
    fn what_cannot_be_told_is_nothing() {
        for files in [
            &[("requirements.txt", "a\n"), ("setup.py", "")][..],
            &[("requirements.txt", "-r requirements.txt\n")],
            &[("requirements.txt", "-r ../outside.txt\n")],
            &[("requirements.txt", "a\n-e git+https://host/b.git\n")],
            &[
                ("requirements.txt", "a\n"),
                ("pyproject.toml", "[project\n"),
            ],
            &[("environment.yml", "dependencies: [a, b]\n")],
            &[("environment.yml", "dependencies:\n  - {{ a }}\n")],
            &[("setup.cfg", "[options]\ninstall_requires = file: a.txt\n")],
            &[("pyproject.toml", "[project]\nname = 'x'\n")],
            &[("other/requirements.txt", "a\n")],
        ] {
            assert_eq!(read(files), None, "{files:?}");
        }
    }
}
