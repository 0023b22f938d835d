//! Tests the counting identity of docs/results.md: the requests that a server reads are those that were counted, whatever the server does
//! and whatever stops the users.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ltc_config::Profile;

use super::{Engine, Run, Stop};
use crate::base::clock::Clock;
use crate::base::flow::{Exit, Flow};
use crate::fixture;
use crate::generated::*;
use crate::schedule::{self, Plan};
use crate::stats::{RowStats, Snapshot};

/// What a server has received.
#[derive(Debug, Default)]
struct Seen {
    requests: AtomicU64,
    connections: AtomicU64,
    bytes: AtomicU64,
}

/// A server that does what the path says.
fn serve() -> (String, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Seen::default());
    let counted = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.connections.fetch_add(1, Ordering::SeqCst);
            let counted = counted.clone();
            std::thread::spawn(move || answer(stream.unwrap(), &counted));
        }
    });
    (base, seen)
}

fn answer(mut stream: TcpStream, seen: &Seen) {
    let mut buffer = Vec::new();
    let mut piece = [0; 4096];
    let mut flip = false;
    loop {
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            match stream.read(&mut piece) {
                Ok(count) if count > 0 => {
                    seen.bytes.fetch_add(count as u64, Ordering::SeqCst);
                    buffer.extend_from_slice(&piece[..count]);
                }
                _ => return,
            }
        };
        seen.requests.fetch_add(1, Ordering::SeqCst);
        let path = String::from_utf8_lossy(&buffer).split(' ').nth(1).unwrap_or_default().to_owned();
        buffer.drain(..end);
        flip = !flip;
        let (status, more) = match path.as_str() {
            "/drop" => return,
            "/never" => continue,
            "/part" => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                continue;
            }
            "/moved" => ("302 Found", "Location: /ok\r\n"),
            "/flip" if flip => ("503 No", ""),
            _ => ("200 OK", ""),
        };
        if stream.write_all(format!("HTTP/1.1 {status}\r\n{more}Content-Length: 2\r\n\r\nok").as_bytes()).is_err() {
            return;
        }
    }
}

const LINE: RowInfo = RowInfo { name: "", method: "GET", kind: RowKind::Step };
const STEP: StepInfo =
    StepInfo { line: 0, context: "S", skip: false, interrupt: false, reads_body: true, expects_status: false, at: at(1, 1) };

static PROGRAM: Program = Program {
    lines: &[
        RowInfo { name: "ok", ..LINE },
        RowInfo { name: "drop", ..LINE },
        RowInfo { name: "moved", ..LINE },
        RowInfo { name: "flip", ..LINE },
        RowInfo { name: "late", ..LINE },
        RowInfo { name: "never", ..LINE },
        RowInfo { name: "skip", ..LINE },
        RowInfo { name: "refused", ..LINE },
        RowInfo { name: "group", method: "", kind: RowKind::Group },
        RowInfo { name: "fail in S", method: "", kind: RowKind::Fail },
    ],
    steps: &[
        STEP,
        StepInfo { line: 1, ..STEP },
        StepInfo { line: 2, ..STEP },
        StepInfo { line: 3, ..STEP },
        StepInfo { line: 4, ..STEP },
        StepInfo { line: 5, ..STEP },
        StepInfo { line: 6, skip: true, ..STEP },
        StepInfo { line: 7, ..STEP },
    ],
    apis: &[
        ApiInfo {
            name: "web",
            base: |u| Ok(u.env(0)),
            cookies: true,
            resend: true,
            max_body: crate::http::MAX_BODY,
            sections: &[],
            health: None,
            at: at(1, 1),
        },
        ApiInfo {
            name: "nobody",
            base: |_| Ok(Value::from("http://127.0.0.1:1")),
            cookies: false,
            resend: true,
            max_body: crate::http::MAX_BODY,
            sections: &[],
            health: None,
            at: at(1, 1),
        },
    ],
    users: &[UserClass { iterations: |u| Box::pin(iterations(u)), ..fixture::CLASS }],
    ..fixture::PROGRAM
};

