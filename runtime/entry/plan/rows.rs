//! Rows of data that no two users hold at the same time: their number, and the number that the plan needs.

use serde::Serialize;

use crate::orchestrator::fleet::{Fleet, Interval};
use crate::report::count;
use ltc_engine::program::{AtEnd, Program};
use ltc_engine::schedule::Plan;

/// The rows of a `data` with `share unique`.
#[derive(Debug, Serialize)]
pub(super) struct RowsPlan {
    data: &'static str,
    rows: u64,
    /// The number with which each user can hold one.
    needed: u64,
    /// The number with which each arrival can draw one that is used once in the test. `null`: rows are used again, or the load has no
    /// arrivals or no end.
    needed_by_arrivals: Option<u64>,
    /// The number of one worker. A row belongs to only one worker.
    rows_per_worker: u64,
    /// The number that the iterations of one worker draw in an interval, if each row is used once in the test.
    rows_per_interval: Option<u64>,
}

impl RowsPlan {
    pub(super) fn of(program: &Program, plan: &Plan, fleet: &Fleet) -> Vec<Self> {
        let workers = u64::from(fleet.count()) * u64::from(fleet.threads.max(1));
        let intervals = fleet.total().map(|_| fleet.intervals().count() as u64);
        // The arrivals of the busiest interval, because each interval has an equal part of the rows.
        let busiest = fleet.total().and_then(|total| {
            let of = |interval: Interval| plan.arrivals_before(interval.to.unwrap_or(total)) - plan.arrivals_before(interval.from);
            fleet.intervals().map(of).max().filter(|arrivals| *arrivals > 0)
        });
        let unique = program.data.iter().filter(|data| data.unique);
        unique
            .map(|data| {
                let rows = data.count();
                let rows_per_worker = rows / workers.max(1);
                let once = data.at_end != AtEnd::Recycle;
                let rows_per_interval = intervals.filter(|intervals| once && *intervals > 1).map(|intervals| rows_per_worker / intervals);
                let needed_by_arrivals = busiest
                    .zip(intervals)
                    .filter(|_| once)
                    .map(|(arrivals, intervals)| arrivals.div_ceil(workers.max(1)) * workers.max(1) * intervals);
                RowsPlan { data: data.name, rows, needed: plan.peak_clients(), needed_by_arrivals, rows_per_worker, rows_per_interval }
            })
            .collect()
    }

    pub(super) fn text(&self) -> String {
        let interval =
            self.rows_per_interval.map_or_else(String::new, |rows| format!(", iterations draw {} of them in an interval", count(rows)));
        let arrivals = self.needed_by_arrivals.map_or_else(String::new, |needed| format!(", {} if each arrival draws one", count(needed)));
        format!(
            "Rows       {}: {} rows, {} needed for one each{arrivals}; {} per worker{interval}",
            self.data,
            count(self.rows),
            count(self.needed),
            count(self.rows_per_worker)
        )
    }

    /// What happens if the rows do not suffice.
    pub(super) fn warning(&self) -> Option<String> {
        let missing = |needed: u64| needed.checked_sub(self.rows).filter(|missing| *missing > 0).map(count);
        if let Some(missing) = missing(self.needed) {
            let (data, rows, needed) = (self.data, count(self.rows), count(self.needed));
            return Some(format!("{data} has {rows} rows for {needed} users: where each user holds a row, {missing} of them find none"));
        }
        let needed = self.needed_by_arrivals?;
        let (data, rows, missing) = (self.data, count(self.rows), missing(needed)?);
        let part = self
            .rows_per_interval
            .map_or_else(String::new, |rows| format!(", because each worker has only {} in an interval", count(rows)));
        Some(format!("{data} has {rows} rows: where each arrival draws one, {missing} more are needed{part}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_arrivals_need_are_named_and_missing_rows_warn() {
        let mut rows = RowsPlan {
            data: "logins",
            rows: 500,
            needed: 600,
            needed_by_arrivals: Some(36_000),
            rows_per_worker: 250,
            rows_per_interval: Some(125),
        };
        assert_eq!(
            rows.text(),
            "Rows       logins: 500 rows, 600 needed for one each, 36,000 if each arrival draws one; 250 per worker, iterations draw 125 of them in an interval"
        );
        assert_eq!(rows.warning().unwrap(), "logins has 500 rows for 600 users: where each user holds a row, 100 of them find none");
        rows.needed = 500;
        assert_eq!(
            rows.warning().unwrap(),
            "logins has 500 rows: where each arrival draws one, 35,500 more are needed, because each worker has only 125 in an interval"
        );
        rows.needed_by_arrivals = Some(500);
        assert_eq!(rows.warning(), None);
    }
}
