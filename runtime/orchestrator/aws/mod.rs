//! AWS: the functions of a distributed test, and everything that they need in an account. Only this folder and the functions' handler use
//! AWS's crates.
//!
//! ```text
//! session (who, where) ─┬─ function (Lambda, by its SDK)       ┐
//!                       ├─ iam, storage (signed requests)      ├─ deploy · status · destroy
//!                       ├─ names, policy, package, error       ┘
//!                       ├─ secrets (by reference in environments)
//!                       └─ backend: the engine `lambda`
//! ```

mod backend;
mod connector;
mod deploy;
mod error;
mod function;
mod iam;
mod keys;
mod logs;
mod names;
mod network;
mod package;
mod policy;
mod prelude;
mod run_bucket;
mod run_keeper;
mod secrets;
mod session;
mod signed;
mod stop;
mod storage;

pub(crate) use backend::LambdaBackend;
pub(crate) use deploy::{Deployment, architecture, destroy, status};
pub(crate) use error::AwsError;
pub(crate) use names::Names;
pub(crate) use package::Package;
pub(crate) use run_bucket::RunBucket;
pub(crate) use secrets::AwsSecrets;
pub(crate) use session::Session;
pub(crate) use stop::connect as connect_function;
