//! The server's own request counts, with which tests compare those of a load generator.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};

/// Exact counters without locks.
#[derive(Debug)]
pub(crate) struct Stats {
    /// The name of each service, and its routes.
    services: Vec<(&'static str, Vec<Counted>)>,
    statuses: Vec<AtomicU64>,
    /// The number of requests without a route.
    unmatched: AtomicU64,
    /// The number of connections dropped on purpose.
    closed: AtomicU64,
    /// The number of accepted connections.
    connections: AtomicU64,
}

/// The requests of a route.
#[derive(Debug)]
struct Counted {
    method: &'static str,
    path: &'static str,
    count: AtomicU64,
}

impl Stats {
    /// Creates counters for these services, each with the method and the path of its routes.
    pub(crate) fn new<'r>(services: impl Iterator<Item = (&'static str, &'r [(&'static str, &'static str)])>) -> Self {
        let zeroes = |routes: &[(&'static str, &'static str)]| {
            routes.iter().map(|&(method, path)| Counted { method, path, count: AtomicU64::new(0) }).collect()
        };
        Stats {
            services: services.map(|(name, routes)| (name, zeroes(routes))).collect(),
            statuses: (0..600).map(|_| AtomicU64::new(0)).collect(),
            unmatched: AtomicU64::new(0),
            closed: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        }
    }

    /// Counts a request. `route` has the index of its service and of its route.
    pub(crate) fn arrived(&self, route: Option<(usize, usize)>) {
        let counter = route.and_then(|(service, at)| self.services.get(service)?.1.get(at));
        counter.map_or(&self.unmatched, |route| &route.count).fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a response.
    pub(crate) fn answered(&self, status: u16) {
        if let Some(counter) = self.statuses.get(usize::from(status)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a connection that was dropped on purpose.
    pub(crate) fn dropped(&self) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an accepted connection.
    pub(crate) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Sets all counters to zero.
    pub(crate) fn reset(&self) {
        let routes = self.services.iter().flat_map(|(_, routes)| routes).map(|route| &route.count);
        let all = routes.chain(&self.statuses);
        for counter in all.chain([&self.unmatched, &self.closed, &self.connections]) {
            counter.store(0, Ordering::Relaxed);
        }
    }

    /// The counts, without zeros.
    pub(crate) fn show(&self) -> Value {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut routes = Map::new();
        let mut total = read(&self.unmatched);
        for (name, table) in &self.services {
            for Counted { method, path, count: counter } in table {
                let count = read(counter);
                total += count;
                if count > 0 {
                    routes.insert(format!("{method} /{name}{path}"), count.into());
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
