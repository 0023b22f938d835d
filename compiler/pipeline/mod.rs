//! From a spec's path to a generated crate: reads the files, calls the pure phases in their order, gathers what they say.

mod configuration;
mod files;
mod fit;
mod open_files;

use std::path::{Path, PathBuf};

use ltc_config::ConfigError;

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

/// The text of a spec.
///
/// # Errors
/// If it cannot be read, is too large or is not UTF-8.
pub fn read_spec(path: &Path) -> Result<String, String> {
    files::read_text(path)
}

/// A path that a file of `folder` names.
///
/// # Errors
/// If it leads out of the project.
pub fn resolve(root: &Path, folder: &Path, written: &str) -> Result<PathBuf, String> {
    files::within(root, folder, written)
}

/// The path without `.` and `..`, made absolute; links are not followed.
pub fn normal(path: &Path) -> PathBuf {
    files::normal(path)
}

/// The environment that a spec is checked against, if it has one that can be read.
pub fn environment(target: &Target) -> Option<ltc_config::Environment> {
    configuration(target).1
}

/// What is to be compiled.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The project's folder: paths are shown relative to it.
    pub root: PathBuf,
    /// The spec.
    pub spec: PathBuf,
    /// The profile; without one the binary carries none.
    pub profile: Option<PathBuf>,
    /// The environment, in place of the profile's.
    pub env: Option<String>,
    /// The name that the test is registered under.
    pub registered: Option<String>,
    /// What of it isn't there.
    pub lacks: Lacks,
    /// Files that an editor has open: read in place of what is on disk.
    pub open: OpenFiles,
}

impl Target {
    /// The files that are read before anything is known of the spec, whether they are there or not. The last part of a path may be a
    /// pattern with `*`.
    pub fn files(&self) -> Vec<PathBuf> {
        let config = [self.root.join("config/*.yml")];
        [Some(self.spec.clone()), self.profile.clone()].into_iter().flatten().chain(config).collect()
    }
}

/// What compiling came to so far.
#[derive(Debug)]
pub struct Checked {
    /// The test's name in the form that files take.
    pub name: String,
    /// The files, for places.
    pub sources: SourceMap,
    /// What is wrong in them.
    pub diagnostics: Diagnostics,
    /// What is wrong in profile and environments.
    pub config: Vec<ConfigError>,
    /// What is odd in the profile.
    pub config_warnings: Vec<ConfigError>,
    /// There where nothing is wrong.
    pub program: Option<Program>,
    /// The types of variables and parameters, where each is assigned.
    pub types: Vec<(Span, Type)>,
    /// The trees of the files, each with what its imports lead to.
    pub trees: Vec<(File, Vec<Option<FileId>>)>,
    /// The files that the spec and its imports name, whether they are there or not. The last part of a path may be a pattern with `*`.
    pub files: Vec<PathBuf>,
    profile: Option<(String, String)>,
    environments: Vec<(String, String)>,
}

impl Checked {
    /// Whether anything is wrong.
    pub fn has_errors(&self) -> bool {
        !self.config.is_empty() || self.program.is_none()
    }

    /// The generated crate.
    ///
    /// # Errors
    /// Where emission failed, which is a bug of ours, or there is no program.
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

/// Reads and checks a spec with all it names.
///
/// # Errors
/// Where the spec itself can't be read: there is nothing to show a place in.
pub fn check(target: &Target) -> Result<Checked, String> {
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
    let check::Outcome { program, diagnostics: found, types } = check::check_with_types(&input);
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
    // What is wrong with the environment at hand is an error already.
    config_warnings.extend(unknown.into_iter().filter(|warning| config.iter().all(|error| error.location != warning.location)));
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
        trees: reader.files.into_iter().map(|file| (file.ast, file.imports)).collect(),
        profile: profile.map(|(path, text, _)| (path, text)),
        environments,
    })
}

/// All that is known of a registered test without its spec: where it was named, and what is wrong in profile and environment.
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
        trees: Vec::new(),
        profile: None,
        environments: Vec::new(),
    }
}