async fn step(u: &User, index: usize, api: usize, method: &'static str, path: &str, timeout: u64) -> Flow {
    let mut step = u.step(index);
    let request = u.attempt(|| {
        let mut r = u.request(api, method);
        r.path(path);
        r.timeout(&Value::Duration(i64::try_from(timeout).unwrap_or(0) * 1_000_000))?;
        Ok(r)
    });
    if step.send(request).await {
        step.status(expected(at(1, 1), "200"), &[Status::Code(200)]);
    }
    step.end()
}

/// The `number`-th iteration of a user.
async fn iteration(u: &User, number: i64) -> Flow {
    match number % 8 {
        0 => step(u, 0, 0, "GET", "/ok", 5_000).await,
        1 => step(u, 1, 0, if number % 16 == 1 { "POST" } else { "GET" }, "/drop", 5_000).await,
        2 => step(u, 2, 0, "GET", "/moved", 5_000).await,
        3 => {
            let mut retry = u.retry(1, Duration::ZERO);
            loop {
                let round = step(u, 3, 0, "GET", "/flip", 5_000).await;
                if !retry.again(round).await? {
                    return Ok(());
                }
            }
        }
        4 => step(u, 4, 0, "GET", if number % 16 == 4 { "/never" } else { "/part" }, 30).await,
        5 => step(u, 6, 0, "GET", "/drop", 5_000).await,
        6 => step(u, 7, 1, "GET", "/ok", 5_000).await,
        _ if number < 16 => Err(u.fail(9, at(1, 1), || Ok(Value::from("always")))),
        _ => {
            let _group = u.group(8);
            step(u, 5, 0, "GET", "/never", 60_000).await
        }
    }
}

async fn iterations(u: &User) -> Flow {
    loop {
        let number = u.iteration().as_int().unwrap_or(0) + i64::try_from(u.number()).unwrap_or(0);
        let outcome = iteration(u, number).await;
        u.end_iteration(outcome).await;
    }
}

/// Runs a load until it is stopped after a time, or until its users have passed to another function. Returns the counts, the server's
/// observations, and the last gauge but one.
fn run(
    program: &'static Program,
    runner: &str,
    stop_after: Option<Duration>,
    passes_after: Option<Duration>,
) -> (Snapshot, Arc<Seen>, u64) {
    let (base, seen) = serve();
    let clock = Clock::starting_in(Duration::from_millis(100));
    let profile = Profile::parse(&format!("profile: {{ runner: {{ {runner} }} }}\n"), "trial.profile.yml").unwrap();
    let plan = Plan::new(&profile, &[schedule::WeightedClass::new("U", 1)]).unwrap();
    let mut settings = fixture::settings(program, &base, &clock);
    settings.apis = vec![crate::http::ApiConfig::default(); program.apis.len()];
    let run = Run {
        settings,
        slice: plan.whole().interval(Duration::ZERO, passes_after, Duration::ZERO, Duration::from_secs(1)),
        threads: 2,
        processors: None,
        interval: Duration::from_millis(200),
        graceful_stop: Duration::from_millis(300),
        once: false,
        print: |_| (),
    };
    let stop = Stop::default();
    if let Some(after) = stop_after {
        let stop = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(after);
            stop.at_once();
        });
    }
    let (mut total, mut waiting) = (Snapshot::empty(program.rows()), 0);
    let watched = Engine::start(&run, &clock, &stop).unwrap().watch(|delta| {
        waiting = waiting.max(delta.waiting());
        total.merge(delta);
    });
    watched.unwrap();
    // The server may still be reading the last requests.
    std::thread::sleep(Duration::from_millis(200));
    (total, seen, waiting)
}

/// The number of requests that should have reached servers, by the identity.
fn reached(total: &RowStats) -> u64 {
    total.requests - total.unsent + total.unfinished + total.skipped + total.retried + total.redirects + total.resends
}

