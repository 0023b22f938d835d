//! The addresses of names. A thread looks each name up once for all of its users, and the users are spread evenly over the addresses.
//!
//! Each user begins with another address, in turn, and keeps it, as a browser does. An address that can't be connected to, or is overtaken
//! by another one, comes last until the name is looked up again. So it doesn't delay every connection.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::base::clock;
use crate::http::message::failure::HttpError;
use crate::http::message::words;
use crate::stats::FailureClass;

/// How long the addresses of a name are used.
const TTL: Duration = Duration::from_secs(30);
/// How long a failed look-up counts, so that tasks that wait for the same name don't repeat it one by one.
const FAILURE_TTL: Duration = Duration::from_secs(1);

/// The most hosts that a thread knows. A row of data can name a new one for each request.
const MOST_KNOWN: usize = 10_000;

/// Looks up names.
pub(crate) trait Resolve: fmt::Debug {
    /// The addresses of a host, preferred ones first.
    fn look_up<'r>(&'r self, host: &'r str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + 'r>>;
}

/// The system's resolver.
#[derive(Debug)]
pub(crate) struct System;

impl Resolve for System {
    fn look_up<'r>(&'r self, host: &'r str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + 'r>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// The names that a thread has looked up.
#[derive(Debug)]
pub(crate) struct Names {
    resolver: Box<dyn Resolve>,
    known: RefCell<HashMap<Box<str>, Rc<Name>>>,
}

/// The state of a host.
#[derive(Debug, Default)]
struct Name {
    /// The host itself, if it is an address.
    address: Option<Rc<Addresses>>,
    lock: Mutex<()>,
    found: RefCell<Option<(Instant, Found)>>,
}

type Found = Result<Rc<Addresses>, HttpError>;

impl Names {
    pub(crate) fn new(resolver: Box<dyn Resolve>) -> Self {
        Self { resolver, known: RefCell::default() }
    }

    /// The addresses of a host, and the time of the look-up if one was needed. Users that want the same name wait for the same look-up.
    pub(crate) async fn addresses(&self, host: &str) -> Result<(Rc<Addresses>, Option<Duration>), HttpError> {
        let name = self.name(host);
        if let Some(address) = &name.address {
            return Ok((address.clone(), None));
        }
        let begun = clock::now();
        if let Some(known) = name.known() {
            return Ok((known?, None));
        }
        let held = name.lock.lock().await;
        let found = match name.known() {
            Some(known) => known,
            None => self.look_up(&name, host).await,
        };
        drop(held);
        Ok((found?, Some(clock::since(begun))))
    }

    fn name(&self, host: &str) -> Rc<Name> {
        let mut known = self.known.borrow_mut();
        if let Some(name) = known.get(host) {
            return name.clone();
        }
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        let address = host.parse().ok().map(|address| Rc::new(Addresses::new(vec![address])));
        let name = Rc::new(Name { address, ..Name::default() });
        known.insert(host.into(), name.clone());
        name
    }

    async fn look_up(&self, name: &Name, host: &str) -> Found {
        let none = |why: String| HttpError::new(FailureClass::Dns, format!("the host {host} has no address{why}"));
        let found = match self.resolver.look_up(host).await {
            Ok(found) if found.is_empty() => Err(none(String::new())),
            Ok(found) => Ok(Rc::new(Addresses::new(found))),
            Err(error) => Err(none(format!(": {}", words::of_resolver(&error)))),
        };
        *name.found.borrow_mut() = Some((clock::now(), found.clone()));
        found
    }
}

impl Name {
    fn known(&self) -> Option<Found> {
        let found = self.found.borrow();
        let (at, found) = found.as_ref()?;
        let fresh = clock::since(*at) < if found.is_ok() { TTL } else { FAILURE_TTL };
        fresh.then(|| found.clone())
    }
}

/// A host's addresses.
#[derive(Debug)]
pub(crate) struct Addresses {
    /// Address families alternate (RFC 8305, 4). Within a family, addresses are sorted: servers return them in another order each time, and
    /// all threads and shards should go through them in the same order.
    circle: Vec<IpAddr>,
    /// Addresses that new connections should try last.
    last: RefCell<Vec<IpAddr>>,
}

impl Addresses {
    fn new(mut found: Vec<IpAddr>) -> Self {
        if found.len() == 1 {
            return Self { circle: found, last: RefCell::default() };
        }
        let first_is_v6 = found.first().is_some_and(IpAddr::is_ipv6);
        found.sort_unstable();
        found.dedup();
        let (first, second): (Vec<IpAddr>, Vec<IpAddr>) = found.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
        let (mut first, mut second) = (first.into_iter(), second.into_iter());
        let mut circle = Vec::new();
        loop {
            let pair = [first.next(), second.next()];
            if pair == [None, None] {
                break;
            }
            circle.extend(pair.into_iter().flatten());
        }
        Self { circle, last: RefCell::default() }
    }

