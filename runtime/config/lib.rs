//! The configuration files of a load test: profile, registry, environment, credentials.
//!
//! | file | module |
//! |---|---|
//! | `specs/<name>.profile.yml` | [`profile`] |
//! | `config/loadtest_registry.yml` | [`registry`] |
//! | `config/<env>.yml` over `config/common.yml` | [`environment`], [`ApiTransportSettings`] |
//! | `config/limits.yml`, and the file of `LTC_LIMITS` | [`limits`] |
//! | `config/systems_credentials.yml`, `config/system_credentials.yml` | [`credentials`] |
//!
//! [`elf`] isn't about a file of YAML: it checks a program before it goes to AWS Lambda, for the compiler and for the runtime.
//!
//! Parsing is a pure function of a file's text. It reports all errors of a file together, each [`ConfigError`] with its location. Only the
//! functions called `load` touch files. A function that the caller passes looks up variables of the process environment.

pub mod allowed_hosts;
pub mod beside;
pub mod carried;
pub mod command_line;
pub mod credentials;
pub mod duration;
pub mod elf;
pub mod environment;
mod error;
pub mod foreign_words;
pub mod identity;
pub mod limits;
mod node;
pub mod number;
pub mod profile;
mod rate;
mod reader;
mod reads;
pub mod registry;
pub mod secret_reference;
pub mod size;
pub mod suggest;
pub mod threshold;
mod transport;
mod variables;

pub use allowed_hosts::AllowedHosts;
pub use credentials::Credentials;
pub use environment::Environment;
pub use error::{ConfigError, Location};
pub use limits::Limits;
pub use profile::Profile;
pub use rate::Rate;
pub use reads::Reads;
pub use registry::Registry;
pub use threshold::Threshold;
pub use transport::{ApiTransportSettings, Http2, TlsSettings};

/// Reads a file as text. The error names the file.
pub fn read(path: &std::path::Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| {
        let message = match error.kind() {
            std::io::ErrorKind::NotFound => "file not found".to_owned(),
            std::io::ErrorKind::InvalidData => "the file is not UTF-8 text".to_owned(),
            _ => format!("cannot read the file: {error}"),
        };
        ConfigError::new(Location::file(path.display().to_string()), message)
    })
}
