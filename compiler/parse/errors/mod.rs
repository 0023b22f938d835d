//! Diagnostics for text that does not parse.

mod foreign_changes;
mod foreign_conditions;
mod foreign_declarations;
mod foreign_definitions;
mod foreign_exchanges;
mod foreign_fields;
mod foreign_files;
mod foreign_flow;
mod foreign_gherkin;
mod foreign_heads;
mod foreign_http_files;
mod foreign_hurl;
mod foreign_marks;
mod foreign_matchers;
mod foreign_members;
mod foreign_numbers;
mod foreign_parts;
mod foreign_patterns;
mod foreign_requests;
mod foreign_shapes;
mod foreign_sql;
mod foreign_syntax;
mod foreign_takes;
mod foreign_types;
mod foreign_values;
mod foreign_words;
mod recovery;
mod stop;
mod syntax_errors;
mod vocabulary;

pub(super) use recovery::ROUNDS;
