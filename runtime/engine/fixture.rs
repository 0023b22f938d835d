//! A program and a world for tests of the functions that generated code calls.

use crate::base::clock::Clock;
use crate::generated::*;
use crate::http;
use crate::program::settings::Settings;
use crate::record::observe::Quiet;
use crate::user::world::World;
use crate::value::Value;

/// A program with one api and nothing else.
pub(crate) const PROGRAM: Program = Program {
    fingerprint: "",
    name: "trial",
    spec: "trial.lt",
    compiler: "",
    files: &["trial.lt"],
    locations: &[],
    lines: &[RowInfo { name: "GET", method: "GET", kind: RowKind::Step }],
    steps: &[StepInfo { line: 0, context: "S", skip: false, interrupt: false, reads_body: true, expects_status: true, at: at(1, 1) }],
    apis: &[ApiInfo {
        name: "web",
        base: |u| Ok(u.env(0)),
        sections: &[],
        cookies: true,
        resend: true,
        max_body: http::MAX_BODY,
        health: None,
        at: at(1, 1),
    }],
    urls: &[],
    env: &[],
    data: &[],
    keeps: &[],
    reads_iteration: false,
    globals: &[],
    users: &[],
    scenarios: &[],
    before_test: None,
    renewals: &[],
    after_test: None,
    regexes: &["json"],
    paths: &[],
    selectors: &[],
    secrets: &[],
    assets: &[],
    embedded: Embedded { profile: None, environments: &[] },
};

/// A user class. A test sets what its users do.
pub(crate) const CLASS: UserClass = UserClass {
    name: "U",
    weight: |_| Ok(Value::Int(1)),
    iterations: |_| Box::pin(std::future::pending()),
    wait: None,
    on_start: None,
    on_stop: None,
    every: &[],
    scenarios: &[],
    at: at(1, 1),
};

/// The settings for a worker's world, with the api at `base`.
pub(crate) fn settings(program: &'static Program, base: &str, clock: &Clock) -> Settings {
    Settings {
        program,
        env: vec![Value::from(base)],
        apis: vec![http::ApiConfig::default()],
        transport: http::TransportConfig { proxies: http::Proxies::None, ..http::TransportConfig::default() },
        seed: 1,
        test_id: "".into(),
        part: 0,
        parts: 1,
        workers: 1,
        shard: 0,
        interval: 0,
        test_seed: 1,
        globals: Vec::new(),
        shared: Vec::new(),
        renewed: crate::program::renewed::RenewedValues::default(),
        iteration_rate: None,
        aws: None,
        clock: clock.clone(),
        secrets: Vec::new(),
    }
}

/// A world with these settings.
pub(crate) fn world(program: &'static Program, base: &str) -> std::rc::Rc<World> {
    World::new(&settings(program, base, &Clock::start()), Box::new(Quiet(|_| ()))).unwrap()
}

/// A user in such a world.
pub(crate) fn user(program: &'static Program, base: &str) -> User {
    User::new(world(program, base), program, 1)
}
