//! The limit of open files of a process: each user may hold a connection, and a connection is an open file.
//!
//! The process raises its soft limit to the hard one when it starts, as Go, nginx and Locust do. The soft limit exists for programs that
//! use `select`, which ltc doesn't. A load that exceeds the hard limit is refused before it begins.

/// Open files in addition to the users' connections: those of the program, of listeners and the live page, of data and reports.
const BESIDE_USERS: u64 = 64;
/// The limit of a function on AWS Lambda. It can't be raised.
pub(crate) const ON_LAMBDA: u64 = 1024;

/// The processes that generate the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoadSource {
    /// This process.
    Here,
    /// This many processes of this machine.
    Processes(u64),
    /// This many functions.
    Functions(u64),
}

/// Raises the soft limit to the hard one. Returns the new limit; `None` if the system has no limit or doesn't report it.
pub(crate) fn raise() -> Option<u64> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        // macOS refuses more than its kernel allows, whatever the hard limit. It accepts this number.
        const ALWAYS_TAKEN: u64 = 10_240;
        let wishes = [limit.maximum, Some(limit.maximum.map_or(ALWAYS_TAKEN, |most| most.min(ALWAYS_TAKEN)))];
        for wish in wishes.into_iter().filter(|wish| more(*wish, limit.current)) {
            if setrlimit(Resource::Nofile, Rlimit { current: wish, maximum: limit.maximum }).is_ok() {
                break;
            }
        }
        getrlimit(Resource::Nofile).current
    }
    #[cfg(not(unix))]
    None
}

#[cfg(unix)]
fn more(wish: Option<u64>, than: Option<u64>) -> bool {
    match (wish, than) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(wish), Some(than)) => wish > than,
    }
}

/// The limit that each process needs if `users` are divided evenly.
fn needed(users: u64, processes: u64) -> u64 {
    users.div_ceil(processes.max(1)) + BESIDE_USERS
}

/// Why the limit of open files doesn't allow this many users at once, and how to fix it. `None` if it does.
pub(crate) fn shortage(users: u64, from: LoadSource, limit: Option<u64>) -> Option<String> {
    let (processes, limit) = match from {
        LoadSource::Here => (1, limit?),
        LoadSource::Processes(count) => (count.max(1), limit?),
        LoadSource::Functions(count) => (count.max(1), ON_LAMBDA),
    };
    let needed = needed(users, processes);
    if needed <= limit {
        return None;
    }
    let shards = (limit > BESIDE_USERS).then(|| users.div_ceil(limit - BESIDE_USERS));
    let each = users.div_ceil(processes);
    let (who, whose) = match from {
        LoadSource::Here => (format!("{users} users at once need {needed} open files"), "this process may have"),
        LoadSource::Processes(_) => (format!("{each} users at once in a shard need {needed} open files"), "a process here may have"),
        LoadSource::Functions(_) => {
            (format!("{each} users at once in a function need {needed} open files"), "a function on AWS Lambda may have")
        }
    };
    let over_shards = shards.map(|shards| format!("spread them over {shards} shards: `run --shards {shards}`"));
    let fix = match (from, over_shards) {
        (LoadSource::Functions(_), shards) => shards.unwrap_or_default(),
        (_, Some(shards)) => format!("set `ulimit -n {needed}` (as root, or in limits.conf), or {shards}"),
        (_, None) => format!("set `ulimit -n {needed}` (as root, or in limits.conf)"),
    };
    Some(format!("{who}, and {whose} {limit}: {fix}; or set fewer users (`clients`, `max_clients`)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_beyond_the_open_files_limit_are_refused_with_the_number_to_set() {
        assert_eq!(shortage(936, LoadSource::Here, Some(1000)), None);
        assert_eq!(shortage(1_000_000, LoadSource::Here, None), None);
        let here = shortage(937, LoadSource::Here, Some(1000)).unwrap();
        assert!(here.starts_with("937 users at once need 1001 open files, and this process may have 1000: set `ulimit -n 1001`"), "{here}");
        assert!(here.contains("`run --shards 2`"), "{here}");
        let few = shortage(10, LoadSource::Here, Some(64)).unwrap();
        assert!(few.contains("`ulimit -n 74`") && !few.contains("shards"), "{few}");
    }

    #[test]
    fn each_shard_is_checked_for_its_own_share_of_users() {
        assert_eq!(shortage(1872, LoadSource::Processes(2), Some(1000)), None);
        let short = shortage(1873, LoadSource::Processes(2), Some(1000)).unwrap();
        assert!(short.contains("937 users at once in a shard need 1001 open files"), "{short}");
        assert!(short.contains("`ulimit -n 1001`") && short.contains("`run --shards 3`"), "{short}");
    }

    #[test]
    fn function_on_lambda_has_1024_open_files() {
        assert_eq!(shortage(1920, LoadSource::Functions(2), Some(100)), None, "this machine's limit is another");
        let short = shortage(1921, LoadSource::Functions(2), None).unwrap();
        assert!(short.contains("need 1025 open files, and a function on AWS Lambda may have 1024: spread them over 3 shards"), "{short}");
        assert!(!short.contains("ulimit"), "{short}");
    }

    #[cfg(unix)]
    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let before = getrlimit(Resource::Nofile);
        // Other tests in this process need their files, so the limit is lowered by only one.
        let Some(low) = before.maximum.filter(|most| *most > 1024).map(|most| most - 1) else { return };
        setrlimit(Resource::Nofile, Rlimit { current: Some(low), maximum: before.maximum }).unwrap();
        assert_eq!(raise(), before.maximum);
        assert_eq!(getrlimit(Resource::Nofile).current, before.maximum);
        assert_eq!(raise(), before.maximum, "and stays so");
    }
}
