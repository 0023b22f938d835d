//! `/notes`: a server-rendered site with a session cookie, CSRF tokens, a form, redirects and uploads.

use http::{StatusCode, header};
use serde_json::json;

use crate::call::{self, Route, route};
use crate::clock::{iso, unix_now};
use crate::html::{self, Note};
use crate::respond::{Answer, Refusal, Reply, bad, json_reply, missing, page, redirect, refuse, with};
use crate::store::{Store, number};
use crate::tokens::same;
use crate::wire::{cookie, find, multipart};

const VERSION: &str = "1.12.3";
/// The most files in a note's list.
const FILES: usize = 20;

type Call<'c> = call::Call<'c, State>;

pub(crate) const ROUTES: &[Route<State>] = &[
    route("GET", "/", home),
    route("POST", "/", save),
    route("GET", "/new", form),
    route("GET", "/n/{id}", read),
    route("POST", "/n/{id}/files", attach),
];

#[derive(Debug)]
pub(crate) struct State {
    notes: Store<Note>,
}

impl State {
    pub(crate) fn new(keep: usize) -> Self {
        State { notes: Store::new(keep) }
    }
}

/// A session. It needs no memory: its id is random and signed, and its CSRF token follows from it.
struct Session {
    id: String,
    fresh: bool,
}

impl Session {
    fn known(call: &Call<'_>) -> Option<Self> {
        let id = cookie(call.header(header::COOKIE), "sid")?;
        call.core.signer.open("session", id)?;
        Some(Session { id: id.to_owned(), fresh: false })
    }

    fn of(call: &Call<'_>) -> Self {
        Session::known(call).unwrap_or_else(|| {
            let id = call.core.signer.issue("session", &format!("{:016x}", call.core.signer.random()));
            Session { id, fresh: true }
        })
    }

    fn csrf(&self, call: &Call<'_>) -> String {
        let token = call.core.signer.issue("csrf", &self.id);
        token.rsplit('.').next().unwrap_or_default().to_owned()
    }

    fn page(&self, html: String) -> Reply {
        let reply = with(page(StatusCode::OK, html), header::CACHE_CONTROL, "no-store");
        if !self.fresh {
            return reply;
        }
        with(reply, header::SET_COOKIE, &format!("sid={}; Path=/notes; HttpOnly; SameSite=Lax", self.id))
    }

    /// The session of a request that changes data. Its cookie and its token must fit.
    fn changing(call: &Call<'_>, token: Option<&str>) -> Result<Self, Refusal> {
        let forbidden = |why: &str| refuse(StatusCode::FORBIDDEN, why);
        let session = Session::known(call).ok_or_else(|| forbidden("no session: the cookie `sid` of a page is missing or unknown"))?;
        let token = token.ok_or_else(|| forbidden("no `csrf` was sent; take it from the page"))?;
        if same(token, &session.csrf(call)) { Ok(session) } else { Err(forbidden("`csrf` is not the token of this session's page")) }
    }
}

fn home(call: &Call<'_>) -> Answer {
    let notes = call.state.notes.newest(20, html::line);
    let reply = Session::of(call).page(html::home(&notes.concat()));
    Ok(with(reply, http::HeaderName::from_static("x-version"), VERSION))
}

fn form(call: &Call<'_>) -> Answer {
    let session = Session::of(call);
    Ok(session.page(html::form(&session.csrf(call), "")))
}

fn save(call: &Call<'_>) -> Answer {
    let form = call.form()?;
    let session = Session::changing(call, find(&form, "csrf"))?;
    let (title, body) = (find(&form, "title").unwrap_or_default().trim(), find(&form, "body").unwrap_or_default());
    if title.is_empty() || title.chars().count() > 200 || body.len() > 100_000 {
        let why = "A note needs a title of at most 200 characters, and a text of at most 100,000 bytes.";
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, html::form(&session.csrf(call), why)));
    }
    let number = call.state.notes.add(
        |number| Note { number, title: title.to_owned(), body: body.to_owned(), at: iso(unix_now()), files: Vec::new() },
        |note| note.number,
    );
    Ok(redirect(StatusCode::SEE_OTHER, &format!("/notes/n/{number}")))
}

fn no_note(id: &str) -> Refusal {
    missing(format!("there is no note {id:?}"))
}

fn read(call: &Call<'_>) -> Answer {
    let session = Session::of(call);
    let id = call.param(0);
    let html = number(&id, "").and_then(|number| call.state.notes.see(number, |note| html::note(note, &session.csrf(call))));
    Ok(session.page(html.ok_or_else(|| no_note(&id))?))
}

fn attach(call: &Call<'_>) -> Answer {
    let parts = multipart(call.header(header::CONTENT_TYPE), call.body).map_err(bad)?;
    let csrf = parts.iter().find(|part| part.name == "csrf").and_then(|part| std::str::from_utf8(part.body).ok());
    Session::changing(call, csrf)?;
    let file = parts.iter().find(|part| part.name == "file").ok_or_else(|| bad("there is no part named `file`"))?;
    let name = file.file.as_deref().filter(|name| !name.is_empty() && name.len() <= 200);
    let name = name.ok_or_else(|| bad("the part `file` has no filename of 1 to 200 bytes"))?;
    if file.body.is_empty() {
        return Err(bad(format!("the file {name:?} is empty")));
    }
    let kind = file.content_type.as_deref().unwrap_or("application/octet-stream");
    if kind == "image/png" && !file.body.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Err(bad(format!("the file {name:?} is not a PNG")));
    }
    let id = call.param(0);
    let kept = number(&id, "").and_then(|number| {
        call.state.notes.see(number, |note| {
            if note.files.len() >= FILES {
                note.files.remove(0);
            }
            note.files.push((name.to_owned(), file.body.len()));
        })
    });
    kept.ok_or_else(|| no_note(&id))?;
    Ok(json_reply(StatusCode::CREATED, &json!({ "note": id, "name": name, "type": kind, "size": file.body.len() })))
}
