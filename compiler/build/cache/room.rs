//! The room on the cache's disk.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// The bytes that a build needs at least.
pub(super) const BYTES: usize = 64 << 20;

/// Whether a file of this size does not fit on a disk.
pub(super) fn lacks(path: &Path, bytes: usize) -> bool {
    static PIECE: [u8; 1 << 16] = [0; 1 << 16];
    let fill = || -> io::Result<()> {
        let mut file = File::create(path)?;
        (0..bytes.div_ceil(PIECE.len())).try_for_each(|_| file.write_all(&PIECE))?;
        file.sync_data()
    };
    let filled = fill();
    let _ = fs::remove_file(path);
    filled.is_err_and(|error| crate::build::is_full(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_on_a_disk_is_tried() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("room");
        assert!(!lacks(&path, 1 << 20) && !path.exists());
        // Another error is none of the room.
        assert!(!lacks(&folder.path().join("missing/room"), 1));
        assert!(crate::build::is_full(&io::Error::from_raw_os_error(28)));
    }
}
