//! The hosts that requests may go to.

use ltc_config::AllowedHosts;
use serde::{Deserialize, Serialize};

/// The hosts that requests may go to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Permission {
    /// All hosts: the requests are no load.
    #[default]
    All,
    /// This machine, private networks, and these hosts.
    NearAnd(AllowedHosts),
    /// This machine and these hosts.
    HereAnd(AllowedHosts),
}
