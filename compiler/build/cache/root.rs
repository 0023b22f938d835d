//! Where the cache is, and that only its user can write it: its content is compiled and run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::build::Error;

/// The cache's folder, made absolute.
pub(super) fn root(cache: Option<PathBuf>) -> Result<PathBuf, Error> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let root = select(cache, variable).ok_or(Error::NoHome)?;
    Ok(of_this_user(std::path::absolute(&root).unwrap_or(root)))
}

/// A shared folder for temporary files is no substitute for a home: another user could write there what is compiled next.
fn select(cache: Option<PathBuf>, variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let caches = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    // The XDG specification ignores relative paths.
    let absolute = |name| variable(name).filter(|path| path.is_absolute());
    let system = || absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(caches)));
    cache.or_else(|| variable("LTC_CACHE_DIR")).or_else(|| Some(system()?.join("ltc")))
}

/// Creates the cache's own folder, which may be one that has other files too.
pub(super) fn create(root: &Path) -> io::Result<()> {
    create_private(root)?;
    let found = fs::metadata(root)?;
    if is_open_to_all(&found) {
        return Err(denied("every user can write to it"));
    }
    if !is_trusted(&found) {
        return Err(denied("it belongs to another user"));
    }
    Ok(())
}

/// Creates a folder of the cache that only its user reads and writes. One that is there gets this mode.
pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    create_private(folder)?;
    restrict(folder)
}

fn denied(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

#[cfg(unix)]
fn create_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A folder that all users share, such as `/tmp`, gets one for each of them. With the sticky bit, others can't replace what a user made.
#[cfg(unix)]
fn of_this_user(root: PathBuf) -> PathBuf {
    use std::os::unix::fs::MetadataExt;
    match fs::metadata(&root) {
        Ok(found) if found.mode() & 0o1002 == 0o1002 => root.join(format!("ltc-{}", rustix::process::geteuid().as_raw())),
        _ => root,
    }
}

#[cfg(unix)]
fn is_open_to_all(folder: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    folder.mode() & 0o002 != 0
}

/// The owner of a folder can replace what others made in it. The system's own user can do so everywhere.
#[cfg(unix)]
fn is_trusted(folder: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    folder.uid() == 0 || folder.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(unix)]
fn restrict(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let found = fs::symlink_metadata(folder)?;
    // The path itself may not be a link: its target could change behind the check.
    if !found.is_dir() {
        return Err(denied("a folder of the cache is a link"));
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(denied("it belongs to another user"));
    }
    if found.mode() & 0o077 != 0 {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn create_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn of_this_user(root: PathBuf) -> PathBuf {
    root
}

#[cfg(not(unix))]
fn is_open_to_all(_: &fs::Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn is_trusted(_: &fs::Metadata) -> bool {
    true
}

#[cfg(not(unix))]
fn restrict(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(variables: &[(&str, &str)]) -> Option<PathBuf> {
        select(None, |name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn cache_without_home_is_an_error() {
        assert_eq!(selected(&[]), None);
        assert_eq!(selected(&[("HOME", "relative")]), None);
        assert!(Error::NoHome.help().is_some_and(|help| help.contains("LTC_CACHE_DIR")));
    }

    #[test]
    fn cache_folder_follows_the_variables() {
        let home = selected(&[("HOME", "/h")]).unwrap();
        assert!(home.starts_with("/h") && home.ends_with("ltc"), "{home:?}");
        assert_eq!(selected(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")]), Some("/x/ltc".into()));
        assert_eq!(selected(&[("XDG_CACHE_HOME", "x"), ("HOME", "/h")]), Some(home));
        assert_eq!(selected(&[("LTC_CACHE_DIR", "c"), ("HOME", "/h")]), Some("c".into()));
    }

    #[test]
    #[cfg(unix)]
    fn folders_of_the_cache_are_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        let new = folder.path().join("a/b");
        make_private(&new).unwrap();
        assert_eq!(mode(&new), 0o700);
        set(&new, 0o775);
        make_private(&new).unwrap();
        assert_eq!(mode(&new), 0o700);
        set(&new, 0o777);
        assert!(create(&new).unwrap_err().to_string().contains("every user can write"));
        set(&new, 0o1777);
        assert!(create(&new).unwrap_err().to_string().contains("every user can write"));
        let own = root(Some(new.clone())).unwrap();
        assert_eq!(own, new.join(format!("ltc-{}", rustix::process::geteuid().as_raw())));
        create(&own).unwrap();
        assert_eq!((mode(&own), root(Some(own.clone())).unwrap()), (0o700, own));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&new, &link).unwrap();
        assert!(make_private(&link).unwrap_err().to_string().contains("link"));
    }
}
