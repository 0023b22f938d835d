//! How an iteration ends, and the next is waited for.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::User;
use crate::base::flow::Flow;

impl User {
    /// Says how a turn ended, and waits until the next is to begin: a user's turns are one future that the engine
    /// resumes, so that turns allocate nothing.
    pub fn turn_over(&self, outcome: Flow) -> TurnOver<'_> {
        self.turned.set(Some(outcome));
        TurnOver { user: self }
    }

    /// The turn is over: rows that were drawn for it are free again.
    pub fn end_turn(&self) {
        self.world.pools.release(&mut self.held.borrow_mut().turn);
    }

    /// The user is over: all its rows are free again.
    pub fn end(&self) {
        self.end_turn();
        self.world.pools.release(&mut self.held.borrow_mut().user);
    }
}

/// Waits until the engine has taken how a turn ended and resumes.
#[derive(Debug)]
pub struct TurnOver<'u> {
    user: &'u User,
}

impl Future for TurnOver<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        // The engine polls again when the next turn is due: nobody has to be woken.
        match self.user.turned.take() {
            None => Poll::Ready(()),
            outcome => {
                self.user.turned.set(outcome);
                Poll::Pending
            }
        }
    }
}
