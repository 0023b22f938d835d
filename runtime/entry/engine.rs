//! Chooses the engine of a distributed test and states why: the command line's, else the profile's, else Lambda if this test was deployed
//! from this project, else processes of this machine.

use std::path::{Path, PathBuf};

use ltc_config::profile::{FleetEngine, Profile};
use serde::{Deserialize, Serialize};

use super::StartupError;
use super::fleet::{EngineName, FleetArgs};
use crate::replace::replace;

/// The folder of the project in which ltc keeps records between commands.
const FOLDER: &str = ".ltc";

/// The record that `deploy` writes into the project, so that later commands need no options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DeploymentRecord {
    /// The function's name.
    pub(super) function: String,
    /// The regions in which it is deployed.
    pub(super) regions: Vec<String>,
}

impl DeploymentRecord {
    /// Sets the region and the function that the options leave open. The profile's `location` counts, with its shares, if the test is
    /// deployed in all of its regions.
    pub(super) fn complete(&self, args: &mut FleetArgs, profile: &Profile) {
        let (regions, function) = self.complete_names(&args.region, args.function.clone(), profile);
        (args.region, args.function) = (regions, function);
    }

    /// Does the same for the options of `status` and `destroy`.
    pub(super) fn complete_names(&self, regions: &[String], function: Option<String>, profile: &Profile) -> (Vec<String>, Option<String>) {
        let located = &profile.header.locations;
        let suffices = !located.is_empty() && located.iter().all(|location| self.regions.contains(&location.region));
        let regions = if regions.is_empty() && !suffices { self.regions.clone() } else { regions.to_vec() };
        let own = profile.lambda.function.is_none().then(|| self.function.clone());
        (regions, function.or(own))
    }

    fn path(test: &str) -> PathBuf {
        Path::new(FOLDER).join(format!("{}.deployment.json", ltc_config::identity::plain(test)))
    }

    /// Reads the record of the last `deploy` in this project.
    ///
    /// # Errors
    /// If the file exists and cannot be read.
    pub(super) fn read(test: &str) -> Result<Option<Self>, StartupError> {
        let path = Self::path(test);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| error.to_string()),
        };
        let record = text.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
        record.map(Some).map_err(|why| StartupError::wrong([format!("cannot read {}: {why}: run `deploy` again", path.display())]))
    }

    /// Writes the record, with the regions of earlier deployments of the same function.
    pub(super) fn add(mut self, test: &str) -> Result<(), StartupError> {
        if let Ok(Some(earlier)) = Self::read(test)
            && earlier.function == self.function
        {
            let more = earlier.regions.into_iter().filter(|region| !self.regions.contains(region)).collect::<Vec<_>>();
            self.regions.extend(more);
        }
        self.write(test)
    }

    /// Removes regions from the record. Without regions, the record itself is removed.
    pub(super) fn remove(test: &str, regions: &[String]) -> Result<(), StartupError> {
        let Some(mut record) = Self::read(test)? else { return Ok(()) };
        record.regions.retain(|region| !regions.contains(region));
        if !record.regions.is_empty() {
            return record.write(test);
        }
        let path = Self::path(test);
        std::fs::remove_file(&path).map_err(|error| StartupError::broken(format!("cannot remove {}: {error}", path.display())))
    }

    fn write(&self, test: &str) -> Result<(), StartupError> {
        let path = Self::path(test);
        let json = serde_json::to_string_pretty(self).map_err(std::io::Error::from);
        let written = std::fs::create_dir_all(FOLDER).and_then(|()| {
            let json = json?;
            replace(&path, |out| out.write_all(json.as_bytes()))
        });
        written.map_err(|error| StartupError::broken(format!("cannot write {}: {error}", path.display())))
    }
}

/// An engine with the reason for it.
#[derive(Clone, Debug)]
pub(super) struct EngineChoice {
    pub(super) engine: EngineName,
    pub(super) reason: String,
    /// The options, completed with the region and the function of the deployment.
    pub(super) args: FleetArgs,
}

/// Chooses the engine of `run` and `plan`. `other` is the default for a test that isn't deployed.
pub(super) fn choose(test: &str, args: &FleetArgs, profile: &Profile, other: EngineName) -> Result<EngineChoice, StartupError> {
    let choice = chosen(args, profile, DeploymentRecord::read(test)?.as_ref(), other);
    if let (EngineName::Lambda, Some(interval)) = (choice.engine, args.interval) {
        ltc_config::profile::checked_interval(interval).map_err(|why| StartupError::wrong([format!("--interval: {why}")]))?;
    }
    Ok(choice)
}

