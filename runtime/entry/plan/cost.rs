//! The cost of a plan on AWS Lambda.

use serde::Serialize;

use crate::orchestrator::cost::Cost;
use crate::report::count;

/// The smallest cost that is shown as a figure.
const CENT: f64 = 0.01;

/// The cost without data transfer. The greater figures count the whole `graceful_stop` of each interval.
#[derive(Debug, Serialize)]
pub(super) struct CostPlan {
    invocations: u64,
    gb_seconds_least: f64,
    gb_seconds: f64,
    dollars_least: f64,
    /// `max_cost` limits this one.
    pub(super) dollars: f64,
}

impl From<Cost> for CostPlan {
    fn from(cost: Cost) -> Self {
        Self {
            invocations: cost.invocations,
            gb_seconds_least: cost.least.gb_seconds,
            gb_seconds: cost.most.gb_seconds,
            dollars_least: cost.least.dollars,
            dollars: cost.most.dollars,
        }
    }
}

impl CostPlan {
    pub(super) fn text(&self) -> String {
        let range = |least: String, most: String| if least == most { most } else { format!("{least} to {most}") };
        let dollars = if self.dollars < CENT {
            format!("less than ${CENT}")
        } else {
            format!("about ${}", range(format!("{:.2}", self.dollars_least), format!("{:.2}", self.dollars)))
        };
        let gb_seconds = |seconds: f64| count(seconds.round() as u64);
        format!(
            "Cost       {} invocations, {} GB-seconds, {dollars} (without data transfer)",
            count(self.invocations),
            range(gb_seconds(self.gb_seconds_least), gb_seconds(self.gb_seconds)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orchestrator::cost::Price;

    #[test]
    fn cost_is_a_range_where_the_graceful_stop_makes_a_difference() {
        let price = |gb_seconds, dollars| Price { gb_seconds, dollars };
        let of = |least, most| CostPlan::from(Cost { invocations: 50, least, most }).text();
        assert_eq!(
            of(price(62_500.0, 1.05), price(65_100.4, 1.1)),
            "Cost       50 invocations, 62,500 to 65,100 GB-seconds, about $1.05 to 1.10 (without data transfer)"
        );
        assert_eq!(
            of(price(160.0, 0.002), price(190.0, 0.004)),
            "Cost       50 invocations, 160 to 190 GB-seconds, less than $0.01 (without data transfer)"
        );
        assert_eq!(
            of(price(62_500.0, 1.05), price(62_500.0, 1.05)),
            "Cost       50 invocations, 62,500 GB-seconds, about $1.05 (without data transfer)"
        );
    }
}
