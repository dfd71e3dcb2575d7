//! Reading files that anybody may have put there, without waiting and without an end.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Notebooks of this size and more, in bytes, are refused: places in a text are 32-bit numbers.
pub const LARGEST_NOTEBOOK: u64 = u32::MAX as u64;

/// Reads a regular file that holds less than `limit` bytes. A pipe would keep us waiting for whoever writes to it, and a
/// device may never end.
///
/// # Errors
/// Those of the file system, `InvalidInput` for what is no regular file, `FileTooLarge` for a larger one.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !metadata.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no regular file",
        ));
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if metadata.len() >= limit || bytes.len() as u64 >= limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_a_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "abc").unwrap();
        assert_eq!(read(&file, 4).unwrap(), b"abc");
        let kind = |path: &Path, limit| read(path, limit).unwrap_err().kind();
        assert_eq!(kind(&file, 3), io::ErrorKind::FileTooLarge);
        assert_eq!(kind(folder.path(), 9), io::ErrorKind::IsADirectory);
        if cfg!(unix) {
            assert_eq!(kind(Path::new("/dev/zero"), 9), io::ErrorKind::InvalidInput);
        }
    }
}