#[test]
fn counted_requests_equal_those_that_the_server_reads() {
    let cases = [
        ("clients: 8, hatch_rate: 1000, duration: 3s", None, None),
        ("rate: 200/s, max_clients: 30, duration: 3s", None, None),
        ("clients: 8, hatch_rate: 1000, duration: 20s", Some(Duration::from_millis(2500)), None),
        ("clients: 8, hatch_rate: 1000, duration: 20s", None, Some(Duration::from_secs(2))),
        ("rate: 200/s, max_clients: 30, duration: 20s", None, Some(Duration::from_secs(2))),
    ];
    for (runner, stop_after, passes_after) in cases {
        let (snapshot, seen, waiting) = run(&PROGRAM, runner, stop_after, passes_after);
        let total = snapshot.total(&PROGRAM.names());
        let saw = |count: &AtomicU64| count.load(Ordering::SeqCst);
        assert_eq!(saw(&seen.requests), reached(&total), "{runner}: {total:?}");
        assert_eq!(saw(&seen.connections), total.opened, "{runner}");
        assert_eq!(saw(&seen.bytes), total.bytes_sent, "{runner}");
        assert!(total.unfinished > 0 && total.unfinished_longest_us > 100_000, "{runner}: {total:?}");
        assert!(total.skipped > 0 && total.retried > 0 && total.redirects > 0 && total.unsent > 0, "{runner}: {total:?}");
        assert!(total.fails > 0 && snapshot.names[9].failures == total.fails && snapshot.names[9].requests == 0);
        assert_eq!(total.failures, snapshot.failures.count() - total.skipped_failures, "each failed request is one failure");
        let unnamed = snapshot.failures.by_count().into_iter().find(|(key, _)| key.kind.is_empty()).map(|(key, _)| key.clone());
        assert_eq!(unnamed, None, "every kind of failure has its word, those of `fail` too");
        assert_eq!(total.service.count() + total.failed.count(), total.requests);
        assert_eq!(
            (snapshot.names[8].requests, snapshot.names[8].unfinished),
            (0, snapshot.names[5].unfinished),
            "groups that were cut off"
        );
        assert!(waiting > 0, "{runner}");
        assert_eq!((snapshot.waiting(), snapshot.users()), (0, 0), "nothing is in flight any more");
    }
}

/// A step whose expectation needs a row when all are used up.
async fn out_of_rows(u: &User) -> Flow {
    loop {
        let mut step = u.step(0);
        let request = u.attempt(|| {
            let mut r = u.request(0, "GET");
            r.path("/ok");
            Ok(r)
        });
        if step.send(request).await {
            step.text(expected(at(1, 1), "text"), false, |_| next(u, 0, false).map(|_| Value::from("ok")));
        }
        let outcome = step.end();
        assert!(outcome.is_ok() || outcome == Err(Exit::StopUser));
        u.end_iteration(outcome).await;
    }
}

static ROWS: Program = Program {
    data: &[DataInfo {
        name: "rows",
        path: "rows.csv",
        columns: &["a"],
        secrets: &[],
        rows: b"[1]\n[2]\n[3]\n[4]\n[5]\n[6]\n",
        random: false,
        unique: true,
        at_end: AtEnd::StopUser,
        kept_by: &[],
        drawn_by: &[0],
    }],
    users: &[UserClass { iterations: |u| Box::pin(out_of_rows(u)), ..fixture::CLASS }],
    ..fixture::PROGRAM
};

#[test]
fn request_of_a_user_without_rows_counts_and_is_no_failure() {
    let (snapshot, seen, _) = run(&ROWS, "clients: 2, hatch_rate: 1000, duration: 3s", None, None);
    let line = &snapshot.names[0];
    assert_eq!(seen.requests.load(Ordering::SeqCst), line.requests);
    assert_eq!((line.failures, snapshot.failures.count()), (0, 0), "{:?}", snapshot.failures);
    // Three rows for each worker, and the request of each of the two users that found none.
    assert_eq!(line.requests, 8);
}
