//! The intervals of a plan, and the picture of its load.

use std::time::Duration;

use anstyle::Style;
use serde::Serialize;

use crate::orchestrator::fleet::{Fleet, Interval};
use crate::report::{Table, clock, count};
use ltc_engine::schedule::Plan;

/// The columns of the picture of the load.
const COLUMNS: u32 = 60;
/// The picture of a load without an end covers this time.
const HORIZON: Duration = Duration::from_secs(3600);

/// One interval.
#[derive(Debug, Serialize)]
pub(super) struct IntervalPlan {
    number: u32,
    from_seconds: f64,
    to_seconds: Option<f64>,
    /// Users of the closed model at the beginning, and just before the end.
    users_from: u64,
    users_to: Option<u64>,
    /// Arrivals of the open model; `null`: until it is stopped.
    arrivals: Option<u64>,
    /// The highest rate of arrivals per second, of all functions together and of one.
    rate_peak: f64,
    rate_peak_per_function: f64,
    functions: u32,
}

impl IntervalPlan {
    pub(super) fn of(plan: &Plan, interval: Interval, functions: u32) -> Self {
        let users = |t: Duration| plan.users_at(t).iter().sum();
        let rate_peak = plan.peak_rate_between(interval.from, interval.to.unwrap_or(Duration::MAX));
        Self {
            // Intervals are numbered from 1, in JSON and in the text.
            number: interval.number + 1,
            from_seconds: interval.from.as_secs_f64(),
            to_seconds: interval.to.map(|to| to.as_secs_f64()),
            users_from: users(interval.from),
            users_to: interval.to.map(|to| users(to.saturating_sub(Duration::from_nanos(1)))),
            arrivals: interval.to.map(|to| plan.arrivals_before(to) - plan.arrivals_before(interval.from)),
            rate_peak,
            rate_peak_per_function: rate_peak / f64::from(functions.max(1)),
            functions,
        }
    }
}

/// The table of intervals, with the columns that the load has: users of the closed model, arrivals of the open one.
pub(super) fn table(intervals: &[IntervalPlan]) -> Table {
    let has_arrivals = intervals.iter().any(|interval| interval.rate_peak > 0.0);
    let has_users = !has_arrivals || intervals.iter().any(|interval| interval.users_from > 0 || interval.users_to > Some(0));
    let mut head = vec!["Interval", "from", "to"];
    if has_users {
        head.extend(["users at start", "at end"]);
    }
    if has_arrivals {
        head.extend(["arrivals", "highest rate", "per function"]);
    }
    head.push("functions");
    let mut table = Table::new(head);
    let time = |seconds: f64| clock(Duration::from_secs_f64(seconds));
    for interval in intervals {
        let mut row =
            vec![interval.number.to_string(), time(interval.from_seconds), interval.to_seconds.map_or_else(|| "stopped".to_owned(), time)];
        if has_users {
            row.extend([count(interval.users_from), interval.users_to.map(count).unwrap_or_default()]);
        }
        if has_arrivals {
            row.extend([interval.arrivals.map(count).unwrap_or_default(), rate(interval.rate_peak), rate(interval.rate_peak_per_function)]);
        }
        row.push(interval.functions.to_string());
        table.row(Style::new(), row);
    }
    table
}

/// `1,500/s`, `0.25/s`.
pub(super) fn rate(per_second: f64) -> String {
    if per_second >= 100.0 {
        return format!("{}/s", count(per_second.round() as u64));
    }
    let digits = format!("{per_second:.2}");
    format!("{}/s", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// The number of users of the closed model over time, as `▁▂▄▆█`; `None`: there are none.
pub(super) fn users(plan: &Plan, fleet: &Fleet) -> Option<String> {
    picture(fleet, |from, to| plan.users_at(from + (to - from) / 2).iter().sum::<u64>() as f64)
}

/// The rate of arrivals over time, in the same way.
pub(super) fn rates(plan: &Plan, fleet: &Fleet) -> Option<String> {
    picture(fleet, |from, to| plan.peak_rate_between(from, to))
}

/// A bar for each part of the time.
fn picture(fleet: &Fleet, height: impl Fn(Duration, Duration) -> f64) -> Option<String> {
    const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let total = fleet.total().unwrap_or(HORIZON);
    let heights: Vec<f64> = (0..COLUMNS).map(|column| height(total * column / COLUMNS, total * (column + 1) / COLUMNS)).collect();
    let most = heights.iter().copied().fold(0.0, f64::max);
    let bar = |height: f64| BARS.get((height * 8.0 / most).ceil() as usize).copied().unwrap_or('█');
    (most > 0.0).then(|| heights.into_iter().map(bar).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orchestrator::fleet::FleetOptions;
    use crate::report::TextStyle;
    use ltc_config::Profile;
    use ltc_config::profile::LambdaSettings;
    use ltc_engine::schedule::WeightedClass;

    fn fleet(runner: &str) -> (Plan, Fleet) {
        let profile = Profile::parse(&format!("profile: {{runner: {{{runner}}}}}"), "x.yml").unwrap();
        let plan = Plan::new(&profile, &[WeightedClass::new("A", 1)]).unwrap();
        let fleet = Fleet::on_lambda(&plan, &LambdaSettings::default(), &[], &FleetOptions::default());
        (plan, fleet)
    }

    fn lines(runner: &str) -> String {
        let (plan, fleet) = fleet(runner);
        let intervals: Vec<_> = fleet.intervals().map(|interval| IntervalPlan::of(&plan, interval, fleet.count())).collect();
        table(&intervals).lines(TextStyle { color: false, width: None }).join("\n")
    }

    #[test]
    fn intervals_of_arrivals_have_the_rates_of_all_functions_and_of_one() {
        let text = lines("stages: [{rate: 6000/s, duration: 10m}, {rate: 6000/s, duration: 20m}], max_clients: 900");
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert!(text.contains("arrivals") && text.contains("highest rate") && !text.contains("users"), "{text}");
        let last = rows.last().unwrap();
        assert_eq!((last[0], *last.last().unwrap(), last[last.len() - 2]), ("3", "3", "2,000/s"), "{text}");
        let sum: u64 = rows.iter().filter(|row| row.len() == 7).filter_map(|row| row[3].replace(',', "").parse::<u64>().ok()).sum();
        assert_eq!(sum, 6000 * 300 + 6000 * 1200, "all arrivals of the test: {text}");
    }

    #[test]
    fn intervals_of_users_have_no_columns_of_arrivals() {
        let text = lines("clients: 300, hatch_rate: 1, duration: 20m");
        assert!(text.contains("users at start") && !text.contains("arrivals"), "{text}");
        let mixed = lines("clients: 300, duration: 20m").lines().count();
        assert_eq!(mixed, text.lines().count());
    }

    #[test]
    fn course_of_the_rate_is_pictured() {
        let (plan, fleet) = fleet("rate: 0/s, stages: [{rate: 100/s, duration: 10m}, {rate: 0/s, duration: 10m}], max_clients: 50");
        let rates = rates(&plan, &fleet).unwrap();
        let bars: Vec<char> = rates.chars().collect();
        assert_eq!((bars.len(), bars[0], bars[29], bars[30], bars[59]), (60, '▁', '█', '█', '▁'), "{rates}");
        assert_eq!(users(&plan, &fleet), None);
    }

    #[test]
    fn rates_are_short() {
        assert_eq!([1500.4, 12.5, 0.25, 3.0].map(rate), ["1,500/s", "12.5/s", "0.25/s", "3/s"]);
    }
}
