//! What cargo leaves of a spec's crate in the folder that all specs share.

use std::path::Path;

use super::package::{folders, remove_any};

/// Removes what was compiled of the crates of this name: `<target>/[TRIPLE/]PROFILE/{NAME, deps/NAME-HASH, .fingerprint/NAME-HASH}`.
/// To cargo, crates of all specs of one name are the same; it compiles the next one only because this one is gone.
pub(super) fn remove(target_dir: &Path, package: &str) {
    let profiles = folders(target_dir).into_iter().flat_map(|folder| [vec![folder.clone()], folders(&folder)].concat());
    for profile in profiles {
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

/// The hash of a fingerprint of this package, if it is that of a program. A library of the same name is a dependency.
fn program(print: &Path, package: &str) -> Option<String> {
    let (name, hash) = print.file_name()?.to_str()?.rsplit_once('-')?;
    (name == package && print.join(format!("bin-{package}")).is_file()).then(|| hash.to_owned())
}
