//! Rust names for what the spec names: snake case and unique. Each ends in `_`, so none is a keyword or a name that generated code uses itself.

use std::collections::HashSet;

use proc_macro2::Span;
use syn::Ident;

use crate::model::{Frame, Program};

/// The names of functions.
pub(super) struct Names {
    pub(super) requests: Vec<Ident>,
    pub(super) options: Vec<Ident>,
    pub(super) health: Vec<Ident>,
    pub(super) sequences: Vec<Ident>,
    pub(super) tasks: Vec<Ident>,
    pub(super) users: Vec<Ident>,
    functions: Taken,
}

impl Names {
    pub(super) fn of(program: &Program) -> Self {
        let mut taken = Taken::default();
        let mut name = |text: &str| taken.name(text);
        Self {
            sequences: program.sequences.iter().map(|sequence| name(&sequence.name)).collect(),
            tasks: program.tasks.iter().map(|tasks| name(&tasks.name)).collect(),
            options: program.apis.iter().map(|api| name(&format!("{}_options", api.name))).collect(),
            health: program.apis.iter().map(|api| name(&format!("{}_health", api.name))).collect(),
            requests: program
                .requests
                .iter()
                .map(|request| name(&format!("{}_{}", program.apis[request.api.0].name, request.name.join("_"))))
                .collect(),
            users: program.users.iter().map(|user| name(&format!("{}_user", user.name))).collect(),
            functions: taken,
        }
    }

    /// Names for the locals of a frame, in its order. None hides a function, since the function's body may call it.
    pub(super) fn locals(&self, frame: &Frame) -> Vec<Ident> {
        let mut taken = self.functions.clone();
        frame.locals.iter().map(|local| taken.name(&local.name)).collect()
    }
}

/// An identifier with exactly this text.
pub(super) fn ident(text: &str) -> Ident {
    Ident::new(text, Span::call_site())
}

#[derive(Clone, Default)]
struct Taken(HashSet<String>);

impl Taken {
    /// A name with an underscore behind it. No keyword of any edition ends in one, nor does a name that generated code uses itself, so none of them
    /// needs to be known here.
    fn name(&mut self, text: &str) -> Ident {
        let base = snake(text);
        let mut name = format!("{base}_");
        let mut number = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{base}_{number}_");
            number += 1;
        }
        ident(&name)
    }
}

/// Converts `CheckTreatmentVariants` to `check_treatment_variants`.
pub(super) fn snake(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 4);
    for (index, char) in chars.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| chars[before]);
        let after = chars.get(index + 1);
        let starts_word = char.is_uppercase()
            && before.is_some_and(|before| before != '_')
            && (before.is_some_and(|before| !before.is_uppercase()) || after.is_some_and(|after| after.is_lowercase()));
        if starts_word {
            out.push('_');
        }
        if char.is_alphanumeric() || *char == '_' {
            out.extend(char.to_lowercase());
        } else {
            out.push('_');
        }
    }
    if out.is_empty() || out.starts_with(|first: char| first.is_ascii_digit()) {
        out.insert(0, '_');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_snake_case_and_never_clash() {
        assert_eq!(snake("TPDataUser"), "tp_data_user");
        assert_eq!(snake("CheckTreatmentVariants"), "check_treatment_variants");
        assert_eq!(snake("ids2"), "ids2");
        let mut taken = Taken::default();
        for (name, escaped) in
            [("Pay", "pay_"), ("pay", "pay_2_"), ("pay_2", "pay_2_2_"), ("type", "type_"), ("gen", "gen_"), ("text", "text_"), ("_", "__")]
        {
            assert_eq!(taken.name(name).to_string(), escaped);
        }
    }
}
