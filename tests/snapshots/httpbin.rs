//! specs/httpbin.lt, compiled by ltc 0.1.0. Made by `ltc build`; do not edit.
#![allow(unused_variables, unused_assignments, unused_mut, clippy::all)]
use ltc_runtime::generated::*;
fn main() -> std::process::ExitCode {
    ltc_runtime::main(&PROGRAM)
}
/// What all requests to `bin` have in common (specs/httpbin.lt:3:5).
fn bin_options(u: &User, r: &mut Request<'_>) -> Eval<()> {
    r.header_text("X-Walk", "ltc");
    r.timeout(&duration(5000000000))?;
    Ok(())
}
/// The health check of `bin` (specs/httpbin.lt:9:15).
fn bin_health(u: &User) -> Eval<Request<'_>> {
    let mut r = u.request(0, "GET");
    r.path("/status/200");
    bin_options(u, &mut r)?;
    Ok(r)
}
/// `bin.anything` (specs/httpbin.lt:11:3).
fn bin_anything<'u>(u: &'u User, id: &Value, term: &Value) -> Eval<Request<'u>> {
    let mut r = u.request(0, "POST");
    r.path("/anything/");
    r.segment(&id)?;
    r.query("term", &term)?;
    r.query("list", &list([text("x"), text("y")]))?;
    r.body("application/json");
    r.raw("{");
    r.member("\"id\":", &id)?;
    r.comma();
    r.raw("\"nested\":{\"list\":[1,");
    r.json(&float(2.5))?;
    r.raw(",true,null]}}");
    if r.needs_options(0) {
        bin_options(u, &mut r)?;
    }
    Ok(r)
}
/// `bin.auth.basic` (specs/httpbin.lt:17:5).
fn bin_auth_basic<'u>(u: &'u User, name: &Value, password: &Value) -> Eval<Request<'u>> {
    let mut r = u.request(0, "GET");
    r.path("/basic-auth/");
    r.segment(&name)?;
    r.path("/");
    r.segment(&password)?;
    if r.wants_own_auth() {
        r.basic(&name, &password)?;
    }
    bin_options(u, &mut r)?;
    Ok(r)
}
/// `bin.auth.bearer` (specs/httpbin.lt:18:5).
fn bin_auth_bearer<'u>(u: &'u User, token: &Value) -> Eval<Request<'u>> {
    let mut r = u.request(0, "GET");
    r.path("/bearer");
    if r.wants_own_auth() {
        r.bearer(&token)?;
    }
    bin_options(u, &mut r)?;
    Ok(r)
}
/// `bin.auth.none` (specs/httpbin.lt:19:5).
fn bin_auth_none<'u>(u: &'u User) -> Eval<Request<'u>> {
    let mut r = u.request(0, "GET");
    r.path("/bearer");
    if r.wants_own_auth() {
        r.no_auth();
    }
    bin_options(u, &mut r)?;
    Ok(r)
}
/// `sequence Methods` (specs/httpbin.lt:23:10).
async fn methods(u: &User) -> Flow {
    let mut step = u.step(0);
    if step
        .send(
            u
                .constant(
                    0,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/get");
                        r.query_text("q=");
                        r.query_hole(&text("ä ö"))?;
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(24, 45), "200") }, &[Status::Code(200)]);
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[
                    (
                        Key::Lit("args"),
                        Matcher::Object {
                            members: &[(Key::Lit("q"), Matcher::Str("ä ö"))],
                            exact: false,
                        },
                    ),
                    (
                        Key::Lit("headers"),
                        Matcher::Object {
                            members: &[(Key::Lit("X-Walk"), Matcher::Str("ltc"))],
                            exact: false,
                        },
                    ),
                ],
                exact: false,
            };
            step.json(
                const {
                    expected(
                        at(24, 57),
                        "json { args: { q: \"ä ö\" }, headers: { \"X-Walk\": \"ltc\" } }",
                    )
                },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    let mut step = u.step(1);
    if step
        .send(
            u
                .constant(
                    1,
                    0,
                    || {
                        let mut r = u.request(0, "HEAD");
                        r.path("/get");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(25, 35), "200") }, &[Status::Code(200)]);
        step.text(
            const { expected(at(25, 47), "not text \"args\"") },
            true,
            |x| Ok(text("args")),
        );
    }
    step.end()?;
    let mut step = u.step(2);
    if step
        .send(
            u
                .constant(
                    2,
                    0,
                    || {
                        let mut r = u.request(0, "PUT");
                        r.path("/put");
                        r.body("text/plain; charset=utf-8");
                        r.text(&write().lit("plain ").put(&int(2))?.done())?;
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(26, 59), "200") }, &[Status::Code(200)]);
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[(Key::Lit("data"), Matcher::Str("plain 2"))],
                exact: false,
            };
            step.json(
                const { expected(at(26, 71), "json { data: \"plain 2\" }") },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    let mut step = u.step(3);
    if step
        .send(
            u
                .attempt(|| {
                    let mut r = u.request(0, "PATCH");
                    r.path("/patch");
                    r.body("application/octet-stream");
                    r.bytes(&functions::base64_decode(&text("AAEC"))?)?;
                    bin_options(u, &mut r)?;
                    Ok(r)
                }),
        )
        .await
    {
        step.status(const { expected(at(27, 70), "200") }, &[Status::Code(200)]);
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[
                    (
                        Key::Lit("headers"),
                        Matcher::Object {
                            members: &[
                                (
                                    Key::Lit("Content-Type"),
                                    Matcher::Str("application/octet-stream"),
                                ),
                            ],
                            exact: false,
                        },
                    ),
                ],
                exact: false,
            };
            step.json(
                const {
                    expected(
                        at(27, 82),
                        "json { headers: { \"Content-Type\": \"application/octet-stream\" } }",
                    )
                },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    let mut step = u.step(4);
    if step
        .send(
            u
                .constant(
                    3,
                    0,
                    || {
                        let mut r = u.request(0, "DELETE");
                        r.path("/delete");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(28, 40), "200") }, &[Status::Code(200)]);
    }
    step.end()?;
    let mut step = u.step(5);
    if step
        .send(
            u
                .constant(
                    4,
                    0,
                    || {
                        let mut r = u.request(0, "OPTIONS");
                        r.path("/get");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(29, 38), "2xx") }, &[Status::Class(2)]);
        {
            const WANTED: &[Header] = &[
                Header {
                    names: &["Allow"],
                    matcher: Matcher::Regex {
                        index: 0,
                        negated: false,
                    },
                },
            ];
            step.headers(
                const { expected(at(29, 50), "headers { allow: ~ /GET/ }") },
                WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    let mut step = u.step(6);
    if step
        .send(
            u
                .constant(
                    5,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/status/204");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(30, 46), "204") }, &[Status::Code(204)]);
        step.check(
            const { expected(at(30, 58), "text == \"\"") },
            FailureClass::Expectation,
            |x| Check::compare(x.text(), Op::Eq, text("")),
        );
    }
    step.end()?;
    let mut step = u.step(7);
    if step
        .send(
            u
                .constant(
                    6,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/status/418");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(31, 46), "4xx") }, &[Status::Class(4)]);
        step.text(
            const { expected(at(31, 58), "text \"teapot\"") },
            false,
            |x| Ok(text("teapot")),
        );
    }
    step.end()?;
    Ok(())
}
/// `sequence Bodies` (specs/httpbin.lt:34:10).
async fn bodies(u: &User) -> Flow {
    let mut step = u.step(8);
    if step
        .send(u.constant(7, 0, || bin_anything(u, &text("a/b"), &text("a b&c=d"))))
        .await
    {
        step.status(const { expected(at(37, 5), "200") }, &[Status::Code(200)]);
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[
                    (
                        Key::Lit("args"),
                        Matcher::Object {
                            members: &[
                                (Key::Lit("term"), Matcher::Str("a b&c=d")),
                                (
                                    Key::Lit("list"),
                                    Matcher::List {
                                        items: &[Matcher::Str("x"), Matcher::Str("y")],
                                        rest: None,
                                    },
                                ),
                                (Key::Lit("none"), Matcher::Absent),
                            ],
                            exact: false,
                        },
                    ),
                    (
                        Key::Lit("json"),
                        Matcher::Object {
                            members: &[
                                (Key::Lit("id"), Matcher::Str("a/b")),
                                (
                                    Key::Lit("nested"),
                                    Matcher::Object {
                                        members: &[
                                            (
                                                Key::Lit("list"),
                                                Matcher::List {
                                                    items: &[
                                                        Matcher::Int(1),
                                                        Matcher::Float(2.5),
                                                        Matcher::Bool(true),
                                                        Matcher::Null,
                                                    ],
                                                    rest: None,
                                                },
                                            ),
                                        ],
                                        exact: false,
                                    },
                                ),
                                (Key::Lit("gone"), Matcher::Absent),
                            ],
                            exact: false,
                        },
                    ),
                ],
                exact: false,
            };
            step.json(
                const {
                    expected(
                        at(38, 5),
                        "json { args: { term: \"a b&c=d\", list: [\"x\", \"y\"], none: absent }, json: { id: \"a/b\", nested: { list: [1, 2.5, true, null] }, gone: absent } }",
                    )
                },
                &WANTED,
                |x| Ok([]),
            );
        }
        step.check(
            const { expected(at(39, 5), "url ~ /a%2Fb/") },
            FailureClass::Expectation,
            |x| Check::truth(&boolean(matches(u, &x.url(), 1)?)),
        );
    }
    step.end()?;
    let mut step = u.step(9);
    if step
        .send(
            u
                .constant(
                    8,
                    0,
                    || {
                        let mut r = u.request(0, "POST");
                        r.path("/post");
                        r.body("application/x-www-form-urlencoded");
                        r.form("name", &text("Jürgen & Söhne"))?;
                        r.form("tags", &list([text("one"), text("two")]))?;
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[
                    (
                        Key::Lit("form"),
                        Matcher::Object {
                            members: &[
                                (Key::Lit("name"), Matcher::Str("Jürgen & Söhne")),
                                (
                                    Key::Lit("tags"),
                                    Matcher::List {
                                        items: &[Matcher::Str("one"), Matcher::Str("two")],
                                        rest: None,
                                    },
                                ),
                            ],
                            exact: false,
                        },
                    ),
                ],
                exact: false,
            };
            step.json(
                const {
                    expected(
                        at(43, 5),
                        "json { form: { name: \"Jürgen & Söhne\", tags: [\"one\", \"two\"] } }",
                    )
                },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    let mut step = u.step(10);
    if step
        .send(
            u
                .attempt(|| {
                    let mut r = u.request(0, "POST");
                    r.path("/post");
                    r.multipart();
                    r.part("title", &text("Cat"))?;
                    r.part("picture", &file(u, 0, None, Some(&text("image/png")))?)?;
                    r.end_multipart();
                    bin_options(u, &mut r)?;
                    Ok(r)
                }),
        )
        .await
    {
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[
                    (
                        Key::Lit("form"),
                        Matcher::Object {
                            members: &[(Key::Lit("title"), Matcher::Str("Cat"))],
                            exact: false,
                        },
                    ),
                    (
                        Key::Lit("files"),
                        Matcher::Object {
                            members: &[
                                (
                                    Key::Lit("picture"),
                                    Matcher::Regex {
                                        index: 2,
                                        negated: false,
                                    },
                                ),
                            ],
                            exact: false,
                        },
                    ),
                ],
                exact: false,
            };
            step.json(
                const {
                    expected(
                        at(47, 5),
                        "json { form: { title: \"Cat\" }, files: { picture: ~ /^data:image\\/png/ } }",
                    )
                },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    Ok(())
}
/// `sequence Encodings` (specs/httpbin.lt:51:10).
async fn encodings(u: &User) -> Flow {
    let mut step = u.step(11);
    if step
        .send(
            u
                .constant(
                    9,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/gzip");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[(Key::Lit("gzipped"), Matcher::Bool(true))],
                exact: false,
            };
            step.json(
                const { expected(at(52, 38), "json { gzipped: true }") },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    let mut step = u.step(12);
    if step
        .send(
            u
                .constant(
                    10,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/deflate");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[(Key::Lit("deflated"), Matcher::Bool(true))],
                exact: false,
            };
            step.json(
                const { expected(at(53, 38), "json { deflated: true }") },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    let mut step = u.step(13);
    if step
        .send(
            u
                .constant(
                    11,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/brotli");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[(Key::Lit("brotli"), Matcher::Bool(true))],
                exact: false,
            };
            step.json(
                const { expected(at(54, 38), "json { brotli: true }") },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    let mut step = u.step(14);
    if step
        .send(
            u
                .constant(
                    12,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/encoding/utf8");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.text(
            const { expected(at(55, 44), "text \"∮ E⋅da = Q\"") },
            false,
            |x| Ok(text("∮ E⋅da = Q")),
        );
    }
    step.end()?;
    let mut step = u.step(15);
    if step
        .send(
            u
                .constant(
                    13,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/stream/3");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(56, 39), "200") }, &[Status::Code(200)]);
        {
            const WANTED: &[Header] = &[
                Header {
                    names: &["Transfer-Encoding"],
                    matcher: Matcher::Str("chunked"),
                },
            ];
            step.headers(
                const {
                    expected(
                        at(56, 51),
                        "headers { \"Transfer-Encoding\": \"chunked\" }",
                    )
                },
                WANTED,
                |x| Ok([]),
            );
        }
        step.text(
            const { expected(at(56, 102), "text \"\\\"id\\\": 2\"") },
            false,
            |x| Ok(text("\"id\": 2")),
        );
    }
    step.end()?;
    let mut step = u.step(16);
    if step
        .send(
            u
                .constant(
                    14,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/bytes/2048");
                        r.query_text("seed=1");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(57, 48), "200") }, &[Status::Code(200)]);
        {
            const WANTED: &[Header] = &[
                Header {
                    names: &["Content-Length"],
                    matcher: Matcher::Str("2048"),
                },
            ];
            step.headers(
                const { expected(at(57, 60), "headers { content_length: \"2048\" }") },
                WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    Ok(())
}
/// `sequence Cookies` (specs/httpbin.lt:60:10).
async fn cookies(u: &User) -> Flow {
    let mut flavour = Value::Null;
    let mut step = u.step(17);
    if step
        .send(
            u
                .constant(
                    15,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/cookies/set");
                        r.query_text("flavour=ginger");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(61, 57), "200") }, &[Status::Code(200)]);
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[
                    (
                        Key::Lit("cookies"),
                        Matcher::Object {
                            members: &[(Key::Lit("flavour"), Matcher::Str("ginger"))],
                            exact: false,
                        },
                    ),
                ],
                exact: false,
            };
            step.json(
                const {
                    expected(at(61, 69), "json { cookies: { flavour: \"ginger\" } }")
                },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    let mut step = u.step(18);
    if step
        .send(
            u
                .constant(
                    16,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/cookies");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[
                    (
                        Key::Lit("cookies"),
                        Matcher::Object {
                            members: &[(Key::Lit("flavour"), Matcher::Str("ginger"))],
                            exact: false,
                        },
                    ),
                ],
                exact: false,
            };
            step.json(
                const {
                    expected(at(62, 38), "json { cookies: { flavour: \"ginger\" } }")
                },
                &WANTED,
                |x| Ok([]),
            );
        }
        if let Some(value) = step
            .take_or(
                at(62, 86),
                "flavour",
                As::Text(Type::Any),
                |x| x.cookie(&text("flavour")),
                || Ok(text("none")),
            )
        {
            flavour = value;
        }
    } else {
        if let Some(value) = step.fallback(at(62, 86), || Ok(text("none"))) {
            flavour = value;
        }
    }
    step.end()?;
    let mut step = u.step(19);
    if step
        .send(
            u
                .constant(
                    17,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/cookies/delete");
                        r.query_text("flavour");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[
                    (
                        Key::Lit("cookies"),
                        Matcher::Object {
                            members: &[(Key::Lit("flavour"), Matcher::Absent)],
                            exact: false,
                        },
                    ),
                ],
                exact: false,
            };
            step.json(
                const { expected(at(63, 53), "json { cookies: { flavour: absent } }") },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    u.log(at(64, 3), || Ok(write().lit("the cookie was ").put(&flavour)?.done()))?;
    Ok(())
}
/// `sequence Redirects` (specs/httpbin.lt:67:10).
async fn redirects(u: &User) -> Flow {
    let mut step = u.step(20);
    if step
        .send(
            u
                .constant(
                    18,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/redirect/3");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(68, 43), "200") }, &[Status::Code(200)]);
        step.check(
            const { expected(at(68, 55), "url ~ /\\/get$/") },
            FailureClass::Expectation,
            |x| Check::truth(&boolean(matches(u, &x.url(), 3)?)),
        );
    }
    step.end()?;
    let mut step = u.step(21);
    if step
        .send(
            u
                .constant(
                    19,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/redirect/3");
                        r.redirects(Redirects::Off);
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(69, 61), "302") }, &[Status::Code(302)]);
        {
            const WANTED: &[Header] = &[
                Header {
                    names: &["Location"],
                    matcher: Matcher::Regex {
                        index: 4,
                        negated: false,
                    },
                },
            ];
            step.headers(
                const {
                    expected(
                        at(69, 73),
                        "headers { location: ~ /relative-redirect|redirect/ }",
                    )
                },
                WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    let mut step = u.step(22);
    if step
        .send(
            u
                .constant(
                    20,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/redirect/3");
                        r.redirects(Redirects::Hops(2));
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(70, 59), "302") }, &[Status::Code(302)]);
    }
    step.end()?;
    let mut step = u.step(23);
    if step
        .send(
            u
                .constant(
                    21,
                    0,
                    || {
                        let mut r = u.request(0, "POST");
                        r.reference(&text("/redirect-to?url=/post&status_code=307"))?;
                        r.body("application/x-www-form-urlencoded");
                        r.form("a", &int(1))?;
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(71, 102), "200") }, &[Status::Code(200)]);
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[
                    (
                        Key::Lit("form"),
                        Matcher::Object {
                            members: &[(Key::Lit("a"), Matcher::Str("1"))],
                            exact: false,
                        },
                    ),
                ],
                exact: false,
            };
            step.json(
                const { expected(at(71, 114), "json { form: { a: \"1\" } }") },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    Ok(())
}
/// `sequence Auth` (specs/httpbin.lt:74:10).
async fn auth(u: &User) -> Flow {
    let mut step = u.step(24);
    if step
        .send(u.constant(22, 0, || bin_auth_basic(u, &text("user"), &text("pass word"))))
        .await
    {
        step.status(const { expected(at(75, 56), "200") }, &[Status::Code(200)]);
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[(Key::Lit("authenticated"), Matcher::Bool(true))],
                exact: false,
            };
            step.json(
                const { expected(at(75, 68), "json { authenticated: true }") },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    let mut step = u.step(25);
    if step.send(u.constant(23, 0, || bin_auth_bearer(u, &text("t0ken")))).await {
        step.status(const { expected(at(76, 45), "200") }, &[Status::Code(200)]);
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[(Key::Lit("token"), Matcher::Str("t0ken"))],
                exact: false,
            };
            step.json(
                const { expected(at(76, 57), "json { token: \"t0ken\" }") },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    let mut step = u.step(26);
    if step.send(u.constant(24, 0, || bin_auth_none(u))).await {
        step.status(const { expected(at(77, 36), "401") }, &[Status::Code(401)]);
    }
    step.end()?;
    Ok(())
}
/// `sequence Time` (specs/httpbin.lt:80:10).
async fn time(u: &User) -> Flow {
    let mut step = u.step(27);
    if step
        .send(
            u
                .constant(
                    25,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/delay/1");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(81, 42), "200") }, &[Status::Code(200)]);
        step.check(
            const { expected(at(81, 54), "elapsed >= 1s") },
            FailureClass::Elapsed,
            |x| Check::compare(x.elapsed(), Op::Ge, duration(1000000000)),
        );
        step.check(
            const { expected(at(81, 76), "elapsed < 4s") },
            FailureClass::Elapsed,
            |x| Check::compare(x.elapsed(), Op::Lt, duration(4000000000)),
        );
    }
    step.end()?;
    let mut step = u.step(28);
    if step
        .send(
            u
                .constant(
                    26,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/etag/abc");
                        r.header_text("If-None-Match", "abc");
                        bin_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(82, 82), "304") }, &[Status::Code(304)]);
    }
    step.end()?;
    Ok(())
}
/// `tasks Walk` (specs/httpbin.lt:85:7).
async fn walk(u: &User) -> Flow {
    match u.pick(&[1, 1, 1, 1, 1, 1, 1]) {
        0 => {
            methods(u).await?;
        }
        1 => {
            bodies(u).await?;
        }
        2 => {
            encodings(u).await?;
        }
        3 => {
            cookies(u).await?;
        }
        4 => {
            redirects(u).await?;
        }
        5 => {
            auth(u).await?;
        }
        6 => {
            time(u).await?;
        }
        _ => {}
    }
    Ok(())
}
/// Iterations of `Walker`, one after the other.
async fn walker_user_iterations(u: &User) -> Flow {
    loop {
        let outcome = walk(u).await;
        u.end_iteration(outcome).await;
    }
}
static PROGRAM: Program = Program {
    name: "httpbin",
    spec: "specs/httpbin.lt",
    compiler: "0.1.0",
    files: &["specs/httpbin.lt"],
    locations: &[
        at(3, 5),
        at(4, 13),
        at(24, 3),
        at(24, 8),
        at(24, 45),
        at(24, 57),
        at(25, 3),
        at(25, 8),
        at(25, 35),
        at(25, 47),
        at(26, 3),
        at(26, 8),
        at(26, 59),
        at(26, 71),
        at(27, 3),
        at(27, 8),
        at(27, 70),
        at(27, 82),
        at(28, 3),
        at(28, 8),
        at(28, 40),
        at(29, 3),
        at(29, 8),
        at(29, 38),
        at(29, 50),
        at(30, 3),
        at(30, 8),
        at(30, 46),
        at(30, 58),
        at(31, 3),
        at(31, 8),
        at(31, 46),
        at(31, 58),
        at(35, 3),
        at(35, 8),
        at(37, 5),
        at(38, 5),
        at(39, 5),
        at(41, 3),
        at(41, 8),
        at(43, 5),
        at(45, 3),
        at(45, 8),
        at(47, 5),
        at(52, 3),
        at(52, 8),
        at(52, 38),
        at(53, 3),
        at(53, 8),
        at(53, 38),
        at(54, 3),
        at(54, 8),
        at(54, 38),
        at(55, 3),
        at(55, 8),
        at(55, 44),
        at(56, 3),
        at(56, 8),
        at(56, 39),
        at(56, 51),
        at(56, 102),
        at(57, 3),
        at(57, 8),
        at(57, 48),
        at(57, 60),
        at(61, 3),
        at(61, 8),
        at(61, 57),
        at(61, 69),
        at(62, 3),
        at(62, 8),
        at(62, 38),
        at(62, 86),
        at(63, 3),
        at(63, 8),
        at(63, 53),
        at(64, 3),
        at(68, 3),
        at(68, 8),
        at(68, 43),
        at(68, 55),
        at(69, 3),
        at(69, 8),
        at(69, 61),
        at(69, 73),
        at(70, 3),
        at(70, 8),
        at(70, 59),
        at(71, 3),
        at(71, 8),
        at(71, 102),
        at(71, 114),
        at(75, 3),
        at(75, 8),
        at(75, 56),
        at(75, 68),
        at(76, 3),
        at(76, 8),
        at(76, 45),
        at(76, 57),
        at(77, 3),
        at(77, 8),
        at(77, 36),
        at(81, 3),
        at(81, 8),
        at(81, 42),
        at(81, 54),
        at(81, 76),
        at(82, 3),
        at(82, 8),
        at(82, 82),
        at(85, 7),
        at(95, 6),
    ],
    lines: &[
        RowInfo {
            name: "GET",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "HEAD",
            method: "HEAD",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "PUT",
            method: "PUT",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "PATCH",
            method: "PATCH",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "DELETE",
            method: "DELETE",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "OPTIONS",
            method: "OPTIONS",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "No content",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Teapot",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "JSON and query",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Form",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Multipart",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "gzip",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "deflate",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "brotli",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "UTF-8",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Chunks",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Bytes",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Set",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Sent",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Delete",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Followed",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Off",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Two hops",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "307 keeps the method",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Basic",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Bearer",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "None",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Slow enough",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Not found",
            method: "GET",
            kind: RowKind::Step,
        },
    ],
    steps: &[
        StepInfo {
            line: 0,
            context: "Methods",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(24, 8),
        },
        StepInfo {
            line: 1,
            context: "Methods",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(25, 8),
        },
        StepInfo {
            line: 2,
            context: "Methods",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(26, 8),
        },
        StepInfo {
            line: 3,
            context: "Methods",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(27, 8),
        },
        StepInfo {
            line: 4,
            context: "Methods",
            skip: false,
            interrupt: false,
            reads_body: false,
            expects_status: true,
            at: at(28, 8),
        },
        StepInfo {
            line: 5,
            context: "Methods",
            skip: false,
            interrupt: false,
            reads_body: false,
            expects_status: true,
            at: at(29, 8),
        },
        StepInfo {
            line: 6,
            context: "Methods",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(30, 8),
        },
        StepInfo {
            line: 7,
            context: "Methods",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(31, 8),
        },
        StepInfo {
            line: 8,
            context: "Bodies",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(35, 8),
        },
        StepInfo {
            line: 9,
            context: "Bodies",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: false,
            at: at(41, 8),
        },
        StepInfo {
            line: 10,
            context: "Bodies",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: false,
            at: at(45, 8),
        },
        StepInfo {
            line: 11,
            context: "Encodings",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: false,
            at: at(52, 8),
        },
        StepInfo {
            line: 12,
            context: "Encodings",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: false,
            at: at(53, 8),
        },
        StepInfo {
            line: 13,
            context: "Encodings",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: false,
            at: at(54, 8),
        },
        StepInfo {
            line: 14,
            context: "Encodings",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: false,
            at: at(55, 8),
        },
        StepInfo {
            line: 15,
            context: "Encodings",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(56, 8),
        },
        StepInfo {
            line: 16,
            context: "Encodings",
            skip: false,
            interrupt: false,
            reads_body: false,
            expects_status: true,
            at: at(57, 8),
        },
        StepInfo {
            line: 17,
            context: "Cookies",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(61, 8),
        },
        StepInfo {
            line: 18,
            context: "Cookies",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: false,
            at: at(62, 8),
        },
        StepInfo {
            line: 19,
            context: "Cookies",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: false,
            at: at(63, 8),
        },
        StepInfo {
            line: 20,
            context: "Redirects",
            skip: false,
            interrupt: false,
            reads_body: false,
            expects_status: true,
            at: at(68, 8),
        },
        StepInfo {
            line: 21,
            context: "Redirects",
            skip: false,
            interrupt: false,
            reads_body: false,
            expects_status: true,
            at: at(69, 8),
        },
        StepInfo {
            line: 22,
            context: "Redirects",
            skip: false,
            interrupt: false,
            reads_body: false,
            expects_status: true,
            at: at(70, 8),
        },
        StepInfo {
            line: 23,
            context: "Redirects",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(71, 8),
        },
        StepInfo {
            line: 24,
            context: "Auth",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(75, 8),
        },
        StepInfo {
            line: 25,
            context: "Auth",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(76, 8),
        },
        StepInfo {
            line: 26,
            context: "Auth",
            skip: false,
            interrupt: false,
            reads_body: false,
            expects_status: true,
            at: at(77, 8),
        },
        StepInfo {
            line: 27,
            context: "Time",
            skip: false,
            interrupt: false,
            reads_body: false,
            expects_status: true,
            at: at(81, 8),
        },
        StepInfo {
            line: 28,
            context: "Time",
            skip: false,
            interrupt: false,
            reads_body: false,
            expects_status: true,
            at: at(82, 8),
        },
    ],
    apis: &[
        ApiInfo {
            name: "bin",
            base: |u| Ok(u.env(0)),
            sections: &["httpbin"],
            cookies: true,
            resend: true,
            max_body: 67108864,
            health: Some(Health {
                request: bin_health,
                version: Some(|u, x| x.header(&text("Server"), Pick::One)),
            }),
            at: at(3, 5),
        },
    ],
    env: &[
        EnvKey {
            path: "httpbin.url",
            kind: Type::String,
            at: at(4, 13),
        },
    ],
    data: &[],
    keeps: &[],
    globals: &[],
    users: &[
        UserClass {
            name: "Walker",
            weight: |u| Ok(int(1)),
            iterations: |u| Box::pin(walker_user_iterations(u)),
            wait: Some(|u| Ok({
                let wait = duration(10000000).as_duration()?;
                Wait::Between(wait, wait)
            })),
            on_start: None,
            on_stop: None,
            every: &[],
            scenarios: &[0, 1, 2, 3, 4, 5, 6],
            at: at(95, 6),
        },
    ],
    scenarios: &[
        Scenario {
            name: "Methods",
            run: |u| Box::pin(async move {
                methods(u).await?;
                Ok(())
            }),
        },
        Scenario {
            name: "Bodies",
            run: |u| Box::pin(async move {
                bodies(u).await?;
                Ok(())
            }),
        },
        Scenario {
            name: "Encodings",
            run: |u| Box::pin(async move {
                encodings(u).await?;
                Ok(())
            }),
        },
        Scenario {
            name: "Cookies",
            run: |u| Box::pin(async move {
                cookies(u).await?;
                Ok(())
            }),
        },
        Scenario {
            name: "Redirects",
            run: |u| Box::pin(async move {
                redirects(u).await?;
                Ok(())
            }),
        },
        Scenario {
            name: "Auth",
            run: |u| Box::pin(async move {
                auth(u).await?;
                Ok(())
            }),
        },
        Scenario {
            name: "Time",
            run: |u| Box::pin(async move {
                time(u).await?;
                Ok(())
            }),
        },
    ],
    before_test: None,
    after_test: None,
    regexes: &[
        "GET",
        "a%2Fb",
        "^data:image\\/png",
        "\\/get$",
        "relative-redirect|redirect",
    ],
    paths: &[],
    selectors: &[],
    assets: &[
        Asset {
            path: "data/cat.png",
            media_type: "image/png",
            bytes: include_bytes!("assets/0"),
        },
    ],
    embedded: Embedded {
        profile: Some(("specs/httpbin.profile.yml", include_str!("profile.yml"))),
        environments: &[
            ("common", include_str!("config/common.yml")),
            ("cs1", include_str!("config/cs1.yml")),
        ],
    },
};
