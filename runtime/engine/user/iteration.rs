//! The end of an iteration, and the wait for the next one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::User;
use crate::base::flow::Flow;

impl User {
    /// Passes the result of an iteration to the engine, and waits until the next one begins. A user's iterations are one future that the
    /// engine resumes, so that iterations allocate nothing.
    pub fn end_iteration(&self, outcome: Flow) -> IterationEnd<'_> {
        self.iteration_outcome.set(Some(outcome));
        IterationEnd { user: self }
    }

    /// Frees the rows that were drawn for the iteration.
    pub fn release_iteration_rows(&self) {
        self.world.pools.release(&mut self.held.borrow_mut().iteration);
    }

    pub(super) fn release_kept_rows(&self) {
        self.world.pools.release_kept(&mut self.held.borrow_mut().user);
    }

    /// Frees all rows of the user at its end.
    pub fn end(&self) {
        self.release_iteration_rows();
        self.release_kept_rows();
    }
}

/// Waits until the engine has taken the iteration's result and resumes.
#[derive(Debug)]
pub struct IterationEnd<'u> {
    user: &'u User,
}

impl Future for IterationEnd<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        // No waker is needed, because the engine polls again when the next iteration is due.
        match self.user.iteration_outcome.take() {
            None => Poll::Ready(()),
            outcome => {
                self.user.iteration_outcome.set(outcome);
                Poll::Pending
            }
        }
    }
}
