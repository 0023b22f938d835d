//! Checks that memory does not grow during a long run, with URLs that are all different and 1,000 step names, at a steady rate.

use std::fmt::Write as _;
use std::time::Duration;

use super::nginx::Nginx;
use super::{Bench, Outcome, process, specs};

/// The number of steps in the spec. Each has a report row.
const STEPS: usize = 1000;
const STEPS_PER_SEQUENCE: usize = 20;
const USERS: u64 = 64;
/// The time after which memory counts: by then all users run, and each step has been recorded about thirty times at the default rate.
const WARM: Duration = Duration::from_secs(60);
/// The growth since then that still counts as constant, in percent.
const TOLERANCE_PERCENT: f64 = 2.0;
/// The number of lines in the table.
const LINES: u32 = 12;

/// Runs the spec, prints its memory over time, and fails if that grows or if a request fails.
pub(crate) fn run(bench: &Bench) -> Outcome {
    let _nginx = Nginx::start(bench)?;
    let binary = specs::build_text(bench, "endurance", &spec(bench.args.rate), 1)?.display().to_string();
    let (users, seconds) = (USERS.to_string(), bench.args.seconds);
    let duration = format!("{seconds}s");
    let args =
        [&binary, "--threads", "1", "--clients", &users, "--hatch-rate", "1000", "--duration", &duration, "--json", "endurance.json"];
    println!("{:>8} {:>10}", "seconds", "RSS MiB");
    let (every, mut due) = (Duration::from_secs(seconds) / LINES, Duration::ZERO);
    let (mut warm, mut most) = (0, 0);
    let look = |elapsed: Duration, kib: u64| {
        if elapsed >= due {
            println!("{:>8.0} {:>10.2}", elapsed.as_secs_f64(), mib(kib));
            due += every;
        }
        if elapsed < WARM {
            warm = kib;
        } else if elapsed < Duration::from_secs(seconds) {
            // The final report is not part of the load.
            most = most.max(kib);
        }
    };
    let used = process::watch(&args.map(String::from), "1", &bench.folder, Duration::from_secs(seconds + 120), look)?;
    let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(bench.folder.join("endurance.json"))?)?;
    let total = &report["summary"]["total"];
    println!(
        "{} requests, {} failures, {:.0}/s; {:.1} us of CPU time a request; {} rows in the report",
        total["requests"],
        total["failures"],
        total["rps"].as_f64().unwrap_or(f64::NAN),
        used.cpu * 1e6 / total["requests"].as_f64().unwrap_or(f64::NAN),
        report["total"]["names"].as_array().map_or(0, Vec::len),
    );
    if total["failures"] != 0 {
        return Err("requests failed".into());
    }
    if most == 0 {
        return Err(format!("the run ended within {} s: nothing is known of its memory, use --seconds", WARM.as_secs()).into());
    }
    let grown = (most as f64 / warm as f64 - 1.0) * 100.0;
    println!("after {} s {:.2} MiB, at most {:.2} MiB later: {grown:+.1} %", WARM.as_secs(), mib(warm), mib(most));
    if grown > TOLERANCE_PERCENT {
        return Err(format!("memory grew by {grown:.1} % after the first minute, expected at most {TOLERANCE_PERCENT} %").into());
    }
    Ok(())
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// A user that runs the sequences in random order, so that all steps run from the first minute on, and waits after each step according to
/// the rate.
fn spec(rate: u64) -> String {
    let pause_ms = (USERS * 1000 / rate.max(1)).max(1);
    let mut text = String::new();
    for step in 0..STEPS {
        if step % STEPS_PER_SEQUENCE == 0 {
            let _ = writeln!(text, "sequence Part{} {{", step / STEPS_PER_SEQUENCE);
        }
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  step \"Step {step:04}\" {{ web.unique(user.id, user.iteration, {step}); expect 200; expect json {{ id: 7, request: string }} }}\n  wait {pause_ms}ms"
        );
        if step % STEPS_PER_SEQUENCE == STEPS_PER_SEQUENCE - 1 {
            text += "}\n";
        }
    }
    let parts: Vec<String> = (0..STEPS / STEPS_PER_SEQUENCE).map(|part| format!("1 Part{part}")).collect();
    format!("{text}tasks All {{\n{}\n}}\nuser U {{ run All }}", parts.join("\n"))
}
