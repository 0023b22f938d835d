//! specs/signed.lt, compiled by ltc 0.1.0. Made by `ltc build`; do not edit.
#![allow(unused_variables, unused_assignments, unused_mut, clippy::all)]
use ltc_runtime::generated::*;
fn main() -> std::process::ExitCode {
    ltc_runtime::main(&PROGRAM)
}
/// What all requests to `ledger` have in common (specs/signed.lt:3:5).
fn ledger_options(u: &User, r: &mut Request<'_>) -> Eval<()> {
    if r.wants_header("X-Date") {
        r.header_value(
            "X-Date",
            &functions::format_time(
                &functions::now(u.nanos())?,
                &text("%Y%m%dT%H%M%SZ"),
            )?,
        )?;
    }
    if r.wants_header("X-Signature") {
        r.header_value(
            "X-Signature",
            &functions::hex(&functions::hmac_sha256(&u.env(1), &r.sent_body())?)?,
        )?;
    }
    Ok(())
}
/// `ledger.entry.create` (specs/signed.lt:12:5).
fn ledger_entry_create<'u>(
    u: &'u User,
    account: &Value,
    cents: &Value,
) -> Eval<Request<'u>> {
    let mut r = u.request(0, "POST");
    r.path("/entries");
    r.body("application/json");
    r.raw("{");
    r.member("\"account\":", &account)?;
    r.member("\"cents\":", &cents)?;
    r.comma();
    r.raw("\"reference\":");
    r.json(&functions::uuid(u.rng())?)?;
    r.raw("}");
    ledger_options(u, &mut r)?;
    Ok(r)
}
/// `ledger.entry.get` (specs/signed.lt:13:5).
fn ledger_entry_get<'u>(u: &'u User, id: &Value) -> Eval<Request<'u>> {
    let mut r = u.request(0, "GET");
    r.path("/entries/");
    r.segment(&id)?;
    ledger_options(u, &mut r)?;
    Ok(r)
}
/// `ledger.entry.delete` (specs/signed.lt:14:5).
fn ledger_entry_delete<'u>(u: &'u User, id: &Value) -> Eval<Request<'u>> {
    let mut r = u.request(0, "DELETE");
    r.path("/entries/");
    r.segment(&id)?;
    ledger_options(u, &mut r)?;
    Ok(r)
}
/// `sequence Renew` (specs/signed.lt:20:10).
async fn renew(u: &User) -> Flow {
    let mut token = Value::Null;
    let mut step = u.step(0);
    if step
        .send(
            u
                .attempt(|| {
                    let mut r = u.request(0, "POST");
                    r.path("/token");
                    r.body("application/x-www-form-urlencoded");
                    r.form("grant_type", &text("client_credentials"))?;
                    r.form("code", &functions::totp(u.nanos(), &u.env(2))?)?;
                    ledger_options(u, &mut r)?;
                    Ok(r)
                }),
        )
        .await
    {
        if let Some(value) = step
            .take(
                at(23, 5),
                "token",
                As::Json(Type::String),
                |x| x.json(&[PathStep::Key("access_token")]),
            )
        {
            token = value;
        }
    }
    step.end()?;
    u.set_bearer(at(25, 3), 0, || Ok(token.clone()))?;
    Ok(())
}
/// `sequence Post` (specs/signed.lt:28:10).
async fn post(u: &User) -> Flow {
    let mut id = Value::Null;
    let mut remaining = Value::Null;
    let mut step = u.step(1);
    if step
        .send(
            u
                .attempt(|| ledger_entry_create(
                    u,
                    &functions::one_of(u.rng(), &u.env(3))?,
                    &functions::random(u.rng(), &int(1), &int(10000))?,
                )),
        )
        .await
    {
        step.status(const { expected(at(31, 5), "201") }, &[Status::Code(201)]);
        if let Some(value) = step
            .take(
                at(32, 5),
                "id",
                As::Json(Type::String),
                |x| x.json(&[PathStep::Key("id")]),
            )
        {
            id = value;
        }
        if let Some(value) = step
            .take_or(
                at(33, 5),
                "remaining",
                As::Text(Type::Int),
                |x| x.header(&text("X-RateLimit-Remaining"), Pick::One),
                || Ok(int(100)),
            )
        {
            remaining = value;
        }
    } else {
        if let Some(value) = step.fallback(at(33, 5), || Ok(int(100))) {
            remaining = value;
        }
    }
    step.end()?;
    u.set_keep(0, u.eval(at(35, 3), || ops::add(&u.keep(0), &list([id.clone()])))?);
    if u.truth(at(36, 6), || ops::lt(&remaining, &int(10)))? {
        u.wait(at(36, 23), || Ok((duration(1000000000), duration(1000000000)))).await?;
    }
    Ok(())
}
/// `sequence Check` (specs/signed.lt:39:10).
async fn check(u: &User) -> Flow {
    together(
            vec![
                Box::pin(async { let mut step = u.step(2); if step.send(u.attempt(|| {
                let mut r = u.request(0, "GET"); r.path("/balance"); ledger_options(u, &
                mut r) ?; Ok(r) })). await { { const WANTED : Matcher = Matcher::Object {
                members : & [(Key::Lit("cents"), Matcher::Type(Type::Int))], exact :
                false }; step.json(const { expected(at(41, 43), "json { cents: int }") },
                & WANTED, | x | Ok([])); } } step.end() ?; Ok(()) }), Box::pin(async {
                let mut step = u.step(3); if step.send(u.attempt(|| { let mut r = u
                .request(0, "GET"); r.path("/limits"); ledger_options(u, & mut r) ?;
                Ok(r) })). await { { const WANTED : Matcher = Matcher::Object { members :
                & [(Key::Lit("daily"), Matcher::Object { members : & [(Key::Lit("cents"),
                Matcher::Cmp(Op::Gt, Bound::Int(0)))], exact : false })], exact : false
                }; step.json(const { expected(at(42, 43),
                "json { daily: { cents: > 0 } }") }, & WANTED, | x | Ok([])); } } step
                .end() ?; Ok(()) })
            ],
        )
        .await?;
    for id in u.items(at(44, 13), || functions::sample(u.rng(), &u.keep(0), &int(3)))? {
        let mut step = u.step(4);
        if step.send(u.attempt(|| ledger_entry_get(u, &id))).await {
            step.status(const { expected(at(45, 46), "200") }, &[Status::Code(200)]);
            {
                const WANTED: Matcher = Matcher::Object {
                    members: &[(Key::Lit("id"), Matcher::Like(0))],
                    exact: false,
                };
                step.json(
                    const { expected(at(45, 58), "json { id }") },
                    &WANTED,
                    |x| Ok([id.clone()]),
                );
            }
        }
        step.end()?;
    }
    Ok(())
}
/// `sequence Prune` (specs/signed.lt:49:10).
async fn prune(u: &User) -> Flow {
    if u.truth(at(50, 6), || ops::lt(&functions::len(&u.keep(0))?, &int(20)))? {
        return Ok(());
    }
    {
        let mut retry = u
            .retry(
                u.count(at(51, 9), || Ok(int(2)))?,
                u.duration(at(51, 23), || Ok(duration(500000000)))?,
            );
        loop {
            let round = async {
                let mut step = u.step(5);
                if step
                    .send(
                        u
                            .attempt(|| ledger_entry_delete(
                                u,
                                &functions::first(&u.keep(0))?,
                            )),
                    )
                    .await
                {
                    step.status(
                        const { expected(at(52, 64), "204 | 404") },
                        &[Status::Code(204), Status::Code(404)],
                    );
                }
                step.end()?;
                Ok(())
            }
                .await;
            match retry.again(round).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(exit) => return Err(exit),
            }
        }
    }
    u.set_keep(
        0,
        u
            .eval(
                at(54, 3),
                || functions::without(&u.keep(0), &functions::first(&u.keep(0))?),
            )?,
    );
    Ok(())
}
/// `tasks Work` (specs/signed.lt:57:7).
async fn work(u: &User) -> Flow {
    match u.pick(&[5, 3, 1]) {
        0 => {
            post(u).await?;
        }
        1 => {
            check(u).await?;
        }
        2 => {
            prune(u).await?;
        }
        _ => {}
    }
    Ok(())
}
/// `on start` of `Clerk`.
async fn clerk_user_on_start(u: &User) -> Flow {
    renew(u).await?;
    Ok(())
}
/// `every` of `Clerk`.
async fn clerk_user_every_1(u: &User) -> Flow {
    renew(u).await?;
    Ok(())
}
/// Iterations of `Clerk`, one after the other.
async fn clerk_user_iterations(u: &User) -> Flow {
    loop {
        let outcome = work(u).await;
        u.end_iteration(outcome).await;
    }
}
static PROGRAM: Program = Program {
    name: "signed",
    spec: "specs/signed.lt",
    compiler: "0.1.0",
    files: &["specs/signed.lt"],
    locations: &[
        at(3, 5),
        at(4, 11),
        at(7, 36),
        at(18, 6),
        at(21, 3),
        at(21, 8),
        at(22, 78),
        at(23, 5),
        at(25, 3),
        at(29, 3),
        at(29, 8),
        at(30, 32),
        at(31, 5),
        at(32, 5),
        at(33, 5),
        at(35, 3),
        at(36, 3),
        at(36, 6),
        at(36, 23),
        at(40, 3),
        at(41, 5),
        at(41, 10),
        at(41, 43),
        at(42, 5),
        at(42, 10),
        at(42, 43),
        at(44, 3),
        at(44, 13),
        at(45, 5),
        at(45, 10),
        at(45, 46),
        at(45, 58),
        at(50, 3),
        at(50, 6),
        at(50, 26),
        at(51, 3),
        at(51, 9),
        at(51, 23),
        at(52, 5),
        at(52, 10),
        at(52, 64),
        at(54, 3),
        at(57, 7),
        at(63, 6),
        at(64, 14),
        at(65, 15),
    ],
    lines: &[
        RowInfo {
            name: "Token",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Create entry",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Balance",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Limits",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Get entry",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Delete entry",
            method: "DELETE",
            kind: RowKind::Step,
        },
    ],
    steps: &[
        StepInfo {
            line: 0,
            context: "Renew",
            skip: true,
            interrupt: true,
            reads_body: true,
            expects_status: false,
            at: at(21, 8),
        },
        StepInfo {
            line: 1,
            context: "Post",
            skip: false,
            interrupt: true,
            reads_body: true,
            expects_status: true,
            at: at(29, 8),
        },
        StepInfo {
            line: 2,
            context: "Check",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: false,
            at: at(41, 10),
        },
        StepInfo {
            line: 3,
            context: "Check",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: false,
            at: at(42, 10),
        },
        StepInfo {
            line: 4,
            context: "Check",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(45, 10),
        },
        StepInfo {
            line: 5,
            context: "Prune",
            skip: false,
            interrupt: true,
            reads_body: false,
            expects_status: true,
            at: at(52, 10),
        },
    ],
    apis: &[
        ApiInfo {
            name: "ledger",
            base: |u| Ok(u.env(0)),
            sections: &["ledger"],
            cookies: false,
            resend: true,
            max_body: 67108864,
            health: None,
            at: at(3, 5),
        },
    ],
    env: &[
        EnvKey {
            path: "ledger.url",
            kind: Type::String,
            at: at(4, 11),
        },
        EnvKey {
            path: "ledger.key",
            kind: Type::String,
            at: at(7, 36),
        },
        EnvKey {
            path: "ledger.otp_secret",
            kind: Type::String,
            at: at(22, 78),
        },
        EnvKey {
            path: "ledger.accounts",
            kind: Type::List,
            at: at(30, 32),
        },
    ],
    data: &[],
    keeps: &[
        Variable {
            name: "entries",
            value: |u| Ok(list([])),
            at: at(18, 6),
        },
    ],
    globals: &[],
    users: &[
        UserClass {
            name: "Clerk",
            weight: |u| Ok(int(1)),
            iterations: |u| Box::pin(clerk_user_iterations(u)),
            wait: Some(|u| Ok(
                Wait::Between(
                    duration(200000000).as_duration()?,
                    duration(1000000000).as_duration()?,
                ),
            )),
            on_start: Some(|u| Box::pin(clerk_user_on_start(u))),
            on_stop: None,
            every: &[
                Every {
                    period: |u| Ok(duration(1200000000000)),
                    run: |u| Box::pin(clerk_user_every_1(u)),
                },
            ],
            scenarios: &[0, 1, 2],
            at: at(63, 6),
        },
    ],
    scenarios: &[
        Scenario {
            name: "Post",
            run: |u| Box::pin(async move {
                post(u).await?;
                Ok(())
            }),
        },
        Scenario {
            name: "Check",
            run: |u| Box::pin(async move {
                check(u).await?;
                Ok(())
            }),
        },
        Scenario {
            name: "Prune",
            run: |u| Box::pin(async move {
                prune(u).await?;
                Ok(())
            }),
        },
    ],
    before_test: None,
    after_test: None,
    regexes: &[],
    paths: &[],
    selectors: &[],
    assets: &[],
    embedded: Embedded {
        profile: Some(("specs/signed.profile.yml", include_str!("profile.yml"))),
        environments: &[
            ("common", include_str!("config/common.yml")),
            ("cs1", include_str!("config/cs1.yml")),
        ],
    },
};
