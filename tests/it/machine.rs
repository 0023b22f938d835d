//! Helpers to share this machine among tests, which run at the same time, one on each processor.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

/// Builds use all processors, so a load at the same time is slower than planned. Builds are readers, measurements of loads are writers.
static PROCESSORS: RwLock<()> = RwLock::new(());

/// A guard that is held while a spec is built. It waits for measurements.
pub(crate) fn building() -> RwLockReadGuard<'static, ()> {
    PROCESSORS.read().unwrap_or_else(PoisonError::into_inner)
}

/// A guard that is held while a test measures a load: it waits for builds, and no build begins. A test must not build while it holds the
/// guard, because it would wait for itself.
pub(crate) fn measuring() -> RwLockWriteGuard<'static, ()> {
    PROCESSORS.write().unwrap_or_else(PoisonError::into_inner)
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
