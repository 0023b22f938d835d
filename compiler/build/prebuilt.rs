//! A prebuilt runtime: an archive with the compiled crates that a spec is linked with, and the command that links them. With it, a first
//! build takes seconds and needs neither cargo nor the sources of dependencies, only rustc and a linker.
//!
//! The archive (`ltc-runtime-VERSION-RUSTC-TARGET.tar.zst`) holds `runtime.json` first, then the libraries and what `prelink` made of
//! them. Compiled Rust works with exactly the compiler that made it, so the manifest names compiler, target and runtime. An archive that does
//! not fit is not used.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::cache::{CacheDir, HASH};
use super::replay::{CACHE, Replay, fingerprint};
use super::{Error, Options, prelink};
use crate::output_path::{create_folder, output_path};

/// The variable that names an archive: a path or a URL, with `#sha256=…` after it.
pub(super) const VARIABLE: &str = "LTC_RUNTIME";

/// The manifest's file in the archive.
const MANIFEST: &str = "runtime.json";
/// The version of the archive's format.
const FORMAT: u32 = 2;
/// Replaces the folder of compiled crates in the recorded arguments.
const TARGET: &str = "{target}";
/// The compression level of zstd; higher levels take minutes for a tenth.
const LEVEL: i32 = 9;
/// How long a server may take to begin its response.
const RESPONSE_LIMIT: Duration = Duration::from_secs(60);

/// The compiler, target and runtime that an archive fits.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    ltc: String,
    /// The hash of the runtime's sources.
    runtime: String,
    /// The output of `rustc -vV`.
    rustc: String,
    profile: String,
    replay: Replay,
}

/// A written archive.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The archive.
    pub path: PathBuf,
    /// The size of the binary.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// An archive that is to be written, and its checksum beside it.
#[derive(Clone, Debug)]
pub struct Archive {
    /// The archive.
    pub path: PathBuf,
    /// The file with its checksum.
    pub checksum: PathBuf,
}

impl Archive {
    /// `to` is a file, a folder, or nothing for the current folder.
    pub(super) fn at(to: Option<&Path>, rustc: &str, profile: &str) -> Self {
        let name = file_name(rustc, profile);
        let path = output_path(to, &name);
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(".sha256");
        Self { checksum: path.with_file_name(name), path }
    }
}

/// Whether a file is an archive that `pack` wrote, by its first bytes.
pub fn is_archive(path: &Path) -> bool {
    let mut name = [0; MANIFEST.len()];
    let read = File::open(path).and_then(|file| zstd::Decoder::new(file)?.read_exact(&mut name));
    read.is_ok() && name == *MANIFEST.as_bytes()
}

/// An archive with nothing but its first entry.
#[cfg(test)]
pub(crate) fn archive_start() -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    append(&mut archive, MANIFEST, b"{}").unwrap();
    zstd::encode_all(&*archive.into_inner().unwrap(), LEVEL).unwrap()
}

/// The name of the archive for this version of ltc.
fn file_name(rustc: &str, profile: &str) -> String {
    let line = |key: &str| rustc.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("unknown").trim();
    let profile = if profile == "release" { String::new() } else { format!("-{profile}") };
    format!("ltc-runtime-{}-{}-{}{profile}.tar.zst", env!("CARGO_PKG_VERSION"), line("release:"), line("host:"))
}

