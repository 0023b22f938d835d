//! Rows of data that no two users hold at the same time: their number, and the number that the plan needs.

use serde::Serialize;

use crate::orchestrator::fleet::Fleet;
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
        let arrivals = fleet.total().map(|total| plan.arrivals_before(total)).filter(|arrivals| *arrivals > 0);
        let unique = program.data.iter().filter(|data| data.unique);
        unique
            .map(|data| {
                let rows = data.count();
                let rows_per_worker = rows / workers.max(1);
                let once = data.at_end != AtEnd::Recycle;
                let rows_per_interval = intervals.filter(|intervals| once && *intervals > 1).map(|intervals| rows_per_worker / intervals);
                let needed_by_arrivals = arrivals.filter(|_| once);
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

    pub(super) fn warning(&self) -> Option<String> {
        (self.rows < self.needed).then(|| {
            format!(
                "{} has {} rows for {} users: where each user holds a row, {} of them find none",
                self.data,
                count(self.rows),
                count(self.needed),
                count(self.needed - self.rows)
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_arrivals_need_are_named_and_missing_rows_warn() {
        let rows = RowsPlan {
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
    }
}
