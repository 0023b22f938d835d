//! Arrays and texts of many values. Each `?` within an expression drops all values before it, so rustc needs a time that grows with the square of
//! the values: minutes for a thousand. Long arrays and texts are therefore filled part by part, in statements of their own.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote};

use super::index;
use crate::model::Expr;

/// The most items of an array, or parts of a text, that are written in one expression.
const MOST: usize = 24;

/// `[a, b, …]` of values.
pub(super) fn of_values(items: &[TokenStream]) -> TokenStream {
    filled(items, &quote!(Value::Null))
}

/// `[(a, b), …]` of pairs of values.
pub(super) fn of_pairs(items: &[TokenStream]) -> TokenStream {
    filled(items, &quote!((Value::Null, Value::Null)))
}

/// `[("key", a), …]` of members.
pub(super) fn of_members(items: &[TokenStream]) -> TokenStream {
    filled(items, &quote!(("", Value::Null)))
}

/// An array, which begins with copies of `empty` if it is long.
fn filled(items: &[TokenStream], empty: &TokenStream) -> TokenStream {
    if items.len() <= MOST {
        return quote!([#(#items),*]);
    }
    let length = index(items.len());
    let lines = items.iter().enumerate().map(|(at, item)| {
        let at = index(at);
        quote!(items[#at] = #item;)
    });
    quote!({ let mut items = [const { #empty }; #length]; #(#lines)* items })
}

/// A text, written by these calls.
pub(super) fn written(calls: &[TokenStream]) -> TokenStream {
    if calls.len() <= MOST {
        return quote!(write()#(#calls)*.done());
    }
    let lines = calls.chunks(MOST).map(|calls| quote!(long = long #(#calls)*;));
    quote!({ let mut long = write(); #(#lines)* long.done() })
}

/// Whether a call has too many arguments for one expression.
pub(super) fn is_long(args: &[Expr]) -> bool {
    args.len() > MOST
}

/// The arguments of a call: the statement that evaluates them all, and the names that it gives them.
pub(super) fn arguments(at: &TokenStream, args: &[TokenStream]) -> (TokenStream, Vec<TokenStream>) {
    let names: Vec<TokenStream> = (0..args.len()).map(|number| format_ident!("arg_{number}").into_token_stream()).collect();
    let values = of_values(args);
    (quote!(let [#(#names),*] = u.eval(#at, || Ok(#values))?;), names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_arrays_and_texts_have_few_values_in_a_statement() {
        let items = |count: usize| vec![quote!(a?); count];
        assert_eq!(of_values(&items(2)).to_string(), quote!([a?, a?]).to_string());
        let long = of_values(&items(MOST + 1)).to_string();
        assert!(long.contains("items [24] = a ? ;") && !long.contains("a ? , a ?"), "{long}");
        let calls = vec![quote!(.put(a)?); 2 * MOST + 1];
        assert_eq!(written(&calls).to_string().matches("long = long").count(), 3);
        let (before, names) = arguments(&quote!(at(1, 2)), &items(MOST + 1));
        assert!(before.to_string().contains("items [24] = a ? ;") && names[24].to_string() == "arg_24", "{before}");
    }
}
