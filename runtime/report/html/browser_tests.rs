//! Tests the page in a real browser: headless Chromium opens it, an added script uses it as a reader would, and the page's own text returns
//! what the script found. The pages stay in `target/report-pages` for inspection.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::super::sample::{report, verdict};
use super::super::{ApiVersion, Report, RunInfo};
use crate::tools::needs;
use ltc_engine::clock;
use ltc_engine::stats::{Cpu, Example, FailureClass, FailureKey, Recorder, ReportRow, Sample, Snapshot, Timeline, Traffic};

/// The most time for Chromium.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Runs before everything else in the page, and records errors.
pub(crate) const WATCH: &str = "<script>
window.wrong = [];
addEventListener('error', (event) => window.wrong.push(String(event.message)));
addEventListener('unhandledrejection', (event) => window.wrong.push(String(event.reason)));
document.addEventListener('securitypolicyviolation', (event) => window.wrong.push('policy: ' + event.violatedDirective));
for (const level of ['error', 'warn']) console[level] = (...words) => window.wrong.push(words.join(' '));
</script>";

/// Runs after everything else: uses the page, and writes the observations into it.
const USE: &str = "<script>
addEventListener('load', () => setTimeout(() => {
  const all = (what, within) => [...(within || document).querySelectorAll(what)];
  const names = () => all('table.steps tbody tr').map((row) => row.querySelector('.pick span').textContent);
  const column = (name) => all('table.steps thead th').findIndex((head) => head.textContent === name);
  const cells = (name) => all('table.steps tbody tr').map((row) => row.children[column(name)].textContent);
  const press = (name) => all('table.steps thead button').find((button) => button.textContent === name).click();
  const chart = (title) => all('.chart').find((one) => one.querySelector('h3').textContent.startsWith(title));
  const seen = {};
  seen.charts = all('.chart').map((one) => [one.querySelector('h3').firstChild.textContent, all('path.curve', one).length]);
  seen.alone = all('circle.alone', chart('Requests a second')).length;
  seen.order = names().slice(0, 3);
  press('Requests');
  seen.down = cells('Requests').slice(0, 3);
  seen.sorted = all('th[aria-sort]').map((head) => head.textContent + ' ' + head.getAttribute('aria-sort'));
  press('Requests');
  seen.up = cells('Requests').slice(0, 3);
  press('Requests');
  seen.again = names().slice(0, 3);
  press('Step');
  seen.byName = names().slice(0, 3);
  seen.rows = names().length;
  const more = all('.more').find((one) => !one.hidden && /Show all/.test(one.textContent));
  if (more) { more.click(); seen.all = names().length; }
  const search = document.querySelector('.bar input');
  if (search) { search.value = 'pay'; search.dispatchEvent(new Event('input')); seen.found = names().length; }
  all('.tabs button').find((button) => button.textContent === 'Traffic').click();
  seen.traffic = column('Received') > 0;
  const times = chart('Response times');
  const before = all('path.curve', times).length;
  const p99 = all('.legend button', times).find((one) => one.textContent === 'p99');
  p99.click();
  seen.toggled = [before, all('path.curve', times).length, all('.legend button', times).find((one) => one.textContent === 'p99').getAttribute('aria-pressed')];
  const box = times.querySelector('svg').getBoundingClientRect();
  const over = new PointerEvent('pointermove', { clientX: box.left + box.width / 2, clientY: box.top + 40, bubbles: true });
  times.querySelector('svg').dispatchEvent(over);
  seen.tip = times.querySelector('.tip').textContent;
  seen.crosses = all('.cross[visibility=visible]').length;
  const distribution = chart('Distribution');
  const curves = all('path.curve', distribution).length;
  all('.pick')[0].click();
  seen.picked = all('path.curve', distribution).length - curves;
  const kind = document.querySelector('details.kind');
  if (kind) { kind.open = true; }
  setTimeout(() => {
    seen.example = kind ? kind.querySelectorAll('.example pre').length : 0;
    seen.badge = document.getElementById('verdict').textContent;
    seen.wide = document.documentElement.scrollWidth <= innerWidth;
    seen.wrong = window.wrong;
    const output = parent.document.createElement('pre');
    output.id = 'seen';
    output.textContent = JSON.stringify(seen);
    parent.document.body.append(output);
  }, 100);
}, 200));
</script>";

fn pages() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/report-pages");
    fs::create_dir_all(&folder).unwrap();
    folder.canonicalize().unwrap()
}

fn chromium() -> Command {
    let mut command = Command::new("chromium");
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]);
    command
}

