//! Checks whether a program starts on AWS Lambda (`provided.al2023`): it has to be a Linux program for the right processor that is static,
//! or that needs no newer glibc than 2.34 and only libraries that Lambda has. Both `ltc build --lambda` and `deploy` check this.

use std::fmt;

use object::LittleEndian;
use object::elf;
use object::read::elf::{FileHeader, ProgramHeader};

use crate::profile::Architecture;

/// The glibc of `provided.al2023`.
pub const GLIBC: (u32, u32) = (2, 34);

/// The shared libraries of `provided.al2023`.
const LIBRARIES: [&str; 9] = [
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "libresolv.so.2",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];

/// Why a program would not start on Lambda.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElfError {
    /// The file isn't a Linux program. Holds what it is.
    NoElf(&'static str),
    /// The file has the header of a Linux program, but the rest of it is malformed.
    Broken(String),
    /// The program is for a processor that Lambda doesn't have. Holds its number in ELF.
    Processor(u16),
    /// The program is for another processor than the wanted one.
    Architecture {
        /// The program's processor.
        is: Architecture,
        /// The wanted processor.
        wanted: Architecture,
    },
    /// The program needs this newer version of glibc.
    Glibc(u32, u32),
    /// The program needs this library or loader, which Lambda doesn't have.
    Library(String),
}

impl fmt::Display for ElfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoElf(what) => write!(f, "it is {what}, not a program for Linux"),
            Self::Broken(why) => write!(f, "it is not a complete program for Linux: {why}"),
            Self::Processor(number) => write!(f, "it is for a processor that Lambda does not have (ELF machine {number})"),
            Self::Architecture { is, wanted } => write!(f, "it is for {}, and {} is wanted", is.name(), wanted.name()),
            Self::Glibc(major, minor) => write!(f, "it needs glibc {major}.{minor}, and Lambda has {}.{}", GLIBC.0, GLIBC.1),
            Self::Library(name) => write!(f, "it needs {name}, which Lambda does not have"),
        }
    }
}

impl std::error::Error for ElfError {}

impl ElfError {
    /// How to build a program that fits.
    pub fn help(&self, wanted: Option<Architecture>) -> String {
        let arch = match (self, &wanted) {
            (Self::Architecture { wanted, .. }, _) | (_, Some(wanted)) => format!(" --arch {}", wanted.name()),
            _ => String::new(),
        };
        format!("run `ltc build --lambda{arch}` to build one that fits, and deploy it with `deploy --bootstrap FILE`")
    }
}

/// Checks a program and returns the processor that it is for.
///
/// # Errors
/// If Lambda could not start the program.
pub fn fits_lambda(program: &[u8], wanted: Option<Architecture>) -> Result<Architecture, ElfError> {
    match program {
        [0x7f, b'E', b'L', b'F', 2, 1, ..] => {}
        [0x7f, b'E', b'L', b'F', ..] => return Err(ElfError::NoElf("a program for a 32-bit or a big-endian processor")),
        [0xcf, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => return Err(ElfError::NoElf("a program for macOS")),
        [b'M', b'Z', ..] => return Err(ElfError::NoElf("a program for Windows")),
        [b'#', b'!', ..] => return Err(ElfError::NoElf("a script")),
        _ => return Err(ElfError::NoElf("another kind of file")),
    }
    let needs = Requirements::read(program).map_err(|error| ElfError::Broken(error.to_string()))?;
    let is = match needs.machine {
        elf::EM_X86_64 => Architecture::X86_64,
        elf::EM_AARCH64 => Architecture::Arm64,
        other => return Err(ElfError::Processor(other.0)),
    };
    if let Some(wanted) = wanted.filter(|wanted| *wanted != is) {
        return Err(ElfError::Architecture { is, wanted });
    }
    if let Some((major, minor)) = needs.glibc.filter(|version| *version > GLIBC) {
        return Err(ElfError::Glibc(major, minor));
    }
    let known = |name: &String| LIBRARIES.contains(&name.rsplit('/').next().unwrap_or(name));
    match needs.loader.iter().chain(&needs.libraries).find(|name| !known(name)) {
        Some(missing) => Err(ElfError::Library(missing.clone())),
        None => Ok(is),
    }
}

/// What a program requires of the system.
#[derive(Debug)]
struct Requirements {
    machine: elf::Machine,
    loader: Option<String>,
    libraries: Vec<String>,
    glibc: Option<(u32, u32)>,
}

impl Requirements {
    fn read<'d>(program: &'d [u8]) -> object::read::Result<Self> {
        let endian = LittleEndian;
        let text = |bytes: &'d [u8]| String::from_utf8_lossy(bytes).into_owned();
        let header = elf::FileHeader64::<LittleEndian>::parse(program)?;
        let mut needs = Self { machine: header.e_machine(endian), loader: None, libraries: Vec::new(), glibc: None };
        for segment in header.program_headers(endian, program)? {
            if let Some(loader) = segment.interpreter(endian, program)? {
                needs.loader = Some(text(loader));
            }
        }
        // The section table is at the end of the file, so a truncated file has none.
        let sections = header.sections(endian, program)?;
        let dynamic = sections.dynamic_table(endian, program)?;
        for entry in &dynamic {
            if entry.tag == elf::DT_NEEDED {
                needs.libraries.push(text(dynamic.string(entry)?));
            }
        }
        if let Some((mut versions, link)) = sections.gnu_verneed(endian, program)? {
            let strings = sections.strings(endian, program, link)?;
            while let Some((_, mut names)) = versions.next()? {
                while let Some(name) = names.next()? {
                    needs.glibc = needs.glibc.max(glibc(&text(name.name(endian, strings)?)));
                }
            }
        }
        Ok(needs)
    }
}

/// Parses a version such as `GLIBC_2.34`.
fn glibc(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix("GLIBC_")?.split('.').map(str::parse);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
