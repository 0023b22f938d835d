//! Turns a spec into a generated crate: reads the files, calls the pure phases in order, and collects their diagnostics.

mod configuration;
mod files;
mod fit;
mod open_files;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ltc_config::{ConfigError, Profile};

use crate::ast::File;
use crate::check::{self, Env, Input, ParsedFile};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::emit::{self, Emitted};
use crate::model::{Program, Type};
use crate::project::Lacks;
use crate::source::SourceMap;
use crate::span::{FileId, Span};

use configuration::{configuration, environments, identity, schema};
use files::{Reader, file_id, path, text};
pub use open_files::OpenFiles;

use fit::{reached_of, thresholds_of, too_few_rows, users_of};

/// The largest spec that is read, in bytes.
pub const LARGEST_SPEC: u64 = files::LARGEST;

/// Reads the text of a spec.
///
/// # Errors
/// If it cannot be read, is too large or is not UTF-8.
pub fn read_spec(path: &Path) -> Result<String, String> {
    files::read_text(path)
}

/// Resolves a path that a file of `folder` names.
///
/// # Errors
/// If it leads out of the project.
pub fn resolve(root: &Path, folder: &Path, written: &str) -> Result<PathBuf, String> {
    files::within(root, folder, written)
}

/// The absolute path without `.` and `..`; links are not followed.
pub fn normal(path: &Path) -> PathBuf {
    files::normal(path)
}

/// The environment that a spec is checked against, if there is one and it can be read.
pub fn environment(target: &Target) -> Option<ltc_config::Environment> {
    configuration(target).1
}

/// The input of a compilation.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The project's folder. Messages show paths relative to it.
    pub root: PathBuf,
    /// The spec.
    pub spec: PathBuf,
    /// The profile; without one the binary has none.
    pub profile: Option<PathBuf>,
    /// The environment, which overrides the profile's.
    pub env: Option<String>,
    /// The name that the test is registered under.
    pub registered: Option<String>,
    /// The files of the test that do not exist.
    pub lacks: Lacks,
    /// Files that an editor has open; their text replaces that on disk.
    pub open: OpenFiles,
}

impl Target {
    /// The files that are read before the spec is known, whether they exist or not. The last part of a path may be a pattern with `*`.
    pub fn files(&self) -> Vec<PathBuf> {
        let config = [self.root.join("config/*.yml")];
        [Some(self.spec.clone()), self.profile.clone()].into_iter().flatten().chain(config).collect()
    }
}

/// The result of reading and checking a spec.
#[derive(Debug)]
pub struct Checked {
    /// The test's name in the form that file names have.
    pub name: String,
    /// The source files, for locations.
    pub sources: SourceMap,
    /// The errors and warnings in the source files.
    pub diagnostics: Diagnostics,
    /// The errors in the profile and environments.
    pub config: Vec<ConfigError>,
    /// The warnings about the profile and environments.
    pub config_warnings: Vec<ConfigError>,
    /// The program, if there are no errors in the spec.
    pub program: Option<Program>,
    /// The types of variables and parameters, by the location of each assignment.
    pub types: Vec<(Span, Type)>,
    /// The dotted keys of the environment that the spec uses as credentials, as far as it can be checked.
    pub credentials: Vec<String>,
    /// The trees of the files, each with the files of its imports.
    pub trees: Vec<(File, Vec<Option<FileId>>)>,
    /// The files that the spec and its imports name, whether they exist or not. The last part of a path may be a pattern with `*`.
    pub files: Vec<PathBuf>,
    profile: Option<(String, String)>,
    environments: Vec<(String, String)>,
}

impl Checked {
    /// Whether there is any error.
    pub fn has_errors(&self) -> bool {
        !self.config.is_empty() || self.program.is_none()
    }

    /// The profile, if there is one without errors.
    pub fn profile(&self) -> Option<Profile> {
        let (path, text) = self.profile.as_ref()?;
        Profile::parse(text, path).ok()
    }

    /// Generates the crate.
    ///
    /// # Errors
    /// If the spec has errors, or if emission fails, which is a bug in ltc.
    pub fn emit(&self) -> Result<Emitted, String> {
        let program = self.program.as_ref().ok_or("the spec has errors")?;
        let locate = |span: Span| {
            let (line, column) = self.sources.file(span.file).map_or((1, 1), |file| file.line_column(span.start as usize));
            let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            (span.file.0, clamp(line), clamp(column))
        };
        let context = emit::EmitInput {
            locate: &locate,
            spec: path(&self.sources, FileId(0)),
            profile: self.profile.as_ref().map(|(path, text)| (path.as_str(), text.as_str())),
            environments: &self.environments,
        };
        emit::emit(program, &context)
    }
}

