//! From a spec's path to a generated crate: reads the files, calls the pure phases in their order, gathers what they say.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use ltc_config::carried::carried;
use ltc_config::environment::{self, EnvData, EnvValue as Value, Source};
use ltc_config::{ApiTransportSettings, ConfigError, Environment, Profile, Reads};

use crate::ast::{File, Item};
use crate::check::{self, AssetKind, Assets, Env, EnvValue, Input, Loaded, SourceFile};
use crate::diagnostic::{Code, Diagnostic};
use crate::emit::{self, Emitted};
use crate::model::{Program, sections};
use crate::parse;
use crate::project::Lacks;
use crate::source::SourceMap;
use crate::span::{FileId, Span};

/// The largest spec that is read: past it somebody has named the wrong file.
const LARGEST: u64 = 64 * 1024 * 1024;

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
}

/// What compiling came to so far.
#[derive(Debug)]
pub struct Checked {
    /// The test's name in the form that files take.
    pub name: String,
    /// The files, for places.
    pub sources: SourceMap,
    /// What is wrong in them.
    pub diagnostics: Vec<Diagnostic>,
    /// What is wrong in profile and environments.
    pub config: Vec<ConfigError>,
    /// What is odd in the profile.
    pub config_warnings: Vec<ConfigError>,
    /// There where nothing is wrong.
    pub program: Option<Program>,
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
        let context = emit::Context {
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
    let files: Vec<SourceFile<'_>> = reader
        .files
        .iter()
        .enumerate()
        .map(|(id, file)| SourceFile {
            path: path(&reader.sources, file_id(id)).to_owned(),
            text: text(&reader.sources, file_id(id)),
            ast: &file.ast,
            imports: file.imports.clone(),
        })
        .collect();
    let env = environment.as_ref().zip(schema.as_ref()).map(|(environment, root)| Env { name: &environment.name, root });
    let input = Input { name: &identity, files: &files, env, assets: &reader.assets };
    let (program, found) = check::check(&input);
    drop(files);
    let mut diagnostics = reader.diagnostics;
    diagnostics.extend(found);
    let program = program.filter(|_| !diagnostics.iter().any(Diagnostic::is_error));
    if let (Some(program), Some((_, _, profile))) = (&program, &profile) {
        config.extend(users_of(program, profile));
        config.extend(thresholds_of(program, profile));
        config_warnings.extend(profile.thresholds_beyond(profile.planned_duration()));
        diagnostics.extend(too_few_rows(program, profile));
    }
    if let (Some(program), Some(environment)) = (&program, &environment) {
        config.extend(reached_of(program, environment));
    }
    let mut unknown = Vec::new();
    let environments = program.as_ref().map(|program| environments(&target.root, program, &mut unknown)).unwrap_or_default();
    // What is wrong with the environment at hand is an error already.
    config_warnings.extend(unknown.into_iter().filter(|warning| config.iter().all(|error| error.place != warning.place)));
    diagnostics.sort_by_key(|diagnostic| diagnostic.labels.first().map(|(span, _)| (span.file, span.start)));
    Ok(Checked {
        name,
        sources: reader.sources,
        diagnostics,
        config,
        config_warnings,
        program,
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
        diagnostics: Vec::new(),
        config,
        config_warnings,
        program: None,
        profile: None,
        environments: Vec::new(),
    }
}

/// The test's name (registered, else the profile's, else the spec's), as it is written and as files take it.
fn identity(target: &Target, profile: Option<&Profile>) -> Result<(String, String), ConfigError> {
    let named = target.registered.clone().or_else(|| profile.and_then(|profile| profile.header.name.clone()));
    let stem = || target.spec.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let identity = named.filter(|name| !name.trim().is_empty()).or_else(stem).unwrap_or_default();
    let name = ltc_config::identity::plain(&identity);
    if name.is_empty() {
        let file = profile.map_or_else(|| shown(&target.root, &target.spec), |profile| profile.file.clone());
        let message = format!("unexpected name `{identity}` of the test, expected an ASCII letter or a digit in it");
        let help = "rename it, for example to tpdata: `name` of `test_header`, or its key in config/loadtest_registry.yml";
        return Err(ConfigError::new(ltc_config::Place::file(file), message).with_help(help));
    }
    Ok((identity, name))
}

fn file_id(index: usize) -> FileId {
    FileId(u16::try_from(index).unwrap_or(u16::MAX))
}

fn path(sources: &SourceMap, id: FileId) -> &str {
    sources.file(id).map_or("", |file| &file.path)
}

fn text(sources: &SourceMap, id: FileId) -> &str {
    sources.file(id).map_or("", |file| &file.text)
}

struct Parsed {
    ast: File,
    imports: Vec<Option<FileId>>,
    folder: PathBuf,
}

/// Reads the spec and what it names.
struct Reader<'t> {
    target: &'t Target,
    sources: SourceMap,
    files: Vec<Parsed>,
    known: HashMap<PathBuf, FileId>,
    assets: Assets,
    diagnostics: Vec<Diagnostic>,
}

impl<'t> Reader<'t> {
    fn new(target: &'t Target) -> Result<Self, String> {
        let text = read_text(&target.spec).map_err(|why| format!("{}: {why}", target.spec.display()))?;
        let mut reader = Self {
            target,
            sources: SourceMap::default(),
            files: Vec::new(),
            known: HashMap::new(),
            assets: Assets::new(),
            diagnostics: Vec::new(),
        };
        reader.add(&target.spec, text);
        Ok(reader)
    }

