//! Reading files that anybody may have put there, without waiting and without an end.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Notebooks of this size and more, in bytes, are refused: places in a text are 32-bit numbers.
pub const LARGEST_NOTEBOOK: u64 = u32::MAX as u64;

/// In bytes: threads that read behind everything else read files of this size one after the other.
const LARGE: u64 = 1 << 20;

/// Waits for the file's turn, which lasts until the guard is dropped. Whoever reads while somebody types holds no more than one
/// large file, and what was made of it.
pub fn turn(path: &Path) -> Option<MutexGuard<'static, ()>> {
    static TURN: Mutex<()> = Mutex::new(());
    let is_large = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() >= LARGE);
    is_large.then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Reads a regular file that holds less than `limit` bytes. A pipe would keep us waiting for whoever writes to it, and a
/// device may never end.
///
/// # Errors
/// Those of the file system, `InvalidInput` for what is no regular file, `FileTooLarge` for a larger one, `OutOfMemory` where
/// there is no room for it.
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
    if metadata.len() >= limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Vec::new();
    // Reading would double the room until it does; and a size may be more than there is memory.
    bytes.try_reserve_exact(usize::try_from(metadata.len()).unwrap_or(usize::MAX))?;
    // It may grow while it is read.
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() as u64 >= limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_large_files_wait_for_their_turn() {
        let folder = tempfile::tempdir().unwrap();
        let (small, large) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&small, "abc").unwrap();
        File::create(&large).unwrap().set_len(LARGE).unwrap();
        let first = turn(&large);
        assert!(first.is_some());
        // Neither waits for the first, which this thread holds.
        assert!(turn(&small).is_none());
        assert!(turn(folder.path().join("c").as_path()).is_none());
        let waiting = std::thread::spawn(move || turn(&large).is_some());
        std::thread::yield_now();
        assert!(!waiting.is_finished());
        drop(first);
        assert!(waiting.join().unwrap());
    }

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
