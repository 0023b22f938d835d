//! The runtime of ltc.

pub mod functions;
pub mod matcher;
pub mod source;
pub mod value;