    /// All addresses.
    pub(crate) fn all(&self) -> &[IpAddr] {
        &self.circle
    }

    /// The addresses in the order in which a user tries them.
    pub(crate) fn order(&self, user: u64) -> Cow<'_, [IpAddr]> {
        if self.circle.len() == 1 {
            return Cow::Borrowed(&self.circle);
        }
        let last = self.last.borrow();
        let (mut last, mut order): (Vec<IpAddr>, Vec<IpAddr>) = self.circle.iter().partition(|address| last.contains(address));
        rotate(&mut order, user);
        rotate(&mut last, user);
        order.extend(last);
        Cow::Owned(order)
    }

    /// Makes new connections try an address last.
    pub(crate) fn put_last(&self, address: IpAddr) {
        let mut last = self.last.borrow_mut();
        if self.circle.len() > 1 && !last.contains(&address) {
            last.push(address);
        }
    }
}

fn rotate(addresses: &mut [IpAddr], user: u64) {
    let count = addresses.len() as u64;
    if count > 1 {
        // The remainder is less than the number of addresses.
        addresses.rotate_left(usize::try_from(user % count).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(all: &[&str]) -> Addresses {
        Addresses::new(all.iter().map(|one| one.parse().unwrap()).collect())
    }

    fn order(addresses: &Addresses, user: u64) -> Vec<String> {
        addresses.order(user).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn users_are_spread_over_the_addresses_in_turn() {
        let three = addresses(&["10.0.0.3", "10.0.0.1", "10.0.0.2", "10.0.0.1"]);
        assert_eq!(order(&three, 0), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
        assert_eq!(order(&three, 1), ["10.0.0.2", "10.0.0.3", "10.0.0.1"]);
        assert_eq!(order(&three, 3_000_000_000_000_000_002), ["10.0.0.3", "10.0.0.1", "10.0.0.2"]);
        // The order is the same, whatever the order of the next answer.
        assert_eq!(order(&addresses(&["10.0.0.2", "10.0.0.1", "10.0.0.3"]), 1), order(&three, 1));
    }

    #[test]
    fn addresses_alternate_between_families() {
        let mixed = addresses(&["::2", "::1", "::3", "10.0.0.1"]);
        assert_eq!(order(&mixed, 0), ["::1", "10.0.0.1", "::2", "::3"]);
        assert_eq!(order(&mixed, 1), ["10.0.0.1", "::2", "::3", "::1"]);
        assert_eq!(order(&addresses(&["10.0.0.1", "::2", "::1"]), 0), ["10.0.0.1", "::1", "::2"]);
    }

    #[test]
    fn users_of_a_dead_address_are_spread_over_the_others() {
        let three = addresses(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
        three.put_last("10.0.0.1".parse().unwrap());
        three.put_last("10.0.0.1".parse().unwrap());
        assert_eq!(order(&three, 0), ["10.0.0.2", "10.0.0.3", "10.0.0.1"]);
        assert_eq!(order(&three, 1), ["10.0.0.3", "10.0.0.2", "10.0.0.1"]);
        for address in ["10.0.0.2", "10.0.0.3"] {
            three.put_last(address.parse().unwrap());
        }
        assert_eq!(order(&three, 1), ["10.0.0.2", "10.0.0.3", "10.0.0.1"], "where all are dead, none is preferred");
        let one = addresses(&["10.0.0.1"]);
        one.put_last("10.0.0.1".parse().unwrap());
        assert_eq!(order(&one, 5), ["10.0.0.1"]);
    }

    #[test]
    fn addresses_need_no_look_up_and_hosts_of_rows_no_endless_memory() {
        let names = Names::new(Box::new(System));
        for host in 0..u32::try_from(MOST_KNOWN).unwrap() + 10 {
            let address = IpAddr::from(host.to_be_bytes());
            let name = names.name(&address.to_string());
            assert_eq!(name.address.as_ref().unwrap().all(), [address]);
        }
        assert_eq!(names.known.borrow().len(), 10);
        assert!(names.name("shop.example").address.is_none());
    }
}
