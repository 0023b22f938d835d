//! `--debug`: shows each exchange of the steps in full.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use ltc_engine::Detail;
use ltc_engine::Location;
use ltc_engine::Trace;
use ltc_engine::observe::{ObservedUser, Observer};

use crate::report::text::shown_lines;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold();

/// Prints steps as they end.
#[derive(Debug, Default)]
pub(crate) struct Printer {
    failures: Cell<u64>,
    steps: Cell<u64>,
    /// Whether only failures are shown.
    only_failures: bool,
    /// The last headline, so that it isn't repeated.
    headline: RefCell<String>,
}

/// A shared printer. The caller reads its counts at the end.
#[derive(Clone, Debug)]
pub(crate) struct Shared(pub(crate) std::rc::Rc<Printer>);

impl Printer {
    pub(crate) fn new(only_failures: bool) -> Self {
        Self { only_failures, ..Self::default() }
    }

    /// The number of steps that ran, and the number of failures.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.steps.get(), self.failures.get())
    }

    /// Prints a headline above the next steps.
    pub(crate) fn headline(&self, text: &str) {
        if !self.only_failures && *self.headline.borrow() != text {
            crate::say::out!("\n{HEAD}== {text}{HEAD:#}");
            text.clone_into(&mut self.headline.borrow_mut());
        }
    }
}

impl Observer for Shared {
    fn wants_detail(&self) -> bool {
        true
    }

    fn step(&self, observed: &ObservedUser<'_>, trace: &Trace) {
        let printer = &self.0;
        printer.steps.set(printer.steps.get() + 1);
        if !trace.failures.is_empty() {
            printer.failures.set(printer.failures.get() + u64::from(!observed.tries_again));
        } else if printer.only_failures {
            return;
        }
        crate::say::text(&mut anstream::stdout(), &observed.mask_step(trace, &shown(observed, trace)));
    }

    fn failure(&self, observed: &ObservedUser<'_>, at: Location, message: &str) {
        self.0.failures.set(self.0.failures.get() + 1);
        crate::say::out!("{BAD}✗{BAD:#} {} {}", observed.location(at), shown_lines(&observed.mask(message)));
    }

    fn log(&self, observed: &ObservedUser<'_>, at: Location, text: &str) {
        crate::say::out!("{DIM}log {}{DIM:#} {}", observed.location(at), shown_lines(&observed.mask(text)));
    }
}

fn shown(observed: &ObservedUser<'_>, trace: &Trace) -> String {
    let name = observed.tables.lines[trace.info.line as usize].name;
    let mut flags = String::new();
    if trace.info.skip {
        flags.push_str(" skip");
    }
    if trace.info.interrupt {
        flags.push_str(" interrupt");
    }
    let mut out = format!("\n{HEAD}-- step \"{name}\"{HEAD:#}{flags} {DIM}{}{DIM:#}\n", observed.location(trace.info.at));
    // A secret of several lines is masked before each line gets its mark.
    let masked = |text: String| shown_lines(&observed.mask_step(trace, &text));
    if let Some(sent) = &trace.sent {
        for line in masked(ltc_engine::show::request(&sent.request, &sent.cookies)).lines() {
            let _ = writeln!(out, "{DIM}>{DIM:#} {line}");
        }
    }
    if let Some(response) = trace.received.as_ref().map(|answer| &answer.raw) {
        for hop in &response.hops {
            let _ = writeln!(out, "{DIM}< {} redirects to {}{DIM:#}", hop.status, masked(hop.url.to_string()));
        }
        for line in masked(ltc_engine::show::response(response)).lines() {
            let _ = writeln!(out, "{DIM}<{DIM:#} {line}");
        }
        let (timings, phases) = (&response.timings, &response.traffic.phases);
        let phase = |name: &str, took: Option<Duration>| took.map(|took| format!("{name} {}, ", millis(took))).unwrap_or_default();
        let connection = if response.reused() { "reused connection, " } else { "" };
        let _ = writeln!(
            out,
            "  {DIM}{connection}{}{}{}first byte {}, whole {}; {} bytes out, {} in{DIM:#}",
            phase("dns", phases.dns),
            phase("connect", phases.connect),
            phase("tls", phases.tls),
            millis(timings.first_byte),
            millis(timings.total),
            response.traffic.sent,
            response.traffic.received,
        );
    }
    if let Some(partial) = &trace.partial {
        for line in masked(ltc_engine::show::partial(partial)).lines() {
            let _ = writeln!(out, "{DIM}<{DIM:#} {line}");
        }
    }
    let mut judged = Vec::new();
    for detail in trace.details.iter().flatten() {
        match detail {
            Detail::Verdict(expectation, Ok(got)) => {
                let got = got.as_ref().map(|got| format!("  {DIM}got {}{DIM:#}", masked(got.clone()))).unwrap_or_default();
                let _ = writeln!(out, "  {GOOD}✓{GOOD:#} expect {}{got}", expectation.written);
            }
            Detail::Verdict(expectation, Err(why)) => {
                judged.push(why.as_str());
                let _ = writeln!(out, "  {BAD}✗{BAD:#} expect {}", expectation.written);
                let _ = writeln!(out, "    {} {BAD}{}{BAD:#}", observed.location(expectation.at), masked(why.clone()));
            }
            Detail::Missed(name) => {
                let _ = writeln!(out, "  {DIM}take{DIM:#} {name}: nothing found, its `else` counts");
            }
            Detail::Took(name, value) => {
                let _ = writeln!(out, "  {DIM}take{DIM:#} {name} = {}", masked(value.literal()));
            }
        }
    }
    for failure in trace.failures.iter().filter(|failure| !judged.contains(&failure.message.as_str())) {
        let _ = writeln!(out, "  {BAD}✗{BAD:#} {} {BAD}{}{BAD:#}", observed.location(failure.at), masked(failure.message.clone()));
    }
    out
}

fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}
