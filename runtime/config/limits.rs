//! `config/limits.yml`, and the file that `LTC_LIMITS` names: how much load a test may generate, whatever its profile asks for.

use std::path::Path;

use crate::error::{ConfigError, Location};
use crate::node;
use crate::rate::Rate;
use crate::reader::{Diagnostics, Section};

/// A limit, and the key that sets it.
#[derive(Clone, Debug, PartialEq)]
struct LimitValue<T> {
    most: T,
    location: Location,
}

/// The limits of all runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    max_rate: Option<LimitValue<Rate>>,
    max_clients: Option<LimitValue<u64>>,
    max_cost: Option<LimitValue<f64>>,
}

/// What a run costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RunCost {
    /// Nothing: it runs on machines that exist anyway.
    Nothing,
    /// This many dollars.
    Dollars(f64),
    /// No upper bound: it runs until someone stops it.
    Endless,
}

impl Limits {
    /// Reads the text of a file; `file` is only for messages.
    ///
    /// # Errors
    /// All unknown keys and wrong values.
    pub fn parse(text: &str, file: &str) -> Result<Self, Vec<ConfigError>> {
        let root = node::parse(text, file)?;
        let diagnostics = Diagnostics::default();
        let top = Section::open(&diagnostics, &root, "").known(&["max_rate", "max_clients", "max_cost"]);
        let limits = Self {
            max_rate: at(top, "max_rate", top.rate("max_rate")),
            max_clients: at(top, "max_clients", top.whole("max_clients", 0, u64::MAX)),
            max_cost: at(top, "max_cost", top.read("max_cost", dollars)),
        };
        let (errors, _) = diagnostics.into_parts();
        if errors.is_empty() { Ok(limits) } else { Err(errors) }
    }

    /// Reads the project's file, if it has one, and the file that `LTC_LIMITS` names.
    ///
    /// # Errors
    /// The errors in the files. A named file that can't be read is an error too, because the run would otherwise have no limit.
    pub fn load(project: &Path, named: Option<&Path>) -> Result<Self, Vec<ConfigError>> {
        let read = |path: &Path| {
            let text = crate::read(path).map_err(|error| vec![error])?;
            Self::parse(&text, &path.display().to_string())
        };
        // The project has no limits only if the file certainly doesn't exist. A link to a file that is gone is an error.
        let is_there = !project.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        let own = if is_there { read(project)? } else { Self::default() };
        let named = named.map(read).transpose()?.unwrap_or_default();
        Ok(own.and(named))
    }

    /// Takes the stricter limit of each kind.
    fn and(self, other: Self) -> Self {
        Self {
            max_rate: stricter(self.max_rate, other.max_rate, |rate| rate.as_f64()),
            max_clients: stricter(self.max_clients, other.max_clients, |clients| *clients),
            max_cost: stricter(self.max_cost, other.max_cost, |cost| *cost),
        }
    }

    /// Returns a message for each limit that a load exceeds. `rate` is the greatest arrival rate, in iterations per second, and `clients`
    /// the greatest number of virtual users.
    pub fn exceeded(&self, rate: f64, clients: u64, cost: RunCost) -> Vec<ConfigError> {
        let refused = |location: &Location, message: String, fix: &str| ConfigError::new(location.clone(), message).with_help(fix);
        let mut errors = Vec::new();
        // The rate of a plan is a sum of rounded parts, so a tiny excess is allowed.
        if let Some(limit) = self.max_rate.as_ref().filter(|limit| rate > limit.most.as_f64() * (1.0 + 1e-9)) {
            let message = format!("unexpected arrival rate of {rate}/s, expected at most {}/s (`max_rate`)", limit.most.as_f64());
            errors.push(refused(&limit.location, message, "lower the rate of the profile"));
        }
        if let Some(limit) = self.max_clients.as_ref().filter(|limit| clients > limit.most) {
            let message = format!("unexpected load of {clients} users, expected at most {} (`max_clients`)", limit.most);
            errors.push(refused(&limit.location, message, "lower the number of users in the profile, or add --clients"));
        }
        match (&self.max_cost, cost) {
            (Some(limit), RunCost::Dollars(dollars)) if dollars > limit.most => {
                let message = format!("unexpected cost of about ${dollars:.2}, expected at most ${:.2} (`max_cost`)", limit.most);
                errors.push(refused(&limit.location, message, "shorten the test, or use fewer or smaller functions"));
            }
            (Some(limit), RunCost::Endless) => {
                let message = "unexpected test without an end, expected a cost that is known (`max_cost`)".to_owned();
                errors.push(refused(&limit.location, message, "add a duration to the profile, or --duration"));
            }
            _ => {}
        }
        errors
    }
}

impl Limits {
    /// The rate that `max_rate` leaves for users of the closed model beside this arrival rate, in iterations per second; `None` without a
    /// limit.
    ///
    /// # Errors
    /// If it leaves nothing.
    pub fn rate_beside(&self, arrivals: f64) -> Result<Option<f64>, ConfigError> {
        let Some(limit) = &self.max_rate else { return Ok(None) };
        let rest = limit.most.as_f64() - arrivals;
        if rest > 0.0 {
            return Ok(Some(rest));
        }
        let message = format!("unexpected users beside arrivals of {arrivals}/s, which take all of `max_rate`");
        Err(ConfigError::new(limit.location.clone(), message).with_help("lower the rate of the arrivals"))
    }
}

