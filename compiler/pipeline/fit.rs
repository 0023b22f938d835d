//! Checks that spec, profile and environment fit each other: users, thresholds, rows of data, and sections about hosts.

use ltc_config::{ApiTransportSettings, ConfigError, Environment, Profile};

use crate::check;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Program, sections};

/// The errors in the environment's settings of how hosts are reached.
pub(super) fn reached_of(program: &Program, environment: &Environment) -> Vec<ConfigError> {
    let sections: Vec<Vec<String>> = program.apis.iter().map(|api| sections(program, api)).collect();
    let mut errors: Vec<ConfigError> = Vec::new();
    for (api, sections) in program.apis.iter().zip(&sections) {
        let sections: Vec<&str> = sections.iter().map(String::as_str).collect();
        let wrong = ApiTransportSettings::from(environment, &api.name, &sections).err().unwrap_or_default();
        // Apis with the same section have the same errors.
        errors.extend(wrong.into_iter().filter(|wrong| errors.iter().all(|known| known.location != wrong.location)).collect::<Vec<_>>());
    }
    let sections: Vec<&str> = sections.iter().flatten().map(String::as_str).collect();
    let reads: Vec<String> = program.env.iter().map(|key| key.path.join(".")).collect();
    let reads: Vec<&str> = reads.iter().map(String::as_str).collect();
    errors.extend(ltc_config::beside::stray(environment, &sections, &reads));
    errors
}

/// Users that the profile names but the spec does not have.
pub(super) fn users_of(program: &Program, profile: &Profile) -> Vec<ConfigError> {
    let known: Vec<&str> = program.users.iter().map(|user| user.name.as_str()).collect();
    profile
        .users
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()))
        .map(|(name, load)| {
            ConfigError::new(load.location.clone(), format!("unknown user {name}")).with_help_if(ltc_config::suggest::did_you_mean_or_list(
                name,
                &known,
                "its users",
            ))
        })
        .collect()
}

/// Thresholds of steps and groups that the spec does not have.
pub(super) fn thresholds_of(program: &Program, profile: &Profile) -> Vec<ConfigError> {
    let known: Vec<&str> = program.lines.iter().map(|line| line.name.as_str()).collect();
    profile.thresholds.iter().filter_map(|threshold| threshold.check(&known)).collect()
}

/// Data sources of which each user holds a row, but which have fewer rows than the profile has users.
pub(super) fn too_few_rows(program: &Program, profile: &Profile) -> Vec<Diagnostic> {
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
            Diagnostic::new(Code::TooFewRows, span, message)
                .help("add rows, or lower `clients`: a user that finds no free row cannot go on")
        })
        .collect()
}
