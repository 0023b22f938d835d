//! What the users of one worker thread share: the program, what was read of its environment, the recorder, the clock.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use ecow::EcoString;
use regex::Regex;

use crate::clock::Clock;
use crate::data::Pools;
use crate::functions::AwsCredentials;
use crate::http;
use crate::observe::Observer;
use crate::place::Place;
use crate::program::{Program, StepInfo};
use crate::request::Request;
use crate::source::{JsonPath, Selector};
use crate::stats::{Example, FailureClass, Phases, Recorder, Sample};
use crate::step::Done;
use crate::user::User;
use crate::value::{Eval, Fault, FileValue, Value};

/// What a worker's world is made from: plain data that may cross threads.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) program: &'static Program,
    /// Values of [`Program::env`], in its order.
    pub(crate) env: Vec<Value>,
    pub(crate) apis: Vec<http::ApiConfig>,
    pub(crate) transport: http::TransportConfig,
    pub(crate) seed: u64,
    pub(crate) test_id: EcoString,
    /// This worker's part of what is split: data rows, user numbers.
    pub(crate) part: u64,
    pub(crate) parts: u64,
    pub(crate) shard: u32,
    pub(crate) globals: Vec<Value>,
    pub(crate) shared: Vec<Value>,
    pub(crate) aws: Option<AwsCredentials>,
    pub(crate) clock: Clock,
    /// Values that are never shown.
    pub(crate) secrets: Vec<String>,
}

/// A worker's world.
#[derive(Debug)]
pub struct World {
    pub(crate) program: &'static Program,
    pub(crate) env: Vec<Value>,
    pub(crate) seed: u64,
    pub(crate) test_id: EcoString,
    pub(crate) shard: u32,
    pub(crate) globals: RefCell<Vec<Value>>,
    pub(crate) shared: RefCell<Vec<Value>>,
    pub(crate) assets: Vec<Value>,
    pub(crate) regexes: Vec<Regex>,
    pub(crate) pools: Pools,
    pub(crate) transport: Rc<http::Transport>,
    pub(crate) clock: Clock,
    pub(crate) observer: Box<dyn Observer>,
    pub(crate) recorder: RefCell<Recorder>,
    apis: Vec<Rc<http::ApiTransport>>,
    bases: Vec<OnceCell<Eval<http::Target>>>,
    queries: Vec<OnceCell<JsonPath>>,
    selectors: Vec<OnceCell<Selector>>,
    aws: Option<AwsCredentials>,
    secrets: Vec<String>,
}

impl World {
    /// The world of one worker.
    ///
    /// # Errors
    /// Where TLS files or the like can't be used.
    pub(crate) fn new(settings: &Settings, observer: Box<dyn Observer>) -> Result<Rc<Self>, String> {
        let program = settings.program;
        let transport = http::Transport::new(settings.transport.clone())?;
        let apis = settings.apis.iter().map(|config| transport.api(config)).collect::<Result<_, _>>()?;
        let regexes = program
            .regexes
            .iter()
            .map(|pattern| Regex::new(pattern).map_err(|error| format!("the regex /{pattern}/: {error}")))
            .collect::<Result<_, _>>()?;
        let assets = program
            .assets
            .iter()
            .map(|asset| {
                let name = asset.path.rsplit('/').next().unwrap_or(asset.path);
                Value::File(std::sync::Arc::new(FileValue {
                    bytes: bytes::Bytes::from_static(asset.bytes),
                    name: name.into(),
                    media_type: asset.media_type.into(),
                }))
            })
            .collect();
        Ok(Rc::new(Self {
            program,
            env: settings.env.clone(),
            seed: settings.seed,
            test_id: settings.test_id.clone(),
            shard: settings.shard,
            globals: RefCell::new(settings.globals.clone()),
            shared: RefCell::new(settings.shared.clone()),
            assets,
            regexes,
            pools: Pools::new(program.data, settings.seed, settings.part, settings.parts)?,
            transport,
            clock: settings.clock.clone(),
            observer,
            recorder: RefCell::new(Recorder::new(program.lines.len())),
            apis,
            bases: program.apis.iter().map(|_| OnceCell::new()).collect(),
            queries: program.paths.iter().map(|_| OnceCell::new()).collect(),
            selectors: program.selectors.iter().map(|_| OnceCell::new()).collect(),
            aws: settings.aws.clone(),
            secrets: settings.secrets.clone(),
        }))
    }

