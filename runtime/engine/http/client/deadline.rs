//! Deadlines without a timer for each: a user has one, set to the first deadline that it waited for. As long as answers come in time it
//! isn't touched; when it goes off it is set to the deadline of what waits then. So it is set about once a timeout, not once a request.

use std::cell::RefCell;
use std::fmt;
use std::future::Future as _;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};
use std::time::Instant;

use tokio::time::Sleep;

use crate::base::clock;

/// A user's timer.
#[derive(Default)]
pub(crate) struct DeadlineTimer(RefCell<Option<Set>>);

struct Set {
    /// Never later than the deadline of anything that waits.
    at: Instant,
    /// Who is woken then.
    waker: Waker,
    sleep: Pin<Box<Sleep>>,
}

impl fmt::Debug for DeadlineTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DeadlineTimer").field(&self.0.borrow().as_ref().map(|set| set.at)).finish()
    }
}

impl DeadlineTimer {
    /// Whether a deadline is past; if not, the task is woken by then.
    pub(crate) fn is_past(&self, cx: &mut Context<'_>, deadline: Instant) -> bool {
        let mut alarm = self.0.borrow_mut();
        if let Some(set) = &*alarm
            && set.at <= deadline
            && set.waker.will_wake(cx.waker())
            && !set.sleep.is_elapsed()
        {
            return false;
        }
        if clock::now() >= deadline {
            return true;
        }
        let set = match &mut *alarm {
            Some(set) => {
                set.sleep.as_mut().reset(deadline.into());
                set.at = deadline;
                set.waker.clone_from(cx.waker());
                set
            }
            none => {
                none.insert(Set { at: deadline, waker: cx.waker().clone(), sleep: Box::pin(tokio::time::sleep_until(deadline.into())) })
            }
        };
        // It has to be set even where the task has done a lot already.
        pin!(tokio::task::unconstrained(set.sleep.as_mut())).poll(cx).is_ready()
    }
}
