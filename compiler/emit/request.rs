//! Requests: one function each, which writes constant parts unchanged and encodes the values of holes according to their position.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::expr::Scope;
use super::names::ident;
use super::{Emitter, index, uses};
use crate::model::{Auth, Body, Const, Expr, ExprKind, Options, Path, Redirects, Request, TextPart, Type};

impl Emitter<'_> {
    /// The functions of all apis' options, health checks and named requests.
    pub(super) fn requests(&self) -> TokenStream {
        let apis = self.program.apis.iter().enumerate().map(|(api, info)| {
            let scope = Scope { locals: &[] };
            let name = &self.names.options[api];
            let doc = format!(" What all requests to `{}` have in common ({}).", info.name, self.location(info.span));
            let options = self.options(scope, &info.options, "wants_auth");
            let own = (!info.forward_headers && !info.options.headers.is_empty()).then(|| quote!(r.api_headers();));
            let health = info.health.as_ref().map(|health| {
                let name = &self.names.health[api];
                let doc = format!(" The health check of `{}` ({}).", info.name, self.location(health.request.span));
                let body = self.request_body(scope, &health.request);
                quote! {
                    #[doc = #doc]
                    fn #name(u: &User) -> Eval<Request<'_>> { #body }
                }
            });
            quote! {
                #[doc = #doc]
                fn #name(u: &User, r: &mut Request<'_>) -> Eval<()> { #own #options Ok(()) }
                #health
            }
        });
        let requests = self.program.requests.iter().enumerate().map(|(id, request)| {
            let name = &self.names.requests[id];
            let api = &self.program.apis[request.api.0].name;
            let doc = format!(" `{api}.{}` ({}).", request.name.join("."), self.location(request.span));
            let params = self.names.locals(&request.frame);
            let body = self.request_body(Scope { locals: &params }, request);
            let params = &params[..request.params];
            quote! {
                #[doc = #doc]
                fn #name<'u>(u: &'u User, #(#params: &Value),*) -> Eval<Request<'u>> { #body }
            }
        });
        quote!(#(#apis)* #(#requests)*)
    }

    /// Statements that end in `Ok(r)`.
    pub(super) fn request_body(&self, scope: Scope<'_>, request: &Request) -> TokenStream {
        if let Path::Quoted(url) = &request.path {
            self.note_url(request.api.0, url);
        }
        let api = index(request.api.0);
        let method = &request.method;
        let path = self.path(scope, &request.path);
        let query = self.query(scope, &request.query);
        let body = self.body(scope, &request.body);
        let options = self.options(scope, &request.options, "wants_own_auth");
        let common = &self.names.options[request.api.0];
        let options = quote!(#options #common(u, &mut r)?;);
        let options = if self.is_settled(request) {
            let number = index(self.settled.replace(self.settled.get() + 1));
            quote!(if r.needs_options(#number) { #options })
        } else {
            options
        };
        quote! {
            let mut r = u.request(#api, #method);
            #path
            #query
            #body
            #options
            Ok(r)
        }
    }

    fn path(&self, scope: Scope<'_>, path: &Path) -> TokenStream {
        let parts = |parts: &[TextPart], literal: &str, hole: &str| {
            let (literal, hole) = (format_ident!("{literal}"), format_ident!("{hole}"));
            let lines: Vec<_> = parts
                .iter()
                .map(|part| match part {
                    TextPart::Literal(text) => quote!(r.#literal(#text);),
                    TextPart::Hole(expr, None) => {
                        let value = self.reference(scope, expr);
                        quote!(r.#hole(#value)?;)
                    }
                    TextPart::Hole(expr, Some(spec)) if spec == "path" => {
                        let value = self.reference(scope, expr);
                        quote!(r.path_below(#value)?;)
                    }
                    TextPart::Hole(expr, Some(spec)) => {
                        let value = self.reference(scope, expr);
                        quote!(r.#hole(&write().format(#value, #spec)?.done())?;)
                    }
                })
                .collect();
            quote!(#(#lines)*)
        };
        match path {
            Path::Plain { path, query } => {
                let path = parts(path, "path", "segment");
                let query = parts(query, "query_text", "query_hole");
                quote!(#path #query)
            }
            Path::Quoted(expr) => {
                let value = self.reference(scope, expr);
                quote!(r.reference(#value)?;)
            }
        }
    }

    /// Lines that add the entries of a query.
    pub(super) fn query(&self, scope: Scope<'_>, query: &[(String, Expr)]) -> TokenStream {
        let lines = self.pairs(scope, "query", query);
        quote!(#(#lines)*)
    }

    fn pairs(&self, scope: Scope<'_>, method: &str, pairs: &[(String, Expr)]) -> Vec<TokenStream> {
        let method = format_ident!("{method}");
        pairs
            .iter()
            .filter(|(_, value)| !matches!(value.kind, ExprKind::Const(Const::Absent | Const::Null)))
            .map(|(key, value)| {
                if let ExprKind::Members(object) = &value.kind {
                    let (method, object) = (format_ident!("{method}_members"), self.reference(scope, object));
                    return quote!(r.#method(#object)?;);
                }
                let value = self.reference(scope, value);
                quote!(r.#method(#key, #value)?;)
            })
            .collect()
    }

    /// Lines that write a body.
    pub(super) fn body(&self, scope: Scope<'_>, body: &Body) -> TokenStream {
        match body {
            Body::None => TokenStream::new(),
            Body::Json(expr) => {
                let lines = self.json(scope, expr);
                quote!(r.body("application/json"); #lines)
            }
            Body::Form(pairs) => {
                let lines = self.pairs(scope, "form", pairs);
                quote!(r.body("application/x-www-form-urlencoded"); #(#lines)*)
            }
            Body::Multipart(pairs) => {
                let lines = self.pairs(scope, "part", pairs);
                quote!(r.multipart(); #(#lines)* r.end_multipart();)
            }
            Body::Text(expr) => {
                let value = self.reference(scope, expr);
                quote!(r.body("text/plain; charset=utf-8"); r.text(#value)?;)
            }
            Body::Bytes(expr) => {
                let value = self.reference(scope, expr);
                quote!(r.body("application/octet-stream"); r.bytes(#value)?;)
            }
            Body::Graphql(query, variables) => {
                let start = format!("{{\"query\":{},\"variables\":", serde_json::Value::from(query.as_str()));
                let mut pieces = vec![Piece::Raw(start)];
                self.json_object(scope, variables, &mut pieces);
                pieces.push(Piece::Raw("}".to_owned()));
                let lines = join(pieces);
                quote!(r.body("application/json"); #lines)
            }
        }
    }

    fn json(&self, scope: Scope<'_>, expr: &Expr) -> TokenStream {
        let mut pieces = Vec::new();
        self.json_pieces(scope, expr, &mut pieces);
        join(pieces)
    }

    fn json_pieces(&self, scope: Scope<'_>, expr: &Expr, out: &mut Vec<Piece>) {
        match &expr.kind {
            ExprKind::Const(Const::Null) => out.push(Piece::Raw("null".into())),
            ExprKind::Const(Const::Bool(truth)) => out.push(Piece::Raw(truth.to_string())),
            ExprKind::Const(Const::Int(number)) => out.push(Piece::Raw(number.to_string())),
            ExprKind::Const(Const::Number(text)) => out.push(Piece::Raw(text.clone())),
            ExprKind::Const(Const::Str(string)) => out.push(Piece::Raw(serde_json::Value::from(string.as_str()).to_string())),
            ExprKind::List(items) if !items.iter().any(may_be_absent) => {
                out.push(Piece::Raw("[".into()));
                for (number, item) in items.iter().enumerate() {
                    if number > 0 {
                        out.push(Piece::Raw(",".into()));
                    }
                    self.json_pieces(scope, item, out);
                }
                out.push(Piece::Raw("]".into()));
            }
            ExprKind::Object(members) => self.json_object(scope, members, out),
            _ => out.push(Piece::Value(self.reference(scope, expr))),
        }
    }

    /// Writes an object part by part. A member that may be absent is written together with its key, or not at all. The members after it
    /// decide while the test runs whether they need a comma.
    fn json_object(&self, scope: Scope<'_>, members: &[(String, Expr)], out: &mut Vec<Piece>) {
        let members = members.iter().filter(|(_, value)| !matches!(value.kind, ExprKind::Const(Const::Absent)));
        out.push(Piece::Raw("{".into()));
        let mut unsure = false;
        for (number, (key, value)) in members.enumerate() {
            let key = format!("{}:", serde_json::Value::from(key.as_str()));
            if may_be_absent(value) {
                unsure = true;
                out.push(Piece::Member(key, self.reference(scope, value)));
                continue;
            }
            match (number, unsure) {
                (0, _) => {}
                (_, false) => out.push(Piece::Raw(",".into())),
                (_, true) => out.push(Piece::Comma),
            }
            out.push(Piece::Raw(key));
            self.json_pieces(scope, value, out);
        }
        out.push(Piece::Raw("}".into()));
    }

    /// Lines that set options. The options closest to the request come first, and later ones do not replace them. `wants` is the method
    /// that asks whether auth is still unset.
    pub(super) fn options(&self, scope: Scope<'_>, options: &Options, wants: &str) -> TokenStream {
        let headers = options.headers.iter().map(|(name, value)| match &value.kind {
            ExprKind::Const(Const::Str(text)) => quote!(r.header_text(#name, #text);),
            ExprKind::Members(object) => {
                let object = self.reference(scope, object);
                quote!(r.header_members(#object)?;)
            }
            _ => {
                let can_fail = uses::can_fail(value);
                let value = self.reference(scope, value);
                match can_fail {
                    true => quote!(if r.wants_header(#name) { r.header_value(#name, #value)?; }),
                    false => quote!(r.header(#name, #value)?;),
                }
            }
        });
        let timeout = options.timeout.as_ref().map(|timeout| {
            let can_fail = uses::can_fail(timeout);
            let value = self.reference(scope, timeout);
            match can_fail {
                true => quote!(if r.wants_timeout() { r.timeout(#value)?; }),
                false => quote!(r.timeout(#value)?;),
            }
        });
        let redirects = options.redirects.map(|redirects| {
            let redirects = match redirects {
                Redirects::Off => quote!(Redirects::Off),
                Redirects::Any => quote!(Redirects::Any),
                Redirects::Hops(hops) => {
                    let hops = proc_macro2::Literal::u32_unsuffixed(hops);
                    quote!(Redirects::Hops(#hops))
                }
            };
            quote!(r.redirects(#redirects);)
        });
        let auth = options.auth.as_ref().map(|auth| {
            let set = match auth {
                Auth::None => quote!(r.no_auth()),
                Auth::Bearer(token) => {
                    let token = self.reference(scope, token);
                    quote!(r.bearer(#token)?)
                }
                Auth::Basic(user, password) => {
                    let (user, password) = (self.reference(scope, user), self.reference(scope, password));
                    quote!(r.basic(#user, #password)?)
                }
                Auth::Header(name, value) => {
                    let value = self.reference(scope, value);
                    quote!(r.auth_header(#name, #value)?)
                }
                Auth::Aws(service, region) => {
                    let (service, region) = (self.reference(scope, service), self.reference(scope, region));
                    quote!(r.aws(#service, #region)?)
                }
            };
            let wants = ident(wants);
            quote!(if r.#wants() { #set; })
        });
        quote!(#(#headers)* #timeout #redirects #auth)
    }
}

/// A part of a JSON body.
enum Piece {
    Raw(String),
    Value(TokenStream),
    /// A comma, unless the object is still empty.
    Comma,
    /// A key and a value that may be absent.
    Member(String, TokenStream),
}

/// Lines that write the parts; adjacent constants are joined.
fn join(pieces: Vec<Piece>) -> TokenStream {
    let mut lines = Vec::new();
    let mut raw = String::new();
    for piece in pieces {
        let line = match piece {
            Piece::Raw(text) => {
                raw.push_str(&text);
                continue;
            }
            Piece::Value(value) => quote!(r.json(#value)?;),
            Piece::Comma => quote!(r.comma();),
            Piece::Member(key, value) => quote!(r.member(#key, #value)?;),
        };
        if !raw.is_empty() {
            let text = std::mem::take(&mut raw);
            lines.push(quote!(r.raw(#text);));
        }
        lines.push(line);
    }
    if !raw.is_empty() {
        lines.push(quote!(r.raw(#raw);));
    }
    quote!(#(#lines)*)
}

/// Whether the value of a map's key may be absent: an expression that may yield `absent`, or a variable of unknown value, such as a
/// parameter whose default is `absent`.
fn may_be_absent(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Const(constant) => *constant == Const::Absent,
        ExprKind::If(_, then, otherwise) => may_be_absent(then) || may_be_absent(otherwise),
        ExprKind::Local(_) | ExprKind::Keep(_) | ExprKind::Global(_) | ExprKind::Shared(_) => expr.ty == Type::Json,
        _ => false,
    }
}
