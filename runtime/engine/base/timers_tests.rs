//! Tests waits of one thread, with and without a driver.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::base::clock;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(tokio::runtime::LocalOptions::default())
        .unwrap()
        .block_on(future)
}

fn driven() -> Rc<Timers> {
    let timers = Rc::new(Timers::new());
    let driver = timers.clone();
    tokio::task::spawn_local(async move { driver.drive().await });
    timers
}

#[test]
fn waits_end_in_order_and_never_early() {
    block_on(async {
        let timers = driven();
        tokio::task::yield_now().await;
        // All tasks wait before the first wait ends.
        let begun = clock::now() + Duration::from_millis(200);
        let order = Rc::new(RefCell::new(Vec::new()));
        // Later waits begin first, so that the timer is set to an earlier instant several times. Two waits end at the same instant.
        let tasks: Vec<_> = [9, 3, 3, 0, 6]
            .map(|ms| {
                let (timers, order) = (timers.clone(), order.clone());
                tokio::task::spawn_local(async move {
                    let due = begun + Duration::from_millis(ms);
                    timers.until(due).await;
                    assert!(clock::now() >= due);
                    order.borrow_mut().push(ms);
                })
            })
            .into();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.borrow(), [0, 3, 3, 6, 9]);
        assert!(timers.waiting.borrow().is_empty());
    });
}

#[test]
fn timers_due_within_the_least_time_still_fire() {
    block_on(async {
        let timers = driven();
        tokio::task::yield_now().await;
        for _ in 0..50 {
            timers.until(clock::now() + Duration::from_micros(20)).await;
        }
        assert!(timers.waiting.borrow().is_empty());
    });
}

#[test]
fn abandoned_wait_leaves_nothing_and_disturbs_no_other() {
    block_on(async {
        let timers = driven();
        tokio::task::yield_now().await;
        let far = clock::now() + Duration::from_secs(3600);
        assert!(tokio::time::timeout(Duration::from_millis(1), timers.until(far)).await.is_err());
        assert!(timers.waiting.borrow().is_empty());
        let due = clock::now() + Duration::from_millis(2);
        timers.until(due).await;
        assert!(clock::now() >= due);
    });
}

#[test]
fn timers_without_a_driver_use_the_runtimes() {
    block_on(async {
        let timers = Timers::new();
        let due = clock::now() + Duration::from_millis(2);
        timers.until(due).await;
        assert!(clock::now() >= due);
        assert!(timers.waiting.borrow().is_empty());
    });
}

#[test]
fn long_waits_end_together_never_early_and_hardly_late() {
    let timers = Timers::new();
    for wait in [100, 1000, 123_456].map(Duration::from_millis) {
        let before = clock::now();
        let end = timers.end_of(wait);
        assert!(end >= before + wait && end <= clock::now() + wait + GRAIN);
        assert_eq!((end - timers.origin).as_nanos() % GRAIN.as_nanos(), 0);
    }
    // A short wait isn't rounded.
    let (before, wait) = (clock::now(), Duration::from_millis(7));
    let end = timers.end_of(wait);
    assert!(end >= before + wait && end <= clock::now() + wait);
    // The longest duration doesn't overflow.
    assert!(timers.end_of(Duration::MAX) > clock::now());
}

#[test]
fn waits_continue_after_the_driver_ends() {
    block_on(async {
        let timers = Rc::new(Timers::new());
        let driver = timers.clone();
        let driver = tokio::task::spawn_local(async move { driver.drive().await });
        tokio::task::yield_now().await;
        let waiter = timers.clone();
        let due = clock::now() + Duration::from_millis(20);
        let waiter = tokio::task::spawn_local(async move { waiter.until(due).await });
        tokio::task::yield_now().await;
        driver.abort();
        let again = timers.clone();
        tokio::task::spawn_local(async move { again.drive().await });
        tokio::time::timeout(Duration::from_secs(10), waiter).await.unwrap().unwrap();
        assert!(clock::now() >= due);
        assert!(timers.waiting.borrow().is_empty());
    });
}

#[test]
fn waiting_for_a_past_instant_yields_to_other_tasks() {
    block_on(async {
        let timers = driven();
        tokio::task::yield_now().await;
        let other = Rc::new(Cell::new(false));
        let ran = other.clone();
        tokio::task::spawn_local(async move { ran.set(true) });
        for _ in 0..10_000 {
            timers.until(clock::now()).await;
        }
        assert!(other.get());
    });
}
