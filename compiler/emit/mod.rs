//! Emits the Rust of a small crate from the checked model: tables, and one function for each request, sequence and block.
//!
//! The emitter is pure: it reads no files and no environment. The generated code uses only
//! [`ltc_runtime::generated`](../../ltc_runtime/generated/index.html).

mod arrays;
mod constant;
mod draws;
mod expr;
mod frame;
mod functions;
mod loops;
mod matcher;
mod names;
mod parts;
mod request;
mod routines;
mod source;
mod step;
mod stmt;
mod tables;
mod uses;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Program;
use crate::span::Span;

use names::Names;

/// The emitter's input besides the model.
pub struct EmitInput<'a> {
    /// File, line and column (from 1) of a location.
    pub locate: &'a dyn Fn(Span) -> (u16, u32, u32),
    /// The spec's path as given to the compiler.
    pub spec: &'a str,
    /// The profile's path and text.
    pub profile: Option<(&'a str, &'a str)>,
    /// File stem and text of the environments that the binary embeds.
    pub environments: &'a [(String, String)],
}

/// A generated crate's sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// `src/main.rs`.
    pub main: String,
    /// The other files, by their path under `src/`.
    pub files: Vec<(String, Vec<u8>)>,
}

/// The stack for the deepest program that the checker accepts. Code is several levels deeper than the spec, and its parser and printer need
/// some kilobytes for each. Only used parts of it take memory.
const STACK_BYTES: usize = 512 << 20;

/// Emits a program.
///
/// # Errors
/// If the generated code is not valid Rust, which is a bug in ltc; the text is `syn`'s message.
pub fn emit(program: &Program, context: &EmitInput<'_>) -> Result<Emitted, String> {
    stacker::grow(STACK_BYTES, || emit_here(program, context))
}

fn emit_here(program: &Program, context: &EmitInput<'_>) -> Result<Emitted, String> {
    let emitter = Emitter {
        program,
        context,
        names: Names::of(program),
        locations: RefCell::default(),
        constants: Cell::new(0),
        settled: Cell::new(0),
        urls: RefCell::default(),
        reads_iteration: Cell::new(false),
    };
    let mut files = Vec::new();
    let requests = emitter.requests();
    let sequences = emitter.sequences();
    let code = quote!(#requests #sequences);
    let tables = emitter.tables(&code, &mut files);
    let title = format!(" {}, compiled by ltc {}. Made by `ltc build`; do not edit.", context.spec, env!("CARGO_PKG_VERSION"));
    let tokens = quote! {
        #![doc = #title]
        #![recursion_limit = "65536"]
        #![allow(unused_variables, unused_assignments, unused_mut, clippy::all)]

        use ltc_runtime::generated::*;

        fn main() -> std::process::ExitCode {
            ltc_runtime::main(&PROGRAM)
        }

        #code
        #tables
    };
    let file = syn::parse2(tokens.clone()).map_err(|error| format!("{error}\n{tokens}"))?;
    Ok(Emitted { main: prettyplease::unparse(&file), files })
}

/// The state that the parts of the emitter share.
struct Emitter<'a> {
    program: &'a Program,
    context: &'a EmitInput<'a>,
    names: Names,
    /// All locations that failures may name.
    locations: RefCell<BTreeSet<(u16, u32, u32)>>,
    /// The number of requests that never change.
    constants: Cell<usize>,
    /// The number of requests that change only in part.
    settled: Cell<usize>,
    /// Quoted URLs, as far as they are known once the test begins.
    urls: RefCell<Vec<TokenStream>>,
    /// Whether an expression is `user.iteration`.
    reads_iteration: Cell<bool>,
}

impl Emitter<'_> {
    /// `at(31, 5)`. Also adds the location to the program's table.
    fn at(&self, span: Span) -> TokenStream {
        let location = (self.context.locate)(span);
        self.locations.borrow_mut().insert(location);
        location_code(location)
    }

    /// ` specs/tpdata.lt:31:5`, for a function's doc comment.
    fn location(&self, span: Span) -> String {
        let (file, line, column) = (self.context.locate)(span);
        let name = self.program.files.get(usize::from(file)).map_or(self.context.spec, String::as_str);
        format!("{name}:{line}:{column}")
    }
}

/// `at(31, 5)`, `at_in(1, 31, 5)`.
fn location_code((file, line, column): (u16, u32, u32)) -> TokenStream {
    let line = proc_macro2::Literal::u32_unsuffixed(line);
    let column = proc_macro2::Literal::u32_unsuffixed(column);
    if file == 0 {
        return quote!(at(#line, #column));
    }
    let file = proc_macro2::Literal::u16_unsuffixed(file);
    quote!(at_in(#file, #line, #column))
}

/// An index in generated code, without a type suffix.
fn index(index: usize) -> proc_macro2::Literal {
    proc_macro2::Literal::usize_unsuffixed(index)
}
