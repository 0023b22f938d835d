//! How an iteration ends, and the next is waited for.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::User;
use crate::base::flow::Flow;

impl User {
    /// Says how an iteration ended, and waits until the next is to begin: a user's iterations are one future that the engine
    /// resumes, so that iterations allocate nothing.
    pub fn end_iteration(&self, outcome: Flow) -> IterationEnd<'_> {
        self.iteration_outcome.set(Some(outcome));
        IterationEnd { user: self }
    }

    /// The iteration is over: rows that were drawn for it are free again.
    pub fn release_iteration_rows(&self) {
        self.world.pools.release(&mut self.held.borrow_mut().iteration);
    }

    pub(super) fn release_kept_rows(&self) {
        self.world.pools.release_kept(&mut self.held.borrow_mut().user);
    }

    /// The user is over: all its rows are free again.
    pub fn end(&self) {
        self.release_iteration_rows();
        self.release_kept_rows();
    }
}

/// Waits until the engine has taken how an iteration ended and resumes.
#[derive(Debug)]
pub struct IterationEnd<'u> {
    user: &'u User,
}

impl Future for IterationEnd<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        // The engine polls again when the next iteration is due: nobody has to be woken.
        match self.user.iteration_outcome.take() {
            None => Poll::Ready(()),
            outcome => {
                self.user.iteration_outcome.set(outcome);
                Poll::Pending
            }
        }
    }
}
