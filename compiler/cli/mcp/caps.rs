//! Limits on what an assistant may do.

use std::time::Duration;

use ltc_config::Rate;
use serde::Deserialize;

/// The limits of runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Caps {
    pub(super) clients: Option<u64>,
    pub(super) rate: Option<Rate>,
    pub(super) duration: Option<Duration>,
    /// Allowed hosts besides this machine.
    pub(super) hosts: Vec<String>,
}

/// The planned load: a part of the output of `plan --json`.
#[derive(Debug, Deserialize)]
pub(super) struct Plan {
    peak_clients: u64,
    /// Iterations started per second; 0 if the load has no arrival rate.
    peak_rate: f64,
    /// `null` if the test runs until it is stopped.
    duration_seconds: Option<f64>,
}

impl Caps {
    /// The options with which a binary sends requests only to allowed hosts, also those that it knows only while it runs.
    pub(super) fn only_hosts(&self) -> impl Iterator<Item = String> {
        std::iter::once("--this-machine-only".to_owned()).chain(self.hosts.iter().map(|host| format!("--allow-host={host}")))
    }

    /// Rejects all runs if there is no limit.
    pub(super) fn allow_runs(&self) -> Result<(), String> {
        if self.duration.is_some() && (self.clients.is_some() || self.rate.is_some()) {
            return Ok(());
        }
        let lacks = match (self.duration, self.clients, self.rate) {
            (None, None, None) => "`--max-duration`, and no `--max-clients` or `--max-rate`",
            (None, ..) => "`--max-duration`",
            _ => "`--max-clients` or `--max-rate`",
        };
        Err(format!(
            "a run needs a cap, and the server has no {lacks}: only who starts it can set them, as in \
             `ltc mcp --max-clients 50 --max-duration 5m`; `debug` needs none"
        ))
    }

    /// Rejects a plan that exceeds a limit.
    pub(super) fn allow(&self, plan: &Plan) -> Result<(), String> {
        self.allow_runs()?;
        let longest = self.duration.unwrap_or_default();
        match plan.duration_seconds {
            Some(seconds) if seconds <= longest.as_secs_f64() => {}
            planned => {
                let planned = planned.map_or("without an end".to_owned(), |seconds| format!("of {seconds} s"));
                let longest = ltc_config::duration::print(longest);
                return Err(format!(
                    "unexpected run {planned}, expected at most {longest}: use `duration: \"{longest}\"`{}",
                    more("--max-duration")
                ));
            }
        }
        // A load of arrivals has users, too. The rate limits their number, unless it has its own limit.
        let by_rate = plan.peak_rate > 0.0;
        match (by_rate, self.rate) {
            (true, None) => return Err("unexpected arrival rate: the server has no `--max-rate`; use `clients`".to_owned()),
            (true, Some(most)) if plan.peak_rate > most.as_f64() => {
                let rate = plan.peak_rate;
                return Err(format!(
                    "unexpected arrival rate of {rate}/s, expected at most {most}: use `rate: \"{most}\"`{}",
                    more("--max-rate")
                ));
            }
            _ => {}
        }
        match self.clients {
            None if !by_rate => Err("unexpected load of users: the server has no `--max-clients`; use `rate`".to_owned()),
            Some(most) if plan.peak_clients > most && by_rate => Err(format!(
                "unexpected {} users for the arrivals, expected at most {most}: set `rate` and `max_clients: {most}` in the profile{}",
                plan.peak_clients,
                more("--max-clients")
            )),
            Some(most) if plan.peak_clients > most => Err(format!(
                "unexpected {} users, expected at most {most}: use `clients: {most}`{}",
                plan.peak_clients,
                more("--max-clients")
            )),
            _ => Ok(()),
        }
    }
}

/// Who can allow more.
fn more(option: &str) -> String {
    format!("; only who starts the server can allow more, with `{option}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(peak_clients: u64, peak_rate: f64, duration_seconds: Option<f64>) -> Plan {
        Plan { peak_clients, peak_rate, duration_seconds }
    }

    #[test]
    fn run_without_a_cap_is_refused() {
        let minute = Some(Duration::from_secs(60));
        for caps in [
            Caps::default(),
            Caps { clients: Some(5), ..Caps::default() },
            Caps { duration: minute, ..Caps::default() },
            Caps { rate: Some(Rate::per_second(5)), ..Caps::default() },
        ] {
            assert!(caps.allow_runs().unwrap_err().contains("a run needs a cap"), "{caps:?}");
        }
    }

    #[test]
    fn plan_must_keep_every_limit() {
        let caps = Caps { clients: Some(50), duration: Some(Duration::from_secs(60)), ..Caps::default() };
        assert_eq!(caps.allow(&plan(50, 0.0, Some(60.0))), Ok(()));
        for beyond in [plan(51, 0.0, Some(60.0)), plan(1, 0.0, Some(60.1)), plan(1, 0.0, None), plan(50, 1.0, Some(1.0))] {
            assert!(caps.allow(&beyond).is_err(), "{beyond:?}");
        }
        let caps = Caps { rate: Some(Rate::per_second(10)), clients: None, ..caps };
        assert_eq!(caps.allow(&plan(100, 10.0, Some(60.0))), Ok(()));
        assert!(caps.allow(&plan(100, 10.5, Some(60.0))).is_err());
        assert!(caps.allow(&plan(1, 0.0, Some(60.0))).is_err());
        let caps = Caps { clients: Some(50), ..caps };
        assert!(caps.allow(&plan(100, 10.0, Some(60.0))).is_err(), "the users of arrivals count, too");
    }

    #[test]
    fn refusal_names_what_would_be_allowed_and_who_can_allow_more() {
        let caps = Caps { clients: Some(2), rate: Some(Rate::per_second(10)), duration: Some(Duration::from_secs(60)), ..Caps::default() };
        for (beyond, allowed) in [
            (plan(3, 0.0, Some(1.0)), "use `clients: 2`; only who starts the server can allow more, with `--max-clients`"),
            (plan(1, 0.0, Some(61.0)), "use `duration: \"1m\"`; only who starts the server can allow more, with `--max-duration`"),
            (plan(1, 11.0, Some(1.0)), "use `rate: \"10/s\"`; only who starts the server can allow more, with `--max-rate`"),
            (plan(100, 10.0, Some(1.0)), "set `rate` and `max_clients: 2` in the profile; only who starts"),
        ] {
            let refusal = caps.allow(&beyond).unwrap_err();
            assert!(refusal.contains(allowed), "{refusal}");
        }
        let no_users = Caps { clients: None, rate: None, ..caps };
        assert!(no_users.allow_runs().unwrap_err().contains("the server has no `--max-clients` or `--max-rate`"));
    }
}
