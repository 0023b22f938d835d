//! The package for Lambda: a zip with the test's binary as `bootstrap`. The same binary gives the same bytes, so an unchanged package is
//! not uploaded again.

use std::io::{Cursor, Write};
use std::path::Path;

use base64::Engine as _;
use ltc_config::elf;
use ltc_config::profile::Architecture;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

/// The largest upload that Lambda accepts.
const LARGEST: usize = 50 * 1024 * 1024;

/// A package.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) zip: Vec<u8>,
    /// The checksum in Lambda's form: SHA-256 in base64.
    pub(crate) sha256: String,
    pub(crate) architecture: Architecture,
}

impl Package {
    /// Packs a binary after checking that it would start on Lambda.
    ///
    /// # Errors
    /// If it would not start. The error contains the fix.
    pub(crate) fn of(binary: &Path, wanted: Option<Architecture>) -> Result<Self, String> {
        let content = std::fs::read(binary).map_err(|error| format!("cannot read {}: {error}", binary.display()))?;
        let architecture = elf::fits_lambda(&content, wanted)
            .map_err(|unfit| format!("{} will not start on Lambda: {unfit}; {}", binary.display(), unfit.help(wanted)))?;
        let zip = packed(&content).map_err(|error| format!("cannot create the package: {error}"))?;
        if zip.len() > LARGEST {
            return Err(format!("the package is {} MB, Lambda takes 50: the test's data files are too large", zip.len() / 1024 / 1024));
        }
        let sha256 = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(&zip));
        Ok(Self { zip, sha256, architecture })
    }
}

fn packed(content: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    // The time is constant, so that two packages differ only by their content.
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o755);
    zip.start_file("bootstrap", options)?;
    zip.write_all(content)?;
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_binary_gives_the_same_package() {
        let first = packed(b"content").unwrap();
        assert_eq!(first, packed(b"content").unwrap());
        assert_ne!(first, packed(b"another").unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(first)).unwrap();
        let file = archive.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
    }

    #[test]
    fn program_unfit_for_lambda_is_refused_with_a_fix() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("test.sh");
        std::fs::write(&script, "#!/bin/sh\n").unwrap();
        let why = Package::of(&script, None).unwrap_err();
        assert!(why.contains("test.sh") && why.contains("ltc build --lambda"), "{why}");
    }
}
