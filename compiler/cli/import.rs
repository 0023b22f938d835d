//! `ltc import`: turns a file of another tool into a spec with its profile and environment.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use ltc_import::{Kind, Options, Source};

use super::build::here;
use super::output;
use super::screen::{Failure, Screen, WRONG, bold};
use crate::format;
use crate::pipeline::{self, Target};
use crate::project::{self, REGISTRY};

const EXAMPLES: &str = "\
Examples:
  ltc import shop.har                        import a recording into ./shop
  ltc import openapi.yaml --out .            import an API description into this project
  ltc import checkout.json --from postman    import a file as a Postman collection
  pbpaste | ltc import - --name login        import a curl command that was copied from a browser
  ltc import shop.har --static --third-parties";

/// The largest file that can be imported, in MB.
const LARGEST_MB: u64 = 512;

/// Imports a file of another tool: writes a spec, its profile, an environment and data.
///
/// Recognizes recordings (HAR), curl commands, Hurl files, OpenAPI and Swagger documents, Postman collections, k6 scripts and Locust
/// scripts. Prints the files that it wrote, and on standard error what it carried over and what it did not.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Import {
    /// File to import, or `-` for standard input
    file: String,
    /// Kind of the file [default: recognized from its content and name]
    #[arg(long, value_name = "KIND", value_parser = clap::builder::PossibleValuesParser::new(Kind::ALL.map(|(word, _)| word)))]
    from: Option<String>,
    #[command(flatten)]
    project: Project,
}

/// The project that an import writes, and what of a recording goes into it.
#[derive(Debug, Args)]
pub(super) struct Project {
    /// Folder of the project to write to [default: ./NAME]
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Name of the test [default: the file's name, or the host of a recording]
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Name of the environment to write, config/ENV.yml [default: imported]
    #[arg(long, value_parser = environment_name)]
    env: Option<String>,
    /// Import static files of a recording, too: images, styles, scripts, fonts
    #[arg(long = "static")]
    static_files: bool,
    /// Import a recording's requests to third parties, too
    #[arg(long)]
    third_parties: bool,
    /// Overwrite existing files
    #[arg(long)]
    pub(super) force: bool,
}

impl Import {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let here = here()?;
        let source = read(&here, &self.file)?;
        let given = self.from.as_deref().and_then(|word| Kind::ALL.iter().find(|(known, _)| *known == word)).map(|(_, kind)| *kind);
        let kind = given.map_or_else(|| ltc_import::recognize(&source), Ok).map_err(failure)?;
        finish(screen, &source, kind, self.project)
    }
}

/// Imports a source, writes the files of the project, and checks them.
pub(super) fn finish(screen: &Screen, source: &Source, kind: Kind, project: Project) -> Result<(), Failure> {
    let Project { out, name, env, static_files, third_parties, force } = project;
    let options = &Options { name, env, static_files, third_parties };
    let draft = ltc_import::import(source, kind, options).map_err(failure)?;
    let shown = out.unwrap_or_else(|| PathBuf::from(&draft.name));
    let folder = here()?.join(&shown);
    let mut files = ltc_import::write::files(&draft);
    files.iter_mut().filter(|(path, _)| path.ends_with(".lt")).for_each(|(_, content)| format(content));
    let is_registered = folder.join(REGISTRY).is_file();
    if is_registered {
        files.retain(|(path, _)| path != REGISTRY);
    }
    files.iter().try_for_each(|(path, _)| output::is_there(&folder.join(path)).map(drop))?;
    if !force {
        refuse_existing(&folder, &files)?;
    }
    write(&folder, &files).map_err(|error| Failure::wrong(format!("cannot write {}: {error}", shown.display())))?;
    screen.print_unless_quiet(format_args!("wrote {}:", bold(shown.display())));
    files.iter().for_each(|(path, _)| screen.print_unless_quiet(format_args!("  {path}")));
    ltc_import::summary(&draft.tally).iter().for_each(|line| screen.note(line));
    if is_registered {
        screen.note(format_args!("add `{}: {{ profile: specs/{0}.profile.yml }}` to {REGISTRY} to register the test", draft.name));
    }
    check(screen, &folder, &draft.name)
}

