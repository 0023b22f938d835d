//! Which files of `config/` are environments.

use std::path::Path;

use crate::suggest::did_you_mean_or_list;

/// The name of the environment in a file, including `common`. The registry, the limits and the credentials, in either spelling, are not
/// environments.
pub fn name_of(file: &Path) -> Option<String> {
    let stem = file.file_stem()?.to_str()?;
    let is_yaml = file.extension().is_some_and(|extension| extension == "yml");
    (is_yaml && !["loadtest_registry", "limits"].contains(&stem) && !stem.contains("credentials")).then(|| stem.to_owned())
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
}
