//! The runtime's sources as they are unpacked: whole, and each file as it was packed.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::root::make_private;

include!(concat!(env!("OUT_DIR"), "/runtime_sources.rs"));

/// A file that exists only in a complete folder of sources.
pub(super) const COMPLETE_MARKER: &str = "Cargo.toml";

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// The part of the root manifest that the runtime's crates inherit from, and the lock file.
pub(in crate::build) fn packed(name: &str) -> &'static str {
    FILES.iter().find(|(packed, _)| *packed == name).and_then(|(_, content)| std::str::from_utf8(content).ok()).unwrap_or_default()
}

/// Unpacks the sources next to the folder, then renames the result, so that a concurrent build finds all of them or none.
pub(super) fn unpack(root: &Path, folder: &Path) -> io::Result<()> {
    let beside = root.join(format!("{HASH}.new-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    let written = make_private(&beside).and_then(|()| FILES.iter().try_for_each(|(name, content)| write(&beside.join(name), content)));
    let unpacked = match written.and_then(|()| fs::rename(&beside, folder)) {
        Ok(()) => return Ok(()),
        // Another build was faster.
        Err(_) if folder.join(COMPLETE_MARKER).is_file() => Ok(()),
        Err(error) => Err(error),
    };
    // A full disk would stay full.
    let _ = fs::remove_dir_all(&beside);
    unpacked
}

/// Compares each file with what was packed, and writes those again that differ. Gives how many these were.
pub(super) fn verify(folder: &Path) -> io::Result<usize> {
    let mut repaired = 0;
    for (name, content) in FILES {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|found| found == *content) {
            continue;
        }
        if path.is_dir() {
            fs::remove_dir_all(&path)?;
        }
        // Other builds may read it: a rename replaces it at once.
        let beside = path.with_extension(format!("new-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        if let Err(error) = write(&beside, content).and_then(|()| fs::rename(&beside, &path)) {
            let _ = fs::remove_file(&beside);
            return Err(error);
        }
        repaired += 1;
    }
    Ok(repaired)
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_that_cannot_be_unpacked_leave_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        assert!(unpack(root.path(), &root.path().join("missing/folder")).is_err());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn runtime_is_packed_whole() {
        let names: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        for name in ["Cargo.toml", "Cargo.lock", "runtime/Cargo.toml", "runtime/lib.rs", "runtime/config/lib.rs"] {
            assert!(names.contains(&name), "{name} is missing");
        }
        let strange: Vec<&&str> = names[2..].iter().filter(|name| !name.starts_with("runtime/")).collect();
        assert!(strange.is_empty(), "only the runtime is packed: {strange:?}");
        let [manifest, lock] = ["Cargo.toml", "Cargo.lock"].map(packed);
        for own in ["ltc-demo", "ltc-grammar"] {
            assert!(!manifest.contains(own) && !lock.contains(own), "{own} belongs to the compiler");
        }
        assert!(manifest.contains("members = [\"runtime\", \"runtime/config\", \"runtime/engine\"]"), "{manifest}");
    }

    #[test]
    fn damaged_sources_are_written_again() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(HASH);
        unpack(root.path(), &folder).unwrap();
        assert_eq!(verify(&folder).unwrap(), 0);
        fs::write(folder.join("runtime/lib.rs"), "").unwrap();
        fs::remove_file(folder.join("runtime/Cargo.toml")).unwrap();
        fs::remove_dir_all(folder.join("runtime/config")).unwrap();
        fs::remove_file(folder.join("Cargo.lock")).unwrap();
        fs::create_dir(folder.join("Cargo.lock")).unwrap();
        assert!(verify(&folder).unwrap() > 4);
        assert!(FILES.iter().all(|(name, content)| fs::read(folder.join(name)).unwrap() == *content));
        assert_eq!(verify(&folder).unwrap(), 0);
    }
}
