//! Builds tree nodes from the pairs of the grammar: methods of the `TreeBuilder`, one file for each part of the language.

mod api;
mod expr;
mod item;
mod matcher;
mod number;
mod stmt;
mod text;
