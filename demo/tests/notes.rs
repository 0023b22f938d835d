//! `/notes` as its spec uses it, and its error responses.

use super::{form, start};

/// The value of the page's `csrf` field.
fn csrf(page: &str) -> &str {
    page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap()
}

#[test]
fn notes_are_written_read_and_given_files() {
    let (_server, mut client) = start();
    assert!(client.get("/notes/").is(200).header("x-version").is_some());
    let page = client.get("/notes/new");
    assert!(page.is(200).header("content-type").unwrap().starts_with("text/html"));
    assert!(page.text().contains("<form id=\"note\""));
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap();
    let token = csrf(page.text());
    let saved = form(&mut client, "/notes/", cookie, &format!("csrf={token}&title=Note+%3C1%3E-2&body=b&colour=white"));
    let place = saved.is(303).header("location").unwrap();
    assert_eq!(place, "/notes/n/1");
    form(&mut client, "/notes", cookie, "csrf=0&title=t").is(403);
    form(&mut client, "/notes", "sid=made.up", &format!("csrf={token}&title=t")).is(403);
    form(&mut client, "/notes", cookie, &format!("csrf={token}&title=")).is(422);
    let read = client.send("GET", place, &[("Cookie", cookie)], b"");
    assert!(
        read.is(200).text().contains("<a rel=\"up\" href=\"..\">")
            && read.text().contains("Note &lt;1&gt;-2")
            && read.header("set-cookie").is_none()
    );
    assert_eq!(csrf(read.text()), token);
    client.get("/notes/n/2").is(404);

    let cat = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/data/cat.png")).unwrap();
    let mut attach = |token: &str, name: &str, content: &[u8]| {
        let head = format!(
            "--b-1\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--b-1\r\nContent-Disposition: form-data; \
             name=\"{name}\"; filename=\"cat.png\"\r\nContent-Type: image/png\r\n\r\n"
        );
        let body = [head.as_bytes(), content, b"\r\n--b-1--\r\n"].concat();
        client.send("POST", "/notes/n/1/files", &[("Content-Type", "multipart/form-data; boundary=b-1"), ("Cookie", cookie)], &body)
    };
    assert_eq!(attach(token, "file", &cat).is(201).json()["size"], cat.len());
    attach("wrong", "file", &cat).is(403);
    attach(token, "fil", &cat).is(400);
    attach(token, "file", b"no picture").is(400);
    client.send("POST", "/notes/n/1/files", &[("Cookie", cookie)], b"x").is(400);
    assert!(client.get("/notes/n/1").text().contains("cat.png"));
}
