//! The server's own count of requests, for tests to hold a load generator's count against.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};

use crate::router::{Found, SERVICES};

/// Counters, exact, without locks.
#[derive(Debug)]
pub(crate) struct Stats {
    routes: Vec<Vec<AtomicU64>>,
    statuses: Vec<AtomicU64>,
    /// Requests that no route took.
    unmatched: AtomicU64,
    /// Connections dropped on purpose.
    closed: AtomicU64,
    /// Connections accepted.
    connections: AtomicU64,
}

impl Stats {
    pub(crate) fn new() -> Self {
        let zeroes = |count: usize| (0..count).map(|_| AtomicU64::new(0)).collect::<Vec<_>>();
        Stats {
            routes: SERVICES.iter().map(|(_, routes)| zeroes(routes.len())).collect(),
            statuses: zeroes(600),
            unmatched: AtomicU64::new(0),
            closed: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        }
    }

    /// A request arrived.
    pub(crate) fn arrived(&self, found: &Found<'_>) {
        match found {
            Found::Route(service, at, _) => &self.routes[*service][*at],
            Found::Methods(_) | Found::Nowhere => &self.unmatched,
        }
        .fetch_add(1, Ordering::Relaxed);
    }

    /// A response goes out.
    pub(crate) fn answered(&self, status: u16) {
        if let Some(counter) = self.statuses.get(usize::from(status)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A connection was dropped on purpose.
    pub(crate) fn dropped(&self) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection was accepted.
    pub(crate) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// All counters back to nought.
    pub(crate) fn reset(&self) {
        let all = self.routes.iter().flatten().chain(&self.statuses);
        for counter in all.chain([&self.unmatched, &self.closed, &self.connections]) {
            counter.store(0, Ordering::Relaxed);
        }
    }

    /// What was counted, without the zeroes.
    pub(crate) fn show(&self) -> Value {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut routes = Map::new();
        let mut total = read(&self.unmatched);
        for ((name, table), counters) in SERVICES.iter().zip(&self.routes) {
            for (route, counter) in table.iter().zip(counters) {
                let count = read(counter);
                total += count;
                if count > 0 {
                    routes.insert(format!("{} /{name}{}", route.method, route.path), count.into());
                }
            }
        }
        let statuses: Map<String, Value> = self
            .statuses
            .iter()
            .enumerate()
            .filter(|(_, counter)| read(counter) > 0)
            .map(|(status, counter)| (status.to_string(), read(counter).into()))
            .collect();
        json!({
            "total": total,
            "routes": routes,
            "statuses": statuses,
            "unmatched": read(&self.unmatched),
            "closed": read(&self.closed),
            "connections": read(&self.connections),
        })
    }
}
