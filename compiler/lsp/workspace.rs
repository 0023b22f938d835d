//! The files of an editor's session: open buffers, which replace the files on disk, and which specs import which.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::analysis::Analysis;
use crate::pipeline::{self, OpenFiles, Target};
use crate::project::{self, Project};

/// An open buffer.
#[derive(Debug)]
pub(super) struct Buffer {
    pub(super) text: String,
    pub(super) version: i64,
}

/// The state of the server. Derived data is cached until a file changes.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    pub(super) buffers: HashMap<PathBuf, Buffer>,
    analyses: RefCell<HashMap<PathBuf, Option<Rc<Analysis>>>>,
    open: RefCell<Option<OpenFiles>>,
    specs: RefCell<HashMap<PathBuf, Rc<Vec<PathBuf>>>>,
    imports: RefCell<HashMap<PathBuf, Rc<Vec<PathBuf>>>>,
    importers: RefCell<HashMap<PathBuf, Rc<Importers>>>,
}

/// The specs of a project that import a file, by that file.
type Importers = HashMap<PathBuf, Vec<PathBuf>>;

/// The most files and folders in which specs are looked for. A spec without a project may be in a folder of any size, such as that of a user.
const SEARCHED: usize = 20_000;

impl Workspace {
    /// Discards cached data after a buffer changed.
    pub(super) fn changed(&self, path: &Path) {
        let mut analyses = self.analyses.borrow_mut();
        if is_spec(path) {
            // The others do not contain the text.
            analyses.retain(|entry, analysis| entry != path && analysis.as_ref().is_some_and(|analysis| analysis.file(path).is_none()));
        } else {
            analyses.clear();
        }
        self.open.replace(None);
        let imported = self.imports.borrow_mut().remove(path);
        if imported.is_none_or(|imported| imported != self.imports(&Self::root(path), path)) {
            self.importers.borrow_mut().clear();
        }
    }

    /// Discards cached data after files were created, saved or removed.
    pub(super) fn files_changed(&self) {
        self.analyses.borrow_mut().clear();
        self.open.replace(None);
        self.specs.borrow_mut().clear();
        self.imports.borrow_mut().clear();
        self.importers.borrow_mut().clear();
    }

    pub(super) fn open_files(&self) -> OpenFiles {
        let mut open = self.open.borrow_mut();
        let texts = || self.buffers.iter().map(|(path, buffer)| (path.clone(), buffer.text.clone())).collect();
        open.get_or_insert_with(|| OpenFiles::new(texts())).clone()
    }

    /// The project's folder of a file.
    pub(super) fn root(path: &Path) -> PathBuf {
        let folder = path.parent().unwrap_or(path);
        Project::of(folder).map_or_else(|_| folder.to_path_buf(), |project| project.root)
    }

    pub(super) fn target(&self, spec: &Path) -> Target {
        let folder = spec.parent().unwrap_or(spec);
        let open = self.open_files();
        match project::find(folder, spec.to_str()) {
            Ok(found) => {
                // Without a `config/`, a spec's own folder is its project.
                let root = if found.root.join("config").is_dir() { found.root } else { folder.to_path_buf() };
                Target {
                    root,
                    spec: found.spec,
                    profile: found.profile,
                    registered: found.registered,
                    lacks: found.lacks,
                    open,
                    ..Target::default()
                }
            }
            Err(_) => Target { root: Self::root(spec), spec: spec.to_path_buf(), open, ..Target::default() },
        }
    }

    /// All specs of the project that a file belongs to.
    pub(super) fn specs(&self, root: &Path) -> Rc<Vec<PathBuf>> {
        let mut specs = self.specs.borrow_mut();
        let found = specs.entry(root.to_path_buf()).or_insert_with(|| {
            let mut found = BTreeSet::new();
            let mut listed = Vec::new();
            crate::cli::find_specs(root, &mut listed, SEARCHED);
            found.extend(listed);
            found.extend(self.buffers.keys().filter(|path| path.starts_with(root) && is_spec(path)).cloned());
            Rc::new(found.into_iter().collect())
        });
        Rc::clone(found)
    }

    /// The imports of a spec.
    fn imports(&self, root: &Path, spec: &Path) -> Rc<Vec<PathBuf>> {
        let known = self.imports.borrow().get(spec).cloned();
        if let Some(known) = known {
            return known;
        }
        let text = self.open_files().read_spec(spec).unwrap_or_default();
        let folder = spec.parent().unwrap_or(root);
        let written =
            text.lines().filter_map(|line| line.trim_start().strip_prefix("import")?.trim_start().strip_prefix('"')?.split('"').next());
        let found: Vec<PathBuf> = written.filter_map(|path| pipeline::resolve(root, folder, path).ok()).collect();
        let found = Rc::new(found);
        self.imports.borrow_mut().insert(spec.to_path_buf(), Rc::clone(&found));
        found
    }

    /// The specs that import a file, of all files of a project.
    fn importers(&self, root: &Path) -> Rc<Importers> {
        if let Some(known) = self.importers.borrow().get(root) {
            return Rc::clone(known);
        }
        let mut importers = Importers::new();
        for spec in self.specs(root).iter() {
            for imported in self.imports(root, spec).iter() {
                importers.entry(imported.clone()).or_default().push(spec.clone());
            }
        }
        let importers = Rc::new(importers);
        self.importers.borrow_mut().insert(root.to_path_buf(), Rc::clone(&importers));
        importers
    }

    /// The specs with which a file is checked: those that import it and are not imported themselves, or the file itself.
    pub(super) fn entries(&self, path: &Path) -> Vec<PathBuf> {
        let importers = self.importers(&Self::root(path));
        let mut reached = vec![path];
        let mut known = HashSet::from([path]);
        let mut entries = Vec::new();
        let mut next = 0;
        while let Some(file) = reached.get(next).copied() {
            match importers.get(file) {
                None => entries.push(file.to_path_buf()),
                Some(importers) => reached.extend(importers.iter().map(PathBuf::as_path).filter(|importer| known.insert(importer))),
            }
            next += 1;
        }
        if entries.is_empty() { vec![path.to_path_buf()] } else { entries }
    }

    /// The specs of a project that no other spec imports: together they cover all its files.
    pub(super) fn all_entries(&self, path: &Path) -> Vec<PathBuf> {
        self.entries_of(&Self::root(path))
    }

    /// The same, of the project in a folder.
    pub(super) fn entries_of(&self, root: &Path) -> Vec<PathBuf> {
        let specs = self.specs(root);
        let mut entries: Vec<PathBuf> = specs.iter().flat_map(|spec| self.entries(spec)).collect();
        entries.sort_unstable();
        entries.dedup();
        entries
    }

    /// The result of checking a spec.
    pub(super) fn analysis(&self, entry: &Path) -> Option<Rc<Analysis>> {
        let known = self.analyses.borrow().get(entry).cloned();
        if let Some(known) = known {
            return known;
        }
        let analysis = Analysis::new(self.target(entry)).map(Rc::new);
        self.analyses.borrow_mut().insert(entry.to_path_buf(), analysis.clone());
        analysis
    }

    /// The result of checking a spec that a file is part of.
    pub(super) fn analysis_of(&self, path: &Path) -> Option<Rc<Analysis>> {
        let entries = self.entries(path);
        let entry = entries.iter().find(|entry| *entry == path).or_else(|| entries.first())?;
        let analysis = self.analysis(entry)?;
        if analysis.file(path).is_some() { Some(analysis) } else { self.analysis(path) }
    }
}

/// Whether a path is that of a spec.
pub(super) fn is_spec(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "lt")
}
