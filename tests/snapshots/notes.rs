//! specs/notes.lt, compiled by ltc 0.1.0. Made by `ltc build`; do not edit.
#![allow(unused_variables, unused_assignments, unused_mut, clippy::all)]
use ltc_runtime::generated::*;
fn main() -> std::process::ExitCode {
    ltc_runtime::main(&PROGRAM)
}
/// What all requests to `notes` have in common (specs/notes.lt:3:5).
fn notes_options(u: &User, r: &mut Request<'_>) -> Eval<()> {
    r.redirects(Redirects::Off);
    Ok(())
}
/// The health check of `notes` (specs/notes.lt:8:15).
fn notes_health(u: &User) -> Eval<Request<'_>> {
    let mut r = u.request(0, "GET");
    r.path("/");
    notes_options(u, &mut r)?;
    Ok(r)
}
/// `sequence WriteNote` (specs/notes.lt:11:10).
async fn write_note(u: &User) -> Flow {
    let mut page = Value::Null;
    let mut place = Value::Null;
    let mut csrf = Value::Null;
    let mut step = u.step(0);
    if step
        .send(
            u
                .constant(
                    0,
                    0,
                    || {
                        let mut r = u.request(0, "GET");
                        r.path("/new");
                        notes_options(u, &mut r)?;
                        Ok(r)
                    },
                ),
        )
        .await
    {
        step.status(const { expected(at(14, 5), "200") }, &[Status::Code(200)]);
        {
            const WANTED: &[Header] = &[
                Header {
                    names: &["Content-Type"],
                    matcher: Matcher::Regex {
                        index: 0,
                        negated: false,
                    },
                },
            ];
            step.headers(
                const {
                    expected(at(15, 5), "headers { content_type: ~ /^text\\/html/ }")
                },
                WANTED,
                |x| Ok([]),
            );
        }
        if let Some(value) = step
            .take(at(16, 5), "page", As::Json(Type::Any), |x| x.form(0))
        {
            page = value;
        }
    }
    step.end()?;
    let mut step = u.step(1);
    if step
        .send(
            u
                .attempt(|| {
                    let mut r = u
                        .submit(
                            0,
                            &page,
                            &[
                                (
                                    "title",
                                    write()
                                        .lit("Note ")
                                        .put(&u.id())?
                                        .lit("-")
                                        .put(&u.iteration())?
                                        .done(),
                                ),
                                ("body", functions::fake::paragraph(u.rng())?),
                            ],
                        )?;
                    notes_options(u, &mut r)?;
                    Ok(r)
                }),
        )
        .await
    {
        step.status(const { expected(at(20, 5), "303") }, &[Status::Code(303)]);
        if let Some(value) = step
            .take(
                at(21, 5),
                "place",
                As::Text(Type::Any),
                |x| x.header(&text("Location"), Pick::One),
            )
        {
            place = value;
        }
    }
    step.end()?;
    let mut step = u.step(2);
    if step
        .send(
            u
                .attempt(|| {
                    let mut r = u.request(0, "GET");
                    r.reference(&write().put(&place)?.done())?;
                    if r.needs_options(0) {
                        notes_options(u, &mut r)?;
                    }
                    Ok(r)
                }),
        )
        .await
    {
        step.status(const { expected(at(25, 5), "200") }, &[Status::Code(200)]);
        step.text(
            const { expected(at(26, 5), "text \"Note {user.id}-\"") },
            false,
            |x| Ok(write().lit("Note ").put(&u.id())?.lit("-").done()),
        );
        if let Some(value) = step
            .take(
                at(27, 5),
                "csrf",
                As::Text(Type::Any),
                |x| Ok(x.html(1, Some("value"), Pick::One)),
            )
        {
            csrf = value;
        }
    }
    step.end()?;
    if u.truth(at(29, 6), || functions::chance(u.rng(), &float(0.1))?.truth())? {
        let mut step = u.step(3);
        if step
            .send(
                u
                    .attempt(|| {
                        let mut r = u.request(0, "POST");
                        r.reference(&write().put(&place)?.lit("/files").done())?;
                        r.multipart();
                        r.part("csrf", &csrf)?;
                        r.part("file", &file(u, 0, None, Some(&text("image/png")))?)?;
                        r.end_multipart();
                        notes_options(u, &mut r)?;
                        Ok(r)
                    }),
            )
            .await
        {
            step.status(const { expected(at(32, 7), "2xx") }, &[Status::Class(2)]);
        }
        step.end()?;
    }
    Ok(())
}
/// Iterations of `Writer`, one after the other.
async fn writer_user_iterations(u: &User) -> Flow {
    loop {
        let outcome = write_note(u).await;
        u.end_iteration(outcome).await;
    }
}
static PROGRAM: Program = Program {
    name: "notes",
    spec: "specs/notes.lt",
    compiler: "0.1.0",
    files: &["specs/notes.lt"],
    locations: &[
        at(3, 5),
        at(4, 13),
        at(12, 3),
        at(12, 8),
        at(14, 5),
        at(15, 5),
        at(16, 5),
        at(18, 3),
        at(18, 8),
        at(20, 5),
        at(21, 5),
        at(23, 3),
        at(23, 8),
        at(25, 5),
        at(26, 5),
        at(27, 5),
        at(29, 3),
        at(29, 6),
        at(30, 5),
        at(30, 10),
        at(32, 7),
        at(37, 6),
    ],
    lines: &[
        RowInfo {
            name: "Form",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Save",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Read",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Attach",
            method: "POST",
            kind: RowKind::Step,
        },
    ],
    steps: &[
        StepInfo {
            line: 0,
            context: "WriteNote",
            skip: false,
            interrupt: true,
            reads_body: true,
            expects_status: true,
            at: at(12, 8),
        },
        StepInfo {
            line: 1,
            context: "WriteNote",
            skip: false,
            interrupt: true,
            reads_body: false,
            expects_status: true,
            at: at(18, 8),
        },
        StepInfo {
            line: 2,
            context: "WriteNote",
            skip: false,
            interrupt: true,
            reads_body: true,
            expects_status: true,
            at: at(23, 8),
        },
        StepInfo {
            line: 3,
            context: "WriteNote",
            skip: false,
            interrupt: false,
            reads_body: false,
            expects_status: true,
            at: at(30, 10),
        },
    ],
    apis: &[
        ApiInfo {
            name: "notes",
            base: |u| Ok(u.env(0)),
            sections: &["notes"],
            cookies: true,
            resend: true,
            max_body: 67108864,
            health: Some(Health {
                request: notes_health,
                version: Some(|u, x| x.header(&text("X-Version"), Pick::One)),
            }),
            at: at(3, 5),
        },
    ],
    env: &[
        EnvKey {
            path: "notes.url",
            kind: Type::String,
            at: at(4, 13),
        },
    ],
    data: &[],
    keeps: &[],
    globals: &[],
    users: &[
        UserClass {
            name: "Writer",
            weight: |u| Ok(int(1)),
            iterations: |u| Box::pin(writer_user_iterations(u)),
            wait: Some(|u| Ok(
                Wait::Between(
                    duration(500000000).as_duration()?,
                    duration(1000000000).as_duration()?,
                ),
            )),
            on_start: None,
            on_stop: None,
            every: &[],
            scenarios: &[0],
            at: at(37, 6),
        },
    ],
    scenarios: &[
        Scenario {
            name: "WriteNote",
            run: |u| Box::pin(async move {
                write_note(u).await?;
                Ok(())
            }),
        },
    ],
    before_test: None,
    after_test: None,
    regexes: &["^text\\/html"],
    paths: &[],
    selectors: &["form#note", "input[name=csrf]"],
    assets: &[
        Asset {
            path: "data/cat.png",
            media_type: "image/png",
            bytes: include_bytes!("assets/0"),
        },
    ],
    embedded: Embedded {
        profile: Some(("specs/notes.profile.yml", include_str!("profile.yml"))),
        environments: &[
            ("common", include_str!("config/common.yml")),
            ("cs1", include_str!("config/cs1.yml")),
        ],
    },
};
