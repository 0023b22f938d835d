//! The resources of the server: the references of the language and its files, and the specs and profiles of the project.

use std::path::{Path, PathBuf};

use rmcp::model::{Resource, ResourceContents};
use url::Url;

use crate::pipeline;
use crate::project::Project;

/// A page of the documentation, which every server offers.
struct Page {
    uri: &'static str,
    name: &'static str,
    about: &'static str,
    text: &'static str,
}

const PAGES: &[Page] = &[
    Page {
        uri: "ltc://docs/language",
        name: "The language",
        about: "Every construct of a .lt spec, with an example. Read it before writing a spec.",
        text: include_str!("../../../docs/language.md"),
    },
    Page {
        uri: "ltc://docs/profile",
        name: "The profile",
        about: "specs/NAME.profile.yml: how much load, for how long, thresholds.",
        text: include_str!("../../../docs/profile.md"),
    },
    Page {
        uri: "ltc://docs/environment",
        name: "The environment",
        about: "config/ENV.yml: addresses, keys and numbers of a system under test.",
        text: include_str!("../../../docs/environment.md"),
    },
    Page {
        uri: "ltc://docs/agents",
        name: "ltc for agents",
        about: "The tools of this server, their limits, and the way from a question to a result.",
        text: include_str!("../../../docs/agents.md"),
    },
];

/// All resources, the pages first.
pub(super) fn list(root: &Path) -> Vec<Resource> {
    let pages = PAGES.iter().map(|page| Resource::new(page.uri, page.name).with_description(page.about).with_mime_type("text/markdown"));
    let files = files(root).into_iter().filter_map(|path| {
        let uri = Url::from_file_path(&path).ok()?;
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let kind = if name.ends_with(".lt") { "text/x-ltc" } else { "application/yaml" };
        Some(Resource::new(uri.as_str(), name).with_mime_type(kind))
    });
    pages.chain(files).collect()
}

/// The text of a resource. Only listed resources can be read.
pub(super) fn read(root: &Path, uri: &str) -> Result<ResourceContents, String> {
    if let Some(page) = PAGES.iter().find(|page| page.uri == uri) {
        return Ok(ResourceContents::text(page.text, uri));
    }
    let path = Url::parse(uri).ok().and_then(|url| url.to_file_path().ok());
    let listed = path.filter(|path| files(root).contains(path)).ok_or_else(|| format!("unknown resource {uri}"))?;
    let text = pipeline::read_spec(&listed).map_err(|why| format!("cannot read {}: {why}", listed.display()))?;
    Ok(ResourceContents::text(text, uri))
}

/// The specs of `specs/`, the registered ones, and the profiles next to them. Environments and credentials are left out, because they may
/// contain secrets. So are links to files outside of the project.
fn files(root: &Path) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root.join("specs")).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        (name.ends_with(".lt") || name.ends_with(".profile.yml")) && path.is_file() && is_within(root, path)
    };
    let mut files: Vec<PathBuf> = folder.filter(is_ours).collect();
    for found in Project::of(root).ok().and_then(|project| project.all().ok()).into_iter().flatten() {
        files.extend([Some(found.spec), found.profile].into_iter().flatten().filter(is_ours));
    }
    files.sort_unstable();
    files.dedup();
    files
}

/// Whether a file is in a project, whatever links lead to it.
fn is_within(root: &Path, path: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    real(path).zip(real(root)).is_some_and(|(path, root)| path.starts_with(root))
}

/// Whether a path is a link out of a project, or below one.
pub(super) fn leads_out(root: &Path, path: &Path) -> bool {
    path.exists() && !is_within(root, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_and_profiles_are_listed_and_nothing_else_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [("specs/shop.lt", "user A { }"), ("specs/shop.profile.yml", "a: 1"), ("config/local.yml", "token: secret")] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let uris: Vec<String> = list(folder.path()).into_iter().map(|resource| resource.uri).collect();
        assert!(
            uris.iter().filter(|uri| uri.starts_with("file://")).count() == 2 && uris.contains(&"ltc://docs/language".to_owned()),
            "{uris:?}"
        );
        for uri in &uris {
            assert!(read(folder.path(), uri).is_ok(), "{uri}");
        }
        let secret = Url::from_file_path(folder.path().join("config/local.yml")).unwrap();
        assert!(read(folder.path(), secret.as_str()).is_err() && read(folder.path(), "file:///etc/passwd").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_project_are_no_resources() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (outside, link) = (elsewhere.path().join("shop.lt"), folder.path().join("specs/shop.lt"));
        std::fs::write(&outside, "user A { }").unwrap();
        std::fs::create_dir_all(folder.path().join("specs")).unwrap();
        std::os::unix::fs::symlink(&outside, &link).unwrap();
        let uri = Url::from_file_path(&link).unwrap();
        assert!(list(folder.path()).iter().all(|resource| !resource.uri.starts_with("file://")));
        assert!(read(folder.path(), uri.as_str()).unwrap_err().starts_with("unknown resource"));
    }
}
