//! "Did you mean": finds the known name that is nearest to a misspelled one.

/// The candidate that `name` most probably means, if one is near enough.
///
/// Differences in case and in `_`, `-` and spaces don't count. Otherwise the distance may be a third of the name's length.
///
/// ```
/// assert_eq!(ltc_config::suggest::nearest("cleints", ["clients", "rate"]), Some("clients"));
/// assert_eq!(ltc_config::suggest::nearest("xyz", ["clients", "rate"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The time to compute a distance grows with both lengths. A longer name is not a typo of a known one.
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let wanted = plain(name);
    let length = wanted.chars().count();
    let limit = (length / 3).max(1);
    candidates
        .into_iter()
        // Names with a greater difference in length are never near.
        .filter(|candidate| {
            *candidate != name && candidate.len() <= 2 * NAME_BYTES_MAX && plain_length(candidate).abs_diff(length) <= limit
        })
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < plain(candidate).chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Names of other load testing tools, each with ltc's name for the same thing.
const FOREIGN_NAMES: &[(&[&str], &str)] = &[
    (
        &[
            "vus",
            "users",
            "user",
            "user_count",
            "target",
            "arrival_count",
            "num_users",
            "max_users",
            "threads",
            "num_threads",
            "virtual_users",
            "vusers",
            "connections",
            "concurrency",
            "u",
        ],
        "clients",
    ),
    (&["spawn_rate", "ramp_rate", "users_per_second", "r"], "hatch_rate"),
    (&["run_time", "runtime", "time", "max_duration", "hold_for", "t"], "duration"),
    (&["arrival_rate", "rps", "requests_per_second", "arrivals", "throughput", "constant_arrival_rate"], "rate"),
    (&["phases", "steps", "load_shape", "ramping", "ramping_vus", "load"], "stages"),
    (&["scenarios", "user_classes"], "users"),
    (&["max_vus", "pre_allocated_vus", "max_vusers"], "max_clients"),
    (&["start_time", "start_after"], "start"),
    (&["graceful_ramp_down", "stop_timeout", "shutdown"], "graceful_stop"),
    (&["script", "file", "test_file", "locust_file", "source"], "spec"),
    (&["environment", "target_env"], "env"),
    (&["region", "regions", "locations", "zone"], "location"),
    (&["ensure", "assertions", "slo", "checks", "limits"], "thresholds"),
    (&["log_level", "verbosity"], "loglevel"),
    (&["outputs", "output", "out", "publish_metrics", "plugins"], "listeners"),
];

/// The candidate that another tool calls `name`: `hatch_rate` for `spawn_rate`. Case, `_` and `-` don't count.
///
/// ```
/// assert_eq!(ltc_config::suggest::foreign_name("spawnRate", ["clients", "hatch_rate"]), Some("hatch_rate"));
/// assert_eq!(ltc_config::suggest::foreign_name("vus", ["duration"]), None);
/// ```
pub fn foreign_name<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let wanted = plain(name);
    // The words of the table are in lower case.
    let is_wanted = |word: &&str| word.chars().filter(|c| !is_ignored(*c)).eq(wanted.chars());
    let rows = FOREIGN_NAMES.iter().filter(|(words, _)| words.iter().any(is_wanted));
    let ours: Vec<String> = rows.map(|(_, ours)| plain(ours)).collect();
    candidates.into_iter().filter(|_| !ours.is_empty()).find(|candidate| ours.contains(&plain(candidate)))
}

/// The help text for an unknown name: `did you mean `clients`?`.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    meant(name, &candidates).map(|found| format!("did you mean `{found}`?"))
}

/// The candidate that `name` means: what another tool calls so, or the nearest one.
pub fn meant<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    foreign_name(name, candidates.iter().copied()).or_else(|| nearest(name, candidates.iter().copied()))
}

/// The nearest name, or all names if there are few enough to read.
pub fn did_you_mean_or_list(name: &str, candidates: &[&str], what: &str) -> Option<String> {
    did_you_mean(name, candidates.iter().copied()).or_else(|| match candidates {
        [] => None,
        few if few.len() <= 16 => Some(format!("{what}: {}", few.join(", "))),
        many => Some(format!("{what}: {}, …", many[..16].join(", "))),
    })
}

/// The longest name, in bytes, that gets a suggestion.
const NAME_BYTES_MAX: usize = 200;

pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|c| !is_ignored(*c)).flat_map(char::to_lowercase).collect()
}

/// The number of characters that count in a name.
fn plain_length(name: &str) -> usize {
    name.chars().filter(|c| !is_ignored(*c)).count()
}

fn is_ignored(c: char) -> bool {
    matches!(c, '_' | '-' | ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let keys = ["clients", "hatch_rate", "duration", "step_load", "step_duration", "step_clients"];
        for (wrong, right) in [
            ("cleints", Some("clients")),
            ("hatchrate", Some("hatch_rate")),
            ("Hatch-Rate", Some("hatch_rate")),
            ("step_duratoin", Some("step_duration")),
            ("client", Some("clients")),
            ("frobnicate", None),
            ("x", None),
        ] {
            assert_eq!(nearest(wrong, keys), right, "{wrong}");
        }
    }

    #[test]
    fn a_short_list_is_shown_where_nothing_is_near() {
        assert_eq!(did_you_mean_or_list("zzz", &["a", "bb"], "use one of the keys").as_deref(), Some("use one of the keys: a, bb"));
        assert_eq!(did_you_mean_or_list("bx", &["aa", "bb"], "known").as_deref(), Some("did you mean `bb`?"));
        assert_eq!(did_you_mean_or_list("zzz", &[], "known"), None);
    }
}
