//! All that generated code names: `use ltc_runtime::generated::*;`.

pub use crate::data::next;
pub use crate::exchange::Ready;
pub use crate::expr::*;
pub use crate::flow::{Exit, Flow};
pub use crate::functions;
pub use crate::matcher::{Bound, Key, Matcher, Op};
pub use crate::place::{Place, at, at_in};
pub use crate::program::*;
pub use crate::request::{Redirects, Request};
pub use crate::response::Response;
pub use crate::scope::together;
pub use crate::source::{Pick, Step as PathStep};
pub use crate::stats::FailureClass;
pub use crate::step::{As, Check, Expectation, Header, Status, expected};
pub use crate::user::{User, Wait};
pub use crate::value::{Eval, Fault, Value, ops};
