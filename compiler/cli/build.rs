//! `ltc build`: compiles a spec to a binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use ltc_config::profile::Architecture;
use ltc_config::size::bytes;

use super::complete;
use super::messages::MessageArgs;
use super::output;
use super::screen::{Failure, Screen, bold};
use crate::build::{self, Builder, Progress, lambda};
use crate::output_path::write;
use crate::pipeline::{self, Target};
use crate::project::{self, Found};

const EXAMPLES: &str = "\
Examples:
  ltc build                               build the current test of config/loadtest_registry.yml
  ltc build shop                          build a registered test
  ltc build specs/shop.lt -o bin/shop     build a spec by its path
  ltc build shop --env staging            check against config/staging.yml
  ltc build shop --lambda --arch arm64    build for AWS Lambda
  ltc build shop --emit rust              print the generated Rust";

/// Where the spec comes from, for all commands that compile.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ConfigurationArgs {
    /// Use the environment config/NAME.yml [default: the profile's]
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::environments))]
    pub(super) env: Option<String>,
    /// Use this profile [default: the registered one, or the one next to the spec]
    #[arg(long, value_name = "FILE")]
    pub(super) profile: Option<PathBuf>,
}

impl ConfigurationArgs {
    pub(super) fn target(&self, found: Found) -> Target {
        let mut lacks = found.lacks;
        if self.profile.is_some() {
            lacks.profile = None;
        }
        let profile = self.profile.clone().or(found.profile);
        Target {
            root: found.root,
            spec: found.spec,
            profile,
            env: self.env.clone(),
            registered: found.registered,
            lacks,
            ..Target::default()
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Emit {
    /// The `main.rs` of the generated crate
    Rust,
    /// The checked program as the compiler represents it, for development of ltc
    #[value(hide = true)]
    Model,
}

/// A processor of Lambda, as the command line names it.
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

/// Compiles a spec to one binary that contains its profile, environments and data.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Build {
    /// Path of a spec, or name of a registered test [default: the registry's `current`]
    #[arg(add = ArgValueCompleter::new(complete::specs))]
    spec: Option<String>,
    /// Write the binary to this path [default: ./NAME]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Overwrite a file that ltc did not write
    #[arg(long)]
    force: bool,
    /// Write the generated source instead of a binary, to standard output or to -o
    #[arg(long, value_name = "WHAT")]
    emit: Option<Emit>,
    /// Enable thin LTO: smaller binary, much slower build
    #[arg(long)]
    release_lto: bool,
    /// Build a position-independent binary (ASLR); about 10 % slower outside the kernel
    #[arg(long)]
    pie: bool,
    /// Build for AWS Lambda: Linux with glibc 2.34 or older
    #[arg(long, conflicts_with = "emit")]
    lambda: bool,
    /// Build for this Lambda processor [default: this machine's]
    #[arg(long, value_name = "ARCH", requires = "lambda")]
    arch: Option<Arch>,
    #[command(flatten)]
    configuration: ConfigurationArgs,
    #[command(flatten)]
    messages: MessageArgs,
    /// Do not access the network; fails if a dependency is not cached yet
    #[arg(long)]
    offline: bool,
}

impl Build {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let target = self.configuration.target(project::find(&here()?, self.spec.as_deref())?);
        if let Some(what) = self.emit {
            return self.source(&target, what, screen);
        }
        let lambda = self.lambda.then(|| self.arch.map_or_else(lambda::default_architecture, Architecture::from));
        let order = Order {
            output: self.output,
            force: self.force,
            offline: self.offline,
            thin_lto: self.release_lto,
            pie: self.pie,
            lambda,
            messages: self.messages,
            ..Order::of(target)
        };
        let made = order.build(screen)?;
        // With another message format, a program reads standard output, so it has only the messages.
        if self.messages.is_for_people() {
            screen.print_unless_quiet(&made.announcement);
        } else {
            screen.note(&made.announcement);
        }
        if let Some(next) = made.next {
            screen.note(next);
        }
        Ok(())
    }

    fn source(&self, target: &Target, what: Emit, screen: &Screen) -> Result<(), Failure> {
        let (checked, emitted) = generate(target, self.messages, screen)?;
        let text = match what {
            Emit::Rust => emitted.main,
            Emit::Model => format!("{:#?}\n", checked.program),
        };
        let Some(path) = &self.output else {
            screen.print(text.trim_end());
            return Ok(());
        };
        not_over(path, target)?;
        output::check(path, if matches!(what, Emit::Rust) { output::Kind::Rust } else { output::Kind::Other }, self.force)?;
        write(path, &text).map_err(|error| Failure::wrong(format!("cannot write {}: {error}", path.display())))
    }
}

/// An order for a binary.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) target: Target,
    pub(super) output: Option<PathBuf>,
    /// Whether to overwrite a file that ltc did not write.
    pub(super) force: bool,
    pub(super) offline: bool,
    pub(super) thin_lto: bool,
    pub(super) pie: bool,
    /// The processor of Lambda; `None` builds for this machine.
    pub(super) lambda: Option<Architecture>,
    /// How errors and warnings are printed.
    pub(super) messages: MessageArgs,
}