/// Writes an archive of what cargo compiled, and its checksum beside it.
pub(super) fn pack(
    cache: &CacheDir,
    profile: &str,
    replay: &Replay,
    rustc: &str,
    libraries: &[PathBuf],
    to: &Archive,
) -> Result<Packed, Error> {
    let Archive { path, checksum } = to;
    let compiled = cache.target_dir.strip_prefix(&cache.root).unwrap_or(&cache.target_dir);
    let compiled = format!("{CACHE}/{}", compiled.display());
    let manifest = Manifest {
        format: FORMAT,
        ltc: env!("CARGO_PKG_VERSION").to_owned(),
        runtime: HASH.to_owned(),
        rustc: rustc.to_owned(),
        profile: profile.to_owned(),
        // The other machine has its own `rustc`.
        replay: Replay { rustc: "rustc".to_owned(), ..replay.clone().relocated(&compiled, TARGET) },
    };
    let write = || -> io::Result<String> {
        create_folder(path)?;
        let mut compressed = zstd::Encoder::new(Hashing::new(BufWriter::new(File::create(path)?)), LEVEL)?;
        compressed.include_checksum(true)?;
        let mut archive = tar::Builder::new(compressed);
        append(&mut archive, MANIFEST, &serde_json::to_vec_pretty(&manifest)?)?;
        let prelinked = if replay.prelinked.is_some() { prelink::files(cache, profile).to_vec() } else { Vec::new() };
        let mut sorted: Vec<&PathBuf> = libraries.iter().chain(&prelinked).collect();
        sorted.sort();
        sorted.dedup();
        for library in sorted {
            let name = library.strip_prefix(&cache.target_dir).map_err(io::Error::other)?;
            append(&mut archive, &name.to_string_lossy().replace('\\', "/"), &fs::read(library)?)?;
        }
        archive.into_inner()?.finish()?.finish()
    };
    let sha256 = write().map_err(|error| Error::Write(path.clone(), error))?;
    let line = format!("{sha256}  {}\n", path.file_name().unwrap_or_default().to_string_lossy());
    fs::write(checksum, line).map_err(|error| Error::Write(checksum.clone(), error))?;
    let bytes = fs::metadata(path).map_err(|error| Error::Write(path.clone(), error))?.len();
    Ok(Packed { path: path.clone(), bytes, sha256 })
}

/// Appends a file. The same content gives the same archive on every machine and at any time.
fn append(archive: &mut tar::Builder<impl Write>, name: &str, content: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(if prelink::is_script(name) { 0o755 } else { 0o644 });
    header.set_mtime(0);
    archive.append_data(&mut header, name, content)
}

/// Hashes what it writes.
struct Hashing<W> {
    inner: W,
    digest: Sha256,
}

impl<W: Write> Hashing<W> {
    fn new(inner: W) -> Self {
        Self { inner, digest: Sha256::new() }
    }

    fn finish(mut self) -> io::Result<String> {
        self.inner.flush()?;
        Ok(hex::encode(self.digest.finalize()))
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The location of an archive, and its expected SHA-256.
#[derive(Debug, PartialEq, Eq)]
struct Source<'v> {
    place: &'v str,
    sha256: Option<&'v str>,
}

impl<'v> Source<'v> {
    fn parse(value: &'v str) -> Result<Self, Error> {
        let wrong = |why: &str, help: &str| Err(Error::Prebuilt { why: why.to_owned(), help: help.to_owned() });
        let (place, sha256) = match value.split_once('#') {
            None => (value, None),
            Some((place, sum)) => (place, Some(sum.strip_prefix("sha256=").unwrap_or_default())),
        };
        if sha256.is_some_and(|sum| sum.len() != 64 || !sum.chars().all(|char| char.is_ascii_hexdigit())) {
            return wrong("LTC_RUNTIME has an invalid checksum", "write 64 hexadecimal digits after `#sha256=`");
        }
        let source = Self { place, sha256 };
        if source.is_url() && sha256.is_none() {
            return wrong("LTC_RUNTIME is a URL without a checksum", "add `#sha256=` and the checksum that the release lists");
        }
        Ok(source)
    }

