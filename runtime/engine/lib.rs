//! The load engine: what virtual users do, when they do it, and what is counted. It is all code that runs under load, so it is compiled
//! with full optimization. The command line, reports and distributed tests build on it (`ltc_runtime`).
//!
//! ```text
//! schedule ─ workers ─ user ─ step ─ request ─ http ─ response ─ expect, take
//!                               └ samples ─ stats ─ snapshots
//! ```
//!
//! From a plan to figures:
//!
//! 1. [`schedule::Plan`] computes when users, or arrivals, start and stop: exact arithmetic on the profile, which can be divided into any
//!    number of shards and workers without a rest. It depends neither on HTTP nor on the clock.
//! 2. [`workers::Engine::start`] starts a thread for each core. Each has its own single-threaded runtime, users, connections and
//!    histograms; nothing is shared while the load runs.
//! 3. A [`User`] runs iterations: a future of the generated crate ([`program::UserClass::iterations`]) that the worker resumes.
//! 4. Each step of it begins with [`User::step`], and sends its request with `Step::send`.
//! 5. [`http::Session`] has the user's connections and cookies. An ordinary request on an open connection is one state machine that
//!    allocates nothing. Connecting, redirects, chunks and HTTP/2 continue from its state.
//! 6. Expectations and captures look at the [`Response`] (`Step::status`, `Step::json`, `Step::take`).
//! 7. `Step::end` passes the step's sample to the worker's [`stats::Recorder`]. Once per interval,
//!    [`stats::Recorder::snapshot`] returns the counts, and [`stats::Snapshot::merge`] adds up threads, shards and machines exactly.
//!
//! Generated code uses only [`generated`]. The runtime and the test suites use the other public modules and the types at the crate's root;
//! all other modules are private.

mod base;
mod call;
#[cfg(test)]
mod counting;
#[cfg(test)]
mod fixture;
pub mod functions;
pub mod generated;
pub mod http;
pub mod matcher;
pub mod program;
mod record;
mod request;
pub mod schedule;
pub mod source;
pub mod stats;
mod step;
mod tables;
mod user;
pub mod value;
pub mod workers;

pub use base::clock;
pub use base::location::Location;
pub use base::secrets::Secrets;
pub use call::resolve::send;
pub use record::answer::Answer;
pub use record::detail::Detail;
pub use record::exposed::is_credential;
pub use record::observe;
pub use record::trace::Trace;
pub use request::show;
pub use step::control::run as run_block;
pub use step::response::Response;
pub use user::User;
pub use user::world::World;