/// The content of a page, in a frame of that width, after ten seconds of the page's own time.
pub(crate) fn dom(page: &str, width: u32) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    let framed = page.replace('&', "&amp;").replace('"', "&quot;");
    // A frame is needed because a window can't be as narrow as a phone.
    let frame =
        format!("<!doctype html><body><iframe style=\"width:{width}px;height:900px;border:0\" srcdoc=\"{framed}\"></iframe></body>");
    fs::write(&file, frame).unwrap();
    let output = fs::File::create(folder.path().join("dom")).unwrap();
    let mut child = chromium()
        .arg(format!("--user-data-dir={}", folder.path().join("user").display()))
        .args(["--virtual-time-budget=10000", "--dump-dom"])
        .arg("--window-size=1400,1000")
        .arg(format!("file://{}", file.display()))
        .stdout(output)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = clock::now();
    while child.try_wait().unwrap().is_none() {
        if clock::since(begun) > TIMEOUT {
            let _ = child.kill();
            panic!("chromium took more than {TIMEOUT:?}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    fs::read_to_string(folder.path().join("dom")).unwrap()
}

/// Opens the page of a report, uses it, and returns the observations.
fn used(name: &str, report: &Report, width: u32) -> serde_json::Value {
    let mut page = Vec::new();
    super::write(report, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    fs::write(pages().join(format!("{name}.html")), &page).unwrap();
    let watched = page.replacen("<title>", &format!("{WATCH}<title>"), 1).replacen("</body>", &format!("{USE}</body>"), 1);
    let dom = dom(&watched, width);
    let seen = dom.rsplit_once("<pre id=\"seen\">").unwrap_or_else(|| panic!("the page wasn't used to its end: {} bytes", dom.len())).1;
    let seen = seen.split_once("</pre>").unwrap().0.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&seen).unwrap()
}

#[test]
fn a_small_report_is_drawn_sorted_and_toggled() {
    needs!("chromium");
    let mut report = report();
    report.thresholds = vec![verdict(&report, "failures < 2%"), verdict(&report, "Checkout.p95 < 1s")];
    report.run.notes.push("shard 1 lost: <b>it ended</b>".into());
    report.conclude();
    let seen = used("small", &report, 1280);
    assert_eq!(seen["wrong"], serde_json::json!([]), "{seen:#}");
    assert_eq!(seen["badge"], "failed: 1 of 2 thresholds failed");
    assert_eq!(seen["order"], serde_json::json!(["Checkout / Create", "Checkout / Pay", "Checkout"]));
    assert_eq!(seen["again"], seen["order"], "a third press is the spec's order");
    assert_eq!(seen["byName"], serde_json::json!(["Checkout", "Checkout / Create", "Checkout / Pay"]));
    assert_eq!(seen["sorted"], serde_json::json!(["Requests descending"]));
    assert_eq!(seen["toggled"], serde_json::json!([3, 2, "false"]));
    assert!(seen["tip"].as_str().unwrap().contains("p95") && !seen["tip"].as_str().unwrap().contains("p99"), "{seen:#}");
    assert!(seen["crosses"].as_u64().unwrap() >= 3, "charts of the same time share it: {seen:#}");
    assert_eq!(seen["alone"], 0, "a line connects the two intervals");
    assert_eq!(seen["traffic"], true);
    assert_eq!(seen["picked"].as_i64().unwrap().abs(), 1);
    assert_eq!(seen["example"], 8, "request and response of four examples");
    assert_eq!(seen["wide"], true, "nothing sticks out");
    for chart in seen["charts"].as_array().unwrap() {
        assert!(chart[1].as_u64().unwrap() > 0, "an empty chart: {seen:#}");
    }
}

#[test]
fn only_interval_of_a_report_is_a_visible_point() {
    needs!("chromium");
    let report = report();
    let mut timeline = Timeline::new(Duration::from_secs(10));
    timeline.add(&report.total, &report.names);
    let seen = used("one-interval", &Report { timeline, ..report }, 1280);
    assert_eq!(seen["wrong"], serde_json::json!([]), "{seen:#}");
    assert_eq!(seen["alone"], 1, "{seen:#}");
}

#[test]
fn a_thousand_names_and_a_day_are_readable_on_a_phone() {
    needs!("chromium");
    let report = day();
    let seen = used("day", &report, 390);
    assert_eq!(seen["wrong"], serde_json::json!([]), "{seen:#}");
    assert_eq!(seen["rows"], 25, "the first of them");
    assert_eq!(seen["all"], 1000);
    assert_eq!(seen["found"], 125, "the filter finds the steps with `Pay` in their name");
    let counts = |key: &str| -> Vec<u64> {
        let all = seen[key].as_array().unwrap().iter();
        all.map(|cell| cell.as_str().unwrap().replace(',', "").parse().unwrap()).collect()
    };
    let (down, up) = (counts("down"), counts("up"));
    assert!(down.is_sorted_by(|a, b| a >= b) && up.is_sorted() && down[0] > up[0], "{down:?} {up:?}");
    assert_eq!(seen["wide"], true, "nothing sticks out of 390 px");
    let size = fs::metadata(pages().join("day.html")).unwrap().len();
    assert!(size < 4_000_000, "{size} bytes");
}

/// A day with a thousand steps: a wave of load, a slow hour, a burst of failures, a lost shard.
fn day() -> Report {
    const NAMES: u64 = 1000;
    const INTERVALS: u64 = 360;
    let actions = ["Search", "Look", "Add", "Pay", "Ship", "Cancel", "Track", "Rate"];
    let names: Vec<ReportRow> = (0..NAMES)
        .map(|n| ReportRow::step(format!("Market {:03} / {}", n / 8, actions[(n % 8) as usize]), if n % 3 == 0 { "POST" } else { "GET" }))
        .collect();
    let mut recorder = Recorder::new(names.len(), 0);
    let mut timeline = Timeline::new(Duration::from_secs(240));
    let mut total = Snapshot::empty(names.len());
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    for interval in 0..INTERVALS {
        let hour = interval as f64 / 15.0;
        let wave = 0.6 - 0.4 * (hour / 24.0 * std::f64::consts::TAU).cos();
        let slow = if (14.0..15.0).contains(&hour) { 3.0 } else { 1.0 };
        for k in 0..((70.0 * wave) as u64) {
            let name = (interval * 37 + k * 13) % NAMES;
            for _ in 0..(2 + name % 7) {
                let base = 8.0 + (name % 97) as f64 * 1.7;
                let us = base * slow * (0.6 + -(1.0 - random()).ln() * 0.5) * 1000.0;
                let took = Duration::from_micros(us as u64);
                let ok = random() > if (9.0..9.5).contains(&hour) { 0.2 } else { 0.002 };
                recorder.record(&Sample {
                    name: name as u32,
                    service: took,
                    response: took,
                    ok,
                    traffic: Traffic { sent: 300, received: 2_000 + name * 11, reused: 1, ..Traffic::default() },
                    ..Sample::default()
                });
                if !ok {
                    let class = [FailureClass::Status, FailureClass::Timeout, FailureClass::Json][(name % 3) as usize];
                    let key = FailureKey { name: name as u32, class, place: (name % 40) as u32, kind: "".into() };
                    recorder.failure(key, Duration::from_secs(interval * 240), || Example {
                        user: name,
                        message: "expected status 200, got 503 Service Unavailable".into(),
                        request: "GET /markets/17/items HTTP/1.1\r\nHost: shop.example\r\n\r\n".into(),
                        response: "HTTP/1.1 503 Service Unavailable\r\n\r\n{\"error\":\"overloaded\"}".into(),
                        ..Example::default()
                    });
                }
            }
        }
        recorder.lag(Duration::from_micros((400.0 * wave * random()) as u64));
        let seconds = |seconds: f64| Duration::from_secs_f64(seconds);
        recorder.cpu(&Cpu::of(seconds(240.0 * wave * 0.7), seconds(240.0), seconds(5.0 * wave), seconds(4.0 * wave)));
        let users = (2_000.0 * wave) as u64;
        let delta = recorder.snapshot(Duration::from_secs((interval + 1) * 240), if slow > 1.0 { users * 3 / 4 } else { users }, users);
        timeline.add(&delta, &names);
        total.merge(&delta);
    }
    let mut report = Report {
        setup: super::super::Setup::default(),
        run: RunInfo {
            test: "marketplace".into(),
            description: "A day of all markets".into(),
            env: "staging".into(),
            spec: "specs/marketplace.lt".into(),
            profile: "test_header:\n  name: marketplace\n  env: staging\nprofile:\n  runner: {clients: 2000, duration: 1d}\n".into(),
            seed: 7,
            started_at: "2026-11-23T00:00:00.250Z".into(),
            duration_us: INTERVALS * 240_000_000,
            ltc_version: "0.1.0".into(),
            apis: vec![
                ApiVersion { name: "shop".into(), version: "2.8.0".into() },
                ApiVersion { name: "stock".into(), version: "1.0.3".into() },
            ],
            hostname: "lab".into(),
            plan: vec!["up to 2000 users in 1d".into(), "8 shards in 103 intervals".into()],
            notes: vec!["shard 3 lost from 14:00:00 to 15:00:00, 500 users: the process ended".into()],
            ..RunInfo::default()
        },
        names,
        places: (0..40).map(|n| format!("specs/marketplace.lt:{}:5", 12 + n * 4)).collect(),
        total,
        timeline,
        ..Report::default()
    };
    let texts = ["all.failures < 2%", "all.p95 < 400ms", "\"Market 007 / Pay\".p99 < 900ms", "all.rps > 1", "p99 < baseline * 1.1"];
    report.thresholds = texts.map(|text| verdict(&report, text)).into();
    report.conclude();
    report
}
