//! What cargo leaves of crates in the folder that all specs and all runtimes share.

use std::path::{Path, PathBuf};

use super::package::{folders, remove_any};

/// Removes what was compiled of the crates of this name: `<target>/[TRIPLE/]PROFILE/{NAME, deps/NAME-HASH, .fingerprint/NAME-HASH}`.
/// To cargo, crates of all specs of one name are the same; it compiles the next one only because this one is gone.
pub(super) fn remove(target_dir: &Path, package: &str) {
    for profile in profiles(target_dir) {
        for print in folders(&profile.join(".fingerprint")) {
            let Some(hash) = program(&print, package) else { continue };
            let program = profile.join("deps").join(format!("{}-{hash}", package.replace('-', "_")));
            let linked = profile.join(package);
            // Without its fingerprint the rest is compiled again, so it goes last: a removal that is cut short is repeated.
            for path in [program.with_extension("d"), program, linked.with_extension("d"), linked, print] {
                // What cannot be removed now is tried again with the next build.
                let _ = remove_any(&path);
            }
        }
    }
}

/// Makes cargo compile the library of this name again, for all targets and profiles.
pub(super) fn forget_library(target_dir: &Path, package: &str) {
    let prints = profiles(target_dir).flat_map(|profile| folders(&profile.join(".fingerprint")));
    for print in prints.filter(|print| parts(print).is_some_and(|(name, _)| name == package)) {
        let _ = remove_any(&print);
    }
}

/// `<target>/PROFILE` and `<target>/TRIPLE/PROFILE`, and their parents.
fn profiles(target_dir: &Path) -> impl Iterator<Item = PathBuf> {
    folders(target_dir).into_iter().flat_map(|folder| [vec![folder.clone()], folders(&folder)].concat())
}

/// The package and the hash of a fingerprint.
fn parts(print: &Path) -> Option<(&str, &str)> {
    print.file_name()?.to_str()?.rsplit_once('-')
}

/// The hash of a fingerprint of this package, if it is that of a program. A library of the same name is a dependency.
fn program(print: &Path, package: &str) -> Option<String> {
    let (name, hash) = parts(print)?;
    (name == package && print.join(format!("bin-{package}")).is_file()).then(|| hash.to_owned())
}
