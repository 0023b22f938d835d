//! Modules of a script: files next to it, and modules of the tool.

use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use super::value::Value;
use super::{Fate, Language, Run, Scope};
use crate::code::Stmt;
use crate::{ImportError, Source};

/// A module that was run.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) scope: Rc<Scope>,
}

impl<'s> Run<'s> {
    /// Runs the script's own declarations.
    ///
    /// # Errors
    /// If it cannot be parsed.
    pub(crate) fn start(&mut self) -> Result<Rc<Scope>, ImportError> {
        let source: &'s Source = self.source;
        let statements = parse(self.language, &source.name, &source.text)?;
        let scope = self.scope.clone();
        self.exec(&statements);
        self.kept.push(statements);
        self.out = vec![std::mem::take(&mut self.out).into_iter().flatten().collect()];
        Ok(scope)
    }

    /// `import { a } from "module"`
    pub(super) fn import(&mut self, statement: &Stmt, module: &str, names: &[(String, String)]) {
        if let Some(found) = self.load(module, names) {
            for (name, local) in names {
                match (name.as_str(), self.language) {
                    ("*", Language::JavaScript) => {
                        let members = found.scope.all().into_iter().map(|(name, cell)| (name, cell.borrow().value.clone()));
                        let value = Value::map(members.collect());
                        self.scope.declare(local, value);
                    }
                    ("*", Language::Python) if local == "*" => {
                        found.scope.all().into_iter().for_each(|(name, cell)| self.scope.share(&name, cell));
                    }
                    ("*", Language::Python) => {
                        let members = found.scope.all().into_iter().map(|(name, cell)| (name, cell.borrow().value.clone()));
                        let value = Value::map(members.collect());
                        self.declare_path(local, value);
                    }
                    _ => match found.scope.own(name) {
                        Some(cell) => self.scope.share(local, cell),
                        None => {
                            // A submodule: `from common import data`.
                            match self.load(&format!("{module}.{name}"), &[]) {
                                Some(inner) if self.language == Language::Python => {
                                    let members = inner.scope.all().into_iter().map(|(name, cell)| (name, cell.borrow().value.clone()));
                                    let value = Value::map(members.collect());
                                    self.scope.declare(local, value);
                                }
                                _ => {
                                    self.scope.declare(local, Value::Undefined);
                                }
                            }
                        }
                    },
                }
            }
            return;
        }
        let is_file = module.starts_with('.') && self.language == Language::JavaScript;
        if is_file {
            self.line = statement.line;
            self.leave("modules", &format!("`{module}`: file not found"));
            self.fate(statement, Fate::Left);
        }
        let path = native(module);
        for (name, local) in names {
            let value = match (name.as_str(), self.language) {
                ("*", Language::Python) if local == "*" => {
                    // The tool predefines these names in the module.
                    for name in LOCUST_NAMES {
                        self.scope.declare(name, Value::native(format!("locust.{name}")));
                    }
                    continue;
                }
                ("*", Language::Python) if local.contains('.') => {
                    // `import a.b` binds `a`, whose members lead to the module.
                    let root = local.split('.').next().unwrap_or_default();
                    self.scope.declare(root, Value::native(root));
                    continue;
                }
                (name, Language::Python) if name != "*" && self.submodule(module, name, local) => continue,
                ("*" | "default", _) => Value::native(&path),
                // The constants of a module that is not there are settings.
                (name, language) if is_constant(name) && (is_file || language == Language::Python) => Value::Env(name.into(), None),
                _ => Value::native(format!("{path}.{name}")),
            };
            self.scope.declare(local, value);
        }
    }

    /// `from folder import module`
    fn submodule(&mut self, module: &str, name: &str, local: &str) -> bool {
        let separator = if module.ends_with('.') { "" } else { "." };
        let Some(found) = self.load(&format!("{module}{separator}{name}"), &[]) else { return false };
        let members = found.scope.all().into_iter().map(|(name, cell)| (name, cell.borrow().value.clone()));
        self.scope.declare(local, Value::map(members.collect()));
        true
    }

    /// Handles `import a.b` of a file: `a` gets a member `b`.
    fn declare_path(&mut self, path: &str, value: Value) {
        match path.rsplit_once('.') {
            None => {
                self.scope.declare(path, value);
            }
            Some((before, last)) => {
                let map = Value::map(indexmap::IndexMap::from([(last.to_owned(), value)]));
                self.declare_path(before, map);
            }
        }
    }

    /// Exports names, possibly under other names or from another module.
    pub(super) fn export(&mut self, module: Option<&str>, names: &[(String, String)]) {
        let scope = match module {
            Some(module) => match self.load(module, names) {
                Some(found) => found.scope.clone(),
                None => return,
            },
            None => self.scope.clone(),
        };
        for (name, exported) in names {
            if name == "*" {
                scope.all().into_iter().for_each(|(name, cell)| self.scope.share(&name, cell));
            } else if let Some(cell) = scope.own(name) {
                self.scope.share(exported, cell);
            }
        }
    }