fn at<T>(section: Section<'_>, key: &str, most: Option<T>) -> Option<LimitValue<T>> {
    most.map(|most| LimitValue { most, location: section.place_of(key) })
}

fn stricter<T, K: PartialOrd>(one: Option<LimitValue<T>>, other: Option<LimitValue<T>>, key: impl Fn(&T) -> K) -> Option<LimitValue<T>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if key(&other.most) < key(&one.most) { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// Dollars: `5`, `2.50` or `$5`.
fn dollars(text: &str) -> Result<f64, String> {
    let number = text.strip_prefix('$').unwrap_or(text).trim();
    let is_number =
        number.starts_with(|first: char| first.is_ascii_digit()) && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match number.parse() {
        Ok(dollars) if is_number => Ok(dollars),
        _ => Err(format!("unexpected \"{text}\", expected dollars, for example 5 or 2.50")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(text: &str) -> Limits {
        Limits::parse(text, "config/limits.yml").unwrap()
    }

    fn messages(limits: &Limits, rate: f64, clients: u64, cost: RunCost) -> Vec<String> {
        limits.exceeded(rate, clients, cost).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn load_beyond_a_limit_is_refused_with_the_location_of_the_limit_and_a_fix() {
        let limits = limits("max_rate: 100/s\nmax_clients: 50\nmax_cost: 2.50\n");
        assert!(messages(&limits, 100.0, 50, RunCost::Dollars(2.5)).is_empty());
        assert_eq!(
            messages(&limits, 101.0, 51, RunCost::Dollars(3.0)),
            [
                "config/limits.yml:1:1: unexpected arrival rate of 101/s, expected at most 100/s (`max_rate`) (lower the rate of the profile)",
                "config/limits.yml:2:1: unexpected load of 51 users, expected at most 50 (`max_clients`) (lower the number of users in the profile, or add --clients)",
                "config/limits.yml:3:1: unexpected cost of about $3.00, expected at most $2.50 (`max_cost`) (shorten the test, or use fewer or smaller functions)",
            ]
        );
        assert_eq!(messages(&limits, 0.0, 0, RunCost::Endless).len(), 1, "an endless run has no cost that is known");
        assert!(messages(&limits, 0.0, 0, RunCost::Nothing).is_empty());
        assert!(messages(&Limits::default(), 1e9, u64::MAX, RunCost::Endless).is_empty());
    }

    #[test]
    fn users_get_the_rate_that_arrivals_leave() {
        let limits = limits("max_rate: 100/s");
        assert_eq!([limits.rate_beside(0.0).unwrap(), limits.rate_beside(40.0).unwrap()], [Some(100.0), Some(60.0)]);
        assert_eq!(
            limits.rate_beside(100.0).unwrap_err().to_string(),
            "config/limits.yml:1:1: unexpected users beside arrivals of 100/s, which take all of `max_rate` (lower the rate of the arrivals)"
        );
        assert_eq!(Limits::default().rate_beside(1e9).unwrap(), None);
    }

    #[test]
    fn stricter_limit_of_two_files_counts() {
        let both =
            limits("max_rate: 10/m\nmax_clients: 5").and(Limits::parse("max_rate: 1/s\nmax_clients: 4\nmax_cost: 1", "ci.yml").unwrap());
        let all = messages(&both, 0.5, 5, RunCost::Dollars(2.0));
        let files: Vec<&str> = all.iter().map(|message| message.split(':').next().unwrap()).collect();
        assert_eq!(files, ["config/limits.yml", "ci.yml", "ci.yml"], "{all:#?}");
    }

    #[cfg(unix)]
    #[test]
    fn link_to_limits_that_are_gone_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("limits.yml");
        assert_eq!(Limits::load(&link, None).unwrap(), Limits::default());
        std::os::unix::fs::symlink(folder.path().join("gone.yml"), &link).unwrap();
        assert!(Limits::load(&link, None).unwrap_err()[0].to_string().ends_with("limits.yml: file not found"));
    }

    #[test]
    fn wrong_limits_are_errors_and_never_no_limit() {
        for text in ["max_client: 5", "max_clients: -5", "max_clients: many", "max_rate: fast", "max_cost: -1", "max_cost: inf", "- 5"] {
            assert!(Limits::parse(text, "l.yml").is_err(), "{text}");
        }
        assert_eq!(limits("max_cost: $5").max_cost.unwrap().most, 5.0);
        assert_eq!(limits(""), Limits::default());
        let missing = Path::new("/nowhere/limits.yml");
        assert_eq!(Limits::load(missing, None).unwrap(), Limits::default());
        assert_eq!(Limits::load(missing, Some(missing)).unwrap_err()[0].to_string(), "/nowhere/limits.yml: file not found");
    }
}
