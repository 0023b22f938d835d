//! The files of a compilation: the spec, its imports, and the data and other files that these name.

use std::cell::Cell;
use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Target;
use crate::ast::{File, Item};
use ltc_config::suggest;

use crate::check::{self, AssetKind, Assets, Loaded};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::parse;
use crate::source::SourceMap;
use crate::span::{FileId, Span};

/// The largest spec, in bytes. A larger file is probably the wrong one.
pub(super) const LARGEST: u64 = 64 * 1024 * 1024;

pub(super) struct Parsed {
    pub(super) ast: File,
    pub(super) imports: Vec<Option<FileId>>,
    pub(super) folder: PathBuf,
}

/// Reads the spec and all files that it names.
pub(super) struct Reader<'t> {
    pub(super) target: &'t Target,
    pub(super) sources: SourceMap,
    pub(super) files: Vec<Parsed>,
    pub(super) known: HashMap<PathBuf, FileId>,
    pub(super) assets: Assets,
    pub(super) diagnostics: Diagnostics,
    /// How many more missing files are compared with those of the project.
    searches: Cell<usize>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(target: &'t Target) -> Result<Self, String> {
        let text = target.open.read_spec(&target.spec).map_err(|why| format!("{}: {why}", target.spec.display()))?;
        let mut reader = Self {
            target,
            sources: SourceMap::default(),
            files: Vec::new(),
            known: HashMap::new(),
            assets: Assets::new(),
            diagnostics: Diagnostics::default(),
            searches: Cell::new(SEARCHES_MAX),
        };
        reader.add(&target.spec, text);
        Ok(reader)
    }

    fn add(&mut self, path: &Path, content: String) -> FileId {
        let shown = shown(&self.target.root, path);
        let id = self.sources.add(shown, content);
        let (ast, diagnostics) = parse::parse(text(&self.sources, id), id);
        self.diagnostics.append(diagnostics);
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        self.files.push(Parsed { ast, imports: Vec::new(), folder });
        self.known.insert(normal(path), id);
        id
    }

    /// Reads the imports of all files. New files are appended to the list, so that one pass reads all.
    pub(super) fn read_imports(&mut self) {
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
            self.target
                .open
                .read_spec(&full)
                .map(|text| Ok((full.clone(), text)))
                .map_err(|why| self.with_near(why, &self.files[from].folder, &full))
        });
        match read {
            Ok(Ok((full, text))) => Some(self.add(&full, text)),
            Ok(Err(known)) => Some(known),
            Err(_) if let Some((what, _)) = crate::foreign::file(path) => {
                let message = format!("cannot import `{path}`: it is {what}");
                let help = "remove it, or name a spec: `import \"shop.lt\"`";
                self.diagnostics.push(Diagnostic::new(Code::NoFile, span, message).help(help));
                None
            }
            Err(why) => {
                let (why, help) = check::why_not_read(&why);
                let message = format!("cannot import `{path}`: {why}");
                self.diagnostics.push(Diagnostic::new(Code::NoFile, span, message).help(help));
                None
            }
        }
    }

    /// The paths of all files that are named, whether they exist or not.
    pub(super) fn named(&self) -> Vec<PathBuf> {
        let imports = self.files.iter().flat_map(|file| {
            let imported = file.ast.items.iter().filter_map(|item| match item {
                Item::Import(import) => Some(&import.path.node),
                _ => None,
            });
            imported.map(|path| normal(&file.folder.join(path)))
        });
        let assets = self.assets.keys().map(|(file, path)| normal(&self.files[usize::from(file.0)].folder.join(path)));
        imports.chain(assets).collect()
    }

    /// Adds a similar file to the reason `why` a file is not read: one from its folder, or one with its name elsewhere in the project.
    fn with_near(&self, why: String, folder: &Path, full: &Path) -> String {
        let Some(name) = full.file_name().and_then(|name| name.to_str()).filter(|_| !full.exists()) else { return why };
        let Some(searches) = self.searches.get().checked_sub(1) else { return why };
        self.searches.set(searches);
        let beside = full.parent().map(names_in).unwrap_or_default();
        let near = match suggest::nearest(name, beside.iter().map(String::as_str)) {
            Some(near) => Some(full.with_file_name(near)),
            None => elsewhere(&self.target.root, name),
        };
        match near.and_then(|near| relative(&normal(folder), &near)) {
            Some(near) => format!("{why}; did you mean `{near}`?"),
            None => why,
        }
    }

    pub(super) fn read_assets(&mut self) {
        for (index, file) in self.files.iter().enumerate() {
            for request in check::needs(&file.ast) {
                let key = (file_id(index), request.path.clone());
                if self.assets.contains_key(&key) {
                    continue;
                }
                let loaded = match request.kind {
                    AssetKind::Data | AssetKind::File => within(&self.target.root, &file.folder, &request.path)
                        .and_then(|full| match self.target.open.get(&full) {
                            Some(text) => Ok(Loaded { path: request.path.clone(), bytes: text.as_bytes().to_vec() }),
                            None => load(&full, &request.path).map_err(|why| self.with_near(why, &file.folder, &full)),
                        })
                        .map(|loaded| vec![loaded]),
                    AssetKind::Glob => glob(&self.target.root, &file.folder, &request.path),
                };
                self.assets.insert(key, loaded);
            }
        }
    }
}

