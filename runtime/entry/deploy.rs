//! `deploy`, `status`, `destroy`: manage this test on AWS Lambda.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ltc_config::Credentials;
use ltc_config::profile::{Architecture, LambdaSettings};

use super::cli::LoadArgs;
use super::configuration::Configuration;
use super::engine::DeploymentRecord;
use super::prepare::{self, with_user};
use super::{ExitStatus, StartupError};
use crate::orchestrator::aws::{self, AwsError, Deployment, Names, Package, Session};
use crate::progress::notice;
use crate::replace::replace;
use ltc_engine::observe::Quiet;
use ltc_engine::program::Program;
use ltc_engine::stats::RowStats;

/// The regions and the name of a test's functions.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct CloudArgs {
    /// Use this region; can be repeated [default: the profile's `location`, or AWS_REGION]
    #[arg(long, value_name = "REGION", help_heading = "AWS")]
    pub(crate) region: Vec<String>,
    /// Name of the function [default: the profile's, or ltc-TEST]
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    pub(crate) function: Option<String>,
}

/// The options of these commands that select the configuration.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct FileArgs {
    /// Use the environment config/NAME.yml [default: the profile's]
    #[arg(long, value_name = "NAME", help_heading = "Configuration")]
    env: Option<String>,
    /// Use this profile [default: the one the test was built with]
    #[arg(long, value_name = "FILE", help_heading = "Configuration")]
    profile: Option<PathBuf>,
    /// Use the profile and environments in the binary, and ignore files
    #[arg(long, help_heading = "Configuration")]
    embedded: bool,
}

impl FileArgs {
    /// The configuration, without the values of secrets in stores, which only requests to the servers need.
    pub(super) fn load(&self, program: &'static Program) -> Result<Configuration, StartupError> {
        Configuration::load_offline(program, &self.load_args())
    }

    fn load_args(&self) -> LoadArgs {
        LoadArgs { env: self.env.clone(), profile: self.profile.clone(), embedded: self.embedded, ..LoadArgs::default() }
    }
}

/// A processor of Lambda, as an option names it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Arch {
    /// Graviton, a fifth cheaper per GB-second
    Arm64,
    /// Intel and AMD
    #[value(name = "x86_64")]
    X86_64,
}

impl From<Arch> for Architecture {
    fn from(arch: Arch) -> Self {
        match arch {
            Arch::Arm64 => Self::Arm64,
            Arch::X86_64 => Self::X86_64,
        }
    }
}

/// Deploy this test to AWS Lambda, or update it there
#[derive(Args, Clone, Debug)]
pub(crate) struct DeployCommand {
    #[command(flatten)]
    cloud: CloudArgs,
    /// Use this role, by ARN or name [default: create one]
    #[arg(long, value_name = "ARN", help_heading = "AWS")]
    role: Option<String>,
    /// Require this processor; fails if the binary is for another one
    #[arg(long, value_name = "ARCH", help_heading = "AWS")]
    arch: Option<Arch>,
    /// Deploy this binary of `ltc build --lambda` instead of this one, which cannot run on Lambda
    #[arg(long, value_name = "FILE", help_heading = "AWS")]
    bootstrap: Option<PathBuf>,
    /// Print the AWS calls and the minimal IAM policy without calling AWS
    #[arg(long)]
    dry_run: bool,
    /// Write only the package, TEST.zip
    #[arg(long)]
    build_only: bool,
    #[command(flatten)]
    files: FileArgs,
}

/// Show what is deployed of this test on AWS Lambda
#[derive(Args, Clone, Debug)]
pub(crate) struct StatusCommand {
    #[command(flatten)]
    cloud: CloudArgs,
    #[command(flatten)]
    files: FileArgs,
}

/// Remove everything that `deploy` created on AWS
#[derive(Args, Clone, Debug)]
pub(crate) struct DestroyCommand {
    #[command(flatten)]
    cloud: CloudArgs,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    files: FileArgs,
}

