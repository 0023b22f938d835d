//! specs/tpdata.lt, compiled by ltc 0.1.0. Made by `ltc build`; do not edit.
#![allow(unused_variables, unused_assignments, unused_mut, clippy::all)]
use ltc_runtime::generated::*;
fn main() -> std::process::ExitCode {
    ltc_runtime::main(&PROGRAM)
}
/// What all requests to `tpdata` have in common (specs/tpdata.lt:3:5).
fn tpdata_options(u: &User, r: &mut Request<'_>) -> Eval<()> {
    r.header_text("X-Client", "ltc");
    r.timeout(&duration(10000000000))?;
    if r.wants_auth() {
        r.bearer(&u.env(1))?;
    }
    Ok(())
}
/// The health check of `tpdata` (specs/tpdata.lt:10:15).
fn tpdata_health(u: &User) -> Eval<Request<'_>> {
    let mut r = u.request(0, "GET");
    r.path("/admin/healthcheck");
    tpdata_options(u, &mut r)?;
    Ok(r)
}
/// `tpdata.treatment.create` (specs/tpdata.lt:15:5).
fn tpdata_treatment_create<'u>(u: &'u User, iid: &Value) -> Eval<Request<'u>> {
    let mut r = u.request(0, "POST");
    r.path("/treatments");
    r.body("application/json");
    r.raw("{\"iid\":");
    r.json(&iid)?;
    r.raw(
        ",\"category\":\"xray:full-mouth\",\"accessPolicy\":\"allowAll\",\"tags\":[\"load_test\"],\"countryCode\":\"US\"}",
    );
    if r.needs_options(0) {
        tpdata_options(u, &mut r)?;
    }
    Ok(r)
}
/// `tpdata.treatment.get` (specs/tpdata.lt:18:5).
fn tpdata_treatment_get<'u>(u: &'u User, id: &Value) -> Eval<Request<'u>> {
    let mut r = u.request(0, "GET");
    r.path("/treatments/");
    r.segment(&id)?;
    if r.needs_options(1) {
        tpdata_options(u, &mut r)?;
    }
    Ok(r)
}
/// `tpdata.treatment_variant.create` (specs/tpdata.lt:22:5).
fn tpdata_treatment_variant_create<'u>(
    u: &'u User,
    treatment_id: &Value,
    iid: &Value,
) -> Eval<Request<'u>> {
    let mut r = u.request(0, "POST");
    r.path("/treatments/");
    r.segment(&treatment_id)?;
    r.path("/variants");
    r.body("application/json");
    r.raw("{");
    r.member("\"iid\":", &iid)?;
    r.raw("}");
    if r.needs_options(2) {
        tpdata_options(u, &mut r)?;
    }
    Ok(r)
}
/// `tpdata.treatment_variant.get` (specs/tpdata.lt:23:5).
fn tpdata_treatment_variant_get<'u>(
    u: &'u User,
    treatment_id: &Value,
    id: &Value,
) -> Eval<Request<'u>> {
    let mut r = u.request(0, "GET");
    r.path("/treatments/");
    r.segment(&treatment_id)?;
    r.path("/variants/");
    r.segment(&id)?;
    if r.needs_options(3) {
        tpdata_options(u, &mut r)?;
    }
    Ok(r)
}
/// `sequence CheckTreatmentVariants` (specs/tpdata.lt:27:10).
async fn check_treatment_variants(u: &User) -> Flow {
    let mut treatment = Value::Null;
    let mut variant = Value::Null;
    let iid = u
        .eval(
            at(28, 3),
            || Ok(
                write()
                    .lit("ids:")
                    .format(
                        &functions::random(u.rng(), &int(0), &int(999999999))?,
                        "09",
                    )?
                    .done(),
            ),
        )?;
    let mut step = u.step(0);
    if step.send(u.attempt(|| tpdata_treatment_create(u, &iid))).await {
        step.status(const { expected(at(32, 5), "201") }, &[Status::Code(201)]);
        if let Some(value) = step
            .take(
                at(33, 5),
                "treatment",
                As::Json(Type::Any),
                |x| x.json(&[PathStep::Key("id")]),
            )
        {
            treatment = value;
        }
    }
    step.end()?;
    let mut step = u.step(1);
    if step
        .send(u.attempt(|| tpdata_treatment_variant_create(u, &treatment, &iid)))
        .await
    {
        step.status(const { expected(at(38, 5), "201") }, &[Status::Code(201)]);
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[
                    (Key::Lit("iid"), Matcher::Arg(0)),
                    (Key::Lit("category"), Matcher::Str("xray:full-mouth")),
                    (Key::Lit("countryCode"), Matcher::Str("US")),
                ],
                exact: false,
            };
            step.json(
                const {
                    expected(
                        at(39, 5),
                        "json { iid, category: \"xray:full-mouth\", country_code: \"US\" }",
                    )
                },
                &WANTED,
                |x| Ok([iid.clone()]),
            );
        }
        step.text(
            const { expected(at(40, 5), "text \"TreatmentVariant\"") },
            false,
            |x| Ok(text("TreatmentVariant")),
        );
        if let Some(value) = step
            .take(
                at(41, 5),
                "variant",
                As::Json(Type::String),
                |x| x.json(&[PathStep::Key("id")]),
            )
        {
            variant = value;
        }
    }
    step.end()?;
    let mut step = u.step(2);
    if step
        .send(u.attempt(|| tpdata_treatment_variant_get(u, &treatment, &variant)))
        .await
    {
        step.status(
            const { expected(at(46, 5), "200 | 304") },
            &[Status::Code(200), Status::Code(304)],
        );
        {
            const WANTED: &[Header] = &[
                Header {
                    names: &["Content-Type", "contentType"],
                    matcher: Matcher::Regex {
                        index: 0,
                        negated: false,
                    },
                },
            ];
            step.headers(
                const { expected(at(47, 5), "headers { content_type: ~ /json/ }") },
                WANTED,
                |x| Ok([]),
            );
        }
        {
            const WANTED: Matcher = Matcher::Object {
                members: &[
                    (Key::Lit("id"), Matcher::Arg(0)),
                    (
                        Key::Lit("tags"),
                        Matcher::List {
                            items: &[Matcher::Any],
                            rest: Some(1),
                        },
                    ),
                    (Key::Lit("price"), Matcher::Cmp(Op::Gt, Bound::Int(0))),
                    (Key::Lit("deletedAt"), Matcher::Absent),
                ],
                exact: false,
            };
            step.json(
                const {
                    expected(
                        at(48, 5),
                        "json { id: variant, tags: [_, ..], price: > 0, deleted_at: absent }",
                    )
                },
                &WANTED,
                |x| Ok([variant.clone()]),
            );
        }
        step.check(
            const { expected(at(49, 5), "elapsed < 500ms") },
            FailureClass::Elapsed,
            |x| Check::compare(x.elapsed(), Op::Lt, duration(500000000)),
        );
    }
    step.end()?;
    Ok(())
}
/// Iterations of `TPDataUser`, one after the other.
async fn tp_data_user_user_iterations(u: &User) -> Flow {
    loop {
        let outcome = check_treatment_variants(u).await;
        u.end_iteration(outcome).await;
    }
}
static PROGRAM: Program = Program {
    name: "tpdata",
    spec: "specs/tpdata.lt",
    compiler: "0.1.0",
    files: &["specs/tpdata.lt"],
    locations: &[
        at(3, 5),
        at(4, 11),
        at(5, 18),
        at(28, 3),
        at(30, 3),
        at(30, 8),
        at(32, 5),
        at(33, 5),
        at(36, 3),
        at(36, 8),
        at(38, 5),
        at(39, 5),
        at(40, 5),
        at(41, 5),
        at(44, 3),
        at(44, 8),
        at(46, 5),
        at(47, 5),
        at(48, 5),
        at(49, 5),
        at(53, 6),
    ],
    lines: &[
        RowInfo {
            name: "Create treatment",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Create treatment variant",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Get treatment variant",
            method: "GET",
            kind: RowKind::Step,
        },
    ],
    steps: &[
        StepInfo {
            line: 0,
            context: "CheckTreatmentVariants",
            skip: true,
            interrupt: true,
            reads_body: true,
            expects_status: true,
            at: at(30, 8),
        },
        StepInfo {
            line: 1,
            context: "CheckTreatmentVariants",
            skip: false,
            interrupt: true,
            reads_body: true,
            expects_status: true,
            at: at(36, 8),
        },
        StepInfo {
            line: 2,
            context: "CheckTreatmentVariants",
            skip: false,
            interrupt: false,
            reads_body: true,
            expects_status: true,
            at: at(44, 8),
        },
    ],
    apis: &[
        ApiInfo {
            name: "tpdata",
            base: |u| Ok(u.env(0)),
            sections: &["tpdata"],
            cookies: false,
            resend: true,
            max_body: 67108864,
            health: Some(Health {
                request: tpdata_health,
                version: Some(|u, x| x.json(&[PathStep::Key("version")])),
            }),
            at: at(3, 5),
        },
    ],
    env: &[
        EnvKey {
            path: "tpdata.url",
            kind: Type::String,
            at: at(4, 11),
        },
        EnvKey {
            path: "auto_system.token",
            kind: Type::String,
            at: at(5, 18),
        },
    ],
    data: &[],
    keeps: &[],
    globals: &[],
    users: &[
        UserClass {
            name: "TPDataUser",
            weight: |u| Ok(int(1)),
            iterations: |u| Box::pin(tp_data_user_user_iterations(u)),
            wait: Some(|u| Ok(
                Wait::Between(
                    duration(100000000).as_duration()?,
                    duration(200000000).as_duration()?,
                ),
            )),
            on_start: None,
            on_stop: None,
            every: &[],
            scenarios: &[0],
            at: at(53, 6),
        },
    ],
    scenarios: &[
        Scenario {
            name: "CheckTreatmentVariants",
            run: |u| Box::pin(async move {
                check_treatment_variants(u).await?;
                Ok(())
            }),
        },
    ],
    before_test: None,
    after_test: None,
    regexes: &["json"],
    paths: &[],
    selectors: &[],
    assets: &[],
    embedded: Embedded {
        profile: Some(("specs/tpdata.profile.yml", include_str!("profile.yml"))),
        environments: &[
            ("common", include_str!("config/common.yml")),
            ("cs1", include_str!("config/cs1.yml")),
        ],
    },
};
