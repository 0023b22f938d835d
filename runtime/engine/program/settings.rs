//! The settings of a worker's world.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use ecow::EcoString;
use regex::Regex;

use super::renewed::RenewedValues;
use super::{ApiInfo, Program};
use crate::base::clock::Clock;
use crate::base::secrets::Secrets;
use crate::base::timers::Timers;
use crate::functions::AwsCredentials;
use crate::http;
use crate::record::flight::WorkerCounts;
use crate::record::observe::Observer;
use crate::request::template::Policy;
use crate::stats::Recorder;
use crate::user::caches::Caches;
use crate::user::rows::RowPools;
use crate::user::world::{Api, World};
use crate::value::{FileValue, Value};

/// The settings of a worker's world: plain data that can be sent to another thread.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The compiled spec.
    pub program: &'static Program,
    /// Values of [`Program::env`], in its order.
    pub env: Vec<Value>,
    /// How to reach each of [`Program::apis`], in its order.
    pub apis: Vec<http::ApiConfig>,
    /// The settings for all apis.
    pub transport: http::TransportConfig,
    /// The seed of all random numbers of the test.
    pub seed: u64,
    /// `test.id`.
    pub test_id: EcoString,
    /// This worker's part of data that is divided: data rows, user numbers.
    pub part: u64,
    /// The number of parts.
    pub parts: u64,
    /// The number of workers of this process.
    pub workers: usize,
    /// `shard.index`.
    pub shard: u32,
    /// The number of the current interval, from 0.
    pub interval: u32,
    /// The seed of the whole test, if `seed` is that of a part.
    pub test_seed: u64,
    /// Values of the file-level `let`s, in their order.
    pub globals: Vec<Value>,
    /// The values that `before test` returned, in the order of its names.
    pub shared: Vec<Value>,
    /// The values that `before test every` renews while the test runs.
    pub renewed: RenewedValues,
    /// The most iterations per second that users of the closed model begin on all parts together; `None` without a limit.
    pub iteration_rate: Option<f64>,
    /// The credentials of `auth aws`.
    pub aws: Option<AwsCredentials>,
    /// The test's clock.
    pub clock: Clock,
    /// Values that are never shown.
    pub secrets: Vec<String>,
}

impl Settings {
    /// The worker's number among all workers that run at the same time. While users pass, workers of two intervals run together.
    fn source(&self) -> u32 {
        let source = self.part.saturating_add(self.parts.saturating_mul(u64::from(self.interval % 2)));
        u32::try_from(source).unwrap_or(u32::MAX)
    }
}

impl World {
    /// Creates the world of one worker.
    ///
    /// # Errors
    /// If TLS files or other files that the settings name can't be used.
    pub fn new(settings: &Settings, observer: Box<dyn Observer>) -> Result<Rc<Self>, String> {
        let program = settings.program;
        let transport = http::Transport::new(settings.transport.clone())?;
        let apis = program
            .apis
            .iter()
            .zip(&settings.apis)
            .map(|(info, config)| {
                let ApiInfo { name, cookies, resend, max_body, .. } = *info;
                let policy = Policy { cookies, resend, max_body };
                Ok(Api { name, policy, transport: transport.api(config)?, base: OnceCell::new() })
            })
            .collect::<Result<_, String>>()?;
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
        let recorder = Recorder::one_of(program.rows(), settings.source(), settings.workers);
        Ok(Rc::new(Self {
            tables: program.tables(),
            secrets: Secrets::new(settings.secrets.clone()),
            clock: settings.clock.clone(),
            globals: RefCell::new(settings.globals.clone()),
            shared: RefCell::new(settings.shared.clone()),
            counts: WorkerCounts::new(recorder),
            env: settings.env.clone(),
            seed: settings.seed,
            test_id: settings.test_id.clone(),
            shard: settings.shard,
            assets,
            regexes,
            queries: program.paths.iter().map(|_| OnceCell::new()).collect(),
            selectors: program.selectors.iter().map(|css| crate::source::html::selector(css)).collect::<Result<_, _>>()?,
            pools: RowPools::new(program.data, (settings.seed, settings.test_seed), settings.part)?,
            row_assignment: RefCell::default(),
            transport,
            apis,
            aws: settings.aws.clone(),
            timers: Timers::new(),
            observer,
            caches: Caches::default(),
        }))
    }
}
