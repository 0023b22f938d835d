//! Captures: values that a step reads from its response.

use super::Step;
use super::response::Response;
use crate::base::location::Location;
use crate::record::detail::Detail;
use crate::stats::FailureClass;
use crate::value::convert::{Type, convert_json, convert_text};
use crate::value::{Eval, EvalError, Number, Value};

/// The type of a captured value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum As {
    /// The value is text (from a header, a cookie, a page), and is converted to this type.
    Text(Type),
    /// The value has a type (from JSON), which is checked.
    Json(Type),
}

impl As {
    fn convert(self, value: Value) -> Eval {
        match self {
            Self::Text(ty) => convert_text(value, ty),
            // An id that a server writes as a number can be text everywhere: in a path, a header, a form.
            Self::Json(Type::String) if Number::of(&value).is_some() => value.to_text().map(Value::Str),
            Self::Json(ty) => convert_json(value, ty),
        }
    }
}

impl Step<'_> {
    /// `take x: int = SOURCE`. Returns `None` if the step has failed already, or fails because of it.
    pub fn take(
        &mut self,
        at: Location,
        name: &str,
        wanted: As,
        source: impl FnOnce(&Response<'_>) -> Eval<Option<Value>>,
    ) -> Option<Value> {
        let found = source(&self.good()?);
        self.taken(at, name, wanted, found)
    }

    fn taken(&mut self, at: Location, name: &str, wanted: As, found: Eval<Option<Value>>) -> Option<Value> {
        let mut kind = "wrong type";
        let found = found.and_then(|found| match found {
            Some(value) => wanted.convert(value),
            None => {
                kind = "nothing found";
                Err(EvalError("nothing was found".into()))
            }
        });
        match found {
            Ok(value) => {
                self.add_detail(|| Detail::Took(name.to_owned(), value.clone()));
                Some(value)
            }
            Err(fault) => {
                self.fault(FailureClass::Take, at, kind, format!("take {name}: {}", fault.0));
                None
            }
        }
    }

    /// `take x: int = SOURCE else VALUE`: the value that the source finds, or `VALUE` if it finds nothing that fits or the step has failed.
    /// Returns `None`, so that the name keeps its value, if the step is retried, the iteration is over or `VALUE` can't be evaluated.
    pub fn take_or(
        &mut self,
        at: Location,
        name: &str,
        wanted: As,
        source: impl FnOnce(&Response<'_>) -> Eval<Option<Value>>,
        fallback: impl FnOnce() -> Eval,
    ) -> Option<Value> {
        if let Some(response) = self.good() {
            let found = source(&response);
            if let Some(value) = self.taken_optional(name, wanted, found) {
                return Some(value);
            }
        }
        self.fallback(at, fallback)
    }

    /// The `else` of a take that found nothing. The name has a value after the step only because of it, so an error in it ends the
    /// iteration, even if the step itself doesn't interrupt.
    pub fn fallback(&mut self, at: Location, fallback: impl FnOnce() -> Eval) -> Option<Value> {
        if self.is_over() {
            return None;
        }
        let value = fallback();
        self.fell_back(at, value)
    }

    /// Whether nothing follows in which a value would be needed: the step is retried, or the iteration is over.
    fn is_over(&self) -> bool {
        !self.holds() && (self.trace.interrupts || self.user.control.tries_again(self.trace.status()))
    }

    fn fell_back(&mut self, at: Location, value: Eval) -> Option<Value> {
        let value = self.found(at, value);
        self.trace.interrupts |= value.is_none();
        value
    }

    /// Masks what a source finds in the response. A step that failed assigns nothing, but its response is shown.
    pub fn conceal(&self, members: &[&str], source: impl FnOnce(&Response<'_>) -> Eval<Option<Value>>) {
        if let Some(response) = self.response()
            && let Ok(Some(value)) = source(&response)
        {
            self.user.conceal(&value, members);
        }
    }

    fn taken_optional(&mut self, name: &str, wanted: As, found: Eval<Option<Value>>) -> Option<Value> {
        let value = found.ok().flatten().and_then(|value| wanted.convert(value).ok());
        self.add_detail(|| match &value {
            Some(value) => Detail::Took(name.to_owned(), value.clone()),
            None => Detail::Missed(name.to_owned()),
        });
        value
    }

    fn add_detail(&mut self, detail: impl FnOnce() -> Detail) {
        if let Some(details) = &mut self.trace.details {
            details.push(detail());
        }
    }
}
