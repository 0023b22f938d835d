//! Links the runtime in advance. The linker reads 270,000 sections of the runtime's libraries to find the used ones, which took longer than
//! all the rest of a build after an edit, although they are the same for every spec. So once the runtime is compiled, GNU ld puts what specs
//! can use into one object file, and a spec is linked with this file instead of the libraries.
//!
//! It holds what the engine's public functions and an empty program need. No spec has any influence on it, so a spec gives the same binary
//! whatever was built before. If a spec needs anything else, it is linked with the libraries.
//!
//! `<cache>/target/prelinked-PROFILE/` has `runtime.o` and `cc`, a script that rustc runs as its linker.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSymbol as _};

use super::cache::{CacheDir, Package, remove_any};
use super::replay::{CACHE, Replay};

/// The program that rustc runs as its linker. By its name, rustc knows how to call it.
const SCRIPT: &str = "cc";
/// The object file.
const RUNTIME: &str = "runtime.o";

/// Refers to what every program needs. It panics, to check that the object file has the tables for unwinding.
const PROGRAM: &str = "//! Is linked with the runtime to see what it needs, and whether it runs.

use std::process::ExitCode;

use ltc_runtime::generated::Program;

fn main() -> ExitCode {
    let main: fn(&'static Program) -> ExitCode = ltc_runtime::main;
    std::hint::black_box(main);
    let caught = std::panic::catch_unwind(|| panic!(\"this is expected\"));
    if caught.is_err() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
";

/// Puts sections of one kind together, so that the next link has a dozen of them instead of 60,000. The tables for unwinding are kept, without
/// the entries of unused functions. Bitcode is for other optimizers.
const SECTIONS: &str = "SECTIONS {
  .text : { *(.text .text.*) }
  .rodata : { *(.rodata .rodata.*) }
  .eh_frame : { KEEP(*(.eh_frame)) }
  .gcc_except_table : { *(.gcc_except_table .gcc_except_table.*) }
  .data.rel.ro : { *(.data.rel.ro .data.rel.ro.*) }
  .data : { *(.data .data.*) }
  .bss : { *(.bss .bss.*) }
  .tdata : { *(.tdata .tdata.*) }
  .tbss : { *(.tbss .tbss.*) }
  /DISCARD/ : { *(.llvmbc .llvmcmd .comment) }
}
";

/// Whether this was tried on such a machine. Optimization across crates needs the libraries.
fn is_possible(profile: &str) -> bool {
    cfg!(all(target_os = "linux", target_arch = "x86_64")) && !profile.starts_with("lto")
}

/// Links the runtime in advance. The result is the linker that replaces rustc's, relative to [`CACHE`]; `None` if the machine has no GNU ld,
/// or one whose result does not run. The build's lock is held.
///
/// # Errors
/// If a file cannot be written, as on a full disk, which has room later.
pub(super) fn prelink(cache: &CacheDir, profile: &str, replay: &Replay) -> io::Result<Option<String>> {
    let folder = cache.target_dir.join(format!("prelinked-{profile}"));
    // An earlier runtime's, and what an interrupted build left.
    let beside = folder.with_extension("new");
    remove_any(&folder)?;
    remove_any(&beside)?;
    if !is_possible(profile) || !runs(Command::new("ld.bfd").arg("--version"), Stdio::null()) {
        return Ok(None);
    }
    fs::create_dir_all(beside.join("src"))?;
    fs::write(beside.join("src/main.rs"), PROGRAM)?;
    let is_linked = link(cache, replay, &beside)?;
    if is_linked {
        fs::create_dir_all(&folder)?;
        for name in [SCRIPT, RUNTIME] {
            fs::rename(beside.join(name), folder.join(name))?;
        }
    }
    // Asked before the removal, which makes room.
    let is_full = !is_linked && cache.is_full();
    remove_any(&beside)?;
    if is_full {
        return Err(io::ErrorKind::StorageFull.into());
    }
    let within = folder.join(SCRIPT).strip_prefix(&cache.root).map(|path| format!("{CACHE}/{}", path.display()));
    Ok(within.ok().filter(|_| is_linked))
}

/// The files of a linker, for [`super::prebuilt`].
pub(super) fn files(cache: &CacheDir, profile: &str) -> [PathBuf; 2] {
    [SCRIPT, RUNTIME].map(|name| cache.target_dir.join(format!("prelinked-{profile}")).join(name))
}

/// Whether a file has to be executable.
pub(super) fn is_script(name: &str) -> bool {
    Path::new(name).file_name() == Some(OsStr::new(SCRIPT))
}

/// Makes script and object file in a folder that has the program, and tries them.
fn link(cache: &CacheDir, replay: &Replay, folder: &Path) -> io::Result<bool> {
    // It is compiled only once, whenever it changed.
    let package = Package { folder: folder.to_owned(), name: "prelinked".to_owned(), changed: SystemTime::UNIX_EPOCH };
    let log = || File::create(folder.join("log"));
    let rustc = |extra: &[&str], linker: Option<&Path>| {
        let mut command = replay.rustc(cache, &package, folder, linker);
        command.args(extra);
        command
    };
    // `true` links nothing.
    let mut command = rustc(&["-C", "save-temps=yes", "--print", "link-args"], Some(Path::new("true")));
    let output = command.stdin(Stdio::null()).stderr(log()?).output()?;
    let Some(inputs) = Inputs::parse(&String::from_utf8_lossy(&output.stdout)) else { return Ok(false) };
    let Some(roots) = inputs.roots()? else { return Ok(false) };
    let sections = folder.join("sections.lds");
    fs::write(&sections, SECTIONS)?;
    let mut linker = Command::new("ld.bfd");
    linker.args(["-r", "--gc-sections", "--force-group-allocation", "--strip-debug", "--discard-all", "-T"]).arg(&sections);
    linker.arg("-o").arg(folder.join(RUNTIME)).args(roots.iter().flat_map(|root| ["-u", root])).args(&inputs.libraries);
    let script = folder.join(SCRIPT);
    fs::write(&script, script_for(replay.linker_of_user()))?;
    make_executable(&script)?;
    Ok(runs(&mut linker, log()?)
        && runs(&mut rustc(&[], Some(&script)), log()?)
        && runs(&mut Command::new(folder.join(&package.name)), log()?))
}

/// What rustc gives to the linker.
#[derive(Debug, PartialEq, Eq)]
struct Inputs {
    objects: Vec<PathBuf>,
    libraries: Vec<PathBuf>,
}

impl Inputs {
    /// Parses the linker's command, as `--print link-args` shows it, which is quoted for a shell.
    fn parse(printed: &str) -> Option<Self> {
        let words = printed.lines().filter_map(shlex::split).find(|words| words.iter().any(|word| word.ends_with(".rlib")))?;
        let ending = |ending: &str| words.iter().filter(|word| word.ends_with(ending)).map(PathBuf::from).collect();
        Some(Self { objects: ending(".o"), libraries: ending(".rlib") })
    }

    /// The symbols that a program can refer to: what an empty one needs, and all of the engine.
    fn roots(&self) -> io::Result<Option<BTreeSet<String>>> {
        let mut roots = BTreeSet::new();
        for object in &self.objects {
            symbols(&fs::read(object)?, &mut roots, |symbol| symbol.is_undefined());
        }
        let is_engine = |path: &&PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libltc_engine-"));
        let Some(engine) = self.libraries.iter().find(is_engine) else { return Ok(None) };
        let library = fs::read(engine)?;
        let members = ArchiveFile::parse(&*library).map_err(io::Error::other)?.members();
        for member in members {
            let member = member.and_then(|member| member.data(&*library)).map_err(io::Error::other)?;
            symbols(member, &mut roots, |symbol| symbol.is_global() && symbol.is_definition());
        }
        Ok(Some(roots))
    }
}

/// Adds those symbols of an object file. A library's metadata is no object file, or one without symbols.
fn symbols(file: &[u8], to: &mut BTreeSet<String>, wanted: impl Fn(&object::Symbol<'_, '_>) -> bool) {
    let Ok(file) = object::File::parse(file) else { return };
    let names = file.symbols().filter(wanted).filter_map(|symbol| symbol.name().ok().map(str::to_owned));
    to.extend(names.filter(|name| !name.is_empty()));
}

/// A script that links with the object file beside it instead of the libraries.
fn script_for(linker: &str) -> String {
    let linker = shlex::try_quote(linker).unwrap_or_default();
    format!(
        "#!/bin/sh
# Links a spec with the runtime's object file instead of its libraries. Made by `ltc build`.
for argument do
  shift
  case $argument in
    *.rlib) ;;
    *) set -- \"$@\" \"$argument\" ;;
  esac
done
exec {linker} \"${{0%/*}}/{RUNTIME}\" \"$@\"
"
    )
}

/// Runs a command without input, whose output goes to `log`. Returns whether it succeeded.
fn runs(command: &mut Command, log: impl Into<Stdio>) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).status();
    status.is_ok_and(|status| status.success())
}

