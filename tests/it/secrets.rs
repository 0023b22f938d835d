//! Secrets stay secret: markers stand in every place that takes one, a server repeats them in every encoding, and no output of any run, no file of the
//! build and no process argument contains one.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::json;

use crate::command::Run;
use crate::machine;
use crate::project::{Project, shared_folder};

/// Each place that takes a secret, with the value that it gets. Headers and cookies allow fewer characters than the others.
const OF_THE_PROCESS: [(&str, &str); 8] = [
    ("M_BEARER", "mk-bearer/+=&'1"),
    ("M_BASIC", "mk-basic:p\"w<é"),
    ("M_QUERY", "mk-query/+ &\"<é\\2"),
    ("M_HEADER", "mk-header \"<&>3"),
    ("M_BODY", "mk-body\t\"\\/é😀4"),
    ("M_SET", "mk-set-by-option-5"),
    ("M_SFX", "mk-signalfx-token-6"),
    ("M_HEC", "mk-splunk-token-7"),
];
const TICKET: &str = "mk-ticket.of/the+server=8";
const SESSION: &str = "mk-session-cookie-9";
const PIN: &str = "mk-pin\"<&é of the answer 10";
const ACCESS: &str = "mk-access_token/é+11";
const CODE: &str = "mk-code\" of <a> row 12";
/// What the server answers and what stands in the data.
const OF_OTHERS: [&str; 5] = [TICKET, SESSION, PIN, ACCESS, CODE];

const SPEC: &str = r#"
api plain { base env.shop.url; healthcheck none }
api shop { base env.shop.url; auth header("X-Shop", ticket); cookies on; headers { "X-Neutral": env.shop.neutral }; healthcheck none }
api bank { base env.shop.url; auth bearer(env.bank.first); healthcheck none }
api desk { base env.shop.url; auth basic("me", env.bank.second); healthcheck none }

data accounts from "accounts.csv" { secret code }
keep secret pin = ""

before test { step "Ticket" interrupt { plain POST /ticket; take ticket = json.ticket } }

sequence S {
  let row = next(accounts)
  step "Missed" { shop POST /session; expect 201; set pin = json.pin }
  step "Query" { shop GET /bad { query { q: env.shop.query, code: row.code, set: env.shop.set } }; expect 200 }
  step "Body" { bank POST /bad { json { neutral: env.bank.body, row } }; expect json { a: env.bank.body } }
  step "Session" interrupt {
    shop POST /session
    take session = cookie "sid"
    take other = json.access_token
    set pin = json.pin
  }
  step "Late" { desk POST /bad?pin={pin} { form { other, session } }; expect text "{other}" }
  log "{env.shop.query} {session} {pin} {row.code} {other} {ticket}"
  if env.bank.body ~ /mk/ { fail "{env.bank.body} {pin} {row.code} {session} {ticket}" }
}
user U { run S; wait 100ms }
"#;

/// A server that repeats each request in every encoding, and knows what it heard.
struct Mirror {
    addr: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Mirror {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, heard) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<String>>>::default());
        let all = heard.clone();
        // The thread ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = all.clone();
                std::thread::spawn(move || drop(answer_all(stream, &heard)));
            }
        });
        Self { addr, heard }
    }

    /// The requests whose first line contains a text.
    fn of(&self, part: &str) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|request| request.lines().next().is_some_and(|line| line.contains(part))).cloned().collect()
    }
}

fn answer_all(stream: TcpStream, heard: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    loop {
        let (mut request, mut length) = (String::new(), 0);
        while !request.ends_with("\r\n\r\n") {
            let mut line = Vec::new();
            if input.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            let line = String::from_utf8_lossy(&line).into_owned();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            request.push_str(&line);
        }
        let mut body = vec![0; length];
        input.read_exact(&mut body)?;
        request.push_str(&String::from_utf8_lossy(&body));
        heard.lock().unwrap().push(request.clone());
        let (status, more, body) = answer(&request);
        let length = body.len();
        write!(out, "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n{more}Content-Length: {length}\r\n\r\n{body}")?;
    }
}

