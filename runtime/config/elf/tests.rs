//! Tests the check with generated programs: an ELF header, and the segments and sections that the check reads.

use super::*;

const SHT_STRTAB: u32 = 3;
const SHT_DYNAMIC: u32 = 6;
const SHT_VERNEED: u32 = 0x6fff_fffe;

/// Describes a program to generate.
struct Made {
    machine: u16,
    loader: Option<&'static str>,
    libraries: Vec<&'static str>,
    versions: Vec<&'static str>,
}

impl Made {
    fn glibc(versions: &[&'static str]) -> Self {
        Self { machine: 62, loader: Some("/lib64/ld-linux-x86-64.so.2"), libraries: vec!["libc.so.6"], versions: versions.to_vec() }
    }

    fn of_static(machine: u16) -> Self {
        Self { machine, loader: None, libraries: Vec::new(), versions: Vec::new() }
    }

    /// The program's bytes: header, one segment for the loader, and the sections `.dynstr`, `.dynamic` and `.gnu.version_r`.
    fn bytes(&self) -> Vec<u8> {
        let mut strings = vec![0];
        let mut string = |text: &str| {
            let at = strings.len() as u32;
            strings.extend(text.bytes().chain([0]));
            at
        };
        let libraries: Vec<u32> = self.libraries.iter().map(|name| string(name)).collect();
        let versions: Vec<u32> = self.versions.iter().map(|name| string(name)).collect();
        let mut dynamic = Vec::new();
        for name in &libraries {
            dynamic.extend(1u64.to_le_bytes());
            dynamic.extend(u64::from(*name).to_le_bytes());
        }
        dynamic.extend([0; 16]);
        let mut needs = Vec::new();
        needs.extend(1u16.to_le_bytes());
        needs.extend((versions.len() as u16).to_le_bytes());
        needs.extend(libraries.first().copied().unwrap_or(0).to_le_bytes());
        needs.extend(16u32.to_le_bytes());
        needs.extend(0u32.to_le_bytes());
        for (index, name) in versions.iter().enumerate() {
            needs.extend([0; 8]);
            needs.extend(name.to_le_bytes());
            let next: u32 = if index + 1 == versions.len() { 0 } else { 16 };
            needs.extend(next.to_le_bytes());
        }
        let mut file = vec![0; 64 + 56];
        let mut place = |content: &[u8]| {
            file.resize(file.len().next_multiple_of(8), 0);
            let at = file.len() as u64;
            file.extend(content);
            (at, content.len() as u64)
        };
        let loader = self.loader.map(|name| place(&[name.as_bytes(), &[0]].concat()));
        let parts = [(SHT_STRTAB, place(&strings), 0, 0), (SHT_DYNAMIC, place(&dynamic), 1, 0)];
        let parts = parts.into_iter().chain((!versions.is_empty()).then(|| (SHT_VERNEED, place(&needs), 1, 1)));
        let parts: Vec<_> = parts.collect();
        let (table, _) = place(&[]);
        file.extend([0; 64]);
        for (kind, (at, size), link, info) in &parts {
            file.extend(0u32.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend([0; 16]);
            file.extend(at.to_le_bytes());
            file.extend(size.to_le_bytes());
            file.extend(u32::to_le_bytes(*link));
            file.extend(u32::to_le_bytes(*info));
            file.extend([0; 16]);
        }
        file[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1]);
        file[16..18].copy_from_slice(&3u16.to_le_bytes());
        file[18..20].copy_from_slice(&self.machine.to_le_bytes());
        file[20..24].copy_from_slice(&1u32.to_le_bytes());
        file[32..40].copy_from_slice(&64u64.to_le_bytes());
        file[40..48].copy_from_slice(&table.to_le_bytes());
        file[52..54].copy_from_slice(&64u16.to_le_bytes());
        file[54..56].copy_from_slice(&56u16.to_le_bytes());
        file[56..58].copy_from_slice(&1u16.to_le_bytes());
        file[58..60].copy_from_slice(&64u16.to_le_bytes());
        file[60..62].copy_from_slice(&(parts.len() as u16 + 1).to_le_bytes());
        file[62..64].copy_from_slice(&1u16.to_le_bytes());
        if let Some((at, size)) = loader {
            file[64..68].copy_from_slice(&3u32.to_le_bytes());
            file[72..80].copy_from_slice(&at.to_le_bytes());
            file[96..104].copy_from_slice(&size.to_le_bytes());
        }
        file
    }

    fn judged(&self) -> Result<Architecture, ElfError> {
        fits_lambda(&self.bytes(), None)
    }
}

#[test]
fn glibc_is_taken_up_to_lambdas_own() {
    assert_eq!(Made::glibc(&["GLIBC_2.2.5", "GLIBC_2.34"]).judged(), Ok(Architecture::X86_64));
    assert_eq!(Made::glibc(&["GLIBC_2.39", "GLIBC_2.4"]).judged(), Err(ElfError::Glibc(2, 39)));
    assert_eq!(Made::glibc(&["GLIBC_2.17", "GLIBC_2.35"]).judged(), Err(ElfError::Glibc(2, 35)));
    let error = Made::glibc(&["GLIBC_2.39"]).judged().unwrap_err();
    assert_eq!(error.to_string(), "it needs glibc 2.39, and Lambda has 2.34");
    assert!(error.help(None).starts_with("run `ltc build --lambda`"));
}

#[test]
fn static_programs_of_both_processors_fit() {
    assert_eq!(Made::of_static(62).judged(), Ok(Architecture::X86_64));
    assert_eq!(Made::of_static(183).judged(), Ok(Architecture::Arm64));
    assert_eq!(Made::of_static(243).judged(), Err(ElfError::Processor(243)));
}

#[test]
fn a_program_for_the_other_processor_is_refused() {
    let unfit = fits_lambda(&Made::of_static(62).bytes(), Some(Architecture::Arm64)).unwrap_err();
    assert_eq!(unfit.to_string(), "it is for x86_64, and arm64 is wanted");
    assert!(unfit.help(Some(Architecture::Arm64)).contains("ltc build --lambda --arch arm64"));
}

#[test]
fn libraries_and_loaders_that_lambda_lacks_are_named() {
    let mut made = Made::glibc(&["GLIBC_2.17"]);
    made.libraries.push("libssl.so.3");
    assert_eq!(made.judged(), Err(ElfError::Library("libssl.so.3".into())));
    let mut made = Made::of_static(62);
    made.loader = Some("/lib/ld-musl-x86_64.so.1");
    assert_eq!(made.judged(), Err(ElfError::Library("/lib/ld-musl-x86_64.so.1".into())));
}

#[test]
fn errors_about_other_files_name_their_format() {
    for (file, what) in [
        (&[0xcf, 0xfa, 0xed, 0xfe, 0, 0][..], "a program for macOS"),
        (b"MZ\x90\0", "a program for Windows"),
        (b"#!/bin/sh\n", "a script"),
        (b"hello", "another kind of file"),
        (&[0x7f, b'E', b'L', b'F', 1, 1], "a program for a 32-bit or a big-endian processor"),
    ] {
        assert_eq!(fits_lambda(file, None), Err(ElfError::NoElf(what)));
    }
}

#[test]
fn a_program_cut_short_anywhere_is_an_error_and_no_panic() {
    let whole = Made::glibc(&["GLIBC_2.2.5", "GLIBC_2.34"]).bytes();
    for length in 0..whole.len() {
        assert!(fits_lambda(&whole[..length], None).is_err(), "{length} of {}", whole.len());
    }
}

#[test]
fn verdict_about_this_test_binary_agrees_with_objdump() {
    let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    match fits_lambda(&own, None) {
        Ok(_) | Err(ElfError::Glibc(2, _) | ElfError::NoElf("a program for macOS")) => {}
        Err(other) => panic!("{other}"),
    }
}
