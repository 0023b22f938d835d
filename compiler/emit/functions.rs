//! How generated code calls the runtime's functions: which context they need besides their arguments, and which arguments are optional.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// The context that a call passes before the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing.
    Nothing,
    /// The user's random number generator.
    Rng,
    /// The time.
    Time,
}

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) needs: Needs,
    /// All arguments in one slice.
    pub(super) variadic: bool,
    /// The first optional parameter; it is an `Option`.
    pub(super) optional_from: Option<usize>,
    /// The number of parameters, if some are optional.
    pub(super) params: usize,
}

/// The shape of a function of the language.
pub(super) fn shape(name: &str) -> Shape {
    let plain = Shape { needs: Needs::Nothing, variadic: false, optional_from: None, params: 0 };
    match name {
        "random" | "chance" | "one_of" | "sample" | "uuid" => Shape { needs: Needs::Rng, ..plain },
        "random_string" => Shape { needs: Needs::Rng, optional_from: Some(1), params: 2, ..plain },
        "jwt" => Shape { optional_from: Some(3), params: 4, ..plain },
        "now" | "totp" => Shape { needs: Needs::Time, ..plain },
        "parse_time" | "join" => Shape { optional_from: Some(1), params: 2, ..plain },
        "merge" | "min" | "max" | "concat" => Shape { variadic: true, ..plain },
        _ if name.starts_with("fake.") => Shape { needs: Needs::Rng, ..plain },
        _ => plain,
    }
}

/// The function's path in the runtime.
pub(super) fn path(name: &str) -> TokenStream {
    match name.split_once('.') {
        Some((module, function)) => {
            let (module, function) = (format_ident!("{module}"), format_ident!("{function}"));
            quote!(functions::#module::#function)
        }
        None => {
            let function = format_ident!("{name}");
            quote!(functions::#function)
        }
    }
}
