//! Lists the differences between compared runs, so that nobody takes another environment for a change in speed.

use std::collections::BTreeSet;

use super::RunInfo;

/// A property that isn't the same in all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    what: String,
    /// The value in each run, in the order of the runs.
    values: Vec<String>,
}

impl Difference {
    /// `environment: cs1 → cs2`, from an earlier run to a newer one.
    pub(super) fn changed(&self) -> String {
        format!("{}: {}", self.what, self.values.join(" → "))
    }

    /// `environment: cs1, cs2`, each value once.
    pub(super) fn listed(&self) -> String {
        let mut once: Vec<&str> = Vec::new();
        for value in &self.values {
            if !once.contains(&value.as_str()) {
                once.push(value);
            }
        }
        format!("{}: {}", self.what, once.join(", "))
    }
}

/// The differences in test, plan, environment and versions.
pub(super) fn differences(runs: &[&RunInfo]) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut look = |what: &str, of: &dyn Fn(&RunInfo) -> String| {
        let values: Vec<String> =
            runs.iter().map(|run| of(run)).map(|value| if value.is_empty() { "–".to_owned() } else { value }).collect();
        let differs = values.windows(2).any(|pair| pair[0] != pair[1]);
        if differs {
            found.push(Difference { what: what.to_owned(), values });
        }
        differs
    };
    if !look("test", &|run| run.test.clone()) {
        look("spec", &|run| run.spec.clone());
    }
    look("environment", &|run| run.env.clone());
    // Compares the load, else where it came from, else the rest of the profile.
    if !look("plan", &|run| run.plan.first().cloned().unwrap_or_default()) && !look("plan", &|run| run.plan.join("; ")) {
        let mut texts: Vec<&str> = Vec::new();
        for run in runs {
            if !texts.contains(&run.profile.as_str()) {
                texts.push(&run.profile);
            }
        }
        look("profile", &|run| match texts.iter().position(|text| *text == run.profile) {
            Some(nth) if texts.len() > 1 => format!("text {}", nth + 1),
            _ => String::new(),
        });
    }
    look("ltc", &|run| run.ltc_version.clone());
    let apis: BTreeSet<&str> = runs.iter().flat_map(|run| &run.apis).map(|api| api.name.as_str()).collect();
    for name in apis {
        let version = |run: &RunInfo| {
            let versions: Vec<&str> = run.apis.iter().filter(|api| api.name == name).map(|api| api.version.as_str()).collect();
            versions.join(", ")
        };
        look(&format!("version of {name}"), &version);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::ApiVersion;
    use super::*;

    fn run(env: &str, plan: &[&str], version: &str) -> RunInfo {
        RunInfo {
            test: "shop".into(),
            spec: "specs/shop.lt".into(),
            env: env.into(),
            plan: plan.iter().map(|&line| line.to_owned()).collect(),
            apis: vec![ApiVersion { name: "stock".into(), version: version.into() }],
            ..RunInfo::default()
        }
    }

    fn found(runs: &[RunInfo]) -> Vec<String> {
        differences(&runs.iter().collect::<Vec<_>>()).iter().map(Difference::listed).collect()
    }

    #[test]
    fn differences_are_named_with_both_values() {
        let one = run("cs1", &["up to 20 users in 10s", "from this machine, 2 threads"], "1.0");
        assert_eq!(found(&[one.clone(), one.clone()]), Vec::<String>::new());
        let all = [one.clone(), run("cs2", &["up to 50 users in 10s"], "1.1"), one.clone()];
        let expected = ["environment: cs1, cs2", "plan: up to 20 users in 10s, up to 50 users in 10s", "version of stock: 1.0, 1.1"];
        assert_eq!(found(&all), expected);
        assert_eq!(differences(&[&all[0], &all[1]])[0].changed(), "environment: cs1 → cs2");
        let elsewhere = run("cs1", &["up to 20 users in 10s", "4 shards"], "1.0");
        assert_eq!(
            found(&[one.clone(), elsewhere])[0],
            "plan: up to 20 users in 10s; from this machine, 2 threads, up to 20 users in 10s; 4 shards"
        );
        let other = RunInfo { profile: "a: b".into(), ..one.clone() };
        assert_eq!(found(&[one.clone(), other]), ["profile: text 1, text 2"]);
        let without = RunInfo { apis: Vec::new(), spec: "specs/other.lt".into(), ..one.clone() };
        assert_eq!(found(&[one, without]), ["spec: specs/shop.lt, specs/other.lt", "version of stock: 1.0, –"]);
    }
}