pub(super) fn file_id(index: usize) -> FileId {
    FileId(u16::try_from(index).unwrap_or(u16::MAX))
}

pub(super) fn path(sources: &SourceMap, id: FileId) -> &str {
    sources.file(id).map_or("", |file| &file.path)
}

pub(super) fn text(sources: &SourceMap, id: FileId) -> &str {
    sources.file(id).map_or("", |file| &file.text)
}

pub(super) fn load(full: &Path, written: &str) -> Result<Loaded, String> {
    is_regular(full)?;
    let bytes = fs::read(full).map_err(|error| reason(&error))?;
    Ok(Loaded { path: written.to_owned(), bytes })
}

/// The most missing files for which a similar one is searched. Later ones are counted, but rarely shown.
const SEARCHES_MAX: usize = 100;

/// The most folders that are searched for a file.
const SEARCHED_FOLDERS_MAX: usize = 200;

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).take(1_000).collect();
    names.sort_unstable();
    names
}

/// A file of the project with this name or a similar one.
fn elsewhere(root: &Path, name: &str) -> Option<PathBuf> {
    let mut folders = vec![normal(root)];
    let (mut at, mut near) = (0, None);
    while at < folders.len().min(SEARCHED_FOLDERS_MAX) {
        let folder = folders[at].clone();
        if folder.join(name).is_file() {
            return Some(folder.join(name));
        }
        let names = names_in(&folder);
        let similar = || suggest::nearest(name, names.iter().map(String::as_str)).map(|similar| folder.join(similar));
        near = near.or_else(similar).filter(|path: &PathBuf| path.is_file());
        let below = names.into_iter().filter(|name| !name.starts_with('.') && name != "target" && name != "node_modules");
        folders.extend(below.map(|name| folder.join(name)).filter(|path| path.is_dir()));
        at += 1;
    }
    near
}

/// The path under which a file in `folder` names `path`.
fn relative(folder: &Path, path: &Path) -> Option<String> {
    let up = folder.ancestors().position(|above| path.starts_with(above))?;
    let rest = path.strip_prefix(folder.ancestors().nth(up)?).ok()?;
    Some("../".repeat(up) + &rest.to_str()?.replace('\\', "/"))
}

/// The files of one folder whose names match a pattern with `*` and `?`, ordered by name.
pub(super) fn glob(root: &Path, folder: &Path, pattern: &str) -> Result<Vec<Loaded>, String> {
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
    names
        .iter()
        .filter(|name| full.join(name).is_file())
        .map(|name| {
            inside(root, &full.join(name))
                .and_then(|()| load(&full.join(name), &if parent == "." { name.clone() } else { format!("{parent}/{name}") }))
        })
        .collect()
}

/// Resolves a path that a file names. The path must not lead out of the project.
pub(super) fn within(root: &Path, folder: &Path, written: &str) -> Result<PathBuf, String> {
    if Path::new(written).is_absolute() {
        return Err("it must be relative to the file that names it".to_owned());
    }
    let full = normal(&folder.join(written));
    if !full.starts_with(normal(root)) {
        return Err("it is outside of the project".to_owned());
    }
    inside(root, &full).map(|()| full)
}

/// Checks that a path leads to a file of the project when its links are followed. A path that does not exist is accepted.
fn inside(root: &Path, full: &Path) -> Result<(), String> {
    let real = match fs::canonicalize(full) {
        Ok(real) => real,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(reason(&error)),
    };
    let root = fs::canonicalize(root).map_err(|error| reason(&error))?;
    if !real.starts_with(&root) {
        return Err("it is a link to a file outside of the project".to_owned());
    }
    // A binary contains what a spec reads, and must not contain credentials.
    if ltc_config::credentials::FILES.iter().any(|name| real == root.join("config").join(name)) {
        return Err("it contains credentials, which must not become a part of the binary".to_owned());
    }
    Ok(())
}