pub(super) fn deploy(program: &'static Program, command: &DeployCommand) -> Result<ExitStatus, StartupError> {
    let configuration = command.files.load(program)?;
    let settings = &configuration.profile.lambda;
    let arch = aws::architecture(command.arch.map(Architecture::from), settings);
    let package = package(command.bootstrap.as_deref(), arch)?;
    if command.build_only {
        let path = PathBuf::from(format!("{}.zip", ltc_config::identity::plain(program.name)));
        replace(&path, |out| out.write_all(&package.zip))
            .map_err(|error| StartupError::wrong([format!("cannot write {}: {error}", path.display())]))?;
        return say(&format!("{} ({} bytes, {})", path.display(), package.zip.len(), package.architecture.name()));
    }
    let versions = if command.dry_run { Vec::new() } else { versions(program, &command.files, &configuration) };
    with_session(command.dry_run, async |session| {
        let requested = requested_regions(&command.cloud, &configuration);
        let regions = match session {
            Some(session) => session.regions(requested).map_err(|error| StartupError::wrong([error]))?,
            None if requested.is_empty() => vec![std::env::var("AWS_REGION").unwrap_or_else(|_| "REGION".to_owned())],
            None => requested,
        };
        let names = names(program, command.cloud.function.clone(), command.role.clone(), settings, regions)?;
        let deployment = Deployment {
            names: &names,
            settings,
            package: &package,
            test: program.name,
            program: program.fingerprint,
            compiler: program.compiler,
            versions: &versions,
            references: &configuration.references,
        };
        match session {
            None => say(&deployment.describe()),
            Some(session) => {
                deployment.run(session, &|line| crate::say::out!("{line}")).await.map_err(refused)?;
                let record = DeploymentRecord { function: names.function.clone(), regions: names.regions.clone() };
                record.add(program.name)?;
                Ok(ExitStatus::Passed)
            }
        }
    })
}

pub(super) fn status(program: &'static Program, command: &StatusCommand) -> Result<ExitStatus, StartupError> {
    let configuration = command.files.load(program)?;
    with_session(false, async |session| {
        let Some(session) = session else { return Ok(ExitStatus::Passed) };
        let names = deployed_names(program, session, &command.cloud, &configuration)?;
        for line in aws::status(session, &names, &configuration.profile.lambda, program.fingerprint).await.map_err(refused)? {
            crate::say::out!("{line}");
        }
        Ok(ExitStatus::Passed)
    })
}

pub(super) fn destroy(program: &'static Program, command: &DestroyCommand) -> Result<ExitStatus, StartupError> {
    let configuration = command.files.load(program)?;
    with_session(false, async |session| {
        let Some(session) = session else { return Ok(ExitStatus::Passed) };
        let names = deployed_names(program, session, &command.cloud, &configuration)?;
        let kept = super::runs::kept_before_destroy(program, session, &names).await?;
        if !kept.is_empty() && names.own_bucket.is_none() {
            crate::say::warning!("{}: what its functions kept is removed, too; `collect` reports it", kept.join(", "));
        }
        let question = format!("Remove {} from {}?", names.function, names.regions.join(", "));
        if !command.yes && !agreed(&question)? {
            return Err(StartupError::wrong(["nothing was removed"]));
        }
        let removed = aws::destroy(session, &names, &|line| crate::say::out!("{line}")).await.map_err(refused)?;
        DeploymentRecord::remove(program.name, &removed)?;
        Ok(ExitStatus::Passed)
    })
}

/// The names of a deployed test: from the command line, else from the record of `deploy`, else from the profile.
fn deployed_names(program: &Program, session: &Session, cloud: &CloudArgs, configuration: &Configuration) -> Result<Names, StartupError> {
    let mut cloud = cloud.clone();
    if let Some(record) = DeploymentRecord::read(program.name)? {
        (cloud.region, cloud.function) = record.complete_names(&cloud.region, cloud.function, &configuration.profile);
    }
    let regions = session.regions(requested_regions(&cloud, configuration)).map_err(|error| StartupError::wrong([error]))?;
    names(program, cloud.function, None, &configuration.profile.lambda, regions)
}

