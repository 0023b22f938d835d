//! Runs one virtual user against a server in memory: the engine without sockets, threads and schedule, so that the same program executes
//! the same instructions in each run. `bench -- instructions` counts them.

use std::rc::Rc;

use tokio::runtime::LocalOptions;

use super::iteration::{Iterations, unless_user_ends};
use crate::base::clock::Clock;
use crate::http::{ApiConfig, Proxies, TransportConfig};
use crate::program::settings::Settings;
use crate::program::{Program, RowKind, UserClass};
use crate::record::observe::Quiet;
use crate::stats::Sample;
use crate::user::User;
use crate::user::world::World;

pub use crate::http::memory::{Accept, Accepted, Peer};

/// The counts of the user's requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// Requests that the report counts.
    pub requests: u64,
    /// The number of them that failed.
    pub failures: u64,
}

/// Runs `iterations` of one user of that class. `accept` accepts all connections of the spec.
///
/// # Errors
/// If the class doesn't exist, the spec needs an environment or variables of the whole test, or the user stops itself.
pub fn run(program: &'static Program, class: &str, iterations: u64, accept: Accept) -> Result<RequestCounts, String> {
    let index = program.users.iter().position(|user| user.name == class).ok_or_else(|| format!("no user class {class:?}"))?;
    if !program.env.is_empty() || !program.globals.is_empty() || program.before_test.is_some() {
        return Err("unexpected environment keys, file-level variables or `before test`, expected none of them".into());
    }
    let settings = Settings {
        program,
        env: Vec::new(),
        apis: vec![ApiConfig::default(); program.apis.len()],
        transport: TransportConfig { proxies: Proxies::None, memory: Some(accept), ..TransportConfig::default() },
        seed: 1,
        test_id: "in-memory".into(),
        part: 0,
        parts: 1,
        workers: 1,
        shard: 0,
        interval: 0,
        test_seed: 1,
        globals: Vec::new(),
        shared: Vec::new(),
        renewed: crate::program::renewed::RenewedValues::default(),
        iteration_rate: None,
        aws: None,
        clock: Clock::start(),
        secrets: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())
        .map_err(|error| format!("the runtime can't be started: {error}"))?;
    let world = World::new(&settings, Box::new(Quiet(|_| ())))?;
    runtime.block_on(async {
        let driver = tokio::task::spawn_local({
            let world = world.clone();
            async move { world.timers.drive().await }
        });
        let user = Rc::new(User::new(world.clone(), program, 1));
        grow_histograms(&world);
        let outcome = iterate(&user, &program.users[index], iterations).await;
        driver.abort();
        outcome
    })?;
    let snapshot = world.counts.recorder.borrow_mut().snapshot(world.clock.elapsed(), 1, 1);
    let lines = program.lines.iter().zip(&snapshot.names).filter(|(line, _)| line.kind == RowKind::Step).map(|(_, counted)| counted);
    let counted = lines.fold(RequestCounts::default(), |sum, line| RequestCounts {
        requests: sum.requests + line.requests,
        failures: sum.failures + line.failures,
    });
    Ok(counted)
}

async fn iterate(user: &User, class: &UserClass, iterations: u64) -> Result<(), String> {
    user.start().map_err(|exit| format!("the user's variables can't be evaluated: {exit:?}"))?;
    let mut all = Iterations::of(user, class);
    for number in 0..iterations {
        unless_user_ends(all.next().await).map_err(|exit| format!("the user stopped in iteration {number}: {exit:?}"))?;
    }
    Ok(())
}

/// Grows the histograms and discards the samples. Histograms grow up to the longest time so far, which would differ from run to run.
fn grow_histograms(world: &World) {
    let mut recorder = world.counts.recorder.borrow_mut();
    let longest = std::time::Duration::from_secs(60);
    // The recorder has two snapshots.
    for _ in 0..2 {
        for (name, _) in (0_u32..).zip(world.tables.lines) {
            for ok in [true, false] {
                recorder.record(&Sample { name, ok, service: longest, response: longest, first_byte: Some(longest), ..Sample::default() });
            }
        }
        let mut discarded = recorder.snapshot(world.clock.elapsed(), 1, 1);
        discarded.clear();
        recorder.reuse(discarded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::generated::*;

    #[derive(Debug)]
    struct Web {
        failing: bool,
    }

    impl Peer for Web {
        fn answer(&mut self, sent: &[u8], answer: &mut Vec<u8>) {
            assert!(sent.starts_with(b"GET /items/7 HTTP/1.1\r\nHost: web.test\r\n"), "{}", String::from_utf8_lossy(sent));
            let status = if self.failing { "503 Service Unavailable" } else { "200 OK" };
            answer.extend_from_slice(format!("HTTP/1.1 {status}\r\nContent-Length: 8\r\n\r\n{{\"id\":7}}").as_bytes());
        }
    }

    async fn iterations(u: &User) -> Flow {
        loop {
            let mut step = u.step(0);
            let request = u.attempt(|| {
                let mut r = u.request(0, "GET");
                r.path("/items/7");
                Ok(r)
            });
            if step.send(request).await {
                step.status(expected(at(1, 1), "200"), &[Status::Code(200)]);
            }
            let outcome = step.end();
            u.end_iteration(outcome).await;
        }
    }

    const APIS: &[ApiInfo] = &[ApiInfo {
        name: "web",
        base: |_| Ok(Value::from("http://web.test")),
        sections: &[],
        cookies: true,
        resend: true,
        max_body: crate::http::MAX_BODY,
        health: None,
        at: at(1, 1),
    }];

    static PROGRAM: Program =
        Program { apis: APIS, users: &[UserClass { iterations: |u| Box::pin(iterations(u)), ..fixture::CLASS }], ..fixture::PROGRAM };

    #[test]
    fn every_request_in_memory_is_counted() {
        let accept: Accept = |_| Accepted { peer: Box::new(Web { failing: false }), http2: false };
        assert_eq!(run(&PROGRAM, "U", 20, accept), Ok(RequestCounts { requests: 20, failures: 0 }));
        let accept: Accept = |_| Accepted { peer: Box::new(Web { failing: true }), http2: false };
        assert_eq!(run(&PROGRAM, "U", 20, accept), Ok(RequestCounts { requests: 20, failures: 20 }));
        assert_eq!(run(&PROGRAM, "V", 1, accept), Err("no user class \"V\"".into()));
    }
}
