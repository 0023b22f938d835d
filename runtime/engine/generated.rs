//! All that generated code names: `use ltc_runtime::generated::*;`.

pub use crate::base::flow::{Exit, Flow};
pub use crate::base::place::{Place, at, at_in};
pub use crate::call::builder::{Redirects, Request};
pub use crate::call::resolve::Ready;
pub use crate::functions;
pub use crate::matcher::{Bound, Key, Matcher, Op};
pub use crate::program::*;
pub use crate::source::{Pick, Step as PathStep};
pub use crate::stats::FailureClass;
pub use crate::step::control::together;
pub use crate::step::response::Response;
pub use crate::step::{As, Check, Expectation, Header, Status, expected};
pub use crate::user::rows::next;
pub use crate::user::{User, Wait};
pub use crate::value::build::*;
pub use crate::value::{Eval, Fault, Value, ops};
