//! The HTML of `/notes`.

use std::fmt::Write;

/// A stored note.
#[derive(Debug)]
pub(crate) struct Note {
    pub(crate) number: u64,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) at: String,
    /// Names and sizes of files; their content is not stored.
    pub(crate) files: Vec<(String, usize)>,
}

/// Escapes text for HTML.
fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

fn whole(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n<body>\n\
         <nav><a href=\"/notes/\">Notes</a> <a href=\"/notes/new\">New</a></nav>\n{body}</body>\n</html>\n",
        escape(title)
    )
}

/// A note's line on the first page.
pub(crate) fn line(note: &Note) -> String {
    format!("  <li><a href=\"/notes/n/{}\">{}</a></li>\n", note.number, escape(&note.title))
}

/// The first page.
pub(crate) fn home(lines: &str) -> String {
    whole("Notes", &format!("<h1>Notes</h1>\n<ul>\n{lines}</ul>\n"))
}

/// The page with the form for a new note, and the error of the last attempt.
pub(crate) fn form(csrf: &str, wrong: &str) -> String {
    let wrong = if wrong.is_empty() { String::new() } else { format!("<p class=\"error\">{}</p>\n", escape(wrong)) };
    whole(
        "New note",
        &format!(
            "<h1>New note</h1>\n{wrong}<form id=\"note\" method=\"post\" action=\"/notes/\">\n  \
             <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\n  \
             <input type=\"text\" name=\"title\" value=\"\">\n  \
             <textarea name=\"body\"></textarea>\n  \
             <select name=\"colour\"><option value=\"white\" selected>White</option><option value=\"yellow\">Yellow</option></select>\n  \
             <label><input type=\"checkbox\" name=\"shared\" value=\"yes\"> Shared</label>\n  \
             <button type=\"submit\" name=\"action\" value=\"save\">Save</button>\n</form>\n"
        ),
    )
}

/// The page of a note, with the form for its files.
pub(crate) fn note(note: &Note, csrf: &str) -> String {
    let mut files = String::new();
    for (name, size) in &note.files {
        // Writing into a string cannot fail.
        let _ = writeln!(files, "  <li>{} ({size} bytes)</li>", escape(name));
    }
    whole(
        &note.title,
        &format!(
            "<a rel=\"up\" href=\"..\">All notes</a>\n<article>\n<h1>{}</h1>\n<time>{}</time>\n<p>{}</p>\n</article>\n<ul id=\"files\">\n{files}</ul>\n\
             <form id=\"attach\" method=\"post\" action=\"/notes/n/{}/files\" enctype=\"multipart/form-data\">\n  \
             <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\n  <input type=\"file\" name=\"file\">\n  \
             <button>Attach</button>\n</form>\n",
            escape(&note.title),
            note.at,
            escape(&note.body),
            note.number,
        ),
    )
}
