//! The load engine: what virtual users do, when they do it, and what is counted. It is everything that runs while a server is loaded, so
//! it is the part that is optimised in full; the command line, reports and the distributed test stand on it (`ltc_runtime`).
//!
//! ```text
//! schedule ─ workers ─ user ─ step ─ request ─ http ─ response ─ expect, take
//!                               └ samples ─ stats ─ snapshots
//! ```
//!
//! From a plan to figures:
//!
//! 1. [`schedule::Plan`] says when users, or arrivals, start and stop: exact arithmetic on the profile, cut into any number of shards and
//!    workers without a rest. It knows neither HTTP nor the clock.
//! 2. [`workers::Engine::start`] starts a thread for each core. Each has its own single-threaded runtime, users, connections and
//!    histograms; nothing is shared while the load runs.
//! 3. A [`user::User`] runs iterations: a future of the generated crate ([`program::UserClass::iterations`]) that the worker resumes.
//! 4. Each step of it begins with [`user::User::step`], and sends its request with [`step::Step::send`].
//! 5. [`http::Session`] has the user's connections and cookies. An ordinary request on an open connection is one state machine that
//!    allocates nothing; connecting, redirects, chunks and HTTP/2 go on from where that stands.
//! 6. Expectations and captures look at the [`step::response::Response`] ([`step::Step::status`], [`step::Step::json`], [`step::Step::take`]).
//! 7. [`step::Step::end`] gives the step's sample to the worker's [`stats::Recorder`]; once an interval
//!    [`stats::Recorder::snapshot`] is handed over, and [`stats::Snapshot::merge`] adds up threads, shards and machines exactly.
//!
//! Generated code names what is in [`generated`] and nothing else: with [`stats`], [`schedule`] and the configuration of [`http`] it is what
//! other crates need of this one.

pub mod base;
pub mod call;
#[cfg(test)]
mod counting;
#[cfg(test)]
mod fixture;
pub mod functions;
pub mod generated;
pub mod http;
pub mod matcher;
pub mod program;
pub mod record;
pub mod request;
pub mod schedule;
pub mod source;
pub mod stats;
pub mod step;
pub mod tables;
pub mod user;
pub mod value;
pub mod workers;

pub use base::clock;
