//! `set shop.auth = …`: a user's own auth, which overrides that of the api.

use ecow::EcoString;

use super::User;
use crate::base::flow::Flow;
use crate::base::location::Location;
use crate::request::auth;
use crate::value::{Eval, Value};

impl User {
    /// `set shop.auth = bearer(token)`.
    pub fn set_bearer(&self, at: Location, api: usize, token: impl FnOnce() -> Eval) -> Flow {
        self.set_auth(at, api, || auth::bearer(&token()?))
    }

    /// `set shop.auth = basic(user, password)`.
    pub fn set_basic(&self, at: Location, api: usize, pair: impl FnOnce() -> Eval<(Value, Value)>) -> Flow {
        self.set_auth(at, api, || {
            let (user, password) = pair()?;
            auth::basic(&user, &password)
        })
    }

    /// `set shop.auth = header("X-Key", value)`.
    pub fn set_auth_header(&self, at: Location, api: usize, name: &str, value: impl FnOnce() -> Eval) -> Flow {
        self.set_auth(at, api, || auth::header(name, &value()?))
    }

    /// `set shop.auth = none`.
    pub fn set_no_auth(&self, api: usize) {
        self.auths.borrow_mut()[api] = Some(EcoString::new());
    }

    fn set_auth(&self, at: Location, api: usize, line: impl FnOnce() -> Eval<String>) -> Flow {
        let line = self.eval(at, line)?;
        self.auths.borrow_mut()[api] = Some(line.into());
        Ok(())
    }

    pub(crate) fn has_own_auth(&self, api: usize) -> bool {
        self.auths.borrow()[api].is_some()
    }

    pub(crate) fn auth_override(&self, api: usize) -> Option<EcoString> {
        self.auths.borrow()[api].clone()
    }

    pub(crate) fn forget_auth(&self, api: usize) {
        self.auths.borrow_mut()[api] = None;
    }
}
