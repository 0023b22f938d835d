//! What the users of one worker thread share: the program, what was read of its environment, the recorder, the clock.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use ecow::EcoString;
use regex::Regex;
use scraper::Selector;

use super::User;
use super::rows::Pools;
use crate::base::clock::Clock;
use crate::base::place::Place;
use crate::base::timers::Timers;
use crate::call::builder::{Request, one_line};
use crate::call::resolve::Ready;
use crate::functions::{AwsCredentials, AwsRequest};
use crate::http;
use crate::matcher::Judged;
use crate::program::Program;
use crate::record::flight::InFlight;
use crate::record::observe::Observer;
use crate::record::trace::{Failure, Trace};
use crate::request::show;
use crate::request::template::Settled;
use crate::source::{JsonPathQuery, Members};
use crate::stats::{Example, FailureClass, FailureKey, NO_PLACE, Recorder, Sample};
use crate::value::{Eval, Fault, FileValue, Value};

/// What a worker's world is made from: plain data that may cross threads.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The compiled spec.
    pub program: &'static Program,
    /// Values of [`Program::env`], in its order.
    pub env: Vec<Value>,
    /// How each of [`Program::apis`] is reached, in its order.
    pub apis: Vec<http::ApiConfig>,
    /// What holds for all of them.
    pub transport: http::TransportConfig,
    /// What all randomness of the test comes from.
    pub seed: u64,
    /// `test.id`.
    pub test_id: EcoString,
    /// This worker's part of what is split: data rows, user numbers.
    pub part: u64,
    /// Into how many that is split.
    pub parts: u64,
    /// `shard.index`.
    pub shard: u32,
    /// Values of the file-level `let`s, in their order.
    pub globals: Vec<Value>,
    /// What `before test` left, in the order of its names.
    pub shared: Vec<Value>,
    /// What `auth aws` signs with.
    pub aws: Option<AwsCredentials>,
    /// The test's time.
    pub clock: Clock,
    /// Values that are never shown.
    pub secrets: Vec<String>,
}

/// A worker's world.
#[derive(Debug)]
pub struct World {
    /// The compiled spec.
    pub program: &'static Program,
    pub(crate) env: Vec<Value>,
    pub(crate) seed: u64,
    pub(crate) test_id: EcoString,
    pub(crate) shard: u32,
    /// Values of the file-level `let`s.
    pub globals: RefCell<Vec<Value>>,
    /// What `before test` left.
    pub shared: RefCell<Vec<Value>>,
    pub(crate) assets: Vec<Value>,
    pub(crate) regexes: Vec<Regex>,
    pub(crate) pools: Pools,
    pub(crate) transport: Rc<http::Transport>,
    /// The test's time.
    pub clock: Clock,
    /// What its users wait by.
    pub(crate) timers: Timers,
    pub(crate) observer: Box<dyn Observer>,
    /// Requests that wait for their answers.
    pub(crate) in_flight: InFlight,
    /// What is counted.
    pub recorder: RefCell<Recorder>,
    pub(crate) judged: RefCell<Judged>,
    /// The members of the body that was looked at last.
    pub(crate) members: RefCell<Members>,
    apis: Vec<Rc<http::ApiTransport>>,
    bases: Vec<OnceCell<http::Target>>,
    /// Requests that don't change, by their number in the program, as soon as they have been sent once.
    constants: RefCell<Vec<Option<Ready>>>,
    /// What requests say that change only in part, by their own numbers.
    settled: RefCell<Vec<Option<Rc<Settled>>>>,
    /// The memory of the last request's path, for the next one's.
    text: RefCell<String>,
    queries: Vec<OnceCell<Eval<JsonPathQuery>>>,
    selectors: Vec<Selector>,
    aws: Option<AwsCredentials>,
    secrets: Vec<String>,
}

