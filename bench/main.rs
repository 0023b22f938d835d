//! Measures the cost of a request, compared with other load generators, and the accuracy of ltc's figures: `cargo run --release --example
//! bench -- load`.
//!
//! `load` measures CPU time per request, requests per second and memory of ltc's binaries and of every installed peer, one after the other,
//! against an nginx pinned to another core; then the same for two worker threads compared with one, and for the README's sequence. `memory`
//! measures the memory of a waiting user. `truth` measures latencies, counts and send times against servers with known responses.
//! `instructions` counts the instructions of an iteration, which do not depend on other activity on the machine. `endurance` checks that
//! memory does not grow during a long run. `editor` measures the language server and `ltc fmt`. docs/performance.md has the figures and explains them.

mod big_spec;
mod canned;
mod editor;
mod endurance;
mod floor;
mod instructions;
mod load;
mod memory;
mod nginx;
mod peers;
mod process;
mod quiet;
mod scaling;
mod scenarios;
mod sequence;
mod server;
mod specs;
mod truth;

use std::error::Error;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[derive(Parser)]
struct Args {
    /// Run this measurement.
    what: What,
    /// Measure each program this number of times.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Measure for this time, in seconds.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Send about this number of requests per second in `endurance`.
    #[arg(long, default_value_t = 500)]
    rate: u64,
    /// Port of the server on 127.0.0.1; the next two ports are used, too.
    #[arg(long, default_value_t = 18181)]
    port: u16,
    /// Run only scenarios whose name contains this text, in any case.
    #[arg(long, default_value = "")]
    only: String,
    /// Repeat a round, up to a limit, if the machine's host took more than this percentage of the processors.
    #[arg(long, default_value_t = 1.0, value_name = "PERCENT")]
    steal: f64,
    /// Use only these of the installed peers: `wrk,oha`.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    peers: Vec<String>,
    /// Build ltc's binaries with thin LTO, as `ltc build --release-lto` does.
    #[arg(long)]
    lto: bool,
    /// Fail if `instructions` counts more than counts.txt contains.
    #[arg(long, conflicts_with = "bless")]
    check: bool,
    /// Write the counts of `instructions` to counts.txt.
    #[arg(long)]
    bless: bool,
    /// Virtual environment that contains locust [default: the PATH].
    #[arg(long, env = "LTC_BENCH_LOCUST", value_name = "FOLDER")]
    locust: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum What {
    Load,
    Memory,
    Truth,
    Instructions,
    Endurance,
    Editor,
    /// The server that `load` starts for the sequence.
    #[value(hide = true)]
    Canned,
    /// The client that `load` starts, which only sends and receives.
    #[value(hide = true)]
    Floor,
}

/// The folders and options of a run.
struct Bench {
    args: Args,
    folder: PathBuf,
}

impl Bench {
    fn meets(&self, peer: &str) -> bool {
        self.args.peers.is_empty() || self.args.peers.iter().any(|name| name == peer)
    }

    /// The address on which nginx listens.
    fn origin(&self, encrypted: bool) -> String {
        let port = self.args.port;
        if encrypted { format!("https://127.0.0.1:{}", port + 1) } else { format!("http://127.0.0.1:{port}") }
    }

    fn wants(&self, name: &str) -> bool {
        name.to_lowercase().contains(&self.args.only.to_lowercase())
    }
}

fn main() -> Outcome {
    let args = Args::parse();
    let run: fn(&Bench) -> Outcome = match args.what {
        What::Load => load::run,
        What::Memory => memory::run,
        What::Truth => truth::run,
        What::Instructions => instructions::run,
        What::Endurance => endurance::run,
        What::Editor => editor::run,
        What::Canned => return sequence::serve(&args),
        What::Floor => return floor::run(&args),
    };
    let folder = std::env::temp_dir().join(format!("ltc-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = run(&Bench { args, folder: folder.clone() });
    std::fs::remove_dir_all(folder)?;
    outcome
}
