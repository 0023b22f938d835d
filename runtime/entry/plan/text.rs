//! A plan as people read it.

use std::fmt::Write as _;

use anstyle::Style;

use super::{LAMBDA, PlanSummary, intervals};
use crate::entry::guards;
use crate::report::{TextStyle, count};

/// The most intervals that are listed.
const SHOWN: usize = 40;

impl PlanSummary {
    /// The plan as text for people.
    pub(in crate::entry) fn text(&self, look: TextStyle) -> String {
        let mut text = String::new();
        let on = if self.engine == LAMBDA { "AWS Lambda" } else { "processes on this machine" };
        let title = look.paint(Style::new().bold(), &self.test);
        // Writing to a string can't fail.
        let _ = writeln!(text, "{title} on {on}: {}, environment {}", self.load, self.environment);
        let memory = match (self.memory_mb, self.architecture) {
            (Some(memory), Some(architecture)) => format!(", {} MB {architecture}", count(u64::from(memory))),
            _ => String::new(),
        };
        let _ = writeln!(
            text,
            "Shards     {} at once, up to {} user{} each, {} thread{} each{memory}",
            self.shards,
            self.clients_per_shard,
            if self.clients_per_shard == 1 { "" } else { "s" },
            self.threads_per_shard,
            if self.threads_per_shard == 1 { "" } else { "s" },
        );
        let _ = writeln!(text, "           {}", self.shards_reason);
        let regions: Vec<String> = self
            .regions
            .iter()
            .filter_map(|region| Some(format!("{} {} ({:.0}%)", region.region.as_ref()?, region.shards, region.share * 100.0)))
            .collect();
        if !regions.is_empty() {
            let _ = writeln!(text, "Regions    {}", regions.join(", "));
        }
        if !self.targets.is_empty() {
            let _ = writeln!(text, "Targets    {}", guards::origins(&self.targets));
        }
        if let Some(users) = &self.users_picture {
            let _ = writeln!(text, "Users      {users} at most {}", count(self.peak_clients));
        }
        if let Some(rates) = &self.rates_picture {
            let _ = writeln!(text, "Arrivals   {rates} at most {}", intervals::rate(self.peak_rate));
        }
        let table = intervals::table(&self.intervals[..self.intervals.len().min(SHOWN)]);
        text.push('\n');
        for line in table.lines(look) {
            let _ = writeln!(text, "{line}");
        }
        if self.intervals.len() > SHOWN {
            let _ = writeln!(text, "… and {} more", self.intervals.len() - SHOWN);
        } else if self.duration_seconds.is_none() {
            let _ = writeln!(text, "… and so on, until it is stopped");
        }
        if let Some(hand_over) = &self.hand_over {
            let _ = writeln!(text, "\n{}", hand_over.text());
        }
        for rows in &self.unique_rows {
            let _ = writeln!(text, "{}", rows.text());
        }
        if let Some(cost) = &self.cost {
            let _ = writeln!(text, "\n{}", cost.text());
        }
        for warning in &self.warnings {
            let _ = writeln!(text, "warning: {warning}");
        }
        text
    }
}
