//! What a spec becomes: the generated Rust of each of the repository's specs, kept as a file that was read.

use std::fs;
use std::path::Path;

use ltc::pipeline::{self, Target};

/// The emitted Rust of each of the repository's specs is a file under `tests/snapshots/`; `LTC_BLESS=1` writes them anew, to be read before
/// they are kept.
#[test]
fn emitted_rust_is_as_it_was_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let snapshots = root.join("tests/snapshots");
    let mut changed = Vec::new();
    let specs = fs::read_dir(root.join("specs")).unwrap().map(|entry| entry.unwrap().path());
    for spec in specs.filter(|path| path.extension().is_some_and(|extension| extension == "lt")) {
        let name = spec.file_stem().unwrap().to_string_lossy().into_owned();
        let target =
            Target { root: root.to_owned(), spec: spec.clone(), profile: Some(spec.with_extension("profile.yml")), ..Target::default() };
        let checked = pipeline::check(&target).unwrap();
        let emitted = checked.emit().unwrap().main;
        // The fingerprint also tells the profile and the data apart, which are read elsewhere.
        let emitted: String =
            emitted.lines().filter(|line| !line.trim_start().starts_with("fingerprint:")).map(|line| format!("{line}\n")).collect();
        let snapshot = snapshots.join(format!("{name}.rs"));
        if std::env::var_os("LTC_BLESS").is_some() {
            fs::create_dir_all(&snapshots).unwrap();
            fs::write(&snapshot, &emitted).unwrap();
        }
        let kept = fs::read_to_string(&snapshot).unwrap_or_default();
        let first = kept.lines().zip(emitted.lines()).position(|(kept, now)| kept != now);
        if kept != emitted {
            changed.push(format!("{}: line {}", snapshot.display(), first.unwrap_or_default() + 1));
        }
        // Small and readable: a spec's code is not many times the spec.
        let (written, made) = (fs::metadata(&spec).unwrap().len(), emitted.len());
        assert!(made < usize::try_from(written).unwrap() * 15, "{name}: {written} bytes became {made}");
    }
    assert!(changed.is_empty(), "the emitted Rust changed; LTC_BLESS=1 writes it anew:\n{}", changed.join("\n"));
}
