//! Declarations of files: names, imports, report rows, data, file-level variables, apis and their requests, and the keys of the environment
//! and the other files that they need.

pub(super) mod apis;
pub(super) mod assets;
pub(super) mod data;
pub(super) mod env;
pub(super) mod health_check;
pub(super) mod imports;
pub(super) mod names;
pub(super) mod needs;
pub(super) mod options;
pub(super) mod report_lines;
pub(super) mod requests;
pub(super) mod rows;
pub(super) mod size;
