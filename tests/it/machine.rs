//! Helpers to share this machine among tests, which run at the same time, several on each processor.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a test does with the processors. Builds and loads never run at the same time, because builds use all processors and would delay
/// a load.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    /// Builds specs, beside other builds.
    Build,
    /// Runs a load that mostly waits, beside other loads.
    Load,
    /// Runs a load whose times are compared with its plan, alone.
    Timing,
}

/// After this time, no test joins those that use the processors, so that those that wait for them get them.
const LONGEST_QUEUE: Duration = Duration::from_secs(3);

/// The tests that use the processors, and those that wait for them.
struct Queue {
    active: Vec<Use>,
    waiting: Vec<(Use, Instant)>,
}

impl Queue {
    /// Whether a test that has waited since this time may begin.
    fn admits(&self, wanted: Use, since: Instant) -> bool {
        let Some(current) = self.active.first() else { return true };
        let others_waited_long = self.waiting.iter().any(|(other, at)| *other != wanted && *at < since && at.elapsed() > LONGEST_QUEUE);
        *current == wanted && wanted != Use::Timing && !others_waited_long
    }
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue { active: Vec::new(), waiting: Vec::new() });
static CHANGED: Condvar = Condvar::new();

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Permission to use the processors, until it is dropped.
pub(crate) struct Processors(Use);

impl Processors {
    fn wait_for(wanted: Use) -> Self {
        let entry = (wanted, Instant::now());
        let mut all = queue();
        all.waiting.push(entry);
        while !all.admits(wanted, entry.1) {
            all = CHANGED.wait(all).unwrap_or_else(PoisonError::into_inner);
        }
        let index = all.waiting.iter().position(|one| *one == entry).expect("this test waits");
        all.waiting.swap_remove(index);
        all.active.push(wanted);
        Self(wanted)
    }
}

impl Drop for Processors {
    fn drop(&mut self) {
        let mut all = queue();
        let index = all.active.iter().position(|one| *one == self.0).expect("this test is active");
        all.active.swap_remove(index);
        CHANGED.notify_all();
    }
}

/// Permission to build a spec. A test must not build while it runs a load with one of the permissions below, because it would wait for
/// itself.
pub(crate) fn building() -> Processors {
    Processors::wait_for(Use::Build)
}

/// Permission to run a load.
pub(crate) fn loading() -> Processors {
    Processors::wait_for(Use::Load)
}

/// Permission to run a load whose times the test compares with its plan.
pub(crate) fn timing() -> Processors {
    Processors::wait_for(Use::Timing)
}

/// Waits until a condition holds. The limit only keeps a broken test from hanging.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(180);
    while !holds() {
        assert!(Instant::now() < deadline, "still waiting until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The number of processes with this environment variable, which the children of a process inherit; 0 if the system does not provide it.
pub(crate) fn processes_with(name: &str, value: &str) -> usize {
    let wanted = format!("{name}={value}");
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let variables = processes.filter_map(|process| std::fs::read(process.path().join("environ")).ok());
    variables.filter(|all| all.split(|byte| *byte == 0).any(|one| one == wanted.as_bytes())).count()
}