/// The status, further header lines, and the body.
fn answer(request: &str) -> (u16, String, String) {
    let line = request.lines().next().unwrap_or_default();
    if line.contains("/ticket") {
        return (200, String::new(), json!({ "ticket": TICKET }).to_string());
    }
    if line.contains("/session") {
        let body = json!({ "pin": PIN, "access_token": ACCESS, "text": written(PIN) });
        return (200, format!("Set-Cookie: sid={SESSION}; Path=/\r\n"), body.to_string());
    }
    let mirrored = json!({ "request": request, "again": written(request), "nested": json!({ "in": request }).to_string() }).to_string();
    match line {
        line if line.contains("/services/collector") => (200, String::new(), "{}".to_owned()),
        line if line.contains("/v2/") => (401, String::new(), mirrored),
        _ => (503, format!("X-Mirror: {}\r\n", STANDARD.encode(request)), mirrored),
    }
}

/// A text in every encoding in which an exchange may contain it.
fn written(text: &str) -> Vec<String> {
    let percent = |plain: &dyn Fn(u8) -> bool| {
        text.bytes().fold(String::new(), |mut out, byte| {
            if plain(byte) {
                out.push(byte.into());
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
            out
        })
    };
    let unreserved = percent(&|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    let json_text = serde_json::to_string(text).unwrap().trim_matches('"').to_owned();
    let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let numeric: String = text.chars().map(|character| format!("&#{};", u32::from(character))).collect();
    let unicode: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    vec![
        text.to_owned(),
        unreserved.replace("%20", "+"),
        unreserved.to_lowercase(),
        unreserved.replace('%', "%25"),
        unreserved,
        percent(&|_| false),
        html.replace('"', "&#34;"),
        html,
        numeric,
        unicode,
        json_text.replace('/', "\\/"),
        serde_json::to_string(&json_text).unwrap().trim_matches('"').to_owned(),
        json_text,
        hex::encode(text),
        hex::encode_upper(text),
        STANDARD.encode(text),
        STANDARD_NO_PAD.encode(text),
        URL_SAFE.encode(text),
        URL_SAFE_NO_PAD.encode(text),
    ]
}

/// What reveals a text: it, or the part of the base64 of a longer text that depends on it alone.
fn encodings(text: &str) -> Vec<String> {
    let mut all = written(text);
    for before in 0..3 {
        let within = [vec![0; before], text.as_bytes().to_vec()].concat();
        for encoded in [STANDARD_NO_PAD.encode(&within), URL_SAFE_NO_PAD.encode(&within)] {
            all.push(encoded[[0, 2, 3][before]..encoded.len() - 1].to_owned());
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn markers() -> Vec<&'static str> {
    OF_THE_PROCESS.iter().map(|(_, value)| *value).chain(OF_OTHERS).collect()
}

/// Asserts that a text contains none of the markers, in any encoding.
#[track_caller]
fn shows_none(what: &str, text: &[u8], markers: &[&str]) {
    for marker in markers {
        for spelled in encodings(marker) {
            if let Some(at) = memchr::memmem::find(text, spelled.as_bytes()) {
                let around = String::from_utf8_lossy(&text[at.saturating_sub(200)..text.len().min(at + 200)]).into_owned();
                panic!("{what} shows {marker:?} as {spelled:?}: …{around}…");
            }
        }
    }
}

/// All files of a folder, at any depth.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found
}

fn project(server: &Mirror) -> Project {
    let addr = server.addr;
    let env = format!(
        "shop: {{ url: 'http://{addr}', query: '${{M_QUERY}}', neutral: 'x ${{M_HEADER}}', set: '${{M_SET}}' }}\nbank: {{ first: '${{M_BEARER}}', second: \
         '${{M_BASIC}}', body: '${{M_BODY}}' }}\n"
    );
    let sinks = format!("SFx: {{ url: 'http://{addr}', token: '${{M_SFX}}' }}\nSplunk: {{ url: 'http://{addr}', token: '${{M_HEC}}' }}\n");
    let logging = "logging: { loglevel: DEBUG, stats_interval: 1s, listeners: [SignalFx, Splunk, Debug] }";
    let profile = format!("test_header: {{ env: here }}\nprofile:\n  runner: {{ clients: 2, hatch_rate: 2, duration: 4s }}\n  {logging}\n");
    Project::new()
        .spec("marked", SPEC)
        .env(env)
        .file("config/systems_credentials.yml", sinks)
        .file("specs/accounts.csv", format!("name,code\nanna,\"{}\"\n", CODE.replace('"', "\"\"")))
        .file("specs/marked.profile.yml", profile)
}

/// A command with the markers in its environment.
fn marked(run: Run) -> Run {
    OF_THE_PROCESS.iter().fold(run, |run, (name, value)| run.env(name, value))
}

#[test]
fn no_output_shows_a_secret_in_any_encoding() {
    let server = Mirror::start();
    let project = project(&server);
    let markers = markers();

    // The build, and all that it writes. The rows of data are part of a binary, so the marker in the data is not searched there.
    let of_process: Vec<&str> = OF_THE_PROCESS.iter().map(|(_, value)| *value).collect();
    let built = marked(project.ltc(&["build", "specs/marked.lt", "-o", "marked"])).exits(0);
    shows_none("the build", built.as_bytes(), &markers);
    // A binary is searched for the forms that a build could write.
    let plain: Vec<String> =
        of_process.iter().flat_map(|marker| [(*marker).to_owned(), hex::encode(marker), STANDARD.encode(marker)]).collect();
    let binary = fs::read(project.path().join("marked")).unwrap();
    for marker in &plain {
        assert!(memchr::memmem::find(&binary, marker.as_bytes()).is_none(), "the binary contains {marker}");
    }
    let emitted = project.check("marked").unwrap().emit().unwrap().main;
    shows_none("the emitted Rust", emitted.as_bytes(), &markers);
    for file in files_below(&shared_folder("ltc-cache")).iter().filter(|file| file.to_string_lossy().contains("marked")) {
        // What is larger is the binary.
        if fs::metadata(file).unwrap().len() < 1_000_000 {
            shows_none(&file.display().to_string(), &fs::read(file).unwrap(), &of_process);
        }
    }
    for args in [&["check", "specs/marked.lt"][..], &["doc", "specs/marked.lt", "-o", "doc.html"], &["fmt", "--check", "specs/marked.lt"]] {
        shows_none(&args.join(" "), marked(project.ltc(args)).output().as_bytes(), &markers);
    }
    shows_none("ltc doc", project.read("doc.html").as_bytes(), &markers);

    // Each exchange in full.
    let debug = marked(project.run("marked", &["--debug"])).exits(1);
    debug.prints(&["-- step \"Query\"", "-- step \"Late\"", "***", "take session"]);
    shows_none("--debug", debug.as_bytes(), &markers);

    // A load with all reports, listeners and the live page.
    let reports = ["--json", "o.json", "--html", "o.html", "--csv", "o", "--junit", "o.xml", "--summary-md", "o.md", "--out", "kept"];
    let mut running = marked(project.run("marked", &[&reports[..], &["--ui", "127.0.0.1:0"]].concat())).start();
    // Both outputs are read, or the test would block on them.
    let printed = running.child.stdout.take().unwrap();
    let printed = std::thread::spawn(move || std::io::read_to_string(printed).unwrap());
    let mut lines = BufReader::new(running.child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let host = lines.find_map(|line| line.strip_prefix("live at http://").map(str::to_owned)).unwrap();
    let rest = std::thread::spawn(move || lines.collect::<Vec<_>>().join("\n"));
    let host = host.split("/#").next().unwrap();
    let mut feed = TcpStream::connect(host).unwrap();
    write!(feed, "GET /events HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut fed = Vec::new();
    // The page's connection may end without a last line when the process does.
    let _ = feed.read_to_end(&mut fed);
    running.child.wait().unwrap();
    let (printed, warned) = (printed.join().unwrap(), rest.join().unwrap());
    assert!(String::from_utf8_lossy(&fed).contains("event: interval"), "{warned}");
    shows_none("the live page", &fed, &markers);
    shows_none("the output of a load", printed.as_bytes(), &markers);
    shows_none("the log of a load", warned.as_bytes(), &markers);
    assert!(warned.contains("SignalFx refuses the data") && warned.contains("debug: "), "{warned}");
    for report in ["o.json", "o.html", "o_failures.csv", "o.xml", "o.md"] {
        shows_none(report, project.read(report).as_bytes(), &markers);
    }
    assert!(project.read("o.json").contains("got 503") && project.read("o.json").contains("***"));
    let events = server.of("/services/collector");
    assert!(events.iter().any(|event| event.contains("failure")), "{events:?}");
    for event in events {
        let (_, body) = event.split_once("\r\n\r\n").unwrap();
        shows_none("an event of Splunk", body.as_bytes(), &markers);
    }

    // The same, on two processes: their arguments, their frames, and what they leave behind.
    let args = [
        "run",
        "--shards",
        "2",
        "--set",
        "env.shop.set=mk-set-by-option-5",
        "--duration",
        "10m",
        "--json",
        "f.json",
        "--html",
        "f.html",
        "--out",
        "fleet",
    ];
    let running = marked(project.run("marked", &args)).start();
    let own = running.child.id();
    let mut arguments = Vec::new();
    machine::wait_until("its shards send requests", || {
        arguments = arguments_of_children(own);
        arguments.len() >= 2 && server.of("/bad").iter().any(|request| request.contains("mk-"))
    });
    running.interrupt();
    let said = running.output();
    arguments.iter().for_each(|arguments| shows_none("the arguments of a shard", arguments, &markers));
    shows_none("the output of a fleet", said.as_bytes(), &markers);
    for report in ["f.json", "f.html"] {
        shows_none(report, project.read(report).as_bytes(), &markers);
    }
    let data = project.path().join("specs/accounts.csv");
    let binary = project.path().join("marked");
    for file in files_below(project.path()).iter().filter(|file| **file != data && **file != binary) {
        shows_none(&file.display().to_string(), &fs::read(file).unwrap(), &markers);
    }

    // The masked exchanges really contained the markers.
    let heard = server.heard.lock().unwrap().join("\n");
    for marker in [TICKET, SESSION, "mk-bearer/+=&'1", "mk-header \"<&>3", "mk-signalfx-token-6"] {
        assert!(heard.contains(marker), "{marker} was not sent");
    }
}

/// The arguments of the processes that a process started.
fn arguments_of_children(parent: u32) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    // A process that has just been forked still has the arguments of its parent.
    let own = fs::read(format!("/proc/{parent}/cmdline")).unwrap_or_default();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        // `4711 (marked) S 4710 …`: the state follows the name, and the parent's number the state.
        let stat = String::from_utf8_lossy(&read("stat")).into_owned();
        let of = stat.rsplit(") ").next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        let arguments = read("cmdline");
        if of == Some(parent) && arguments != own && !arguments.is_empty() {
            found.push(arguments);
        }
    }
    found
}

#[test]
fn variable_that_is_too_short_to_mask_is_refused_as_a_secret() {
    let server = Mirror::start();
    let env = format!("shop: {{ url: 'http://{}', neutral: '${{NEUTRAL}}', ticket: '${{TICKET}}' }}\n", server.addr);
    let spec = "api shop { base env.shop.url; auth header(\"X-Shop\", env.shop.ticket); healthcheck none }\nsequence S { step \"A\" { shop GET /ticket?q={env.shop.neutral} } }\nuser U { run S }\n";
    let project = Project::new().spec("short", spec).env(env).profile("short", "clients: 1, duration: 1s").build("short");
    let run = |neutral: &str, ticket: &str| project.run("short", &["--debug"]).env("NEUTRAL", neutral).env("TICKET", ticket);
    let refused = run("long enough", "abc").exits(2);
    refused.prints(&["config/here.yml:1:", "shop.ticket is the value of ${TICKET}: a secret of fewer than 4 characters cannot be masked"]);
    assert!(server.heard.lock().unwrap().is_empty(), "{refused}");
    let warned = run("abc", "long enough").exits(0);
    warned.prints(&["warning: config/here.yml:1:", "the value of ${NEUTRAL} in shop.neutral has fewer than 4 characters"]);
    run("long enough", "long enough").exits(0).omits(&["warning"]);
}

/// The variables and columns of a spec that hold secrets: `keep token`, `take t.value`, `column people.name`.
fn secrets_of(spec: &str) -> Vec<String> {
    let rest = "api shop { base env.shop.url; healthcheck none; login(key, word) = POST /login { json { user: key, password: word } } }\nuser U { run S }\n";
    let project = Project::new()
        .spec("x", format!("{spec}\n{rest}"))
        .env("shop: { url: 'http://127.0.0.1:1', key: '${KEY}' }\n")
        .file("specs/rows.csv", "name,word,pin\nanna,abcd,1234\n")
        .profile("x", "clients: 1, duration: 1s");
    let checked = project.check("x").unwrap();
    let errors: Vec<&str> = checked.diagnostics.iter().filter(|found| found.is_error()).map(|found| found.message.as_str()).collect();
    assert!(errors.is_empty(), "{errors:?} in {spec}");
    let program = checked.program.unwrap();
    let path = |kind: &str, name: &str, members: &[String]| format!("{kind} {}", [&[name.to_owned()], members].concat().join("."));
    let mut found: Vec<String> = program
        .secrets
        .iter()
        .map(|(holder, members)| match holder {
            ltc::model::SecretHolder::Keep(id) => path("keep", &program.keeps[id.0].name, members),
            ltc::model::SecretHolder::Global(id) => path("let", &program.globals[id.0].name, members),
            ltc::model::SecretHolder::Shared(id) => path("shared", &program.shared[id.0], members),
        })
        .collect();
    let routines = program.before_test.iter().map(|routine| &routine.frame);
    let frames = program.sequences.iter().map(|sequence| &sequence.frame).chain(routines);
    for frame in frames {
        found.extend(frame.secrets.iter().map(|(local, members)| path("local", &frame.locals[local.0].name, members)));
    }
    for data in &program.data {
        found.extend(data.secrets.iter().map(|column| format!("column {}.{column}", data.name)));
    }
    found
}

#[test]
fn credentials_are_followed_to_their_origin() {
    let data = "data people from \"rows.csv\"\n";
    for (spec, expected) in [
        // What is marked.
        ("keep secret pin = \"\"\nsequence S { log \"{pin}\" }", &["keep pin"][..]),
        (
            "data people from \"rows.csv\" { secret pin, \"name\" }\nsequence S { log \"{next(people).pin}\" }",
            &["column people.name", "column people.pin"],
        ),
        // From `auth`, through variables, members, texts and calls.
        (
            "sequence S { step \"A\" interrupt { shop GET /a; take t = json.ticket }; let u = \"x {t}\"; set shop.auth = bearer(u) }",
            &["local t", "local u"],
        ),
        ("keep me = null\nsequence S { step \"A\" { shop GET /a { auth basic(me.name, me.word) } } }", &["keep me.word"]),
        (
            "sequence T gives t { step \"A\" interrupt { shop GET /a; take t = json.x } }\nsequence S { take u = run T(); set shop.auth = header(\"X\", u) }",
            &["local t", "local u"],
        ),
        (
            "before test { step \"A\" interrupt { shop GET /a; take t = json.x } }\nsequence S { step \"B\" { shop GET /b { auth bearer(t) } } }",
            &["shared t", "local t"],
        ),
        ("let k = uuid()\nsequence S { step \"A\" { shop GET /a { auth bearer(jwt(\"HS256\", k, { id: user.id })) } } }", &["let k"]),
        // From the names of members, headers and sources.
        (
            "sequence S { step \"A\" interrupt { shop GET /a; take t = json.data.access_token; take c = cookie \"sid\" }; log \"{t}{c}\" }",
            &["local t", "local c"],
        ),
        (
            "sequence S { step \"A\" interrupt { shop GET /a; take t = json \"$.data['api_key']\"; take n = json.name }; log \"{t}{n}\" }",
            &["local t"],
        ),
        ("keep w = \"abcd\"\nsequence S { step \"A\" { shop.login(\"me\", w) } }", &["keep w"]),
        ("keep w = \"abcd\"\nsequence S { step \"A\" { shop.login(w, \"me\") } }", &[]),
        // A loop through the members of a value ends.
        ("keep k = null\nsequence S { set k = k.next; step \"A\" { shop GET /a { auth bearer(k.next) } } }", &["keep k.next"]),
    ] {
        assert_eq!(secrets_of(spec), expected, "{spec}");
    }
    let drawn = format!("{data}keep me = next(people)\nsequence S {{ step \"A\" {{ shop.login(me.name, me.word) }} }}");
    assert_eq!(secrets_of(&drawn), ["keep me.word", "column people.word"]);
    let looped = format!("{data}sequence S {{ for one in people.all {{ step \"A\" {{ shop.login(one.name, one.pin) }} }} }}");
    assert_eq!(secrets_of(&looped), ["local one.pin", "column people.pin"]);
}
