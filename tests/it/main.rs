//! Tests of whole programs: `ltc` as a command, the binaries that it builds, and the documentation. Run a part by the name of its module:
//! `cargo test --test it distributed`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod circles;
mod command;
mod commands;
mod conformance;
mod distributed;
mod docs;
mod echo;
mod editors;
mod emitted;
mod field;
mod fleet_faults;
mod fleet_runs;
mod fmt;
mod generated;
mod guide;
mod guide_commands;
mod hostile;
mod hostile_editor;
mod identity;
mod import_collection;
mod import_command;
mod import_replay;
mod import_runs;
mod lambda;
mod language;
mod listeners;
mod live;
mod long_buffers;
mod long_configurations;
mod long_texts;
mod lsp;
mod machine;
mod mcp;
mod one_command;
mod options;
mod package;
mod positions;
mod prebuilt;
mod project;
mod readme;
mod record;
mod release;
mod renewal;
mod replay;
mod report;
mod rig;
mod rules;
mod runs;
mod secrets;
mod server;
mod terminal;
mod third_party;
#[path = "../tools.rs"]
mod tools;
mod valid;
