//! Hand-overs in a plan: how users pass from the functions of an interval to those of the next, and what begins again.

use std::time::Duration;

use serde::Serialize;

use crate::orchestrator::fleet::Fleet;
use ltc_engine::program::{Program, UserClass};
use ltc_engine::schedule::Plan;

/// The hand-overs of a test.
#[derive(Debug, Serialize)]
pub(super) struct HandOverPlan {
    /// How often users pass; `null`: until the test is stopped.
    times: Option<u32>,
    /// The time in which the users pass one by one.
    window_seconds: f64,
    /// The functions that each hand-over invokes.
    invocations: u32,
    /// The most functions that run at the same time in that time.
    functions_at_once: u32,
    /// By how many percent `on start` and `on stop` raise the request rate in that time.
    added_percent: f64,
    /// User classes whose `on start` runs again.
    on_start: Vec<&'static str>,
    /// User classes whose `on stop` runs again.
    on_stop: Vec<&'static str>,
    /// Names of the `keep`s that are evaluated again.
    keeps: Vec<&'static str>,
    /// The data of which `keep` or `on start` draws rows. Each user gets the same row again.
    kept_rows: Vec<&'static str>,
    /// Whether the spec reads `user.iteration`, which starts again at 0.
    iteration: bool,
}

impl HandOverPlan {
    /// `None`: there is only one interval.
    pub(super) fn of(program: &Program, plan: &Plan, fleet: &Fleet) -> Option<Self> {
        let hand_over = fleet.hand_over()?;
        let with = |has: fn(&UserClass) -> bool| {
            let active = program.users.iter().enumerate().filter(|(class, _)| plan.is_active(*class)).map(|(_, class)| class);
            active.filter(|class| has(class)).map(|class| class.name).collect()
        };
        Some(Self {
            times: fleet.total().and_then(|_| u32::try_from(fleet.intervals().count().saturating_sub(1)).ok()),
            window_seconds: hand_over.window.as_secs_f64(),
            invocations: fleet.count(),
            functions_at_once: fleet.count().saturating_mul(2),
            added_percent: hand_over.added * 100.0,
            on_start: with(|class| class.on_start.is_some()),
            on_stop: with(|class| class.on_stop.is_some()),
            keeps: program.keeps.iter().map(|keep| keep.name).collect(),
            kept_rows: program.data.iter().filter(|data| data.unique && !data.kept_by.is_empty()).map(|data| data.name).collect(),
            iteration: program.reads_iteration,
        })
    }

    pub(super) fn text(&self) -> String {
        let times = self.times.map_or_else(
            || "after each interval".to_owned(),
            |times| match times {
                1 => "once".to_owned(),
                _ => format!("{times} times"),
            },
        );
        let window = ltc_config::duration::print(Duration::from_secs_f64(self.window_seconds));
        let mut lines = vec![
            format!("Hand-over  {times}: users pass one by one within {window}"),
            format!(
                "{} function{} started each time, so up to {} run at once",
                self.invocations,
                if self.invocations == 1 { " is" } else { "s are" },
                self.functions_at_once
            ),
        ];
        lines.extend(self.again());
        lines.join("\n           ")
    }

    /// What begins again for each user, a line each, as far as the spec depends on it.
    fn again(&self) -> Vec<String> {
        let blocks: Vec<String> = [("on start", &self.on_start), ("on stop", &self.on_stop)]
            .into_iter()
            .filter(|(_, classes)| !classes.is_empty())
            .map(|(block, classes)| format!("`{block}` of {}", classes.join(", ")))
            .collect();
        let mut lines = Vec::new();
        if !blocks.is_empty() {
            let runs = if blocks.len() == 1 { "runs" } else { "run" };
            lines.push(format!("{} {runs} again: {:.1}% more requests in this time", blocks.join(" and "), self.added_percent));
        }
        if !self.keeps.is_empty() {
            lines.push(format!("`keep` is evaluated again, so what `set` changed is lost: {}", self.keeps.join(", ")));
        }
        if !self.kept_rows.is_empty() {
            lines.push(format!("users keep their rows of {}", self.kept_rows.join(", ")));
        }
        if self.iteration {
            lines.push("`user.iteration` starts again at 0".to_owned());
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_over_names_its_invocations_and_what_begins_again() {
        let mut plan = HandOverPlan {
            times: Some(4),
            window_seconds: 100.0,
            invocations: 10,
            functions_at_once: 20,
            added_percent: 3.0,
            on_start: vec!["Buyer", "Visitor"],
            on_stop: vec!["Buyer"],
            keeps: vec!["cart"],
            kept_rows: vec!["logins"],
            iteration: true,
        };
        assert_eq!(
            plan.text(),
            "Hand-over  4 times: users pass one by one within 1m40s\n           \
             10 functions are started each time, so up to 20 run at once\n           \
             `on start` of Buyer, Visitor and `on stop` of Buyer run again: 3.0% more requests in this time\n           \
             `keep` is evaluated again, so what `set` changed is lost: cart\n           \
             users keep their rows of logins\n           \
             `user.iteration` starts again at 0"
        );
        plan.on_start.clear();
        assert_eq!(plan.again()[0], "`on stop` of Buyer runs again: 3.0% more requests in this time");
        (plan.on_stop, plan.keeps, plan.kept_rows) = (Vec::new(), Vec::new(), Vec::new());
        (plan.times, plan.invocations, plan.iteration) = (None, 1, false);
        assert_eq!(
            plan.text(),
            "Hand-over  after each interval: users pass one by one within 1m40s\n           \
             1 function is started each time, so up to 20 run at once"
        );
    }
}