impl World {
    /// The world of one worker.
    ///
    /// # Errors
    /// Where TLS files or the like can't be used.
    pub fn new(settings: &Settings, observer: Box<dyn Observer>) -> Result<Rc<Self>, String> {
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
            timers: Timers::new(),
            observer,
            in_flight: InFlight::default(),
            recorder: RefCell::new(Recorder::new(program.rows(), u32::try_from(settings.part).unwrap_or(u32::MAX))),
            judged: RefCell::default(),
            members: RefCell::default(),
            apis,
            constants: RefCell::default(),
            settled: RefCell::default(),
            text: RefCell::default(),
            bases: program.apis.iter().map(|_| OnceCell::new()).collect(),
            queries: program.paths.iter().map(|_| OnceCell::new()).collect(),
            selectors: program.selectors.iter().map(|css| crate::source::html::selector(css)).collect::<Result<_, _>>()?,
            aws: settings.aws.clone(),
            secrets: settings.secrets.clone(),
        }))
    }

    /// An api's base URL.
    pub(crate) fn base(&self, user: &User, api: usize) -> Eval<http::Target> {
        if let Some(base) = self.bases[api].get() {
            return Ok(base.clone());
        }
        // One that fails is tried again: a name of `before test` may be assigned by then.
        let info = &self.program.apis[api];
        let text = (info.base)(user)?.to_text()?;
        let base =
            http::Target::parse(&text).map_err(|why| Fault(format!("the base of {} is no URL that can be used: {why}", info.name)))?;
        Ok(self.bases[api].get_or_init(|| base).clone())
    }

    pub(crate) fn constant(&self, number: usize) -> Option<Ready> {
        self.constants.borrow().get(number).cloned().flatten()
    }

    pub(crate) fn keep_constant(&self, number: usize, request: Ready) {
        keep(&self.constants, number, request);
    }

    pub(crate) fn settled(&self, number: usize) -> Option<Rc<Settled>> {
        self.settled.borrow().get(number).cloned().flatten()
    }

    pub(crate) fn settle(&self, number: usize, settled: Settled) {
        keep(&self.settled, number, Rc::new(settled));
    }

    /// An empty text, with the memory of one that was kept.
    pub(crate) fn take_text(&self) -> String {
        let mut text = self.text.take();
        text.clear();
        text
    }

    pub(crate) fn keep_text(&self, text: String) {
        self.text.replace(text);
    }

    pub(crate) fn api_transport(&self, api: usize) -> Rc<http::ApiTransport> {
        self.apis[api].clone()
    }

    pub(crate) fn query(&self, index: usize) -> Eval<&JsonPathQuery> {
        let query = self.queries[index].get_or_init(|| JsonPathQuery::parse(self.program.paths[index]).map_err(Fault));
        query.as_ref().map_err(Clone::clone)
    }

    pub(crate) fn selector(&self, index: usize) -> &Selector {
        &self.selectors[index]
    }

    pub(crate) fn sign_aws(&self, request: &Request<'_>, target: &http::Target, service: &str, region: &str) -> Eval<String> {
        let Some(credentials) = &self.aws else {
            return Err(Fault("auth aws needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment".into()));
        };
        let url = url::Url::parse(&target.to_string()).map_err(|error| Fault(format!("{target}: {error}")))?;
        let headers: Vec<(&str, &str)> = request.headers.lines().filter_map(|line| line.split_once(": ")).collect();
        let signed = crate::functions::aws_sign(&AwsRequest {
            method: request.method,
            url: &url,
            headers: &headers,
            body: &request.body,
            service,
            region,
            credentials,
            now: self.clock.unix_nanos(),
        })?;
        let mut lines = String::new();
        for (name, value) in &signed {
            // A key that was read from a file with its line's end would begin a header of its own.
            let value = one_line(value.as_str().into(), || format!("what `auth aws` sends as {name}"))?;
            lines.push_str(&format!("{name}: {value}\r\n"));
        }
        Ok(lines)
    }

    /// A text without the environment's secrets.
    pub fn mask(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }

    /// `specs/tpdata.lt:31:5`.
    pub fn place(&self, at: Place) -> String {
        format!("{}:{}:{}", self.program.files[usize::from(at.file)], at.line, at.column)
    }

    pub(crate) fn record_step(&self, user: &User, trace: &Trace) {
        let mut recorder = self.recorder.borrow_mut();
        if trace.info.skip {
            recorder.skipped(trace.info.line, trace.failures.is_empty(), &trace.traffic);
        } else {
            recorder.record(&sample(trace));
        }
        let Some(first) = (0..trace.failures.len()).min_by_key(|&index| trace.failures[index].class) else { return };
        let key = |failure: &Failure| self.key(trace.info.line, failure.class, failure.at, failure.kind.clone());
        let message = |failure: &Failure| self.mask(&failure.message);
        let others = || trace.failures.iter().enumerate().filter(|(index, _)| *index != first).map(|(_, failure)| failure);
        let first = &trace.failures[first];
        recorder.failure(key(first), self.clock.elapsed(), || Example {
            at_us: 0,
            user: user.number(),
            message: message(first),
            reasons: std::iter::once(first).chain(others()).map(message).collect(),
            request: trace.sent.as_ref().map(|sent| self.mask(&show::request(&sent.request, &sent.cookies))).unwrap_or_default(),
            response: self.mask(&came(trace)),
        });
        for further in others() {
            recorder.reason(key(further));
        }
    }

    fn key(&self, name: u32, class: FailureClass, at: Place, kind: EcoString) -> FailureKey {
        let place = self.program.places.binary_search(&at).ok().and_then(|place| u32::try_from(place).ok());
        FailureKey { name, class, place: place.unwrap_or(NO_PLACE), kind }
    }

    pub(crate) fn record_retry(&self, trace: &mut Trace) {
        trace.counted();
        self.recorder.borrow_mut().retried(trace.info.line, &trace.traffic);
    }

    /// A run of a group is over: whether all in it succeeded, or `None` where it was cut off.
    pub(crate) fn record_group(&self, line: u32, took: std::time::Duration, ok: Option<bool>) {
        let mut recorder = self.recorder.borrow_mut();
        match ok {
            Some(ok) => recorder.group(line, took, ok),
            None => recorder.unfinished(line, took, None),
        }
    }

    /// A failure outside of steps, in a row of its own: `fail`, an expression without a value, a `poll` without a step.
    pub(crate) fn record_failure(&self, user: &User, line: u32, class: FailureClass, at: Place, message: &str) {
        self.observer.failure(user, at, message);
        user.scopes.fail();
        let key = self.key(line, class, at, EcoString::new());
        let mut recorder = self.recorder.borrow_mut();
        recorder.fail(line);
        recorder.failure(key, self.clock.elapsed(), || {
            let message = self.mask(message);
            Example { user: user.number(), reasons: vec![message.clone()], message, ..Example::default() }
        });
    }
}

fn sample(trace: &Trace) -> Sample {
    let received = trace.received.as_ref();
    Sample {
        name: trace.info.line,
        service: trace.service,
        response: trace.response,
        ok: trace.failures.is_empty(),
        only_late: received.is_some() && trace.failures.iter().all(|failure| failure.class == FailureClass::Elapsed),
        first_byte: received.map(|received| received.raw.timings.first_byte),
        traffic: trace.traffic,
        content: received.map_or(0, |received| received.raw.body().len() as u64),
    }
}

/// What came of the answer, as people read it.
fn came(trace: &Trace) -> String {
    match (&trace.received, &trace.partial) {
        (Some(answer), _) => show::response(&answer.raw),
        (None, Some(partial)) => show::partial(partial),
        (None, None) => String::new(),
    }
}

/// Puts a thing at its number.
fn keep<T: Clone>(all: &RefCell<Vec<Option<T>>>, number: usize, one: T) {
    let mut all = all.borrow_mut();
    if all.len() <= number {
        all.resize(number + 1, None);
    }
    all[number] = Some(one);
}