#[cfg(unix)]
fn make_executable(script: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(script, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_those_of_the_linker() {
        let printed = "note\nLC_ALL=\"C\" PATH=\"/a b/bin:/bin\" \"cc\" \"-m64\" \"/t/rustc1/symbols.o\" \"/t/x.1.rcgu.o\" \"-Wl,--as-needed\" \
                       \"/a b/liba-1.rlib\" \"/r/libstd-2.rlib\" \"-lc\" \"-o\" \"/t/x\"\n{\"artifact\":\"/t/x\"}";
        let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect();
        let inputs = Inputs {
            objects: paths(&["/t/rustc1/symbols.o", "/t/x.1.rcgu.o"]),
            libraries: paths(&["/a b/liba-1.rlib", "/r/libstd-2.rlib"]),
        };
        assert_eq!(Inputs::parse(printed), Some(inputs));
        assert_eq!(Inputs::parse("{\"artifact\":\"/t/x\"}"), None);
    }

    #[test]
    fn script_gives_the_linker_all_but_the_libraries() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join(SCRIPT);
        fs::write(&script, script_for("echo")).unwrap();
        let args = ["-m64", "/a b/x.o", "/a b/liba-1.rlib", "", "*", "-Wl,-z,now"];
        // Not run by itself: another test may fork while the file is still open for writing, which keeps it from being run.
        let output = Command::new("sh").arg(&script).args(args).output().unwrap();
        let runtime = folder.path().join(RUNTIME);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{} -m64 /a b/x.o  * -Wl,-z,now\n", runtime.display()));
        assert!(script_for("my linker").contains("exec 'my linker' \""));
    }

    #[test]
    fn only_profiles_without_optimization_across_crates_are_linked_in_advance() {
        let possible = cfg!(all(target_os = "linux", target_arch = "x86_64"));
        assert_eq!(["release", "pie", "lto", "lto-pie"].map(is_possible), [possible, possible, false, false]);
    }
}
