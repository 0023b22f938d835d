//! `ltc mcp`: a server of the Model Context Protocol on standard input and output. Assistants check, build, debug and run tests with it.
//!
//! The user who starts the server sets the limits of the assistant with the options of the command. The server checks every limit on the
//! plan that the binary computes, before a request is sent.

mod arguments;
mod caps;
mod hosts;
mod process;
mod resources;
mod server;

use clap::Args;
use ltc_config::Rate;
use rmcp::ServiceExt as _;
use std::time::Duration;

use super::build::here;
use super::screen::{Failure, INFRASTRUCTURE, Screen};
use crate::project::Project;
use caps::Caps;
use server::Server;

const EXAMPLES: &str = "\
Examples:
  ltc mcp                                              check, build and debug; runs are refused
  ltc mcp --max-clients 50 --max-duration 5m           allow runs of up to 50 users and 5 minutes
  ltc mcp --allow-host qa.example.com --max-clients 50 --max-duration 5m

An assistant starts the server itself, in the project's folder. For Claude Code: `claude mcp add ltc -- ltc mcp`. docs/agents.md has
the tools, the limits and the configuration of other clients.";

/// Serves the project to an assistant, over the Model Context Protocol.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Mcp {
    /// The most users of a run; without it and --max-rate, runs are refused
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_clients: Option<u64>,
    /// The highest arrival rate of a run, such as 200/s
    #[arg(long, value_name = "RATE", value_parser = Rate::parse)]
    max_rate: Option<Rate>,
    /// The longest duration of a run; without it, runs are refused
    #[arg(long, value_name = "TIME", value_parser = ltc_config::duration::parse)]
    max_duration: Option<Duration>,
    /// Let tests send requests to this host, too; can be repeated [default: this machine only]
    #[arg(long, value_name = "HOST", value_parser = ltc_config::allowed_hosts::host)]
    allow_host: Vec<String>,
}

impl Mcp {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let root = Project::of(&here()?)?.root;
        let caps = Caps { clients: self.max_clients, rate: self.max_rate, duration: self.max_duration, hosts: self.allow_host };
        screen.detail(format_args!("serving {} on standard input and output", root.display()));
        let broken = |why: String| Failure::Message(format!("cannot serve: {why}"), None, INFRASTRUCTURE);
        let runtime = tokio::runtime::Runtime::new().map_err(|error| broken(error.to_string()))?;
        runtime.block_on(async {
            let service = Server::new(root, caps).serve(rmcp::transport::stdio()).await.map_err(|error| broken(error.to_string()))?;
            service.waiting().await.map(drop).map_err(|error| broken(error.to_string()))
        })
    }
}
