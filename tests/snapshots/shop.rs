//! specs/shop.lt, compiled by ltc 0.1.0. Made by `ltc build`; do not edit.
#![allow(unused_variables, unused_assignments, unused_mut, clippy::all)]
use ltc_runtime::generated::*;
fn main() -> std::process::ExitCode {
    ltc_runtime::main(&PROGRAM)
}
/// What all requests to `shop` have in common (specs/shop.lt:3:5).
fn shop_options(u: &User, r: &mut Request<'_>) -> Eval<()> {
    r.timeout(&duration(5000000000))?;
    Ok(())
}
/// The health check of `shop` (specs/shop.lt:8:15).
fn shop_health(u: &User) -> Eval<Request<'_>> {
    let mut r = u.request(0, "GET");
    r.path("/health");
    shop_options(u, &mut r)?;
    Ok(r)
}
/// `shop.login` (specs/shop.lt:10:3).
fn shop_login<'u>(u: &'u User, name: &Value, password: &Value) -> Eval<Request<'u>> {
    let mut r = u.request(0, "POST");
    r.path("/login");
    r.body("application/x-www-form-urlencoded");
    r.form("name", &name)?;
    r.form("password", &password)?;
    if r.needs_options(0) {
        shop_options(u, &mut r)?;
    }
    Ok(r)
}
/// `shop.item` (specs/shop.lt:11:3).
fn shop_item<'u>(u: &'u User, id: &Value) -> Eval<Request<'u>> {
    let mut r = u.request(0, "GET");
    r.path("/items/");
    r.segment(&id)?;
    if r.needs_options(1) {
        shop_options(u, &mut r)?;
    }
    Ok(r)
}
/// `shop.search` (specs/shop.lt:12:3).
fn shop_search<'u>(u: &'u User, term: &Value, page: &Value) -> Eval<Request<'u>> {
    let mut r = u.request(0, "GET");
    r.path("/items");
    r.query("q", &term)?;
    r.query("page", &page)?;
    if r.needs_options(2) {
        shop_options(u, &mut r)?;
    }
    Ok(r)
}
/// `shop.add_line` (specs/shop.lt:13:3).
fn shop_add_line<'u>(
    u: &'u User,
    cart: &Value,
    id: &Value,
    quantity: &Value,
) -> Eval<Request<'u>> {
    let mut r = u.request(0, "POST");
    r.path("/carts/");
    r.segment(&cart)?;
    r.path("/lines");
    r.body("application/json");
    r.raw("{");
    r.member("\"itemId\":", &id)?;
    r.member("\"quantity\":", &quantity)?;
    r.raw("}");
    if r.needs_options(3) {
        shop_options(u, &mut r)?;
    }
    Ok(r)
}
/// `shop.pay` (specs/shop.lt:14:3).
fn shop_pay<'u>(u: &'u User, cart: &Value, amount: &Value) -> Eval<Request<'u>> {
    let mut r = u.request(0, "POST");
    r.path("/carts/");
    r.segment(&cart)?;
    r.path("/payment");
    r.body("application/json");
    r.raw("{");
    r.member("\"amount\":", &amount)?;
    r.raw("}");
    if r.wants_header("Idempotency-Key") {
        r.header_value("Idempotency-Key", &functions::uuid(u.rng())?)?;
    }
    shop_options(u, &mut r)?;
    Ok(r)
}
/// `shop.clear` (specs/shop.lt:18:3).
fn shop_clear<'u>(u: &'u User, cart: &Value) -> Eval<Request<'u>> {
    let mut r = u.request(0, "DELETE");
    r.path("/carts/");
    r.segment(&cart)?;
    if r.needs_options(4) {
        shop_options(u, &mut r)?;
    }
    Ok(r)
}
/// `sequence Login` (specs/shop.lt:26:10).
async fn login(u: &User, mut name: Value, mut password: Value) -> Flow<Value> {
    let mut token = Value::Null;
    let mut step = u.step(0);
    if step.send(u.attempt(|| shop_login(u, &name, &password))).await {
        step.status(const { expected(at(29, 5), "200") }, &[Status::Code(200)]);
        if let Some(value) = step
            .take(
                at(30, 5),
                "token",
                As::Json(Type::String),
                |x| x.json(&[PathStep::Key("token")]),
            )
        {
            token = value;
        }
    }
    step.end()?;
    Ok(token)
}
/// `sequence Browse` (specs/shop.lt:34:10).
async fn browse(u: &User) -> Flow {
    let mut ids = Value::Null;
    let mut step = u.step(1);
    if step
        .send(
            u
                .attempt(|| shop_search(
                    u,
                    &functions::one_of(u.rng(), &u.env(1))?,
                    &int(1),
                )),
        )
        .await
    {
        step.status(const { expected(at(38, 5), "200") }, &[Status::Code(200)]);
        if let Some(value) = step
            .take(at(39, 5), "ids", As::Json(Type::Any), |x| x.json_path(0, Pick::One))
        {
            ids = value;
        }
    }
    step.end()?;
    for id in u.items(at(41, 13), || Ok(ids.clone()))? {
        u.wait(at(42, 5), || Ok((duration(200000000), duration(800000000)))).await?;
        let mut step = u.step(2);
        if step.send(u.attempt(|| shop_item(u, &id))).await {
            step.status(const { expected(at(44, 7), "200") }, &[Status::Code(200)]);
            {
                const WANTED: Matcher = Matcher::Object {
                    members: &[
                        (Key::Lit("itemId"), Matcher::Like(0)),
                        (Key::Lit("priceCents"), Matcher::Cmp(Op::Gt, Bound::Int(0))),
                    ],
                    exact: false,
                };
                step.json(
                    const {
                        expected(at(45, 7), "json { item_id: id, price_cents: > 0 }")
                    },
                    &WANTED,
                    |x| Ok([id.clone()]),
                );
            }
        }
        step.end()?;
        u.set_keep(1, u.eval(at(47, 5), || ops::add(&u.keep(1), &list([id.clone()])))?);
    }
    Ok(())
}
/// `sequence Buy` (specs/shop.lt:51:10).
async fn buy(u: &User) -> Flow {
    let mut price = Value::Null;
    let mut state = Value::Null;
    let item = u
        .eval(
            at(52, 3),
            || Ok(
                if ops::gt(&functions::len(&u.keep(1))?, &int(0))? {
                    functions::one_of(u.rng(), &u.keep(1))?
                } else {
                    u.env(2)
                },
            ),
        )?;
    let mut step = u.step(3);
    if step.send(u.attempt(|| shop_item(u, &item))).await {
        step.status(const { expected(at(55, 5), "200") }, &[Status::Code(200)]);
        if let Some(value) = step
            .take(
                at(56, 5),
                "price",
                As::Json(Type::Int),
                |x| x.json(&[PathStep::Key("priceCents")]),
            )
        {
            price = value;
        }
    }
    step.end()?;
    {
        let group = u.group(3);
        let mut step = u.step(4);
        if step
            .send(
                u
                    .attempt(|| shop_add_line(
                        u,
                        &ops::member(&u.keep(0), "cart")?,
                        &item,
                        &functions::random(u.rng(), &int(1), &int(3))?,
                    )),
            )
            .await
        {
            step.status(const { expected(at(61, 7), "201") }, &[Status::Code(201)]);
        }
        step.end()?;
        let mut step = u.step(5);
        if step
            .send(u.attempt(|| shop_pay(u, &ops::member(&u.keep(0), "cart")?, &price)))
            .await
        {
            step.status(
                const { expected(at(65, 7), "200 | 202") },
                &[Status::Code(200), Status::Code(202)],
            );
            step.text(
                const { expected(at(66, 7), "text \"accepted\"") },
                false,
                |x| Ok(text("accepted")),
            );
        }
        step.end()?;
    }
    {
        let mut poll = u
            .poll(
                at(69, 3),
                "state == \"settled\"",
                u.count(at(69, 26), || Ok(int(25)))?,
                u.duration(at(69, 14), || Ok(duration(200000000)))?,
            );
        loop {
            let mut step = u.step(6);
            if step
                .send(
                    u
                        .attempt(|| {
                            let mut r = u.request(0, "GET");
                            r.path("/carts/");
                            r.segment(&ops::member(&u.keep(0), "cart")?)?;
                            r.path("/payment");
                            if r.needs_options(5) {
                                shop_options(u, &mut r)?;
                            }
                            Ok(r)
                        }),
                )
                .await
            {
                step.status(const { expected(at(72, 7), "200") }, &[Status::Code(200)]);
                if let Some(value) = step
                    .take(
                        at(73, 7),
                        "state",
                        As::Json(Type::String),
                        |x| x.json(&[PathStep::Key("state")]),
                    )
                {
                    state = value;
                }
            }
            step.end()?;
            if !poll.again(|| Ok(ops::eq(&state, &text("settled")))).await? {
                break;
            }
        }
    }
    let mut step = u.step(7);
    if step.send(u.attempt(|| shop_clear(u, &ops::member(&u.keep(0), "cart")?))).await {
        step.status(const { expected(at(76, 44), "204") }, &[Status::Code(204)]);
    }
    step.end()?;
    Ok(())
}
/// `tasks Shopping` (specs/shop.lt:79:7).
async fn shopping(u: &User) -> Flow {
    match u.pick(&[7, 3]) {
        0 => {
            browse(u).await?;
        }
        1 => {
            buy(u).await?;
        }
        _ => {}
    }
    Ok(())
}
/// `on start` of `Shopper`.
async fn shopper_user_on_start(u: &User) -> Flow {
    let mut token = Value::Null;
    token = login(
            u,
            u.eval(at(86, 5), || ops::member(&u.keep(0), "name"))?,
            u.eval(at(86, 5), || ops::member(&u.keep(0), "password"))?,
        )
        .await?;
    u.set_bearer(at(87, 5), 0, || Ok(token.clone()))?;
    Ok(())
}
/// Iterations of `Shopper`, one after the other.
async fn shopper_user_iterations(u: &User) -> Flow {
    loop {
        let outcome = shopping(u).await;
        u.end_iteration(outcome).await;
    }
}
/// Iterations of `Auditor`, one after the other.
async fn auditor_user_iterations(u: &User) -> Flow {
    loop {
        let outcome = browse(u).await;
        u.end_iteration(outcome).await;
    }
}
static PROGRAM: Program = Program {
    name: "shop",
    spec: "specs/shop.lt",
    compiler: "0.1.0",
    files: &["specs/shop.lt"],
    locations: &[
        at(3, 5),
        at(4, 11),
        at(23, 6),
        at(24, 6),
        at(27, 3),
        at(27, 8),
        at(29, 5),
        at(30, 5),
        at(36, 3),
        at(36, 8),
        at(37, 24),
        at(38, 5),
        at(39, 5),
        at(41, 3),
        at(41, 13),
        at(42, 5),
        at(42, 10),
        at(44, 7),
        at(45, 7),
        at(47, 5),
        at(52, 3),
        at(52, 54),
        at(53, 3),
        at(53, 8),
        at(55, 5),
        at(56, 5),
        at(58, 3),
        at(59, 5),
        at(59, 10),
        at(61, 7),
        at(63, 5),
        at(63, 10),
        at(65, 7),
        at(66, 7),
        at(69, 3),
        at(69, 14),
        at(69, 26),
        at(70, 5),
        at(70, 10),
        at(72, 7),
        at(73, 7),
        at(76, 3),
        at(76, 8),
        at(76, 44),
        at(79, 7),
        at(84, 6),
        at(86, 5),
        at(87, 5),
        at(93, 6),
    ],
    lines: &[
        RowInfo {
            name: "Login",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Search",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Item",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Checkout",
            method: "",
            kind: RowKind::Group,
        },
        RowInfo {
            name: "Checkout / Add line",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Checkout / Pay",
            method: "POST",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Payment state",
            method: "GET",
            kind: RowKind::Step,
        },
        RowInfo {
            name: "Clear",
            method: "DELETE",
            kind: RowKind::Step,
        },
    ],
    steps: &[
        StepInfo {
            line: 0,
            context: "Login",
            skip: false,
            interrupt: true,
            reads_body: true,
            expects_status: true,
            at: at(27, 8),
        },
        StepInfo {
            line: 1,
            context: "Browse",
            skip: false,
            interrupt: true,
            reads_body: true,
            expects_status: true,
            at: at(36, 8),
        },
        StepInfo {
            line: 2,
            context: "Browse",
            skip: false,
            interrupt: true,
            reads_body: true,
            expects_status: true,
            at: at(42, 10),
        },
        StepInfo {
            line: 2,
            context: "Buy",
            skip: false,
            interrupt: true,
            reads_body: true,
            expects_status: true,
            at: at(53, 8),
        },
        StepInfo {
            line: 4,
            context: "Buy",
            skip: false,
            interrupt: true,
            reads_body: false,
            expects_status: true,
            at: at(59, 10),
        },
        StepInfo {
            line: 5,
            context: "Buy",
            skip: false,
            interrupt: true,
            reads_body: true,
            expects_status: true,
            at: at(63, 10),
        },
        StepInfo {
            line: 6,
            context: "Buy",
            skip: false,
            interrupt: true,
            reads_body: true,
            expects_status: true,
            at: at(70, 10),
        },
        StepInfo {
            line: 7,
            context: "Buy",
            skip: true,
            interrupt: true,
            reads_body: false,
            expects_status: true,
            at: at(76, 8),
        },
    ],
    apis: &[
        ApiInfo {
            name: "shop",
            base: |u| Ok(u.env(0)),
            sections: &["shop"],
            cookies: false,
            resend: true,
            max_body: 67108864,
            health: Some(Health {
                request: shop_health,
                version: Some(|u, x| x.json(&[PathStep::Key("version")])),
            }),
            at: at(3, 5),
        },
    ],
    env: &[
        EnvKey {
            path: "shop.url",
            kind: Type::String,
            at: at(4, 11),
        },
        EnvKey {
            path: "shop.terms",
            kind: Type::List,
            at: at(37, 24),
        },
        EnvKey {
            path: "shop.bestseller",
            kind: Type::String,
            at: at(52, 54),
        },
    ],
    data: &[
        DataInfo {
            name: "accounts",
            path: "data/accounts.csv",
            columns: &["name", "password", "cart"],
            rows: include_str!("data/accounts.json"),
            random: false,
            unique: true,
            at_end: AtEnd::Recycle,
        },
    ],
    keeps: &[
        Variable {
            name: "me",
            value: |u| next(u, 0, true),
            at: at(23, 6),
        },
        Variable {
            name: "seen",
            value: |u| Ok(list([])),
            at: at(24, 6),
        },
    ],
    globals: &[],
    users: &[
        UserClass {
            name: "Shopper",
            weight: |u| Ok(int(9)),
            iterations: |u| Box::pin(shopper_user_iterations(u)),
            wait: Some(|u| Ok(
                Wait::Between(
                    duration(1000000000).as_duration()?,
                    duration(3000000000).as_duration()?,
                ),
            )),
            on_start: Some(|u| Box::pin(shopper_user_on_start(u))),
            on_stop: None,
            every: &[],
            scenarios: &[0, 1],
            at: at(84, 6),
        },
        UserClass {
            name: "Auditor",
            weight: |u| Ok(int(1)),
            iterations: |u| Box::pin(auditor_user_iterations(u)),
            wait: Some(|u| Ok(Wait::Pacing(duration(10000000000).as_duration()?))),
            on_start: None,
            on_stop: None,
            every: &[],
            scenarios: &[0],
            at: at(93, 6),
        },
    ],
    scenarios: &[
        Scenario {
            name: "Browse",
            run: |u| Box::pin(async move {
                browse(u).await?;
                Ok(())
            }),
        },
        Scenario {
            name: "Buy",
            run: |u| Box::pin(async move {
                buy(u).await?;
                Ok(())
            }),
        },
    ],
    before_test: None,
    after_test: None,
    regexes: &[],
    paths: &["$.items[*].id"],
    selectors: &[],
    assets: &[],
    embedded: Embedded {
        profile: Some(("specs/shop.profile.yml", include_str!("profile.yml"))),
        environments: &[
            ("common", include_str!("config/common.yml")),
            ("cs1", include_str!("config/cs1.yml")),
        ],
    },
};