/// The regions of the command line, else those of the profile.
fn requested_regions(cloud: &CloudArgs, configuration: &Configuration) -> Vec<String> {
    if cloud.region.is_empty() {
        configuration.profile.header.locations.iter().map(|location| location.region.clone()).collect()
    } else {
        let mut regions: Vec<String> = Vec::new();
        cloud.region.iter().for_each(|region| {
            if !regions.contains(region) {
                regions.push(region.clone());
            }
        });
        regions
    }
}

pub(super) fn names(
    program: &Program,
    function: Option<String>,
    role: Option<String>,
    settings: &LambdaSettings,
    regions: Vec<String>,
) -> Result<Names, StartupError> {
    Names::new(program.name, function, role, settings, regions).map_err(|why| StartupError::wrong([why]))
}

/// The error for a request that AWS refused.
pub(super) fn refused(error: AwsError) -> StartupError {
    StartupError::broken(error.to_string())
}

/// Opens a session with the keys of the credentials file or of the SDK's default chain, and runs the job on one thread.
pub(super) fn with_session<T>(
    offline: bool,
    job: impl AsyncFnOnce(Option<&Session>) -> Result<T, StartupError>,
) -> Result<T, StartupError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| StartupError::broken(format!("cannot start the async runtime: {error}")))?;
    runtime.block_on(async {
        if offline {
            return job(None).await;
        }
        let session = open_session().await?;
        job(Some(&session)).await
    })
}

/// Opens a session with AWS.
pub(super) async fn open_session() -> Result<Session, StartupError> {
    let credentials = Credentials::load(Path::new("config"), &|name| std::env::var(name).ok()).map_err(StartupError::wrong)?;
    // A section whose variables aren't set is ignored: the SDK's default chain has further sources of keys.
    let own = credentials.aws().ok().flatten();
    Session::open(own).await.map_err(refused)
}

fn package(bootstrap: Option<&Path>, arch: Option<Architecture>) -> Result<Package, StartupError> {
    let own = std::env::current_exe().map_err(|error| StartupError::broken(format!("cannot find this binary: {error}")))?;
    Package::of(bootstrap.unwrap_or(&own), arch).map_err(|why| StartupError::wrong([why]))
}

/// The versions from the health checks. They may be missing, because the machine that deploys may not reach the servers, or may not read the
/// secrets of their requests.
fn versions(program: &'static Program, files: &FileArgs, configuration: &Configuration) -> Vec<(String, String)> {
    let fetched = (!configuration.references.is_empty()).then(|| Configuration::load(program, &files.load_args()));
    let asked = fetched.transpose().and_then(|fetched| {
        let settings = prepare::settings(program, &LoadArgs::default(), fetched.as_ref().unwrap_or(configuration));
        with_user(&settings, Box::new(Quiet(notice)), async |user| {
            prepare::globals(program, &user)?;
            prepare::versions(program, &user, &mut RowStats::default()).await
        })
    });
    match asked {
        Ok(versions) => versions.into_iter().map(|version| (version.api, version.version)).collect(),
        Err(refusal) => {
            for line in &refusal.lines {
                crate::say::warning!("{line}; the function is deployed without the apis' versions in its tags");
            }
            Vec::new()
        }
    }
}

/// Asks on a terminal. Without a terminal nobody can answer, so the command line has to contain `--yes`.
pub(super) fn agreed(question: &str) -> Result<bool, StartupError> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(StartupError::wrong([format!("{question} There is no terminal to confirm it: add --yes")]));
    }
    crate::say::text(&mut anstream::stderr(), &format!("{question} [y/N] "));
    let mut answer = String::new();
    let asked = std::io::stderr().flush().and_then(|()| std::io::stdin().read_line(&mut answer));
    asked.map_err(|error| StartupError::broken(format!("cannot read the answer: {error}")))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn say(text: &str) -> Result<ExitStatus, StartupError> {
    crate::say::out!("{text}");
    Ok(ExitStatus::Passed)
}
