//! What a take's `else` does: the name keeps its value until the step is judged, and then has one in every case that goes on.

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

/// Answers each request with the next body, on one connection; a body that begins with `!` comes with the status 500.
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

/// A step as the compiler emits `take id = json.id; take cursor = json.next else V`.
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
fn an_else_counts_where_nothing_is_found_or_the_step_failed() {
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
fn an_else_counts_where_no_answer_came() {
    run("http://127.0.0.1:1", async |u| {
        let (mut id, mut cursor) = (Value::Null, Value::from("a"));
        page(u, 0, &mut id, &mut cursor, last).await.unwrap();
        assert_eq!((id, cursor), (Value::Null, Value::from("last")));
    });
}

#[test]
fn an_attempt_that_is_tried_again_leaves_the_name() {
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
fn an_else_that_has_no_value_ends_the_iteration_and_counts_once() {
    let base = serve(&[r#"{"id":1}"#, r#"!{}"#]);
    run(&base, async |u| {
        let (mut id, mut cursor) = (Value::Null, Value::from("a"));
        let none = || Err(EvalError("there is none".into()));
        assert_eq!(page(u, 0, &mut id, &mut cursor, none).await, Err(Exit::Interrupt));
        // Where the step interrupts by itself, nobody reads the name: its `else` isn't looked at.
        assert_eq!(page(u, 1, &mut id, &mut cursor, none).await, Err(Exit::Interrupt));
        assert_eq!(cursor, Value::from("a"));
        let snapshot = u.world().counts.recorder.borrow_mut().snapshot(u.world().clock.elapsed(), 1, 1);
        let told = snapshot.failures.kinds().filter(|(_, found)| found.examples.iter().any(|e| e.message.contains("there is none")));
        assert_eq!((snapshot.names[0].requests, told.count()), (2, 1));
    });
}
