//! The bytes of an open connection: plain, encrypted, or in memory.

pub mod memory;
pub(super) mod stream;
