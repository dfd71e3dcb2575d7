//! Files replaced in one step: whoever reads sees the old file or the new one, and a crash leaves one of them.

use std::io::Write;
use std::path::Path;

/// Replaces the file's content, which must still be `expected`. A symbolic link stays one, and the
/// file keeps its permissions.
///
/// # Errors
/// With a sentence for a person; the file is then as it was.
pub fn replace(path: &Path, expected: &[u8], new: &[u8]) -> Result<(), String> {
    let name = path.display();
    let failed = |error: std::io::Error| format!("{name} cannot be written: {error}");
    let target = std::fs::canonicalize(path).map_err(failed)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_meanwhile_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "theirs").unwrap();
        let error = replace(&path, b"read", b"new").unwrap_err();
        assert!(error.contains("meanwhile"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"theirs");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        replace(&path, b"theirs", b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }
}
