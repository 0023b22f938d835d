//! How generated code begins a request, and how it resets an api.

use super::builder::Request;
use super::resolve::base;
use super::submit::submit;
use crate::user::User;
use crate::value::{Eval, Value};

impl User {
    /// A request to an api.
    pub fn request(&self, api: usize, method: &'static str) -> Request<'_> {
        Request::new(self, api, method)
    }

    /// A request that sends a page's form, `fields` over its own.
    pub fn submit(&self, api: usize, form: &Value, fields: &[(&str, Value)]) -> Eval<Request<'_>> {
        submit(self, api, form, fields)
    }

    /// `reset shop`: cookies of its host, and the auth that was set.
    pub fn reset(&self, api: usize) {
        self.forget_auth(api);
        if let Ok(base) = base(self, api) {
            self.session().clear_cookies(base.host());
        }
    }
}