/// The stack for the deepest text that the parser accepts, whatever thread checks it. Only used parts of it take memory.
const STACK_BYTES: usize = 64 << 20;

/// Reads and checks a spec and all files that it names.
///
/// # Errors
/// If the spec itself cannot be read: then there is no source to show an error in.
pub fn check(target: &Target) -> Result<Checked, String> {
    stacker::grow(STACK_BYTES, || check_here(target))
}

fn check_here(target: &Target) -> Result<Checked, String> {
    let mut reader = match (Reader::new(target), &target.lacks.spec) {
        (Ok(reader), _) => reader,
        (Err(why), None) => return Err(why),
        (Err(_), Some(lacks)) => return Ok(without_spec(target, lacks)),
    };
    reader.read_imports();
    reader.read_assets();
    let (profile, environment, mut config, mut config_warnings) = configuration(target);
    let (identity, name) = match identity(target, profile.as_ref().map(|(_, _, profile)| profile)) {
        Ok(names) => names,
        Err(error) => {
            config.push(error);
            Default::default()
        }
    };
    let schema = environment.as_ref().map(|environment| schema(environment.root()));
    let files: Vec<ParsedFile<'_>> = reader
        .files
        .iter()
        .enumerate()
        .map(|(id, file)| ParsedFile {
            path: path(&reader.sources, file_id(id)).to_owned(),
            text: text(&reader.sources, file_id(id)),
            ast: &file.ast,
            imports: file.imports.clone(),
        })
        .collect();
    let env = environment.as_ref().zip(schema.as_ref()).map(|(environment, root)| Env { name: &environment.name, root });
    let input = Input { name: &identity, files: &files, env, assets: &reader.assets };
    let check::Outcome { program, diagnostics: found, types, credentials } = check::check_with_types(&input);
    drop(files);
    let named = reader.named();
    let mut diagnostics = reader.diagnostics;
    diagnostics.append(found);
    let program = program.filter(|_| !diagnostics.iter().any(Diagnostic::is_error));
    if let (Some(program), Some((_, _, profile))) = (&program, &profile) {
        config.extend(users_of(program, profile));
        config.extend(thresholds_of(program, profile));
        config_warnings.extend(profile.thresholds_beyond(profile.planned_duration()));
        diagnostics.extend(too_few_rows(program, profile));
    }
    if let (Some(program), Some(environment)) = (&program, &environment) {
        config.extend(reached_of(program, environment));
        config_warnings.extend(check::secrets_in(environment.root(), &program.env));
    }
    let mut unknown = Vec::new();
    let environments = program.as_ref().map(|program| environments(&target.root, program, &mut unknown)).unwrap_or_default();
    // An error in the selected environment is reported only once. A broken file of a megabyte has hundreds of thousands of them.
    let place = |error: &ConfigError| (error.location.file.clone(), error.location.offset, error.location.line);
    let known: HashSet<_> = config.iter().map(place).collect();
    config_warnings.extend(unknown.into_iter().filter(|warning| !known.contains(&place(warning))));
    diagnostics.sort_by_key(|diagnostic| diagnostic.labels.first().map(|(span, _)| (span.file, span.start)));
    Ok(Checked {
        name,
        sources: reader.sources,
        diagnostics,
        config,
        config_warnings,
        program,
        files: named,
        types,
        credentials,
        trees: reader.files.into_iter().map(|file| (file.ast, file.imports)).collect(),
        profile: profile.map(|(path, text, _)| (path, text)),
        environments,
    })
}

/// The result for a registered test without its spec: the error in the registry, and those in the profile and environment.
fn without_spec(target: &Target, lacks: &ConfigError) -> Checked {
    let (_, _, mut config, config_warnings) = configuration(target);
    config.insert(0, lacks.clone());
    Checked {
        name: String::new(),
        sources: SourceMap::default(),
        diagnostics: Diagnostics::default(),
        config,
        config_warnings,
        program: None,
        files: Vec::new(),
        types: Vec::new(),
        credentials: Vec::new(),
        trees: Vec::new(),
        profile: None,
        environments: Vec::new(),
    }
}
