//! Values of the language while a test runs: a small dynamically typed enum that is cheap to clone.
//!
//! The compiler has already checked everything that it can. Errors that show only while the test runs (members of JSON from a server) are
//! an [`EvalError`], from which the step or statement makes a failure with a location.

mod access;
mod blocks;
pub mod build;
mod check;
#[cfg(test)]
mod check_tests;
mod compare;
pub mod convert;
mod find;
pub mod format;
mod json;
mod make;
mod nesting;
pub mod number;
pub mod ops;
mod raw_str;
mod scalars;
pub mod scan;
mod skip;
mod text;
mod want;
mod wire;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use ecow::{EcoString, EcoVec};
use indexmap::IndexMap;

pub use convert::{Type, convert_json, convert_text};
pub use format::FormatSpec;
pub use json::write_json_string;
pub(crate) use make::list_of;
pub use number::{Exact, Number};
pub use text::{Part, path_segment, query_value, text, write_duration, write_time};
pub(crate) use text::{RESERVED, timestamp};

/// The members of an object, in their written or received order.
pub type Map = IndexMap<EcoString, Value>;

/// A value of the language. A clone copies only a few words.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`. An absent cookie or header reads as null too.
    Null,
    /// `absent`: leaves a key of a map out. It is never stored in a variable.
    Absent,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A number that neither of these prints in the same way: too long, or like `1.10`.
    Exact(Exact),
    /// Text.
    Str(EcoString),
    /// Raw bytes: hashes, files, bodies that aren't text.
    Bytes(Bytes),
    /// A duration in nanoseconds. It may be negative after a subtraction.
    Duration(i64),
    /// A point in time, in nanoseconds since the Unix epoch.
    Time(i128),
    /// A list.
    List(EcoVec<Value>),
    /// An object.
    Object(Arc<Map>),
    /// `file("x")`: a file's content with the name and type for its upload.
    File(Arc<FileValue>),
    /// `take f = form "css"`: a page's form.
    Form(Arc<FormValue>),
}

/// A file of the project in the binary.
#[derive(Clone, Debug)]
pub struct FileValue {
    /// Its content.
    pub bytes: Bytes,
    /// The file name of the upload.
    pub name: EcoString,
    /// Its media type, `application/octet-stream` if it is unknown.
    pub media_type: EcoString,
}

/// A form of a page.
#[derive(Clone, Debug)]
pub struct FormValue {
    /// `GET` or `POST`.
    pub method: EcoString,
    /// The absolute URL of its action.
    pub action: EcoString,
    /// Its `enctype`: `application/x-www-form-urlencoded`, `multipart/form-data` or `text/plain`.
    pub enctype: EcoString,
    /// Names and values that a browser would send without a pressed button, in document order.
    pub fields: Vec<(EcoString, EcoString)>,
    /// Names and values of its submit buttons. A button is sent only if the map of the submit names it.
    pub buttons: Vec<(EcoString, EcoString)>,
}

/// Why an expression has no value, in the words of the language: `"json.items is a string, not a list"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError(pub String);

/// The result of an expression that can fail.
pub type Eval<T = Value> = Result<T, EvalError>;

impl EvalError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EvalError {}