fn chosen(args: &FleetArgs, profile: &Profile, deployed: Option<&DeploymentRecord>, other: EngineName) -> EngineChoice {
    let choice = |engine, reason: &str| {
        let mut args = args.clone();
        if let Some(record) = deployed.filter(|_| engine == EngineName::Lambda) {
            record.complete(&mut args, profile);
        }
        EngineChoice { engine, reason: reason.to_owned(), args }
    };
    match (args.engine, profile.engine) {
        (Some(engine), _) => choice(engine, "--engine"),
        (None, _) if !args.region.is_empty() => choice(EngineName::Lambda, "--region"),
        (None, Some(FleetEngine::Lambda)) => choice(EngineName::Lambda, "profile.engine"),
        (None, Some(FleetEngine::Process)) => choice(EngineName::Process, "profile.engine"),
        (None, None) if deployed.is_some() => {
            choice(EngineName::Lambda, "this test was deployed from this project; --engine process uses this machine")
        }
        (None, None) => choice(other, "this test was not deployed from this project"),
    }
}

impl EngineChoice {
    /// `engine: AWS Lambda in us-west-2 (profile.engine)`.
    pub(super) fn sentence(&self, regions: &[(Option<&str>, u64)]) -> String {
        let regions: Vec<&str> = regions.iter().filter_map(|(region, _)| *region).collect();
        let on = match (self.engine, regions.is_empty()) {
            (EngineName::Process, _) => "processes on this machine".to_owned(),
            (EngineName::Lambda, true) => "AWS Lambda in the configured region".to_owned(),
            (EngineName::Lambda, false) => format!("AWS Lambda in {}", regions.join(", ")),
        };
        format!("engine: {on} ({})", self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_is_that_of_the_option_then_the_profile_then_the_deployment() {
        let args = |engine, regions: &[&str]| FleetArgs {
            engine,
            region: regions.iter().map(|region| (*region).to_owned()).collect(),
            ..FleetArgs::default()
        };
        let profile = |engine: &str| Profile::parse(&format!("profile: {{{engine}runner: {{clients: 1}}}}"), "x.yml").unwrap();
        let record = || Some(DeploymentRecord { function: "ltc-x".into(), regions: vec!["us-west-2".into()] });
        let of = |args: FleetArgs, engine: &str, record: Option<DeploymentRecord>| {
            chosen(&args, &profile(engine), record.as_ref(), EngineName::Process).engine
        };
        assert_eq!(of(args(None, &[]), "", None), EngineName::Process);
        assert_eq!(of(args(None, &[]), "", record()), EngineName::Lambda);
        assert_eq!(of(args(None, &[]), "engine: process, ", record()), EngineName::Process);
        assert_eq!(of(args(None, &[]), "engine: lambda, ", None), EngineName::Lambda);
        assert_eq!(of(args(Some(EngineName::Process), &["us-east-1"]), "engine: lambda, ", record()), EngineName::Process);
        assert_eq!(of(args(None, &["us-east-1"]), "", None), EngineName::Lambda);
        let deployed = chosen(&args(None, &[]), &profile(""), record().as_ref(), EngineName::Process);
        assert_eq!((deployed.args.region.as_slice(), deployed.args.function.as_deref()), (&["us-west-2".to_owned()][..], Some("ltc-x")));
        assert_eq!(
            deployed.sentence(&[(Some("us-west-2"), 2)]),
            "engine: AWS Lambda in us-west-2 (this test was deployed from this project; --engine process uses this machine)"
        );
    }

    #[test]
    fn location_of_the_profile_counts_where_the_test_is_deployed_in_all_of_it() {
        let record = DeploymentRecord { function: "ltc-x".into(), regions: vec!["us-west-2".into(), "eu-central-1".into()] };
        let completed = |location: &str| {
            let profile = format!("test_header: {{location: {location}}}\nprofile: {{runner: {{clients: 1}}}}");
            record.complete_names(&[], None, &Profile::parse(&profile, "x.yml").unwrap()).0
        };
        assert_eq!(completed("{us-west-2: 70%, eu-central-1: 30%}"), Vec::<String>::new(), "the profile's regions, with their shares");
        assert_eq!(completed("[us-west-2, ap-south-1]"), ["us-west-2", "eu-central-1"]);
    }
}