    fn is_url(&self) -> bool {
        self.place.starts_with("https://") || self.place.starts_with("http://")
    }
}

/// Unpacks the archive that [`VARIABLE`] names, if it fits. Returns whether there is one.
pub(super) fn install(cache: &CacheDir, profile: &str, options: &Options, rustc: impl FnOnce() -> Option<String>) -> Result<bool, Error> {
    let Some(value) = std::env::var(VARIABLE).ok().filter(|value| !value.is_empty()) else { return Ok(false) };
    let source = Source::parse(&value)?;
    let unfit = |why: String| {
        options.progress.print(&format!("LTC_RUNTIME does not fit: {why}; compiling the runtime instead"));
        Ok(false)
    };
    // Without rustc nothing can be built; cargo reports this.
    let Some(rustc) = rustc() else { return Ok(false) };
    let (expected, named) = (file_name(&rustc, profile), source.place.rsplit('/').next().unwrap_or_default());
    if source.is_url() && named.starts_with("ltc-runtime-") && named != expected {
        return unfit(format!("expected {expected}"));
    }
    let downloaded = cache.folder.join(format!("runtime.new-{}", std::process::id()));
    let installed = read(&source, &downloaded, options)
        .and_then(|archive| unpack(cache, profile, options, &rustc, &archive).map_err(|error| damaged(&source, &error)));
    let _ = fs::remove_file(&downloaded);
    match installed? {
        None => Ok(true),
        Some(why) => unfit(why),
    }
}

fn damaged(source: &Source<'_>, error: &io::Error) -> Error {
    // The first error names only the file within the archive; its last cause says what is wrong with the archive.
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let why = causes.last().map(ToString::to_string).unwrap_or_default();
    Error::Prebuilt {
        why: format!("cannot unpack the prebuilt runtime {}: {why}", source.place),
        help: "make it again with `ltc runtime pack`, or unset LTC_RUNTIME to compile the runtime".to_owned(),
    }
}

/// The archive's file, downloaded if necessary, with its checksum verified.
fn read(source: &Source<'_>, downloaded: &Path, options: &Options) -> Result<PathBuf, Error> {
    let unreadable = |error: String| Error::Prebuilt {
        why: format!("cannot read the prebuilt runtime {}: {error}", source.place),
        help: "correct LTC_RUNTIME, or unset it to compile the runtime".to_owned(),
    };
    let path = if source.is_url() {
        options.progress.print(&format!("downloading the prebuilt runtime {}", source.place));
        download(source.place, downloaded).map_err(unreadable)?;
        downloaded.to_owned()
    } else {
        PathBuf::from(source.place.strip_prefix("file://").unwrap_or(source.place))
    };
    if let Some(wanted) = source.sha256 {
        let found = hash(&path).map_err(|error| unreadable(error.to_string()))?;
        if !found.eq_ignore_ascii_case(wanted) {
            return Err(Error::Prebuilt {
                why: format!("unexpected checksum {found} of the prebuilt runtime {}, expected {wanted}", source.place),
                help: "correct the checksum in LTC_RUNTIME only if you trust the file".to_owned(),
            });
        }
    }
    // Opening it shows that it exists, whether or not it has a checksum.
    File::open(&path).map_err(|error| unreadable(error.to_string())).map(|_| path)
}

fn download(url: &str, to: &Path) -> Result<(), String> {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_recv_response(Some(RESPONSE_LIMIT)).build().into();
    let mut response = agent.get(url).call().map_err(|error| error.to_string())?;
    let save = |mut body: ureq::BodyReader<'_>| -> io::Result<()> {
        let mut file = BufWriter::new(File::create(to)?);
        io::copy(&mut body, &mut file)?;
        file.flush()
    };
    save(response.body_mut().as_reader()).map_err(|error| error.to_string())
}

fn hash(path: &Path) -> io::Result<String> {
    let mut sum = Hashing::new(io::sink());
    io::copy(&mut BufReader::new(File::open(path)?), &mut sum)?;
    sum.finish()
}

