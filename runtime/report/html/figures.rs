//! The figures that the page draws: response times in milliseconds, times of the test in seconds, four significant digits.

use serde_json::{Value, json};

use super::super::Report;
use super::super::figures::failures_listed;
use ltc_engine::stats::{Durations, History, RowKind, RowStats, Summary};

/// The percentiles of the timeline, with their indices in [`ltc_engine::stats::PERCENTILES`].
const DRAWN: [(&str, usize); 5] = [("p50", 0), ("p90", 4), ("p95", 5), ("p99", 7), ("max", 10)];

/// The number of tenths of a nine up to 99.999 %.
const TENTHS: u32 = 50;

/// All figures of a report.
pub(super) fn of(report: &Report) -> Value {
    let seconds = report.run.duration().as_secs_f64();
    let total = report.total.total(&report.names);
    let history = report.timeline.history();
    let lines: Vec<Value> = report
        .names
        .iter()
        .zip(&report.total.names)
        .enumerate()
        .filter(|(_, (_, stats))| !stats.is_empty())
        .map(|(index, (name, stats))| {
            let mut line = line(stats, seconds);
            line["name"] = json!(name.name);
            line["group"] = json!(name.kind == RowKind::Group);
            line["method"] = json!(name.method);
            line["course"] = series(history, index);
            line
        })
        .collect();
    json!({
        "run": report.run,
        "seconds": digits(seconds),
        "verdict": report.outcome.key(),
        "verdict_text": report.verdict(),
        "warnings": report.warnings(),
        "thresholds": report.thresholds.iter().map(|verdict| json!({
            "text": verdict.text,
            "place": verdict.place,
            "actual": verdict.actual_text(),
            "limit": verdict.limit_text(),
            "word": verdict.word(),
            "detail": verdict.detail,
        })).collect::<Vec<_>>(),
        "never": report.names.iter().zip(&report.total.names).filter(|(_, stats)| stats.requests + stats.skipped == 0)
            .map(|(name, _)| &name.name).collect::<Vec<_>>(),
        "percentiles": ltc_engine::stats::PERCENTILE_NAMES,
        "total": line(&total, seconds),
        "lines": lines,
        "width": digits(history.width_us() as f64 / 1e6),
        "interval": digits(report.timeline.interval().as_secs_f64()),
        // The users when the test ended, and the number planned at that time.
        "left": { "running": report.total.users(), "planned": report.total.planned() },
        "timeline": timeline(report),
        "failures": failures(report),
        "classes": report.total.failures.by_class().iter().map(|(class, count)| json!([class.name(), count])).collect::<Vec<_>>(),
        "failed": report.total.failures.count(),
        "failed_words": failures_listed(report),
        "untold": report.total.failures.other(),
        "missed": report.total.missed,
        "setup": report.setup.parts().iter().filter(|(_, stats)| stats.tried() > 0)
            .map(|(what, stats)| json!([what, stats.requests, stats.failures])).collect::<Vec<_>>(),
        "reasons": report.total.failures.further_reasons().iter().take(20)
            .map(|(key, number)| json!([report.name(key.name), key.class.name(), key.kind.as_str(), number])).collect::<Vec<_>>(),
        "lag": times(&report.total.lag),
        "cpu": {
            "average": digits(report.total.cpu.share()),
            "peak": digits(report.total.cpu.peak()),
            "waited": digits(report.total.cpu.waited()),
            "stolen": digits(report.total.cpu.stolen()),
        },
    })
}

/// Rounds to four significant digits: a chart can't show more, and a page with a thousand rows should stay small.
fn digits(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let scale = 10f64.powi(4 - value.abs().log10().ceil() as i32);
    (value * scale).round() / scale
}

/// Milliseconds: to the microsecond below a second, to a tenth above.
fn ms(us: u64) -> f64 {
    if us < 1_000_000 { us as f64 / 1000.0 } else { (us as f64 / 100.0).round() / 10.0 }
}

fn line(stats: &RowStats, seconds: f64) -> Value {
    let mut line = json!({
        "requests": stats.requests,
        "failures": stats.failures,
        "tried": stats.tried(),
        "failed": times(&stats.failed),
        "unfinished": stats.unfinished,
        "longest": ms(stats.unfinished_longest_us),
        "resends": stats.resends,
        "redirects": stats.redirects,
        "skipped": stats.skipped,
        "skipped_failures": stats.skipped_failures,
        "retried": stats.retried,
        "rps": digits(if seconds > 0.0 { stats.requests as f64 / seconds } else { 0.0 }),
        "times": times(stats.response()),
        "sent": stats.bytes_sent,
        "received": stats.bytes_received,
        "opened": stats.opened,
        "reused": stats.reused,
        "first": mean(&stats.first_byte),
        "dns": mean(&stats.dns),
        "connect": mean(&stats.connect),
        "tls": mean(&stats.tls),
    });
    if stats.response.is_some() {
        line["service"] = times(&stats.service);
    }
    line
}