/// Formats a spec. A spec that does not parse is not changed; the check that follows reports it.
fn format(spec: &mut Vec<u8>) {
    let formatted = std::str::from_utf8(spec).ok().and_then(|text| format::format(text).ok());
    if let Some(text) = formatted {
        *spec = text.into_bytes();
    }
}

/// Refuses to overwrite existing files without `--force`.
fn refuse_existing(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let differs = |path: &str, content: &[u8]| fs::read(folder.join(path)).is_ok_and(|there| there != content);
    let existing: Vec<&str> = files.iter().filter(|(path, content)| differs(path, content)).map(|(path, _)| path.as_str()).collect();
    if existing.is_empty() {
        return Ok(());
    }
    let message = format!("{} already exists in {}", existing.join(", "), folder.display());
    Err(Failure::wrong(message).help("use another `--out`, `--name` or `--env`, or overwrite with `--force`"))
}

fn environment_name(name: &str) -> Result<String, String> {
    let is_plain = !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_'));
    if is_plain && !matches!(name, "common" | "loadtest_registry" | "systems_credentials" | "system_credentials") {
        Ok(name.to_owned())
    } else {
        Err("an environment's name has letters, digits, `-` and `_`, and is no other file of config/".to_owned())
    }
}

pub(super) fn failure(error: ltc_import::ImportError) -> Failure {
    let failure = Failure::wrong(error.to_string());
    match error.help {
        Some(help) => failure.help(help),
        None => failure,
    }
}

fn read(here: &Path, file: &str) -> Result<Source, Failure> {
    let wrong = |why: String| Failure::wrong(format!("cannot read {file}: {why}")).help("name a file, or `-` for standard input");
    let limit = LARGEST_MB * 1024 * 1024;
    let mut bytes = Vec::new();
    let (name, folder) = if file == "-" {
        io::stdin().lock().take(limit + 1).read_to_end(&mut bytes).map_err(|error| wrong(error.to_string()))?;
        ("stdin", here.to_path_buf())
    } else {
        let path = here.join(file);
        if path.is_dir() {
            return Err(wrong("it is a folder".to_owned()));
        }
        let opened = fs::File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => wrong("file not found".to_owned()),
            _ => wrong(error.to_string()),
        })?;
        opened.take(limit + 1).read_to_end(&mut bytes).map_err(|error| wrong(error.to_string()))?;
        (file, path.parent().map(Path::to_path_buf).unwrap_or_default())
    };
    if bytes.len() as u64 > limit {
        return Err(wrong(format!("it has more than {LARGEST_MB} MB")));
    }
    Source::new(name, folder, &bytes).map_err(failure)
}

fn write(folder: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    for (path, content) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let is_new = !path.exists();
        if let Err(error) = fs::write(&path, content) {
            // A part of a file could be taken for the whole one.
            let _ = if is_new { fs::remove_file(&path) } else { Ok(()) };
            return Err(error);
        }
    }
    Ok(())
}

/// Checks the written spec. An error in it is a bug in ltc; the files stay, so that the user can correct and report them.
fn check(screen: &Screen, folder: &Path, name: &str) -> Result<(), Failure> {
    let spec = format!("specs/{name}.lt");
    let found = project::find(folder, Some(&spec))?;
    let target = Target {
        root: found.root,
        spec: found.spec,
        profile: Some(folder.join(format!("specs/{name}.profile.yml"))),
        registered: found.registered,
        lacks: found.lacks,
        ..Target::default()
    };
    let checked = pipeline::check(&target).map_err(Failure::wrong)?;
    screen.checked(&target.root, &checked);
    if !checked.has_errors() {
        return Ok(());
    }
    screen.warn("the imported spec has errors, which is a bug in ltc: the files were kept; please report it with the imported file");
    Err(Failure::Printed(WRONG))
}