    /// An api's base URL.
    pub(crate) fn base(&self, user: &User, api: usize) -> Eval<http::Target> {
        self.bases[api]
            .get_or_init(|| {
                let info = &self.program.apis[api];
                let text = (info.base)(user)?.to_text()?;
                http::Target::parse(&text).map_err(|why| Fault(format!("the base of {} is no URL that can be used: {why}", info.name)))
            })
            .clone()
    }

    pub(crate) fn api_transport(&self, api: usize) -> Rc<http::ApiTransport> {
        self.apis[api].clone()
    }

    pub(crate) fn query(&self, index: usize) -> &JsonPath {
        self.queries[index].get_or_init(|| JsonPath::new(self.program.paths[index]))
    }

    pub(crate) fn selector(&self, index: usize) -> &Selector {
        self.selectors[index].get_or_init(|| Selector::new(self.program.selectors[index]))
    }

    pub(crate) fn sign_aws(&self, request: &Request<'_>, target: &http::Target, service: &str, region: &str) -> Eval<String> {
        let Some(credentials) = &self.aws else {
            return Err(Fault(
                "auth aws needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment".into(),
            ));
        };
        crate::functions::aws_sign(
            request.method,
            target,
            &request.headers,
            &request.body,
            service,
            region,
            credentials,
            self.clock.unix_nanos(),
        )
    }

    /// A text without the environment's secrets.
    pub(crate) fn mask(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }

    /// `specs/tpdata.lt:31:5`.
    pub(crate) fn place(&self, at: Place) -> String {
        format!("{}:{}:{}", self.program.files[usize::from(at.file)], at.line, at.column)
    }

    pub(crate) fn record_step(&self, user: &User, done: &Done) {
        let ok = done.failures.is_empty();
        let mut recorder = self.recorder.borrow_mut();
        if done.info.skip {
            recorder.skipped(done.info.line, ok);
        } else {
            let received = done.received.as_ref();
            recorder.record(&Sample {
                name: done.info.line,
                service: done.service,
                response: done.response,
                ok,
                bytes_sent: received.map_or(0, |response| response.bytes_sent),
                bytes_received: received.map_or(0, |response| response.bytes_received),
                first_byte: received.map(|response| response.timings.first_byte),
                phases: received.map_or_else(Phases::default, |response| Phases {
                    dns: response.timings.dns,
                    connect: response.timings.connect,
                    tls: response.timings.tls,
                }),
                reused: received.is_some_and(|response| response.reused),
            });
        }
        for failure in &done.failures {
            recorder.failure(Some(done.info.line), failure.class, failure.at, &failure.message, || Example {
                at: self.clock.elapsed(),
                user: user.number(),
                message: failure.message.clone(),
                request: done.sent.as_ref().map(|sent| self.mask(&crate::show::request(&sent.request))).unwrap_or_default(),
                response: done.received.as_ref().map(|response| self.mask(&crate::show::response(response))).unwrap_or_default(),
            });
        }
    }

    pub(crate) fn record_retry(&self, info: &StepInfo) {
        self.recorder.borrow_mut().retried(info.line);
    }

    pub(crate) fn record_group(&self, line: u32, took: std::time::Duration, ok: bool) {
        self.recorder.borrow_mut().group(line, took, ok);
    }

    /// A failure outside of any step's record: an expression, `fail`, a poll without a step.
    pub(crate) fn record_failure(&self, user: &User, class: FailureClass, at: Place, message: &str) {
        self.observer.failure(user, at, message);
        self.recorder.borrow_mut().failure(None, class, at, message, || Example {
            at: self.clock.elapsed(),
            user: user.number(),
            message: message.to_owned(),
            request: String::new(),
            response: String::new(),
        });
    }
}
