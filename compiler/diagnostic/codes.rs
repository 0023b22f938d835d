//! Every code there is, with its page in `docs/errors/`, which `ltc explain` prints.
//!
//! LT00xx: what doesn't parse. LT01xx: names. LT02xx: types and values. LT03xx: requests and apis. LT04xx: steps, expectations and takes. LT05xx: flow.
//! LT06xx: data, files and environment. LT09xx: warnings.

use super::Severity;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// A diagnostic's code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As it is shown: `LT0012`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Its page: what it means, an example that fails and one that passes.
            pub fn page(self) -> &'static str {
                match self { $(Self::$name => include_str!(concat!("../../docs/errors/", $code, ".md")),)* }
            }
        }
    };
}

codes! {
    /// Something does not parse.
    Syntax = "LT0001",
}

impl Code {
    /// LT09xx are warnings, all others errors.
    pub fn severity(self) -> Severity {
        if self.as_str().starts_with("LT09") {
            Severity::Warning
        } else {
            Severity::Error
        }
    }
}
