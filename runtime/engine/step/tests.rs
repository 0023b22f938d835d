//! Tests the `else` of a take: the name keeps its value until the step is judged, and has a value afterwards in every case that continues.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::rc::Rc;

use crate::base::flow::{Exit, Flow};
use crate::fixture;
use crate::generated::*;
use crate::user::User;

static PROGRAM: Program = Program {
    steps: &[
        StepInfo { line: 0, context: "S", skip: false, interrupt: false, reads_body: true, expects_status: false, at: at(1, 1) },
        StepInfo { line: 0, context: "S", skip: false, interrupt: true, reads_body: true, expects_status: false, at: at(2, 1) },
    ],
    ..fixture::PROGRAM
};

/// Answers each request with the next body, on one connection. A body that begins with `!` has the status 500.
fn serve(bodies: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        for body in bodies {
            if !stream.read(&mut buffer).is_ok_and(|count| count > 0) {
                return;
            }
            let (status, body) = body.strip_prefix('!').map_or(("200 OK", *body), |body| ("500 No", body));
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    base
}

/// The step that the compiler generates for `take id = json.id; take cursor = json.next else V`.
async fn page(u: &User, step: usize, id: &mut Value, cursor: &mut Value, fallback: fn() -> Eval) -> Flow {
    let mut step = u.step(step);
    let sent = step.send(u.attempt(|| {
        let mut r = u.request(0, "GET");
        r.path("/list");
        Ok(r)
    }));
    if sent.await {
        if let Some(value) = step.take(at(1, 2), "id", As::Json(Type::Any), |x| x.json(&[PathStep::Key("id")])) {
            *id = value;
        }
        if let Some(value) = step.take_or(at(1, 3), "cursor", As::Json(Type::Any), |x| x.json(&[PathStep::Key("next")]), fallback) {
            *cursor = value;
        }
    } else if let Some(value) = step.fallback(at(1, 3), fallback) {
        *cursor = value;
    }
    step.end()
}

fn run(base: &str, test: impl AsyncFnOnce(&User)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let user = Rc::new(fixture::user(&PROGRAM, base));
        test(&user).await;
    });
}

fn last() -> Eval {
    Ok(Value::from("last"))
}

#[test]
fn else_of_a_take_counts_if_nothing_is_found_or_the_step_failed() {
    let base = serve(&[r#"{"id":1,"next":"b"}"#, r#"{"id":2}"#, r#"{"next":"d"}"#, r#"!{"id":3,"next":"e"}"#]);
    run(&base, async |u| {
        let (mut id, mut cursor) = (Value::Null, Value::from("a"));
        for (expected_id, expected) in [(1, "b"), (2, "last"), (2, "last"), (2, "last")] {
            if expected_id != 2 || cursor == Value::from("last") {
                cursor = Value::from("before");
            }
            page(u, 0, &mut id, &mut cursor, last).await.unwrap();
            assert_eq!((id.clone(), cursor.clone()), (Value::from(expected_id), Value::from(expected)));
        }
    });
}

#[test]
fn else_of_a_take_counts_without_an_answer() {
    run("http://127.0.0.1:1", async |u| {
        let (mut id, mut cursor) = (Value::Null, Value::from("a"));
        page(u, 0, &mut id, &mut cursor, last).await.unwrap();
        assert_eq!((id, cursor), (Value::Null, Value::from("last")));
    });
}

#[test]
fn retried_attempt_leaves_the_name_unchanged() {
    let base = serve(&[r#"!{"id":3,"next":"e"}"#, r#"!{"id":3,"next":"e"}"#]);
    run(&base, async |u| {
        let (mut id, mut cursor) = (Value::Null, Value::from("a"));
        let mut retry = u.retry(1, std::time::Duration::ZERO);
        let round = page(u, 0, &mut id, &mut cursor, last).await;
        assert_eq!((round, cursor.clone()), (Err(Exit::Retry), Value::from("a")));
        assert_eq!(retry.again(round).await, Ok(true));
        page(u, 0, &mut id, &mut cursor, last).await.unwrap();
        assert_eq!(cursor, Value::from("last"), "no try is left: the step has failed");
    });
}

#[test]
fn else_without_a_value_ends_the_iteration_and_counts_once() {
    let base = serve(&[r#"{"id":1}"#, r#"!{}"#]);
    run(&base, async |u| {
        let (mut id, mut cursor) = (Value::Null, Value::from("a"));
        let none = || Err(EvalError("there is none".into()));
        assert_eq!(page(u, 0, &mut id, &mut cursor, none).await, Err(Exit::Interrupt));
        // If the step itself interrupts, nothing reads the name, so its `else` isn't evaluated.
        assert_eq!(page(u, 1, &mut id, &mut cursor, none).await, Err(Exit::Interrupt));
        assert_eq!(cursor, Value::from("a"));
        let snapshot = u.world().counts.recorder.borrow_mut().snapshot(u.world().clock.elapsed(), 1, 1);
        let reported = snapshot.failures.kinds().filter(|(_, found)| found.examples.iter().any(|e| e.message.contains("there is none")));
        assert_eq!((snapshot.names[0].requests, reported.count()), (2, 1));
    });
}
