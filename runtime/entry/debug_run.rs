//! `--debug`: runs each user class's `on start`, every scenario that it can reach once, and `on stop`, without waits between iterations.

use std::rc::Rc;

use super::configuration::Configuration;
use super::prepare::{self, with_user};
use super::{Cli, ExitStatus, StartupError};
use crate::debug::{Printer, Shared};
use ltc_engine::User;
use ltc_engine::World;
use ltc_engine::program::{FlowFuture, Program};
use ltc_engine::stats::RowStats;

/// Runs the scenarios and prints a summary.
pub(super) fn run(program: &'static Program, cli: &Cli, configuration: &Configuration) -> Result<ExitStatus, StartupError> {
    let idle = cli.idle_in_debug();
    if !idle.is_empty() {
        let by = if cli.debug || cli.failures { "--debug" } else { "the profile's `debug: yes`" };
        let have = if idle.len() == 1 { "has" } else { "have" };
        crate::say::warning!("{} {have} no effect with {by}: each scenario runs once, with one user", idle.join(", "));
    }
    let settings = prepare::settings(program, &cli.run.load, configuration);
    let chosen = SelectedScenarios::of(program, &cli.run.load.only)?;
    let printer = Rc::new(Printer::new(cli.failures));
    let shared = Shared(printer.clone());
    let environment = if configuration.env_name.is_empty() { String::new() } else { format!(", environment {}", configuration.env_name) };
    crate::say::err!("{} --debug{environment}, seed {}", program.name, settings.seed);
    with_user(&settings, Box::new(shared.clone()), async |preparer| {
        prepare::globals(program, &preparer)?;
        for version in prepare::versions(program, &preparer, &mut RowStats::default()).await? {
            crate::say::err!("{}: version {}", version.api, version.version);
        }
        prepare::before_test(program, &preparer, &mut RowStats::default()).await?;
        // The users share the preparer's world, so rows that it drew are free for them.
        preparer.end();
        let world = preparer.share_world();
        for (number, class) in program.users.iter().enumerate() {
            let scenarios: Vec<usize> = class.scenarios.iter().copied().filter(|scenario| chosen.has(class.name, *scenario)).collect();
            if !scenarios.is_empty() {
                one_user(&world, &printer, (program, number), &scenarios).await;
            }
        }
        // `after test` runs for its effects; its failures were already shown.
        let _ = prepare::after_test(program, &preparer, &mut RowStats::default()).await;
        Ok(())
    })?;
    let (steps, failures) = printer.counts();
    crate::say::out!("\n{steps} {}, {failures} failed", if steps == 1 { "step" } else { "steps" });
    Ok(if failures == 0 { ExitStatus::Passed } else { ExitStatus::Failed })
}

async fn one_user(world: &Rc<World>, printer: &Printer, (program, number): (&'static Program, usize), scenarios: &[usize]) {
    let class = &program.users[number];
    let user = User::new(world.clone(), program, number as u64);
    if user.start().is_ok() {
        if let Some(on_start) = class.on_start {
            printer.headline(&format!("{}: on start", class.name));
            once(&user, on_start).await;
        }
        for scenario in scenarios {
            let scenario = &program.scenarios[*scenario];
            printer.headline(&format!("{}: {}", class.name, scenario.name));
            once(&user, scenario.run).await;
            user.next_iteration();
        }
        if let Some(on_stop) = class.on_stop {
            printer.headline(&format!("{}: on stop", class.name));
            once(&user, on_stop).await;
        }
    }
    user.end();
}

async fn once(user: &User, what: for<'u> fn(&'u User) -> FlowFuture<'u>) {
    // The result doesn't matter: each failure was already shown where it happened.
    let _ = ltc_engine::run_block(user, what(user)).await;
    user.release_iteration_rows();
}

/// The scenarios that `--only` selects.
struct SelectedScenarios<'c> {
    program: &'static Program,
    names: &'c [String],
}

impl<'c> SelectedScenarios<'c> {
    fn of(program: &'static Program, names: &'c [String]) -> Result<Self, StartupError> {
        super::load::check_only(program, names)?;
        Ok(Self { program, names })
    }

    fn has(&self, class: &str, scenario: usize) -> bool {
        let scenario = self.program.scenarios[scenario].name;
        self.names.is_empty() || self.names.iter().any(|name| name == class || name == scenario)
    }
}