/// The size of a regular file. Pipes and devices are rejected, because reading them may never end.
fn is_regular(path: &Path) -> Result<u64, String> {
    let found = fs::metadata(path).map_err(|error| reason(&error))?;
    match found.file_type() {
        kind if kind.is_dir() => Err("it is a folder".to_owned()),
        kind if kind.is_file() => Ok(found.len()),
        _ => Err("it is not a regular file".to_owned()),
    }
}

/// The absolute path without `.` and `..`; links are not followed.
pub(super) fn normal(path: &Path) -> PathBuf {
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

pub(super) fn shown(root: &Path, path: &Path) -> String {
    let full = normal(path);
    full.strip_prefix(normal(root)).unwrap_or(path).display().to_string()
}

pub(super) fn read_text(path: &Path) -> Result<String, String> {
    let size = is_regular(path)?;
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

pub(super) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "file not found".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The binary would contain it.
    #[test]
    #[cfg(unix)]
    fn credentials_are_no_file_of_a_spec() {
        let root = tempfile::tempdir().unwrap();
        let (specs, config) = (root.path().join("specs"), root.path().join("config"));
        fs::create_dir_all(&specs).unwrap();
        fs::create_dir_all(&config).unwrap();
        for name in ltc_config::credentials::FILES.into_iter().chain(["local.yml"]) {
            fs::write(config.join(name), "Splunk: {}").unwrap();
        }
        std::os::unix::fs::symlink("../config/systems_credentials.yml", specs.join("link.yml")).unwrap();
        for written in ["../config/systems_credentials.yml", "../config/system_credentials.yml", "link.yml"] {
            assert!(within(root.path(), &specs, written).unwrap_err().contains("contains credentials"), "{written}");
        }
        assert!(within(root.path(), &specs, "../config/local.yml").is_ok());
    }

    #[test]
    #[cfg(unix)]
    fn links_lead_to_no_file_outside_of_the_project() {
        use std::os::unix::fs::symlink;
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (real, root) = (folder.path().join("real"), folder.path().join("root"));
        fs::create_dir_all(real.join("specs")).unwrap();
        // The path of the project's folder itself may contain a link.
        symlink(&real, &root).unwrap();
        let specs = root.join("specs");
        fs::write(outside.path().join("x.csv"), "secret").unwrap();
        fs::write(specs.join("a.csv"), "a").unwrap();
        symlink(outside.path().join("x.csv"), specs.join("b.csv")).unwrap();
        symlink(outside.path(), specs.join("folder")).unwrap();
        symlink("a.csv", specs.join("c.csv")).unwrap();
        symlink("loop.csv", specs.join("loop.csv")).unwrap();
        for inside in ["a.csv", "c.csv", "new.csv", "../specs/a.csv"] {
            assert_eq!(within(&root, &specs, inside), Ok(normal(&specs.join(inside))), "{inside}");
        }
        for leading_out in ["b.csv", "folder/x.csv", "folder", "../../x.csv", "loop.csv"] {
            assert!(within(&root, &specs, leading_out).is_err(), "{leading_out}");
        }
        assert!(glob(&root, &specs, "*.csv").is_err_and(|why| why.contains("outside of the project")));
        assert!(glob(&root, &specs, "folder/*").is_err());
        assert_eq!(glob(&root, &specs, "[ac]*.csv").map(|found| found.len()), Ok(0));
        assert_eq!(glob(&root, &specs, "?.csv").map_err(|why| why.contains("link")).map(|found| found.len()), Err(true));
    }

    #[test]
    fn similar_files_are_searched_for_the_first_missing_ones_only() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        let spec = root.join("x.lt");
        fs::write(root.join("item.lt"), "").unwrap();
        fs::write(&spec, (0..2 * SEARCHES_MAX).map(|index| format!("import \"item{}.lt\"\n", index % 10)).collect::<String>()).unwrap();
        let (lacks, open) = (Default::default(), Default::default());
        let target = Target { root, spec, profile: None, env: None, registered: None, lacks, open };
        let mut reader = Reader::new(&target).unwrap();
        reader.read_imports();
        let near =
            reader.diagnostics.iter().filter(|found| found.help.as_deref().is_some_and(|help| help.contains("did you mean `item.lt`")));
        assert_eq!((near.count(), reader.diagnostics.len()), (SEARCHES_MAX, 2 * SEARCHES_MAX));
    }

    #[test]
    #[cfg(unix)]
    fn pipes_and_devices_are_not_read() {
        assert_eq!(load(Path::new("/dev/zero"), "x").map(|_| ()), Err("it is not a regular file".to_owned()));
        assert_eq!(read_text(Path::new("/dev/zero")), Err("it is not a regular file".to_owned()));
    }
}
