//! Connects to one of several addresses (RFC 8305, 5): the next one is tried after the one before has failed, or hasn't answered for some
//! time. The first one that answers is used.

use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// How long an address may take before the next one is tried as well.
const DELAY: Duration = Duration::from_millis(250);

/// The result of trying several addresses.
#[derive(Debug)]
pub(crate) struct RaceResult<T, E> {
    /// The result of the first address that answered, if any did.
    pub(crate) won: Option<T>,
    /// The errors of addresses, in the order in which they failed.
    pub(crate) failed: Vec<(IpAddr, E)>,
    /// Addresses that were tried before the one that answered, and hadn't answered by then.
    pub(crate) overtaken: Vec<IpAddr>,
}

/// The wait before the next address.
pub(crate) fn pause() -> tokio::time::Sleep {
    tokio::time::sleep(DELAY)
}

/// Tries addresses in order, with a pause before the next one unless an address fails. When an address succeeds, the other attempts are
/// dropped.
pub(crate) async fn race<T, E, F, P>(
    addresses: &[IpAddr],
    mut pause: impl FnMut() -> P,
    mut attempt: impl FnMut(IpAddr) -> F,
) -> RaceResult<T, E>
where
    F: Future<Output = Result<T, E>>,
    P: Future<Output = ()>,
{
    if let [address] = addresses {
        // Most hosts have one address. Its attempt needs no memory of its own.
        let (won, failed) = match attempt(*address).await {
            Ok(won) => (Some(won), Vec::new()),
            Err(error) => (None, vec![(*address, error)]),
        };
        return RaceResult { won, failed, overtaken: Vec::new() };
    }
    let mut next = addresses.iter().copied();
    let mut running: Vec<(IpAddr, Pin<Box<F>>)> = Vec::new();
    let mut failed = Vec::new();
    let mut waiting: Option<Pin<Box<P>>> = None;
    let (won, overtaken) = poll_fn(|cx| {
        loop {
            let due = next.len() > 0 && waiting.as_mut().is_none_or(|pause| pause.as_mut().poll(cx).is_ready());
            if due && let Some(address) = next.next() {
                running.push((address, Box::pin(attempt(address))));
                waiting = (next.len() > 0).then(|| Box::pin(pause()));
            }
            let before = failed.len();
            let mut at = 0;
            while at < running.len() {
                match running[at].1.as_mut().poll(cx) {
                    Poll::Ready(Ok(won)) => {
                        let overtaken = running[..at].iter().map(|(address, _)| *address).collect();
                        return Poll::Ready((Some(won), overtaken));
                    }
                    Poll::Ready(Err(error)) => failed.push((running.remove(at).0, error)),
                    Poll::Pending => at += 1,
                }
            }
            if running.is_empty() && next.len() == 0 {
                return Poll::Ready((None, Vec::new()));
            }
            if failed.len() > before {
                // After a failure, the next address is tried without a pause.
                waiting = None;
            } else if !due {
                return Poll::Pending;
            }
        }
    })
    .await;
    RaceResult { won, failed, overtaken }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    /// The state of each address, and the number of pauses that are over. The test controls the time.
    #[derive(Default)]
    struct World {
        begun: RefCell<Vec<u8>>,
        done: RefCell<Vec<(u8, bool)>>,
        dropped: RefCell<Vec<u8>>,
        pauses: Cell<usize>,
        paused: Cell<usize>,
    }

    struct Attempt<'w>(&'w World, u8);

    impl Future for Attempt<'_> {
        type Output = Result<u8, &'static str>;

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            match self.0.done.borrow().iter().find(|(number, _)| *number == self.1) {
                Some((number, true)) => Poll::Ready(Ok(*number)),
                Some((_, false)) => Poll::Ready(Err("failed")),
                None => Poll::Pending,
            }
        }
    }

    impl Drop for Attempt<'_> {
        fn drop(&mut self) {
            self.0.dropped.borrow_mut().push(self.1);
        }
    }

    fn address(number: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, number])
    }

    /// An action of the test, and the attempts that have begun after it.
    type Act<'a> = (&'a dyn Fn(&World), &'a [u8]);

    /// Races `1..=count`. After each act, it checks which attempts have begun. Returns the result.
    fn raced(count: u8, acts: &[Act<'_>]) -> (Option<RaceResult<u8, &'static str>>, World) {
        let world = World::default();
        let addresses: Vec<IpAddr> = (1..=count).map(address).collect();
        let pause = || {
            let number = world.pauses.get();
            world.pauses.set(number + 1);
            {
                let world = &world;
                poll_fn(move |_| if world.paused.get() > number { Poll::Ready(()) } else { Poll::Pending })
            }
        };
        let attempt = |address: IpAddr| {
            let IpAddr::V4(v4) = address else { panic!("{address}") };
            world.begun.borrow_mut().push(v4.octets()[3]);
            Attempt(&world, v4.octets()[3])
        };
        let mut result = None;
        {
            let mut race = pin!(race(&addresses, pause, attempt));
            for (number, (act, begun)) in acts.iter().enumerate() {
                act(&world);
                if let Poll::Ready(raced) = race.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    assert_eq!(number + 1, acts.len(), "the race is over early");
                    result = Some(raced);
                }
                assert_eq!(*world.begun.borrow(), *begun, "after act {number}");
            }
        }
        (result, world)
    }

    fn begin(_: &World) {}

    fn pause_is_over(world: &World) {
        world.paused.set(world.paused.get() + 1);
    }

    fn answers(number: u8) -> impl Fn(&World) {
        move |world| world.done.borrow_mut().push((number, true))
    }

    fn fails(number: u8) -> impl Fn(&World) {
        move |world| world.done.borrow_mut().push((number, false))
    }

    #[test]
    fn address_that_answers_is_the_only_one_tried() {
        let (raced, world) = raced(2, &[(&begin, &[1]), (&answers(1), &[1])]);
        let raced = raced.unwrap();
        assert_eq!((raced.won, raced.overtaken.len(), raced.failed.len()), (Some(1), 0, 0));
        assert_eq!(world.pauses.get(), 1);
        assert_eq!(super::tests::raced(1, &[(&begin, &[1])]).1.pauses.get(), 0, "a single address needs no pause");
    }

    #[test]
    fn next_address_is_tried_after_the_pause_while_the_first_continues() {
        let acts: [Act<'_>; 4] = [(&begin, &[1]), (&pause_is_over, &[1, 2]), (&pause_is_over, &[1, 2, 3]), (&answers(3), &[1, 2, 3])];
        let (result, world) = raced(3, &acts);
        let result = result.unwrap();
        assert_eq!((result.won, result.overtaken), (Some(3), vec![address(1), address(2)]));
        assert_eq!(world.dropped.borrow().len(), 3, "the losers are closed");
        let acts: [Act<'_>; 3] = [(&begin, &[1]), (&pause_is_over, &[1, 2]), (&answers(1), &[1, 2])];
        let first = raced(3, &acts).0.unwrap();
        assert_eq!((first.won, first.overtaken.len()), (Some(1), 0));
    }

    #[test]
    fn next_address_is_tried_immediately_after_a_failure() {
        let acts: [Act<'_>; 3] = [(&begin, &[1]), (&fails(1), &[1, 2]), (&fails(2), &[1, 2, 3])];
        assert!(raced(3, &acts).0.is_none(), "the last is waited for");
        let acts: [Act<'_>; 3] = [(&begin, &[1]), (&fails(1), &[1, 2]), (&answers(2), &[1, 2])];
        let result = raced(3, &acts).0.unwrap();
        assert_eq!((result.won, result.failed), (Some(2), vec![(address(1), "failed")]));
    }

    #[test]
    fn all_failed_addresses_are_reported() {
        let result = raced(2, &[(&fails(1), &[1, 2]), (&fails(2), &[1, 2])]).0.unwrap();
        assert_eq!((result.won, result.failed), (None, vec![(address(1), "failed"), (address(2), "failed")]));
        assert!(raced(0, &[(&begin, &[])]).0.unwrap().won.is_none());
    }

    #[test]
    fn pause_between_addresses_is_that_of_rfc_8305() {
        assert_eq!(DELAY, Duration::from_millis(250));
    }
}
