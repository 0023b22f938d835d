//! Hand-overs in a plan: how users pass from the functions of an interval to those of the next, and what begins again.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use crate::orchestrator::fleet::Fleet;
use ltc_engine::program::Program;
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
    /// User classes whose `on start` or `on stop` runs again.
    restarts: Vec<&'static str>,
    /// Names of the `keep`s that are evaluated again.
    keeps: Vec<&'static str>,
}

impl HandOverPlan {
    /// `None`: there is only one interval.
    pub(super) fn of(program: &Program, plan: &Plan, fleet: &Fleet) -> Option<Self> {
        let hand_over = fleet.hand_over()?;
        let active = program.users.iter().enumerate().filter(|(class, _)| plan.is_active(*class)).map(|(_, class)| class);
        let restarts = active.filter(|class| class.on_start.is_some() || class.on_stop.is_some());
        Some(Self {
            times: fleet.total().and_then(|_| u32::try_from(fleet.intervals().count().saturating_sub(1)).ok()),
            window_seconds: hand_over.window.as_secs_f64(),
            invocations: fleet.count(),
            functions_at_once: fleet.count().saturating_mul(2),
            added_percent: hand_over.added * 100.0,
            restarts: restarts.map(|class| class.name).collect(),
            keeps: program.keeps.iter().map(|keep| keep.name).collect(),
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
        let mut text = format!("Hand-over  {times}: users pass one by one within {window}, and `user.iteration` starts again at 0");
        // Writing to a string can't fail.
        let _ = write!(
            text,
            "\n           {} function{} started each time, so up to {} run at once",
            self.invocations,
            if self.invocations == 1 { " is" } else { "s are" },
            self.functions_at_once
        );
        let named = |names: &[&str]| names.join(", ");
        if !self.restarts.is_empty() {
            let _ = write!(
                text,
                "\n           `on start` and `on stop` of {} run again: {:.1}% more requests in this time",
                named(&self.restarts),
                self.added_percent
            );
        }
        if !self.keeps.is_empty() {
            let _ = write!(text, "\n           `keep` values are evaluated again: {}", named(&self.keeps));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_over_names_its_invocations_and_what_begins_again() {
        let plan = HandOverPlan {
            times: Some(4),
            window_seconds: 100.0,
            invocations: 10,
            functions_at_once: 20,
            added_percent: 3.0,
            restarts: vec!["Buyer"],
            keeps: vec!["cart"],
        };
        assert_eq!(
            plan.text(),
            "Hand-over  4 times: users pass one by one within 1m40s, and `user.iteration` starts again at 0\n           \
             10 functions are started each time, so up to 20 run at once\n           \
             `on start` and `on stop` of Buyer run again: 3.0% more requests in this time\n           \
             `keep` values are evaluated again: cart"
        );
    }
}
