//! Everything that generated code uses: `use ltc_runtime::generated::*;`.

pub use crate::base::flow::{Exit, Flow};
pub use crate::base::location::{Location, at, at_in};
pub use crate::call::builder::Request;
pub use crate::functions;
pub use crate::http::Redirects;
pub use crate::matcher::{Bound, Key, Matcher, Op};
pub use crate::program::*;
pub use crate::record::expectation::{Expectation, expected};
pub use crate::request::prepared::PreparedRequest;
pub use crate::source::{BuiltPart, PathStep, Pick, Quoting, picked};
pub use crate::stats::FailureClass;
pub use crate::step::control::together;
pub use crate::step::expr::{capture, file, matches};
pub use crate::step::response::Response;
pub use crate::step::rows::{all_rows, next};
pub use crate::step::{As, Check, Header, Status};
pub use crate::user::User;
pub use crate::value::build::*;
pub use crate::value::{Eval, EvalError, Value, ops};
