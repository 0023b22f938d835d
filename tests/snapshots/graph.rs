//! specs/graph.lt, compiled by ltc 0.1.0. Made by `ltc build`; do not edit.
#![allow(unused_variables, unused_assignments, unused_mut, clippy::all)]
use ltc_runtime::generated::*;
fn main() -> std::process::ExitCode {
    ltc_runtime::main(&PROGRAM)
}
/// What all requests to `graph` have in common (specs/graph.lt:3:5).
fn graph_options(u: &User, r: &mut Request<'_>) -> Eval<()> {
    if r.wants_auth() {
        r.bearer(&u.env(1))?;
    }
    Ok(())
}
/// The health check of `graph` (specs/graph.lt:7:15).
fn graph_health(u: &User) -> Eval<Request<'_>> {
    let mut r = u.request(0, "GET");
    r.path("/version");
    graph_options(u, &mut r)?;
    Ok(r)
}
/// `graph.products` (specs/graph.lt:9:3).
fn graph_products<'u>(u: &'u User, first: &Value) -> Eval<Request<'u>> {
    let mut r = u.request(0, "POST");
    r.path("/graphql");
    r.body("application/json");
    r.raw(
        "{\"query\":\"query Products($first: Int!) { products(first: $first) { id name price } }\\n\",\"variables\":{\"first\":",
    );
    r.json(&first)?;
    r.raw("}}");
    if r.needs_options(0) {
        graph_options(u, &mut r)?;
    }
    Ok(r)
}
/// `sequence Read` (specs/graph.lt:24:10).
async fn read(u: &User) -> Flow {
    let mut step = u.step(1);
    if step.send(u.constant(0, 0, || graph_products(u, &int(20)))).await {
        step.status(const { expected(at(27, 5), "200") }, &[Status::Code(200)]);
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[
                    (
                        Key::Lit("data"),
                        Matcher::Object {
                            members: &[
                                (
                                    Key::Lit("products"),
                                    Matcher::List {
                                        items: &[
                                            Matcher::Object {
                                                members: &[
                                                    (Key::Lit("id"), Matcher::Type(Type::String)),
                                                    (Key::Lit("price"), Matcher::Cmp(Op::Ge, Bound::Int(0))),
                                                ],
                                                exact: false,
                                            },
                                        ],
                                        rest: Some(1),
                                    },
                                ),
                            ],
                            exact: false,
                        },
                    ),
                    (Key::Lit("errors"), Matcher::Absent),
                ],
                exact: false,
            };
            step.json(
                const {
                    expected(
                        at(28, 5),
                        "json { data: { products: [{ id: string, price: >= 0 }, ..] }, errors: absent }",
                    )
                },
                &WANTED,
                |x| Ok([]),
            );
        }
    }
    step.end()?;
    let mut step = u.step(2);
    if step
        .send(
            u
                .attempt(|| {
                    let mut r = u.request(0, "GET");
                    r.path("/campaigns/");
                    r.segment(&u.shared(0))?;
                    if r.needs_options(3) {
                        graph_options(u, &mut r)?;
                    }
                    Ok(r)
                }),
        )
        .await
    {
        step.status(const { expected(at(32, 5), "200") }, &[Status::Code(200)]);
        step.check(
            const { expected(at(33, 5), "elapsed < 1s") },
            FailureClass::Elapsed,
            |x| Check::compare(x.elapsed(), Op::Lt, duration(1000000000)),
        );
    }
    step.end()?;
    Ok(())
}
/// Iterations of `Reader`, one after the other.
async fn reader_user_iterations(u: &User) -> Flow {
    loop {
        let outcome = read(u).await;
        u.end_iteration(outcome).await;
    }
}
/// `before test`: what it gives is shared by all users.
async fn before_test(u: &User) -> Flow<Vec<Value>> {
    let mut campaign = Value::Null;
    let mut step = u.step(0);
    if step
        .send(
            u
                .attempt(|| {
                    let mut r = u.request(0, "POST");
                    r.path("/campaigns");
                    r.body("application/json");
                    r.raw("{\"name\":");
                    r.json(&write().lit("load ").put(&u.test_id())?.done())?;
                    r.raw("}");
                    if r.needs_options(1) {
                        graph_options(u, &mut r)?;
                    }
                    Ok(r)
                }),
        )
        .await
    {
        step.status(const { expected(at(19, 5), "201") }, &[Status::Code(201)]);
        if let Some(value) = step
            .take(
                at(20, 5),
                "campaign",
                As::Json(Type::String),
                |x| x.json(&[PathStep::Key("id")]),
            )
        {
            campaign = value;
            u.share(0, &campaign);
        }
    }
    step.end()?;
    Ok(vec![campaign])
}
/// `after test`.
async fn after_test(u: &User) -> Flow {
    let mut step = u.step(3);
    if step
        .send(
            u
                .attempt(|| {
                    let mut r = u.request(0, "DELETE");
                    r.path("/campaigns/");
                    r.segment(&u.shared(0))?;
                    if r.needs_options(2) {
                        graph_options(u, &mut r)?;
                    }
                    Ok(r)
                }),
        )
        .await
    {
        step.status(const { expected(at(38, 69), "204") }, &[Status::Code(204)]);
    }
    step.end()?;
    Ok(())
}
static PROGRAM: Program = Program {
    name: "graph",
    spec: "specs/graph.lt",
    compiler: "0.1.0",
    files: &["specs/graph.lt"],
    locations: &[
        at(3, 5),
        at(4, 8),
        at(5, 15),
        at(17, 3),
        at(17, 8),
        at(19, 5),
        at(20, 5),
        at(25, 3),
        at(25, 8),
        at(27, 5),
        at(28, 5),
        at(30, 3),
        at(30, 8),
        at(32, 5),
        at(33, 5),
        at(38, 3),
        at(38, 8),
        at(38, 69),
        at(41, 6),
    ],
    lines: &[
        RowInfo {
            name: "Create campaign",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Products",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Campaign",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Delete campaign",
            method: "DELETE",
            kind: RowKind::Step,
        },
    ],
    steps: &[
        StepInfo {
            line: 0,
            context: "before test",
            skip: false,
            interrupt: true,
            reads_body: true,
            expects_status: true,
            at: at(17, 8),
        },
        StepInfo {
            line: 1,
            context: "Read",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(25, 8),
        },
        StepInfo {
            line: 2,
            context: "Read",
            skip: false,
            interrupt: false,
            reads_body: false,
            expects_status: true,
            at: at(30, 8),
        },
        StepInfo {
            line: 3,
            context: "after test",
            skip: true,
            interrupt: false,
            reads_body: false,
            expects_status: true,
            at: at(38, 8),
        },
    ],
    apis: &[
        ApiInfo {
            name: "graph",
            base: |u| Ok(u.env(0)),
            sections: &["graph"],
            cookies: false,
            resend: true,
            max_body: 67108864,
            health: Some(Health {
                request: graph_health,
                version: Some(|u, x| Ok(Some(x.text()))),
            }),
            at: at(3, 5),
        },
    ],
    env: &[
        EnvKey {
            path: "graph.url",
            kind: Type::String,
            at: at(4, 8),
        },
        EnvKey {
            path: "graph.token",
            kind: Type::String,
            at: at(5, 15),
        },
    ],
    data: &[],
    keeps: &[],
    globals: &[],
    users: &[
        UserClass {
            name: "Reader",
            weight: |u| Ok(int(1)),
            iterations: |u| Box::pin(reader_user_iterations(u)),
            wait: Some(|u| Ok({
                let wait = duration(1000000000).as_duration()?;
                Wait::Between(wait, wait)
            })),
            on_start: None,
            on_stop: None,
            every: &[],
            scenarios: &[0],
            at: at(41, 6),
        },
    ],
    scenarios: &[
        Scenario {
            name: "Read",
            run: |u| Box::pin(async move {
                read(u).await?;
                Ok(())
            }),
        },
    ],
    before_test: Some(|u| Box::pin(before_test(u))),
    after_test: Some(|u| Box::pin(after_test(u))),
    regexes: &[],
    paths: &[],
    selectors: &[],
    assets: &[],
    embedded: Embedded {
        profile: Some(("specs/graph.profile.yml", include_str!("profile.yml"))),
        environments: &[
            ("common", include_str!("config/common.yml")),
            ("cs1", include_str!("config/cs1.yml")),
        ],
    },
};
