//! The command line of `ltc`: one file per command. Errors go to standard error, results to standard output.

mod build;
mod check;
mod clean;
mod complete;
mod completions;
mod demo;
mod doc;
mod explain;
mod fmt;
mod foreign_options;
mod import;
mod init;
mod list;
mod lsp;
mod man;
mod mcp;
mod messages;
mod new;
mod new_test;
mod output;
mod record;
mod rerun;
mod results;
mod run;
mod runtime;
mod schema;
mod screen;
mod template;
mod try_url;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};
use ltc_config::command_line::last_value;

use screen::Screen;

pub(crate) use fmt::find as find_specs;

const EXAMPLES: &str = "\
Examples:
  ltc demo                     start a demo server, and run a load test against it
  ltc new shop                 create a project in ./shop
  ltc run shop --debug         build a test, run each scenario once, and show every exchange
  ltc build                    compile the current test of config/loadtest_registry.yml
  ltc build specs/shop.lt      compile a spec to ./shop
  ./shop --debug               run each scenario once, and show every exchange

Exit codes: 0 success · 1 a test failed (ltc demo), a spec is not formatted (ltc fmt --check) · 2 error in the spec, profile, data or command line, or a bug in ltc ·
3 a requirement of the build is missing (cargo, a C compiler, the network, the cache) · 130 interrupted";

/// The load test compiler: compiles a .lt spec to one native load test binary.
#[derive(Debug, Parser)]
#[command(name = "ltc", version, after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: GlobalArgs,
}

#[derive(Clone, Debug, Args)]
#[command(next_display_order = 100)]
struct GlobalArgs {
    /// Use colors [default: on a terminal, unless NO_COLOR is set]
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto, hide_default_value = true, hide_possible_values = false)]
    color: ColorChoice,
    /// Print errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print timings and file locations
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compile a spec to one binary
    Build(build::Build),
    /// Build a spec, and run its binary with the other arguments
    Run(run::RunSpec),
    /// Check specs without compiling them
    Check(check::Check),
    /// Format specs
    Fmt(fmt::Fmt),
    /// Describe a test as an HTML page, for people who do not write specs
    Doc(doc::Doc),
    /// Serve editors: the language server
    Lsp(lsp::Lsp),
    /// List the registered tests
    List(list::List),
    /// Load one URL, without a spec
    Try(try_url::TryUrl),
    /// Print the results of an earlier run
    Report(results::Report),
    /// Merge the results of several runs
    Merge(results::Merge),
    /// Compare the results of two runs
    Compare(results::Compare),
    /// Turn a recording, an API description or another tool's script into a spec
    Import(import::Import),
    /// Record what a browser sends, and turn it into a spec
    Record(record::Record),
    /// Create a new project, or a new test in a project
    New(new::New),
    /// Make the current folder a project, and overwrite nothing
    Init(init::Init),
    /// Start a demo server, and build and run a test against it
    Demo(demo::Demo),
    /// Explain an error code
    Explain(explain::Explain),
    /// Serve the project to an assistant (Model Context Protocol)
    Mcp(mcp::Mcp),
    /// Print the JSON Schema of a YAML file
    Schema(schema::SchemaOf),
    /// Remove cached build artifacts
    Clean(clean::Clean),
    /// Pack the compiled runtime for other machines
    Runtime(runtime::Runtime),
    /// Print completions for a shell
    Completions(completions::Completions),
    /// Print manual pages
    Man(man::Man),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    // If a shell asks for completions, this prints them and ends the process.
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
    let args: Vec<OsString> = std::env::args_os().collect();
    let color = requested_color(&args);
    let cli = Cli::command()
        .color(color)
        .try_get_matches_from(&args)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .unwrap_or_else(|error| foreign_options::explained(error, &args).exit());
    let screen = Screen::new(color, cli.global.quiet, cli.global.verbose);
    let done = match cli.command {
        Command::Build(command) => command.run(&screen),
        Command::Run(command) => command.run(&screen),
        Command::Check(command) => command.run(&screen),
        Command::Fmt(command) => command.run(&screen),
        Command::Doc(command) => command.run(&screen),
        Command::Lsp(command) => command.run(),
        Command::List(command) => command.run(&screen),
        Command::Try(command) => command.run(&screen),
        Command::Report(command) => command.run(&screen),
        Command::Merge(command) => command.run(&screen),
        Command::Compare(command) => command.run(&screen),
        Command::Import(command) => command.run(&screen),
        Command::Record(command) => command.run(&screen),
        Command::New(command) => command.run(&screen),
        Command::Init(command) => command.run(&screen),
        Command::Demo(command) => command.run(&screen),
        Command::Explain(command) => command.run(&screen),
        Command::Mcp(command) => command.run(&screen),
        Command::Schema(command) => command.run(&screen),
        Command::Clean(command) => command.run(&screen),
        Command::Runtime(command) => command.run(&screen),
        Command::Completions(command) => command.run(&screen),
        Command::Man(command) => command.run(&screen),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ExitCode::from(screen.fail(failure)),
    }
}

/// The value of `--color`. It is read first, because errors in the rest of the command line use it, too.
fn requested_color(args: &[OsString]) -> ColorChoice {
    match last_value(args, "--color").as_deref() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_has_no_conflicts() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("ltc "), "{} has no examples", command.get_name());
        }
    }

    #[test]
    fn color_is_read_before_the_rest_of_the_command_line() {
        let color = |args: &[&str]| requested_color(&args.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(color(&["ltc", "list"]), ColorChoice::Auto);
        assert_eq!(color(&["ltc", "--color", "never", "list"]), ColorChoice::Never);
        assert_eq!(color(&["ltc", "list", "--color=always"]), ColorChoice::Always);
    }
}