/// The mean in milliseconds. It is null without values.
fn mean(summary: &Summary) -> Option<f64> {
    (summary.count > 0).then(|| digits(summary.mean_us() / 1000.0))
}

fn times(durations: &Durations) -> Value {
    json!({
        "count": durations.count(),
        "avg": digits(durations.mean_us() / 1000.0),
        "min": ms(durations.min_us()),
        "p": durations.percentiles_us().map(ms),
        "nines": nines(durations),
    })
}

/// The distribution at each tenth of a nine (the first is 0 %, then 20.6 %; the tenth is 90 %, the twentieth 99 %), as far as there are
/// enough values to tell them apart, and then the maximum.
fn nines(durations: &Durations) -> Vec<f64> {
    if durations.is_empty() {
        return Vec::new();
    }
    let most = (durations.count() as f64).log10() * 10.0;
    let steps = (0..=TENTHS).take_while(|&step| f64::from(step) <= most);
    let quantiles: Vec<f64> = steps.map(|step| 1.0 - 10f64.powf(-f64::from(step) / 10.0)).collect();
    let mut values: Vec<f64> = durations.quantiles_us(&quantiles).into_iter().map(ms).collect();
    if let Some(first) = values.first_mut() {
        *first = ms(durations.min_us());
    }
    values.push(ms(durations.max_us()));
    values
}

/// A row's cells, as one list for each figure. Cells without requests are left out.
fn series(history: &History, line: usize) -> Value {
    let cells: Vec<_> = history.line(line).collect();
    let times = |quantile: f64| cells.iter().map(|(_, cell)| ms(cell.quantile_us(quantile))).map(digits).collect::<Vec<_>>();
    json!({
        "at": cells.iter().map(|(number, _)| number).collect::<Vec<_>>(),
        "requests": cells.iter().map(|(_, cell)| cell.requests).collect::<Vec<_>>(),
        "failures": cells.iter().map(|(_, cell)| cell.failures).collect::<Vec<_>>(),
        "p50": times(0.5),
        "p95": times(0.95),
        "p99": times(0.99),
    })
}

fn timeline(report: &Report) -> Value {
    let points: Vec<_> = report.timeline.points().collect();
    let of = |figure: &dyn Fn(&ltc_engine::stats::Point) -> Option<f64>| -> Value {
        points.iter().map(|point| figure(point).map(digits)).collect()
    };
    let mut series = json!({
        "from": of(&|point| Some(point.from_us as f64 / 1e6)),
        "to": of(&|point| Some(point.to_us as f64 / 1e6)),
        "users": of(&|point| Some(point.users())),
        "planned": of(&|point| Some(point.planned())),
        "rps": of(&|point| Some(point.rps())),
        "failing": of(&|point| Some(point.failures_per_second())),
        "share": of(&|point| (point.requests + point.fails > 0).then(|| point.failures as f64 * 100.0 / (point.requests + point.fails) as f64)),
        "missed": of(&|point| Some(point.missed as f64)),
        "received": of(&|point| Some(point.bytes_received as f64 / point.length().as_secs_f64().max(1e-6))),
        "opened": of(&|point| Some(point.opened as f64 / point.length().as_secs_f64().max(1e-6))),
        "cpu": of(&|point| (point.cpu.available_us > 0).then(|| point.cpu.share() * 100.0)),
        "stolen": of(&|point| (point.cpu.available_us > 0).then(|| point.cpu.stolen() * 100.0)),
        "lag": of(&|point| Some(point.lag_us as f64 / 1000.0)),
    });
    for (name, place) in DRAWN {
        series[name] = of(&|point| (point.response.summary.count > 0).then(|| point.percentiles_us[place] as f64 / 1000.0));
    }
    series
}

fn failures(report: &Report) -> Vec<Value> {
    let all = report.total.failures.by_count().into_iter().map(|(key, found)| {
        json!({
            "step": report.name(key.name),
            "class": key.class.name(),
            "kind": key.kind.as_str(),
            "place": report.place(key.place),
            "count": found.count,
            "examples": found.examples.iter().map(|example| json!({
                "at": digits(example.at_us as f64 / 1e6),
                "user": example.user,
                "message": example.message,
                "more": example.reasons.iter().skip(1).collect::<Vec<_>>(),
                "request": example.request,
                "response": example.response,
            })).collect::<Vec<_>>(),
        })
    });
    all.collect()
}
