//! The load engine: what a user does, when, and what is counted of it. It is all that runs while a test loads a server, and is optimised
//! for that; the binary's command line, reports and orchestration stand on it (`ltc-runtime`).
//!
//! ```text
//! schedule ─ workers ─ user ─ step ─ request ─ http ─ response ─ expect, take
//!                               └ samples ─ stats ─ snapshots
//! ```

pub mod clock;
#[cfg(test)]
mod counting;
mod data;
pub mod exchange;
pub mod expr;
mod flight;
pub mod flow;
pub mod functions;
pub mod generated;
pub mod http;
pub mod matcher;
pub mod observe;
pub mod place;
pub mod program;
pub mod request;
pub mod response;
pub mod schedule;
pub mod scope;
mod settled;
pub mod show;
pub mod source;
pub mod stats;
pub mod step;
mod submit;
mod timers;
pub mod trace;
#[cfg(test)]
mod trial;
pub mod user;
pub mod value;
pub mod workers;
pub mod world;