/// The result of a build.
#[derive(Debug)]
pub(super) struct Made {
    /// Its path.
    pub(super) path: PathBuf,
    /// The sentence that announces the binary.
    pub(super) announcement: String,
    /// What to do next, if that is not obvious.
    next: Option<String>,
}

impl Order {
    /// Builds `./NAME` for this machine.
    pub(super) fn of(target: Target) -> Self {
        let messages = MessageArgs::default();
        Self { target, output: None, force: false, offline: false, thin_lto: false, pie: false, lambda: None, messages }
    }

    /// Checks the spec, generates the crate, compiles it and installs the binary.
    pub(super) fn build(&self, screen: &Screen) -> Result<Made, Failure> {
        let begun = Instant::now();
        let (pipeline::Checked { name, .. }, emitted) = generate(&self.target, self.messages, screen)?;
        let foreign = self.lambda.filter(|lambda| lambda::host() != Some(*lambda));
        // A binary for another machine has another name, so that it does not replace the one for this machine.
        let file = foreign.map_or_else(|| name.clone(), |foreign| format!("{name}-{}", foreign.name()));
        let output = output::path(self.output.as_deref(), &file)?;
        not_over(&output, &self.target)?;
        output::check(&output, output::Kind::Binary, self.force)?;
        screen.detail(format_args!("generated {} bytes of Rust in {}", emitted.main.len(), seconds(begun.elapsed())));
        let progress = if screen.quiet { Progress::Silent } else { Progress::for_stderr() };
        let builder =
            Builder::new(build::Options { cache: None, offline: self.offline, thin_lto: self.thin_lto, pie: self.pie, progress })?;
        let spec = std::path::absolute(&self.target.spec).unwrap_or_else(|_| self.target.spec.clone());
        let built = match self.lambda {
            None => builder.compile(&name, &spec, &emitted)?,
            Some(lambda) => builder.compile_for_lambda(&name, &spec, &emitted, lambda)?,
        };
        screen.detail(format_args!("compiled in {}; generated crate and log: {}", seconds(built.took), built.folder.display()));
        build::install(&built, &output)
            .map_err(|error| Failure::wrong(format!("cannot write {}: {error}", output.display())).help("use another path: `-o PATH`"))?;
        let shown = if output.is_absolute() || output.starts_with(".") { output.clone() } else { Path::new(".").join(&output) };
        let of = self.lambda.map(|lambda| format!(" for AWS Lambda, {}", lambda.name())).unwrap_or_default();
        let announcement = format!("built {}{of} in {} ({})", bold(shown.display()), seconds(begun.elapsed()), bytes(built.bytes));
        let next = match (self.lambda, foreign) {
            (Some(_), None) => Some(format!("run `{} deploy` to deploy it", shown.display())),
            (_, Some(_)) => Some(format!("run `./{name} deploy --bootstrap {}` to deploy it", shown.display())),
            (None, None) => None,
        };
        Ok(Made { path: output, announcement, next })
    }
}

/// Checks a spec, prints its diagnostics, and generates its crate.
fn generate(target: &Target, messages: MessageArgs, screen: &Screen) -> Result<(pipeline::Checked, crate::emit::Emitted), Failure> {
    let checked = pipeline::check(target).map_err(Failure::wrong)?;
    messages.show(&target.root, &checked, screen)?;
    let emitted = checked
        .emit()
        .map_err(|why| Failure::wrong(format!("cannot generate Rust: {why}")).help("report it with the spec: this is a bug in ltc"))?;
    Ok((checked, emitted))
}

/// Rejects an output path that is a source of the build.
pub(super) fn not_over(output: &Path, target: &Target) -> Result<(), Failure> {
    let Ok(place) = fs::canonicalize(output) else { return Ok(()) };
    let sources = [Some(&target.spec), target.profile.as_ref()];
    if sources.into_iter().flatten().any(|source| fs::canonicalize(source).is_ok_and(|source| source == place)) {
        return Err(
            Failure::wrong(format!("cannot write {}: it is a source of the build", output.display())).help("use another path: `-o PATH`")
        );
    }
    Ok(())
}

/// The current folder.
pub(super) fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::wrong(format!("cannot read the current folder: {error}")))
}

/// `1.6s`.
pub(super) fn seconds(time: Duration) -> String {
    match time.as_secs_f64() {
        short if short < 0.1 => format!("{}ms", time.as_millis()),
        seconds if seconds < 100.0 => format!("{seconds:.1}s"),
        long => format!("{long:.0}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_at_most() {
        assert_eq!(seconds(Duration::from_millis(42)), "42ms");
        assert_eq!(seconds(Duration::from_millis(1_630)), "1.6s");
        assert_eq!(seconds(Duration::from_secs(142)), "142s");
    }

    #[test]
    fn a_binary_never_replaces_its_source() {
        let folder = tempfile::tempdir().unwrap();
        let spec = folder.path().join("x.lt");
        fs::write(&spec, "").unwrap();
        let target = Target { root: folder.path().into(), spec: spec.clone(), ..Target::default() };
        assert!(not_over(&spec, &target).is_err());
        assert!(not_over(&folder.path().join("x"), &target).is_ok());
    }
}
