//! Values of the language while a test runs: one small, cheaply cloned, dynamically typed enum.
//!
//! The compiler has already checked what can be checked; what is left to run time (members of JSON that a server sent) fails as a
//! [`EvalError`], from which the step or statement makes a located failure.

mod access;
pub mod build;
mod compare;
pub mod convert;
pub mod format;
mod json;
mod make;
pub mod number;
pub mod ops;
mod raw_str;
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
pub use number::{Exact, Number};
pub use text::{Part, path_segment, query_value, text, write_duration, write_time};
pub(crate) use text::{RESERVED, timestamp};

/// The members of an object, in the order they were written or received.
pub type Map = IndexMap<EcoString, Value>;

/// A value of the language. Cloning never copies more than a few words.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`, and what an absent cookie or header reads as.
    Null,
    /// `absent`: as the value of a map's key it leaves the key out. Never stored in a variable.
    Absent,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A number that neither of these prints as it was written: too long, or `1.10`.
    Exact(Exact),
    /// Text.
    Str(EcoString),
    /// Raw bytes: hashes, files, bodies that are no text.
    Bytes(Bytes),
    /// A span of time in nanoseconds; may be negative after a subtraction.
    Duration(i64),
    /// An instant, nanoseconds since the Unix epoch.
    Time(i128),
    /// A list.
    List(EcoVec<Value>),
    /// An object.
    Object(Arc<Map>),
    /// `file("x")`: a file's content with the name and type it is uploaded under.
    File(Arc<FileValue>),
    /// `take f = form "css"`: a page's form.
    Form(Arc<FormValue>),
}

/// A file of the project, carried in the binary.
#[derive(Clone, Debug)]
pub struct FileValue {
    /// Its content.
    pub bytes: Bytes,
    /// The name it is uploaded under.
    pub name: EcoString,
    /// Its media type, `application/octet-stream` where none is known.
    pub media_type: EcoString,
}

/// A form as a page gave it.
#[derive(Clone, Debug)]
pub struct FormValue {
    /// `GET` or `POST`.
    pub method: EcoString,
    /// The absolute URL it is sent to.
    pub action: EcoString,
    /// Its `enctype`: `application/x-www-form-urlencoded`, `multipart/form-data` or `text/plain`.
    pub enctype: EcoString,
    /// Names and values a browser would send without a button being pressed, in document order.
    pub fields: Vec<(EcoString, EcoString)>,
    /// Names and values of its submit buttons: sent only where the map over the form names one.
    pub buttons: Vec<(EcoString, EcoString)>,
}

/// Why an expression has no value, in the writer's words: `"json.items is a string, not a list"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError(pub String);

/// What every fallible expression gives.
pub type Eval<T = Value> = Result<T, EvalError>;

impl EvalError {
    /// A fault that says `message`.
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
