//! Deadlines with one timer for each user instead of one for each request. The timer is set to the first deadline that the user waited for.
//! If responses come in time, it isn't touched. When it fires, it is set to the current deadline. So it is set about once per timeout, not
//! once per request.

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use super::clock;

/// Upper bound of deadlines, longer than any test.
pub(crate) const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// A user's timer.
#[derive(Default)]
pub(crate) struct DeadlineTimer(RefCell<Option<Set>>);

struct Set {
    /// The instant that it is set to. It is never later than the deadline of anything that waits.
    at: Instant,
    /// The waker of the task to wake.
    waker: Waker,
    sleep: Pin<Box<Sleep>>,
}

impl fmt::Debug for DeadlineTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DeadlineTimer").field(&self.0.borrow().as_ref().map(|set| set.at)).finish()
    }
}

impl DeadlineTimer {
    /// Whether a deadline is past. If it isn't, the task is woken at the deadline or before.
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
        // The timer has to be set even if the task has used up its budget.
        pin!(tokio::task::unconstrained(set.sleep.as_mut())).poll(cx).is_ready()
    }

    /// The result of a future; `None` if the deadline is past before. The future stays where it is, because moving a large one is slow.
    pub(crate) async fn within<F: Future>(&self, deadline: Instant, mut future: Pin<&mut F>) -> Option<F::Output> {
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.is_past(cx, deadline) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}
