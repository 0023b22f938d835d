//! Builds for AWS Lambda (`provided.al2023`): Linux, one of two processors, glibc up to 2.34 or none. If a plain build fits, it is used;
//! else zig links for that glibc (cargo-zigbuild), or musl makes the binary static.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

use ltc_config::elf::{self, ElfError, GLIBC};
use ltc_config::profile::Architecture;

use super::{Builder, Built, Error};
use crate::emit::Emitted;

/// A target other than this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cross {
    /// `aarch64-unknown-linux-musl`.
    pub(super) triple: String,
    pub(super) how: How,
}

/// The tool that links for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// `cargo zigbuild`, for the glibc of Lambda.
    Zig,
    /// This C compiler, statically.
    Musl(String),
}

/// The error if no tool on this machine makes a binary that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoWay {
    /// Why a plain build does not fit.
    why: String,
    wanted: Architecture,
    /// The missing tools.
    missing: Vec<String>,
}

impl fmt::Display for NoWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no linker for Lambda found ({}): {}", self.wanted.name(), self.why)
    }
}

impl NoWay {
    /// How to fix it.
    pub(super) fn help(&self) -> String {
        format!("{}; then try again", self.missing.join(", and "))
    }
}

impl Builder {
    /// Compiles a generated crate so that it starts on Lambda.
    ///
    /// # Errors
    /// As [`Builder::compile`]; [`Error::NoWay`] if no suitable tool is installed, [`Error::ElfError`] if the built binary does not fit.
    pub fn compile_for_lambda(&self, name: &str, spec: &Path, emitted: &Emitted, wanted: Architecture) -> Result<Built, Error> {
        let why = if host() == Some(wanted) {
            let built = self.compile(name, spec, emitted)?;
            match judge(&built, wanted)? {
                Ok(()) => return Ok(built),
                Err(unfit) => format!("{unfit}, as programs that are linked here do"),
            }
        } else {
            format!("this machine is {} {}", std::env::consts::OS, std::env::consts::ARCH)
        };
        let cross = choose(wanted, why, &Machine)?;
        let built = self.compile_as(name, spec, emitted, Some(&cross))?;
        match judge(&built, wanted)? {
            Ok(()) => Ok(built),
            Err(unfit) => Err(Error::ElfError(unfit)),
        }
    }
}

/// The processor of this machine, if its programs can run on Lambda.
pub fn host() -> Option<Architecture> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some(Architecture::X86_64),
        ("linux", "aarch64") => Some(Architecture::Arm64),
        _ => None,
    }
}

/// The processor that a build is for by default: this machine's, whatever its system.
pub fn default_architecture() -> Architecture {
    if std::env::consts::ARCH == "aarch64" { Architecture::Arm64 } else { Architecture::X86_64 }
}

fn judge(built: &Built, wanted: Architecture) -> Result<Result<(), ElfError>, Error> {
    let program = std::fs::read(&built.binary).map_err(|error| Error::Cache(built.binary.clone(), error))?;
    Ok(elf::fits_lambda(&program, Some(wanted)).map(drop))
}

/// The tools of a machine.
trait Tools {
    /// Whether a program can be run.
    fn runs(&self, program: &str, args: &[&str]) -> bool;
    /// Whether rustc has the standard library of a target.
    fn has_target(&self, triple: &str) -> bool;
}

/// This machine.
struct Machine;