    fn add(&mut self, path: &Path, content: String) -> FileId {
        let shown = shown(&self.target.root, path);
        let id = self.sources.add(shown, content);
        let (ast, diagnostics) = parse::parse(text(&self.sources, id), id);
        self.diagnostics.extend(diagnostics);
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        self.files.push(Parsed { ast, imports: Vec::new(), folder });
        self.known.insert(normal(path), id);
        id
    }

    /// Files come into the list in the order they are met, so that one pass reads all.
    fn read_imports(&mut self) {
        let mut next = 0;
        while next < self.files.len() {
            let wanted: Vec<(String, Span)> = self.files[next]
                .ast
                .items
                .iter()
                .filter_map(|item| match item {
                    Item::Import(import) => Some((import.path.node.clone(), import.path.span)),
                    _ => None,
                })
                .collect();
            let imports = wanted.into_iter().map(|(path, span)| self.import(next, &path, span)).collect();
            self.files[next].imports = imports;
            next += 1;
        }
    }

    fn import(&mut self, from: usize, path: &str, span: Span) -> Option<FileId> {
        let read = within(&self.target.root, &self.files[from].folder, path).and_then(|full| {
            if let Some(known) = self.known.get(&normal(&full)) {
                return Ok(Err(*known));
            }
            read_text(&full).map(|text| Ok((full, text)))
        });
        match read {
            Ok(Ok((full, text))) => Some(self.add(&full, text)),
            Ok(Err(known)) => Some(known),
            Err(why) => {
                let message = format!("cannot import `{path}`: {why}");
                self.diagnostics.push(Diagnostic::new(Code::NoFile, span, message).help("write the path relative to this spec"));
                None
            }
        }
    }

    fn read_assets(&mut self) {
        for (index, file) in self.files.iter().enumerate() {
            for request in check::needs(&file.ast) {
                let key = (file_id(index), request.path.clone());
                if self.assets.contains_key(&key) {
                    continue;
                }
                let loaded = match request.kind {
                    AssetKind::Data | AssetKind::File => within(&self.target.root, &file.folder, &request.path)
                        .and_then(|full| load(&full, &request.path))
                        .map(|loaded| vec![loaded]),
                    AssetKind::Glob => glob(&self.target.root, &file.folder, &request.path),
                };
                self.assets.insert(key, loaded);
            }
        }
    }
}

fn load(full: &Path, written: &str) -> Result<Loaded, String> {
    let bytes = fs::read(full).map_err(|error| reason(&error))?;
    Ok(Loaded { path: written.to_owned(), bytes })
}

/// Files of one folder whose names match a pattern with `*` and `?`, in order of name.
fn glob(root: &Path, folder: &Path, pattern: &str) -> Result<Vec<Loaded>, String> {
    let (parent, name) = pattern.rsplit_once('/').unwrap_or((".", pattern));
    let full = within(root, folder, parent)?;
    let regex = name.chars().fold(String::from("^"), |regex, char| match char {
        '*' => regex + ".*",
        '?' => regex + ".",
        char => regex + &regex::escape(&char.to_string()),
    }) + "$";
    let regex = regex::Regex::new(&regex).map_err(|error| error.to_string())?;
    let entries = fs::read_dir(&full).map_err(|error| reason(&error))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).filter(|name| regex.is_match(name)).collect();
    names.sort_unstable();
    if names.is_empty() {
        return Err("no file matches".to_owned());
    }
    names
        .iter()
        .filter(|name| full.join(name).is_file())
        .map(|name| load(&full.join(name), &if parent == "." { name.clone() } else { format!("{parent}/{name}") }))
        .collect()
}

