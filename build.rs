//! Packs the runtime's sources.
fn main() {}
