//! Words by which habits are recognised: what takes a path, what says where code runs.

/// Functions and methods whose arguments are paths. `read_…`, `to_…`, `load…`, `save…` and
/// `write_…` are among them without being listed.
const PATH_TAKERS: &[&str] = &[
    "Database",
    "File",
    "ImageFolder",
    "Path",
    "PosixPath",
    "PurePath",
    "WindowsPath",
    "abspath",
    "addsitedir",
    "basename",
    "chdir",
    "connect",
    "copy",
    "copy2",
    "copyfile",
    "copytree",
    "csv",
    "dirname",
    "download",
    "exists",
    "extractall",
    "fromfile",
    "from_csv",
    "from_file",
    "from_pretrained",
    "genfromtxt",
    "glob",
    "iglob",
    "imread",
    "imsave",
    "imwrite",
    "isdir",
    "isfile",
    "json",
    "listdir",
    "makedirs",
    "mkdir",
    "move",
    "open",
    "parquet",
    "remove",
    "rename",
    "rglob",
    "rmdir",
    "rmtree",
    "scandir",
    "textFile",
    "tofile",
    "unlink",
    "urlretrieve",
    "walk",
];

/// Whether a function of this name is given paths.
pub fn takes_path(function: &str) -> bool {
    [
        "read_", "to_", "load", "save", "write_", "imread", "imwrite",
    ]
    .iter()
    .any(|start| function.starts_with(start))
        || PATH_TAKERS.contains(&function)
}

/// Whether a name says that its value is a path: `data_dir`, `csvFile`, `PATH`.
pub fn says_path(name: &str) -> bool {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let lower = name.to_ascii_lowercase();
    if ["url", "endpoint", "route"]
        .iter()
        .any(|web| lower.contains(web))
    {
        return false;
    }
    [
        "path",
        "paths",
        "dir",
        "dirs",
        "directory",
        "folder",
        "folders",
        "file",
        "files",
        "filename",
        "filenames",
        "fname",
        "root",
        "location",
    ]
    .iter()
    .any(|word| lower.ends_with(word))
        || ["path_", "dir_", "file_", "folder_"]
            .iter()
            .any(|word| lower.starts_with(word))
}

/// Whether a string, as it is written with its quotes, is a path that exists on one machine only.
pub fn is_machine_path(literal: &str) -> bool {
    let text = literal
        .trim_start_matches(|c: char| c.is_ascii_alphabetic())
        .trim_matches(['"', '\'']);
    if text.contains(['\n', '<']) {
        return false;
    }
    let text = text.strip_prefix("file://").unwrap_or(text);
    let homes = ["/home/", "/Users/", "/content/drive/", "/content/gdrive/"];
    if let Some(rest) = homes.iter().find_map(|home| text.strip_prefix(home)) {
        return !rest.is_empty();
    }
    let mut bytes = text.bytes();
    let drive = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let colon = bytes.next() == Some(b':');
    let slash = bytes.next();
    let next = bytes.next();
    drive
        && colon
        && matches!(slash, Some(b'/' | b'\\'))
        && next.is_some()
        && (slash, next) != (Some(b'/'), Some(b'/'))
}

/// Whether a name tells where the code runs: `ENV`, `deploy_env`, `environment`.
pub fn is_environment(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words = [
        "env",
        "environment",
        "stage",
        "deployment",
        "runtime_env",
        "env_name",
        "run_mode",
    ];
    words.contains(&lower.as_str()) || lower.ends_with("_env") || lower.ends_with("_environment")
}

/// Whether a name tells that its attributes say how the program is run: `settings`, `app_config`, `args`.
pub fn holds_settings(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words = [
        "app",
        "args",
        "cfg",
        "conf",
        "config",
        "configuration",
        "context",
        "ctx",
        "env",
        "environment",
        "flags",
        "options",
        "opts",
        "os",
        "params",
        "self",
        "settings",
    ];
    words.contains(&lower.as_str()) || lower.ends_with("config") || lower.ends_with("settings")
}

/// Whether a name switches between environments by being true: `PROD`, `IS_PRODUCTION`, `DEBUG`.
pub fn is_switch(name: &str) -> bool {
    let stem = name.strip_prefix("IS_").unwrap_or(name);
    let stem = stem.strip_suffix("_MODE").unwrap_or(stem);
    matches!(
        stem,
        "PROD" | "PRODUCTION" | "DEBUG" | "DEBUGGING" | "DEV" | "DEVELOPMENT" | "STAGING"
    ) || matches!(
        name,
        "is_prod" | "is_production" | "is_dev" | "in_production"
    )
}

/// Whether a string names an environment: `"prod"`, `"Staging"`.
pub fn is_stage(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "prod"
            | "production"
            | "prd"
            | "live"
            | "dev"
            | "develop"
            | "development"
            | "staging"
            | "stage"
            | "stg"
            | "test"
            | "testing"
            | "uat"
            | "qa"
            | "local"
            | "debug"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_one_machine_are_known_by_their_start() {
        for path in [
            r#""/home/ana/data.csv""#,
            r#"'/Users/ana'"#,
            r#"r"C:\data\x.csv""#,
            r#""C:\\data""#,
            r#"'d:/data/x'"#,
            r#"f"/home/{user}/x""#,
            r#""/content/drive/MyDrive""#,
            r#""file:///home/ana/x""#,
        ] {
            assert!(is_machine_path(path), "{path}");
        }
        for path in [
            r#""data/home/x""#,
            r#""/tmp/x""#,
            r#""/data/x.csv""#,
            r#""https://x.org/home/""#,
            r#""s3://bucket""#,
            r#""/usr/bin/env""#,
            r#""/home/""#,
            r#""/content/drive""#,
            r#""C:""#,
            r#""a://b""#,
            r#""""#,
        ] {
            assert!(!is_machine_path(path), "{path}");
        }
    }

    #[test]
    fn names_say_what_they_hold() {
        for name in [
            "path",
            "DATA_DIR",
            "csvFile",
            "file1",
            "root",
            "path_to_data",
        ] {
            assert!(says_path(name), "{name}");
        }
        for name in ["profile_id", "x", "redirect_url", "url_path", "title"] {
            assert!(!says_path(name), "{name}");
        }
    }
}