impl Tools for Machine {
    fn runs(&self, program: &str, args: &[&str]) -> bool {
        let status = Command::new(program).args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    fn has_target(&self, triple: &str) -> bool {
        let output = Command::new("rustc").args(["--print", "target-libdir", "--target", triple]).stdin(Stdio::null()).output();
        output.is_ok_and(|output| output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
    }
}

/// The first method for which the tools are installed.
fn choose(wanted: Architecture, why: String, tools: &dyn Tools) -> Result<Cross, Error> {
    let processor = match wanted {
        Architecture::X86_64 => "x86_64",
        Architecture::Arm64 => "aarch64",
    };
    let (gnu, musl) = (format!("{processor}-unknown-linux-gnu"), format!("{processor}-unknown-linux-musl"));
    let has_cargo_zigbuild = tools.runs("cargo-zigbuild", &["--version"]);
    let has_zig = has_cargo_zigbuild && (tools.runs("zig", &["version"]) || tools.runs("python3", &["-m", "ziglang", "version"]));
    let has_gnu = tools.has_target(&gnu);
    if has_zig && has_gnu {
        return Ok(Cross { triple: gnu, how: How::Zig });
    }
    if tools.has_target(&musl) {
        let own = (host() == Some(wanted)).then(|| "musl-gcc".to_owned());
        let compilers = own.into_iter().chain([format!("{processor}-linux-musl-gcc")]);
        if let Some(compiler) = compilers.into_iter().find(|compiler| tools.runs(compiler, &["--version"])) {
            return Ok(Cross { triple: musl, how: How::Musl(compiler) });
        }
    }
    let mut missing = Vec::new();
    if !has_zig {
        missing.push("install zig's linker for cargo: `pip install cargo-zigbuild ziglang`".to_owned());
    }
    if !has_gnu {
        missing.push(format!("add the target: `rustup target add {gnu}`"));
    }
    Err(Error::NoWay(NoWay { why, wanted, missing }))
}

impl Cross {
    /// The arguments for cargo.
    pub(super) fn command(&self) -> (&'static str, String) {
        match self.how {
            How::Zig => ("zigbuild", format!("{}.{}.{}", self.triple, GLIBC.0, GLIBC.1)),
            How::Musl(_) => ("build", self.triple.clone()),
        }
    }

    /// The variables for cargo and for the C compiler.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let How::Musl(compiler) = &self.how else { return Vec::new() };
        let name = self.triple.replace('-', "_");
        vec![(format!("CARGO_TARGET_{}_LINKER", name.to_ascii_uppercase()), compiler.clone()), (format!("CC_{name}"), compiler.clone())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with only these programs and targets.
    struct With(&'static [&'static str]);

    impl Tools for With {
        fn runs(&self, program: &str, args: &[&str]) -> bool {
            let program = if args.contains(&"ziglang") { "ziglang" } else { program };
            self.0.contains(&program)
        }

        fn has_target(&self, triple: &str) -> bool {
            self.0.contains(&triple)
        }
    }

    fn chosen(tools: &'static [&'static str]) -> Result<Cross, String> {
        choose(Architecture::Arm64, "it needs glibc 2.39".into(), &With(tools)).map_err(|error| error.help().unwrap_or_default())
    }

    #[test]
    fn zig_is_preferred_and_links_for_the_glibc_of_lambda() {
        let all = &["cargo-zigbuild", "ziglang", "aarch64-unknown-linux-gnu", "aarch64-unknown-linux-musl", "aarch64-linux-musl-gcc"];
        let cross = chosen(all).unwrap();
        assert_eq!(cross.command(), ("zigbuild", "aarch64-unknown-linux-gnu.2.34".to_owned()));
        assert!(cross.variables().is_empty());
    }

    #[test]
    fn musl_is_used_if_its_target_and_compiler_are_installed() {
        let cross = chosen(&["aarch64-unknown-linux-musl", "aarch64-linux-musl-gcc"]).unwrap();
        assert_eq!(cross.command(), ("build", "aarch64-unknown-linux-musl".to_owned()));
        assert!(cross.variables().contains(&("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER".into(), "aarch64-linux-musl-gcc".into())));
    }

    #[test]
    fn only_missing_tools_are_named() {
        let nothing = chosen(&[]).unwrap_err();
        assert!(nothing.contains("pip install cargo-zigbuild ziglang") && nothing.contains("rustup target add aarch64-unknown-linux-gnu"));
        let target = chosen(&["cargo-zigbuild", "zig"]).unwrap_err();
        assert!(!target.contains("pip install") && target.contains("rustup target add"), "{target}");
        let zig = chosen(&["cargo-zigbuild", "aarch64-unknown-linux-gnu"]).unwrap_err();
        assert!(zig.contains("pip install") && !zig.contains("rustup"), "{zig}");
    }
}
