//! The live views of a running test: on a terminal (tmux), and as a web page.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::project::{Project, binary};
use crate::terminal::Terminal;
use crate::tools::needs;

#[test]
fn keys_sort_pause_and_stop_and_the_terminal_is_restored() {
    needs!("tmux");
    let project = Project::examples();
    let command = format!("{} --clients 4 --duration 10m --stats-interval 500ms", binary("tpdata").display());
    let terminal = Terminal::new("keys", &project, &command);
    terminal.shows(&[" tpdata · cs1", "running", "Users 4/4", "Get treatment variant", "q stop"]);
    terminal.press("s");
    terminal.shows(&["requests▼"]);
    terminal.press("?");
    terminal.shows(&["pause the view; the test continues"]);
    terminal.press("x");
    terminal.press("Space");
    terminal.shows(&["view paused"]);
    terminal.press("Space");
    terminal.press("q");
    terminal.shows(&["Stop the test?"]);
    terminal.press("n");
    terminal.shows(&["running"]);
    terminal.press("q");
    terminal.shows(&["Stop the test?"]);
    terminal.press("y");
    // The former content of the terminal is restored, with the report below it.
    let screen = terminal.shows(&["EXIT 130", "Response times of successful requests, ms", "the test was interrupted before its end"]);
    screen.omits(&["q stop"]);
}

#[test]
fn ctrl_c_on_the_screen_stops_the_test() {
    needs!("tmux");
    let project = Project::examples();
    let terminal =
        Terminal::new("interrupt", &project, &format!("{} --clients 2 --duration 10m --stats-interval 500ms", binary("tpdata").display()));
    terminal.shows(&["running", "Users 2/2"]);
    terminal.press("C-c");
    terminal.shows(&["EXIT 130", "Response times of successful requests, ms"]);
}

#[test]
fn no_tui_prints_lines() {
    needs!("tmux");
    let project = Project::examples();
    let terminal =
        Terminal::new("lines", &project, &format!("{} --clients 2 --duration 2s --stats-interval 1s --no-tui", binary("tpdata").display()));
    terminal.shows(&["users 2/2  rps ", "EXIT 0"]);
}

#[test]
fn page_shows_the_test_and_stops_it_with_the_printed_token() {
    let project = Project::examples();
    let live = ["--clients", "4", "--duration", "10m", "--stats-interval", "500ms", "--ui", "127.0.0.1:0"];
    let mut running = project.run("tpdata", &live).start();
    let mut lines = BufReader::new(running.child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let url = lines.find_map(|line| line.strip_prefix("live at http://").map(str::to_owned)).unwrap();
    // The rest of the output is read, too, or the test would block on it.
    let rest = std::thread::spawn(move || lines.count());
    let (host, token) = url.split_once("/#").unwrap();
    let send = |request: &str| {
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(stream, "{request}Host: {host}\r\nConnection: close\r\n\r\n").unwrap();
        stream
    };
    let mut page = String::new();
    send("GET / HTTP/1.1\r\n").read_to_string(&mut page).unwrap();
    assert!(page.contains("<title>ltc</title>") && !page.contains(token), "{page}");
    let mut events = BufReader::new(send("GET /events HTTP/1.1\r\n")).lines().map(Result::unwrap);
    for event in ["event: about", "event: history", "event: interval", "event: interval"] {
        assert!(events.any(|line| line == event), "{event}");
    }
    let stop = |token: &str| {
        let mut answer = String::new();
        send(&format!("POST /stop HTTP/1.1\r\nX-Ltc-Token: {token}\r\nContent-Length: 0\r\n")).read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(stop("wrong").starts_with("HTTP/1.1 403"));
    assert!(running.child.try_wait().unwrap().is_none(), "it was stopped without the token");
    assert!(stop(token).starts_with("HTTP/1.1 202"));
    let verdict = events.find(|line| line.contains("\"verdict\":")).unwrap_or_default();
    assert!(verdict.contains(r#""verdict":"interrupted""#), "{verdict}");
    running.exits(130);
    assert!(rest.join().unwrap() > 0);
}
