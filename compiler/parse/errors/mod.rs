//! Diagnostics for text that does not parse.

mod foreign_declarations;
mod foreign_files;
mod foreign_hurl;
mod foreign_marks;
mod foreign_matchers;
mod foreign_members;
mod foreign_numbers;
mod foreign_requests;
mod foreign_shapes;
mod foreign_sql;
mod foreign_syntax;
mod foreign_values;
mod foreign_words;
mod recovery;
mod stop;
mod syntax_errors;
mod vocabulary;

pub(super) use recovery::ROUNDS;
