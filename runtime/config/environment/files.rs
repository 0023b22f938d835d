//! Which files of `config/` are environments.

use std::path::Path;

use crate::error::{ConfigError, Location};
use crate::suggest::did_you_mean_or_list;

/// The name of the environment in a file, including `common`. The registry, the limits and the credentials, in either spelling, are not
/// environments.
pub fn name_of(file: &Path) -> Option<String> {
    let stem = file.file_stem()?.to_str()?;
    let is_yaml = file.extension().is_some_and(|extension| extension == "yml");
    (is_yaml && is_name(stem)).then(|| stem.to_owned())
}

/// Whether a name may be that of an environment. Some file systems find a file in any case of its letters.
fn is_name(name: &str) -> bool {
    let plain = name.to_ascii_lowercase();
    let is_other = ["loadtest_registry", "limits"].contains(&plain.as_str()) || plain.contains("credentials");
    !is_other && !name.contains(['/', '\\', '\0'])
}

/// Refuses a name that would make another file the environment: one outside of `config/`, or one with credentials.
pub(super) fn check_name(name: &str) -> Result<(), ConfigError> {
    if is_name(name) {
        return Ok(());
    }
    let message = format!("unexpected environment `{name}`, expected the name of an environment in config/, without its folder");
    Err(ConfigError::new(Location::file("config"), message))
}

/// The environment that a name probably means, if no environment has that name.
pub(super) fn others(directory: &Path, name: &str) -> Option<String> {
    let files = std::fs::read_dir(directory).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut names: Vec<String> = files.filter_map(|file| name_of(&file)).filter(|name| name != "common").collect();
    names.sort();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    did_you_mean_or_list(name, &names, "use one of the environments")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registry_limits_and_credentials_are_no_environments() {
        assert_eq!(name_of(Path::new("config/cs1.yml")).as_deref(), Some("cs1"));
        assert_eq!(name_of(Path::new("config/common.yml")).as_deref(), Some("common"));
        for file in ["loadtest_registry.yml", "limits.yml", "systems_credentials.yml", "system_credentials.yml", "cs1.yaml", "README.md"] {
            assert_eq!(name_of(Path::new(file)), None, "{file}");
        }
    }

    #[test]
    fn other_files_cannot_be_named_as_environments() {
        for name in ["", "cs1", "local.old", "Qa-2", "common"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["systems_credentials", "System_Credentials", "limits", "loadtest_registry", "../x", "/etc/x", "a/b", "a\\b", "a\0"] {
            assert!(check_name(name).unwrap_err().to_string().contains("unexpected environment"), "{name}");
        }
    }
}
