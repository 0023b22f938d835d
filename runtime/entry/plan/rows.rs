//! Rows of data that no two users hold at the same time: their number, and the number that the plan needs.

use serde::Serialize;

use crate::report::count;
use ltc_engine::program::{AtEnd, Program};
use ltc_engine::schedule::{Cycle, Plan};

/// The rows of a `data` with `share unique`.
#[derive(Debug, Serialize)]
pub(super) struct RowsPlan {
    data: &'static str,
    rows: u64,
    /// The number with which each user can hold one; `null`: users hold none for longer than they need it once.
    needed: Option<u64>,
    /// The number with which each iteration can draw one that is used once in the test. `null`: rows are used again, no iteration draws
    /// one, or the number of iterations is unknown before the test.
    needed_by_iterations: Option<u64>,
    /// Whether this number is exact: the iterations are those of arrivals at even distances or of `wait pacing`. Otherwise it is an
    /// estimate.
    exact: bool,
}

impl RowsPlan {
    pub(super) fn of(program: &Program, plan: &Plan) -> Vec<Self> {
        let unique = program.data.iter().filter(|data| data.unique);
        unique
            .map(|data| {
                let once = data.at_end != AtEnd::Recycle;
                let holds = !once || !data.kept_by.is_empty();
                let needed = holds.then(|| plan.whole().holders(&[data.kept_by, data.drawn_by].concat()).len() as u64);
                let drawing: Vec<usize> = data.drawn_by.iter().copied().filter(|class| plan.is_active(*class)).collect();
                let cycle = |class: &usize| plan.classes()[*class].cycle;
                let is_known = |class: &usize| plan.is_open(*class) || cycle(class) != Cycle::Unknown;
                let counts = once && plan.total_duration().is_some() && !drawing.is_empty() && drawing.iter().all(is_known);
                let iterations = counts.then(|| plan.whole().expected(&drawing).total());
                let exact = drawing.iter().all(|class| plan.is_even(*class) || matches!(cycle(class), Cycle::Pacing(_)));
                Self {
                    data: data.name,
                    rows: data.count(),
                    needed,
                    // Rows that users keep are not drawn.
                    needed_by_iterations: iterations.map(|iterations| iterations + needed.unwrap_or(0)),
                    exact,
                }
            })
            .collect()
    }

    pub(super) fn text(&self) -> String {
        let about = if self.exact { "" } else { "about " };
        let needed = [
            self.needed.map(|needed| format!("{} needed for one each", count(needed))),
            self.needed_by_iterations.map(|needed| format!("{about}{} needed if each iteration draws one", count(needed))),
        ];
        let parts: Vec<String> = std::iter::once(format!("{} rows", count(self.rows))).chain(needed.into_iter().flatten()).collect();
        format!("Rows       {}: {}", self.data, parts.join(", "))
    }

    /// What happens if the rows do not suffice.
    pub(super) fn warning(&self) -> Option<String> {
        let missing = |needed: u64| needed.checked_sub(self.rows).filter(|missing| *missing > 0).map(count);
        let (data, rows) = (self.data, count(self.rows));
        if let Some((needed, missing)) = self.needed.and_then(|needed| Some((count(needed), missing(needed)?))) {
            return Some(format!("{data} has {rows} rows for {needed} users: where each user holds a row, {missing} of them find none"));
        }
        let missing = missing(self.needed_by_iterations?)?;
        let about = if self.exact { "" } else { "about " };
        Some(format!("{data} has {rows} rows: where each iteration draws one, {about}{missing} more are needed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_iterations_need_are_named_and_missing_rows_warn() {
        let mut rows = RowsPlan { data: "logins", rows: 500, needed: Some(600), needed_by_iterations: Some(36_000), exact: true };
        assert_eq!(rows.text(), "Rows       logins: 500 rows, 600 needed for one each, 36,000 needed if each iteration draws one");
        assert_eq!(rows.warning().unwrap(), "logins has 500 rows for 600 users: where each user holds a row, 100 of them find none");
        (rows.needed, rows.exact) = (None, false);
        assert_eq!(rows.text(), "Rows       logins: 500 rows, about 36,000 needed if each iteration draws one");
        assert_eq!(rows.warning().unwrap(), "logins has 500 rows: where each iteration draws one, about 35,500 more are needed");
        rows.needed_by_iterations = Some(500);
        assert_eq!(rows.warning(), None);
    }
}