/// A path that a file names, which must not lead out of the project.
fn within(root: &Path, folder: &Path, written: &str) -> Result<PathBuf, String> {
    if Path::new(written).is_absolute() {
        return Err("it must be relative to the file that names it".to_owned());
    }
    let full = normal(&folder.join(written));
    if full.starts_with(normal(root)) { Ok(full) } else { Err("it is outside of the project".to_owned()) }
}

/// The path without `.` and `..`, made absolute; links are not followed.
fn normal(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    absolute.components().fold(PathBuf::new(), |mut full, part| {
        match part {
            Component::ParentDir => {
                full.pop();
            }
            Component::CurDir => {}
            part => full.push(part),
        }
        full
    })
}

fn shown(root: &Path, path: &Path) -> String {
    let full = normal(path);
    full.strip_prefix(normal(root)).unwrap_or(path).display().to_string()
}

fn read_text(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| reason(&error))?.len();
    if size > LARGEST {
        return Err(format!("it has {} MB, which is too large for a spec", size / 1024 / 1024));
    }
    let bytes = fs::read(path).map_err(|error| reason(&error))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("it is not UTF-8 text (line {line})")
    })
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "file not found".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}

type Configuration = (Option<(String, String, Profile)>, Option<Environment>, Vec<ConfigError>, Vec<ConfigError>);

/// The profile and the environment that it, or the command line, names.
fn configuration(target: &Target) -> Configuration {
    let mut errors: Vec<ConfigError> = target.lacks.profile.iter().cloned().collect();
    let mut warnings = Vec::new();
    let profile = target.profile.as_ref().filter(|_| errors.is_empty()).and_then(|path| {
        let file = shown(&target.root, path);
        let parsed = ltc_config::read(path).map_err(|error| vec![error]).and_then(|text| {
            let profile = Profile::parse(&text, &file)?;
            Ok((text, profile))
        });
        match parsed {
            Ok((text, profile)) => {
                warnings.extend(profile.warnings.iter().cloned());
                Some((file, text, profile))
            }
            Err(found) => {
                errors.extend(found);
                None
            }
        }
    });
    let named = target.env.clone().or_else(|| profile.as_ref().and_then(|(_, _, profile)| profile.header.env.clone()));
    let environment = named.and_then(|name| match load_environment(&target.root, &name) {
        Ok(environment) => Some(environment),
        Err(found) => {
            errors.extend(found);
            None
        }
    });
    (profile, environment, errors, warnings)
}

fn load_environment(root: &Path, name: &str) -> Result<Environment, Vec<ConfigError>> {
    let folder = root.join("config");
    let own = folder.join(format!("{name}.yml"));
    if !own.is_file() {
        // Its error names the environments that are there.
        return Environment::load(&folder, name);
    }
    let text = ltc_config::read(&own).map_err(|error| vec![error])?;
    let common = folder.join("common.yml");
    let common = if common.is_file() { Some(ltc_config::read(&common).map_err(|error| vec![error])?) } else { None };
    let file = format!("config/{name}.yml");
    Environment::parse(name, Source { text: &text, file: &file }, common.as_deref().map(|text| Source { text, file: "config/common.yml" }))
}