    /// Runs the module of a file, unless it has already run.
    fn load(&mut self, module: &str, names: &[(String, String)]) -> Option<Rc<Module>> {
        let path = self.find(module, names)?;
        if let Some(known) = self.modules.get(&path) {
            return Some(known.clone());
        }
        let text = fs::read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok())?;
        let shown = self.shown(&path);
        let loaded = Rc::new(Module { scope: Scope::module(&shown) });
        self.modules.insert(path, loaded.clone());
        let outer = (std::mem::replace(&mut self.scope, loaded.scope.clone()), self.line);
        match parse(self.language, &shown, &text) {
            Ok(statements) => {
                let was_running = std::mem::replace(&mut self.is_running, false);
                self.exec(&statements);
                self.is_running = was_running;
                self.kept.push(statements);
            }
            Err(error) => {
                self.line = error.line;
                self.leave("modules", &error.message);
            }
        }
        (self.scope, self.line) = outer;
        Some(loaded)
    }

    /// A path as messages show it: relative in the same way as the script's own.
    fn shown(&self, path: &std::path::Path) -> String {
        let folder = self.source.folder.as_path();
        let below = path.strip_prefix(folder).map(|path| path.display().to_string());
        let above = || {
            let parent = folder.ancestors().nth(1)?;
            Some(format!("../{}", path.strip_prefix(parent).ok()?.display()))
        };
        below.ok().or_else(above).unwrap_or_else(|| path.display().to_string())
    }

    fn find(&self, module: &str, names: &[(String, String)]) -> Option<PathBuf> {
        if self.language == Language::Python && crate::locust::framework::is_framework(module) {
            return None;
        }
        let own = self.source.folder.join(self.scope.root().file.rsplit_once('/').map_or("", |(folder, _)| folder));
        let own = if *self.scope.root().file == *self.source.name { self.source.folder.clone() } else { own };
        match self.language {
            Language::JavaScript => {
                if !module.starts_with(['.', '/']) {
                    return None;
                }
                let base = normal(&own.join(module));
                let with = |ending: &str| PathBuf::from(format!("{}{ending}", base.display()));
                [base.clone(), with(".js"), with(".ts"), base.join("index.js")].into_iter().find(|path| path.is_file())
            }
            Language::Python => {
                let dots = module.len() - module.trim_start_matches('.').len();
                let name = module.trim_start_matches('.').replace('.', "/");
                let mut folders: Vec<PathBuf> = Vec::new();
                if dots > 0 {
                    folders.extend(own.ancestors().nth(dots - 1).map(PathBuf::from));
                } else {
                    // The script's folder, and the folders from which a package may be imported.
                    folders.extend(std::iter::once(own.clone()).chain(self.source.folder.ancestors().take(4).map(PathBuf::from)));
                }
                let candidates = |folder: &PathBuf| -> Vec<PathBuf> {
                    let base = folder.join(&name);
                    let file = PathBuf::from(format!("{}.py", base.display()));
                    let first = names.first().map(|(name, _)| base.join(format!("{name}.py")));
                    let package = base.join("__init__.py");
                    let has_package = package.is_file() || first.is_some_and(|first| first.is_file()) && !name.is_empty();
                    if has_package { vec![file, package] } else { vec![file] }
                };
                folders.iter().flat_map(candidates).map(|path| normal(&path)).find(|path| path.is_file())
            }
        }
    }
}

/// Whether a name is that of a constant: `BASE_URL`.
pub(super) fn is_constant(name: &str) -> bool {
    name.len() > 2
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        && name.starts_with(|first: char| first.is_ascii_uppercase())
}

/// A member of an object of a JavaScript module without a file is a setting: `config.baseUrl` of `./env.js`.
pub(super) fn missing_setting(path: &str, member: &str) -> Option<Value> {
    let file = path.strip_prefix('.')?.rsplit_once('/')?.1;
    let names: Vec<&str> = file.split('.').filter(|part| !matches!(*part, "js" | "ts")).collect();
    let object = match names.as_slice() {
        [module] => module,
        [_, object] => object,
        _ => return None,
    };
    Some(Value::Env(crate::draft::variable(&[object, member]).as_str().into(), None))
}

/// Whether the name of a module without a file is that of settings.
pub(super) fn is_settings(module: &str) -> bool {
    let name = module.rsplit(['/', '.']).find(|part| !matches!(*part, "js" | "ts" | "")).unwrap_or_default();
    matches!(name, "config" | "settings" | "constants" | "conf" | "auth" | "credentials" | "environment" | "globals" | "params")
}

/// Names that `from locust import *` binds.
const LOCUST_NAMES: [&str; 14] = [
    "HttpUser",
    "FastHttpUser",
    "HttpLocust",
    "Locust",
    "User",
    "TaskSet",
    "SequentialTaskSet",
    "TaskSequence",
    "task",
    "seq_task",
    "between",
    "constant",
    "tag",
    "events",
];

fn parse(language: Language, name: &str, text: &str) -> Result<Vec<Stmt>, ImportError> {
    let parsed = match language {
        Language::JavaScript if name.ends_with(".ts") => crate::js::parse_typescript(text),
        Language::JavaScript => crate::js::parse(text),
        Language::Python => crate::python::parse(text),
    };
    parsed.map_err(|error| {
        let message = crate::words::lower_first(&error.message);
        ImportError::new(name, error.line, 1, format!("cannot parse the script: {message}")).help("correct the script, and import it again")
    })
}

/// The path of a module of the tool or of a library.
fn native(module: &str) -> String {
    const LIBRARIES: [&str; 8] = ["k6-utils", "papaparse", "k6chaijs", "k6-testing", "faker", "uuid", "k6-summary", "url"];
    match LIBRARIES.iter().find(|library| module.contains(**library) && (module.contains('/') || module.contains("k6"))) {
        Some(library) => (*library).to_owned(),
        None => module.to_owned(),
    }
}

fn normal(path: &std::path::Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut full, part| {
        match part {
            std::path::Component::ParentDir if full.file_name().is_some() => {
                full.pop();
            }
            std::path::Component::CurDir => {}
            part => full.push(part),
        }
        full
    })
}
