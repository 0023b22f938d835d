//! How much a request costs, beside other load generators, and how true what is measured is: `cargo run --example bench -- load`.
//!
//! `load`: CPU time a request, requests a second and memory, of ltc's binaries and of every peer that is installed, in turn, against an
//! nginx pinned to another core. `memory`: what a waiting user costs. `truth`: latencies, counts and send times against servers whose
//! answers are known. docs/performance.md has the figures and what they mean.

mod load;
mod memory;
mod nginx;
mod process;
mod server;
mod specs;
mod truth;

use std::error::Error;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[derive(Parser)]
struct Args {
    /// What is measured.
    what: What,
    /// How often each program has its turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each turn is, in seconds.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Only scenarios whose name has this in it.
    #[arg(long, default_value = "")]
    only: String,
    /// Optimise ltc's binaries over crate borders, as `ltc build --release-lto` does.
    #[arg(long)]
    lto: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum What {
    Load,
    Memory,
    Truth,
}

/// Where all files of a run are.
struct Bench {
    args: Args,
    folder: PathBuf,
}

fn main() -> Outcome {
    let folder = std::env::temp_dir().join(format!("ltc-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let bench = Bench { args: Args::parse(), folder: folder.clone() };
    let outcome = match bench.args.what {
        What::Load => load::run(&bench),
        What::Memory => memory::run(&bench),
        What::Truth => truth::run(&bench),
    };
    std::fs::remove_dir_all(folder)?;
    outcome
}