/// What the binary carries of all environments of the project, since `--env` may name another at run time: the keys that the spec reads.
fn environments(root: &Path, program: &Program, warnings: &mut Vec<ConfigError>) -> Vec<(String, String)> {
    let Ok(entries) = fs::read_dir(root.join("config")) else { return Vec::new() };
    let paths: Vec<String> = program.env.iter().map(|key| key.path.join(".")).collect();
    let reads = Reads::of(paths.iter().map(String::as_str));
    let mut found: Vec<(String, String)> = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let Some(name) = environment::name_of(&path) else { continue };
        let text = ltc_config::read(&path).map_err(|error| vec![error]);
        match text.and_then(|text| carried(&text, &shown(root, &path), &reads)) {
            Ok(text) => found.push((name, text)),
            // The one that this spec is checked against has been read: these are others, which it may never be run with.
            Err(errors) => warnings.extend(errors.into_iter().map(|error| {
                let message = format!("the binary will not include the environment {name}: {}", error.message);
                ConfigError { message, ..error }
            })),
        }
    }
    found.sort_unstable();
    found
}

fn schema(value: &Value) -> EnvValue {
    match &value.data {
        EnvData::Null => EnvValue::Null,
        EnvData::Bool(truth) => EnvValue::Bool(*truth),
        EnvData::Int(number) => EnvValue::Int(*number),
        EnvData::Float(number) => EnvValue::Float(*number),
        EnvData::String(text) => EnvValue::String(text.clone()),
        EnvData::List(items) => EnvValue::List(items.iter().map(schema).collect()),
        EnvData::Object(members) => EnvValue::Object(members.iter().map(|(key, value)| (key.clone(), schema(value))).collect()),
    }
}

/// What is wrong with how the environment says that hosts are reached.
fn reached_of(program: &Program, environment: &Environment) -> Vec<ConfigError> {
    let sections: Vec<Vec<String>> = program.apis.iter().map(|api| sections(program, api)).collect();
    let mut errors: Vec<ConfigError> = Vec::new();
    for (api, sections) in program.apis.iter().zip(&sections) {
        let sections: Vec<&str> = sections.iter().map(String::as_str).collect();
        let wrong = ApiTransportSettings::from(environment, &api.name, &sections).err().unwrap_or_default();
        // Apis that share a section share its errors.
        errors.extend(wrong.into_iter().filter(|wrong| errors.iter().all(|known| known.place != wrong.place)).collect::<Vec<_>>());
    }
    let sections: Vec<&str> = sections.iter().flatten().map(String::as_str).collect();
    let reads: Vec<String> = program.env.iter().map(|key| key.path.join(".")).collect();
    let reads: Vec<&str> = reads.iter().map(String::as_str).collect();
    errors.extend(ltc_config::beside::stray(environment, &sections, &reads));
    errors
}

/// Users that the profile names and the spec doesn't have.
fn users_of(program: &Program, profile: &Profile) -> Vec<ConfigError> {
    let known: Vec<&str> = program.users.iter().map(|user| user.name.as_str()).collect();
    profile
        .users
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()))
        .map(|(name, load)| {
            ConfigError::new(load.place.clone(), format!("unknown user {name}")).with_help_if(ltc_config::suggest::did_you_mean_or_list(
                name,
                &known,
                "its users",
            ))
        })
        .collect()
}

/// Thresholds about steps and groups that the spec doesn't have.
fn thresholds_of(program: &Program, profile: &Profile) -> Vec<ConfigError> {
    let known: Vec<&str> = program.lines.iter().map(|line| line.name.as_str()).collect();
    profile.thresholds.iter().filter_map(|threshold| threshold.check(&known)).collect()
}

/// Data of which each user holds a row, with fewer rows than the profile has users.
fn too_few_rows(program: &Program, profile: &Profile) -> Vec<Diagnostic> {
    use ltc_config::profile::Shape;
    let users = match &profile.load.shape {
        Shape::Clients { clients, .. } | Shape::Steps { clients, .. } => *clients,
        Shape::ClientStages(stages) => stages.iter().map(|stage| stage.clients).max().unwrap_or(0),
        Shape::None | Shape::Arrivals { .. } => 0,
    };
    check::unique_sets(program)
        .into_iter()
        .filter(|(_, rows, _)| (*rows as u64) < users)
        .map(|(name, rows, span)| {
            let message = format!("`{name}` has {rows} rows that users do not share, but the profile has {users} users");
            Diagnostic::new(Code::TooFewRows, span, message).help("add rows, or lower `clients`: a user that finds no free row stops")
        })
        .collect()
}
