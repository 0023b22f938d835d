//! The runtime of ltc.
