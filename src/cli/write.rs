//! Files replaced in one step: whoever reads sees the old file or the new one, and a crash leaves one of them.
//! Who writes says by [`Unbroken`] from when to when it must not be ended.

mod unbroken;

use std::fs::Permissions;
use std::io::Write;
use std::path::Path;

pub use unbroken::Unbroken;

use crate::workspace;

/// Replaces the file's content, which must still be `expected`. A symbolic link stays one if it leads to a file of the
/// same project, and the file keeps its permissions.
///
/// # Errors
/// With a sentence for a person; the file is then as it was.
pub fn replace(
    _unbroken: &Unbroken,
    path: &Path,
    expected: &[u8],
    new: &[u8],
) -> Result<(), String> {
    let name = path.display();
    let failed = |error: std::io::Error| format!("{name} cannot be written: {}", plainly(&error));
    let target = std::fs::canonicalize(path).map_err(failed)?;
    // Whoever cleans all that a repository holds means nothing beyond it.
    if workspace::leads_out(path) {
        return Err(format!(
            "{name} is a link to a file outside of its project, and was left as it is; name the file itself"
        ));
    }
    let permissions = std::fs::metadata(&target).map_err(failed)?.permissions();
    // A folder that may be written would let us replace the file all the same.
    if permissions.readonly() {
        return Err(format!("{name} is read-only and was left as it is"));
    }
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".cellwise-")
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(new).map_err(failed)?;
    file.as_file()
        .set_permissions(permissions)
        .map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    if std::fs::read(&target).map_err(failed)? != expected {
        return Err(format!(
            "{name} was changed by somebody else meanwhile and was left as it is; run the command again"
        ));
    }
    file.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Writes a file that must not exist yet, with its folders.
///
/// # Errors
/// With a sentence for a person; nothing is written then.
pub fn create(_unbroken: &Unbroken, path: &Path, text: &[u8]) -> Result<(), String> {
    let name = path.display();
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!("{name} exists, and was left as it is; choose another name")
        }
        _ => format!("{name} cannot be written: {}", plainly(&error)),
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::Builder::new()
        .prefix(".cellwise-")
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(text).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    readable(file.as_file()).map_err(failed)?;
    file.persist_noclobber(path)
        .map_err(|error| failed(error.error))?;
    Ok(())
}

/// Writes a file of ours, whatever there was. A symbolic link stays one.
///
/// # Errors
/// With the reason, as in "a cannot be written: …"; the file is then as it was.
pub fn put(path: &Path, text: &[u8]) -> Result<(), String> {
    let failed = |error: std::io::Error| plainly(&error);
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let found = std::fs::metadata(&target);
    // `/dev/stdout` and pipes are written to: they cannot be replaced.
    if found.as_ref().is_ok_and(|found| !found.is_file()) {
        return std::fs::write(&target, text).map_err(failed);
    }
    let _unbroken = Unbroken::begin();
    let permissions = found.map(|found| found.permissions());
    if permissions.as_ref().is_ok_and(Permissions::readonly) {
        return Err("it is read-only".to_owned());
    }
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".cellwise-")
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(text).map_err(failed)?;
    match permissions {
        Ok(permissions) => file.as_file().set_permissions(permissions),
        Err(_) => readable(file.as_file()),
    }
    .map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}

/// What went wrong, without the name of the temporary file: that is of no use to anybody.
fn plainly(error: &std::io::Error) -> String {
    match error.get_ref() {
        Some(_) => error.kind().to_string(),
        None => error.to_string(),
    }
}

/// A temporary file is its owner's alone; a module is for all who read the project.
fn readable(file: &std::fs::File) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_meanwhile_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "theirs").unwrap();
        let error = replace(&Unbroken::begin(), &path, b"read", b"new").unwrap_err();
        assert!(error.contains("meanwhile"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"theirs");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        replace(&Unbroken::begin(), &path, b"theirs", b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }
}