/// Unpacks the archive next to the folder, then renames the result, so that the rest of an interrupted build is never taken for a runtime.
/// Returns why an archive does not fit.
fn unpack(cache: &CacheDir, profile: &str, options: &Options, rustc: &str, path: &Path) -> io::Result<Option<String>> {
    let mut archive = tar::Archive::new(zstd::Decoder::new(File::open(path)?)?);
    let mut entries = archive.entries()?;
    let mut first = entries.next().ok_or_else(|| io::Error::other("the archive is empty"))??;
    if first.path()? != Path::new(MANIFEST) {
        return Err(io::Error::other(format!("it does not begin with {MANIFEST}")));
    }
    let mut text = String::new();
    first.read_to_string(&mut text)?;
    let manifest: Manifest = serde_json::from_str(&text)?;
    if let Some(why) = misfit(&manifest, profile, options, rustc) {
        return Ok(Some(why));
    }
    options.progress.print("unpacking the prebuilt runtime");
    let folder = cache.folder.join(format!("prebuilt-{profile}"));
    let beside = cache.folder.join(format!("prebuilt-{profile}.new-{}", std::process::id()));
    // `unpack_in` skips entries whose path leads out of the folder.
    let unpacked = entries.try_for_each(|entry| entry?.unpack_in(make(&beside)?).map(drop));
    if let Err(error) = unpacked {
        // A damaged archive leaves nothing behind.
        let _ = fs::remove_dir_all(&beside);
        return Err(error);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(&beside, &folder)?;
    let unpacked = folder.to_string_lossy().replacen(&*cache.root.to_string_lossy(), CACHE, 1);
    manifest.replay.relocated(TARGET, &unpacked).write(cache, profile)?;
    Ok(None)
}

fn make(folder: &Path) -> io::Result<&Path> {
    fs::create_dir_all(folder).map(|()| folder)
}

fn misfit(manifest: &Manifest, profile: &str, options: &Options, rustc: &str) -> Option<String> {
    let version = env!("CARGO_PKG_VERSION");
    if manifest.format != FORMAT || manifest.runtime != HASH {
        // Two builds of one version may have different sources.
        let other = if manifest.ltc == version { "another build of ltc" } else { "another ltc" };
        return Some(format!("it is the runtime of {other} ({}), this is {version}", manifest.ltc));
    }
    if manifest.rustc.trim() != rustc.trim() {
        let both = |key: &str| [&manifest.rustc, rustc].map(|text| text.lines().find(|line| line.starts_with(key)).unwrap_or_default());
        // The first line has the version. The same version may be for another system, or of another commit.
        let [there, here] =
            ["rustc ", "host: ", "commit-hash: "].map(both).into_iter().find(|[there, here]| there != here).unwrap_or(both("rustc "));
        return Some(format!("it was compiled with `{there}`, this machine has `{here}`"));
    }
    if manifest.profile != profile || manifest.replay.fingerprint != fingerprint(options) {
        return Some(format!("it was compiled for the profile `{}`, this build needs `{profile}`", manifest.profile));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_needs_a_checksum_and_a_file_may_have_one() {
        let sum = "0".repeat(64);
        let url = format!("https://example.com/r.tar.zst#sha256={sum}");
        assert_eq!(Source::parse(&url).unwrap(), Source { place: "https://example.com/r.tar.zst", sha256: Some(&sum) });
        assert_eq!(Source::parse("/tmp/r.tar.zst").unwrap(), Source { place: "/tmp/r.tar.zst", sha256: None });
        for wrong in ["https://example.com/r.tar.zst", "/tmp/r#sha256=12", "/tmp/r#md5=00", "/tmp/r#"] {
            assert!(matches!(Source::parse(wrong), Err(Error::Prebuilt { .. })), "{wrong}");
        }
    }

    #[test]
    fn file_name_has_version_compiler_and_target() {
        let rustc = "rustc 1.95.0 (59807616e 2026-04-14)\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\n";
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(file_name(rustc, "release"), format!("ltc-runtime-{version}-1.95.0-x86_64-unknown-linux-gnu.tar.zst"));
        assert_eq!(file_name(rustc, "pie"), format!("ltc-runtime-{version}-1.95.0-x86_64-unknown-linux-gnu-pie.tar.zst"));
    }

    #[test]
    fn archive_of_another_compiler_does_not_fit() {
        let options = Options::default();
        let replay = Replay { fingerprint: fingerprint(&options), rustc: "rustc".into(), args: Vec::new(), prelinked: None };
        let of = |rustc: &str, runtime: &str| Manifest {
            format: FORMAT,
            ltc: "0.0.1".into(),
            runtime: runtime.into(),
            rustc: rustc.into(),
            profile: "release".into(),
            replay: replay.clone(),
        };
        assert_eq!(misfit(&of("rustc 1\n", HASH), "release", &options, "rustc 1"), None);
        let why = misfit(&of("rustc 1\nhost: x", HASH), "release", &options, "rustc 2").unwrap();
        assert_eq!(why, "it was compiled with `rustc 1`, this machine has `rustc 2`");
        let why = misfit(&of("rustc 1\nhost: x", HASH), "release", &options, "rustc 1\nhost: y").unwrap();
        assert_eq!(why, "it was compiled with `host: x`, this machine has `host: y`");
        assert!(
            misfit(&of("rustc 1", "other"), "release", &options, "rustc 1")
                .unwrap()
                .starts_with("it is the runtime of another ltc (0.0.1)")
        );
        let same = Manifest { ltc: env!("CARGO_PKG_VERSION").into(), ..of("rustc 1", "other") };
        assert!(misfit(&same, "release", &options, "rustc 1").unwrap().starts_with("it is the runtime of another build of ltc ("));
        assert!(misfit(&of("rustc 1", HASH), "pie", &options, "rustc 1").unwrap().contains("`pie`"));
    }
}
