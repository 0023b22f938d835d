//! The simulated backend: it starts, stops and abandons simulated functions, and fails at random.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use rand::RngExt as _;
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until};

use super::super::backend::{Backend, BoxFuture, InvokeError, KeptOutput, Output, OwnEnd, Urgency};
use super::super::control::{self, OrchestratorWatch};
use super::super::event::SliceEvent;
use super::super::frame::{EndReason, Ended, Frame, FrameWriter};
use super::super::kept;
use super::FAR_FUTURE;
use super::faults::Invocation;
use super::function::Running;
use super::world::{Function, Piece, Signal, World};
use ltc_engine::clock;
use ltc_engine::schedule::Plan;
use ltc_engine::stats::Recorder;

#[derive(Clone, Debug)]
pub(super) struct SimulatedBackend(pub(super) Arc<World>);

impl Backend for SimulatedBackend {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn capacity<'a>(&'a self, _region: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>, InvokeError>> {
        Box::pin(async { Ok(None) })
    }

    fn invoke<'a>(&'a self, _region: Option<&'a str>, event: &'a SliceEvent) -> BoxFuture<'a, Result<Output, InvokeError>> {
        Box::pin(async move {
            let world = self.0.clone();
            let mut rng = world.rng(&event.slice);
            let mut faults = world.faults(event, &mut rng);
            if world.is_expired() {
                faults.invocation = Invocation::Refused;
            } else if world.control.throttled.contains(&world.clock.elapsed()) {
                faults.invocation = Invocation::Throttled;
            } else if world.is_out() {
                faults.invocation = if rng.random() { Invocation::NotStarted } else { Invocation::Unknown(false) };
            }
            let plan = Plan::seeded(&event.profile, &event.user_classes(), event.seed).unwrap();
            let slice = event.part_of(&plan);
            let function = Function {
                shard: event.shard,
                interval: event.interval,
                slice: slice.clone(),
                faults: faults.clone(),
                load: None,
                invoked_at: world.clock.elapsed(),
            };
            assert!(world.truth().functions.insert(event.slice.clone(), function).is_none(), "{} is invoked twice", event.slice);
            let (sender, signal) = watch::channel(Signal::GoOn);
            world.signals.lock().unwrap().insert(event.slice.clone(), sender);
            let (out, pieces) = tokio::sync::mpsc::unbounded_channel();
            let run = |out, rng| {
                let running = Running {
                    event: event.clone(),
                    slice,
                    faults: faults.clone(),
                    rng,
                    out,
                    held: None,
                    buffer: Vec::new(),
                    last: clock::now(),
                    writer: FrameWriter::default(),
                    recorder: Recorder::new(1, event.shard + event.shards * (event.interval % 2)),
                    requests: 0,
                    number: 0,
                    signal,
                    all: world.signal_to_all.subscribe(),
                    signs: OrchestratorWatch::new(event.profile.without_orchestrator, clock::now()),
                    waiting: Default::default(),
                    parts: 0,
                    version: 0,
                    world: world.clone(),
                };
                tokio::spawn(running.live());
            };
            match faults.invocation {
                Invocation::Accepted(after) => {
                    sleep(after).await;
                    run(Some(out), rng);
                }
                Invocation::Throttled => return Err(InvokeError::Throttled("Rate Exceeded".into())),
                Invocation::NotStarted => return Err(InvokeError::NotStarted("no route to host".into())),
                Invocation::Refused => return Err(InvokeError::Refused("the security token included in the request is expired".into())),
                Invocation::Unknown(began) => {
                    if began {
                        run(None, rng);
                    }
                    return Err(InvokeError::Unknown("timed out".into()));
                }
                Invocation::Unanswered(began) => {
                    if began {
                        run(None, rng);
                    }
                    return std::future::pending().await;
                }
                Invocation::Elsewhere => {
                    run(None, rng);
                    let line = FrameWriter::default().write(&Frame::Ended(Ended {
                        reason: EndReason::Repeated,
                        message: "given to it before".into(),
                        requests: 0,
                    }));
                    let _ = out.send((clock::now(), Ok(line.into()), None));
                }
            }
            let output: Output = Box::pin(stream::unfold((Some(pieces), self.0.clone()), async |(pieces, world)| {
                let mut pieces = pieces?;
                let outage = world.control.outage.clone();
                let is_cut = !world.control.outage_delays && world.clock.elapsed() < outage.end;
                let cut_at = world.clock.instant(if is_cut { outage.start } else { FAR_FUTURE });
                let (_, what, whole): Piece = tokio::select! {
                    biased;
                    () = sleep_until(cut_at.into()) => return Some((Err("connection reset by peer".into()), (None, world))),
                    piece = async {
                        let piece = pieces.recv().await?;
                        sleep_until(piece.0.into()).await;
                        Some(piece)
                    } => piece?,
                };
                if world.is_out() {
                    sleep_until(world.clock.instant(outage.end).into()).await;
                }
                if let Some((id, counts)) = whole {
                    world.truth().taken.insert(id, counts);
                }
                Some((what, (Some(pieces), world)))
            }));
            Ok(output)
        })
    }

    fn lead(&self, _shards: u32) -> Duration {
        Duration::from_secs(1)
    }

    fn abandon<'a>(&'a self, slice: &'a str, own_end: OwnEnd) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let fails = self.0.rng(&format!("abandon {slice}")).random_range(0..100) < self.0.control.abandon_fails;
            if fails || self.0.is_expired() {
                self.0.truth().abandon_failures += 1;
                if self.0.control.hangs {
                    std::future::pending::<()>().await;
                }
                return Err("access denied".into());
            }
            while self.0.is_out() {
                sleep(Duration::from_secs(1)).await;
            }
            sleep(Duration::from_millis(800)).await;
            self.0.signals.lock().unwrap()[slice].send_replace(Signal::Abandon);
            let unreadable = self.0.truth().functions[slice].unreadable_from();
            if unreadable.is_none_or(|from| from > self.0.clock.elapsed()) {
                self.0.end(slice);
                // The function confirms its end.
                sleep(Duration::from_millis(200)).await;
                return Ok(());
            }
            // The function does not hear it, so only its own end is certain.
            match own_end.after(clock::now()) {
                Some(end) => sleep_until(end.into()).await,
                None => std::future::pending().await,
            }
            Ok(())
        })
    }

    fn heartbeat(&self) -> BoxFuture<'_, Result<Option<Urgency>, String>> {
        Box::pin(async {
            let now = self.0.clock.elapsed();
            if self.0.control.unwritable.contains(&now) {
                self.0.truth().heartbeat_failures += 1;
                if self.0.control.hangs {
                    std::future::pending::<()>().await;
                }
                return Err("access denied".into());
            }
            self.0.truth().heartbeats.push(now);
            self.0.write_control().await?;
            self.0.files.stop_asked().await
        })
    }

    fn share(&self, line: String) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            let mut rng = self.0.rng(&format!("share at {:?}", self.0.clock.elapsed()));
            control::share(&mut self.0.lines.lock().unwrap(), line);
            let takes = self.0.control.share_takes.as_millis() as u64;
            sleep(Duration::from_millis(rng.random_range(0..=takes))).await;
            let fails = rng.random_range(0..100) < self.0.control.share_fails;
            if fails || self.0.is_expired() || self.0.control.unwritable.contains(&self.0.clock.elapsed()) {
                self.0.truth().share_failures += 1;
                if self.0.control.hangs {
                    std::future::pending::<()>().await;
                }
                return Err("service unavailable".into());
            }
            self.0.write_control().await
        })
    }

    fn stop(&self, urgency: Urgency) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            let now = self.0.clock.elapsed();
            if self.0.is_expired() {
                self.0.truth().stop_failures += 1;
                return Err("the security token included in the request is expired".into());
            }
            let fails = self.0.control.stop_fails_until.filter(|(until, _)| now < *until).map(|(_, hangs)| hangs);
            if let Some(hangs) = fails.or(self.0.is_out().then_some(self.0.control.hangs)) {
                self.0.truth().stop_failures += 1;
                if hangs {
                    std::future::pending::<()>().await;
                }
                return Err("service unavailable".into());
            }
            self.0.truth().stop_set.get_or_insert(now);
            let signal = if urgency == Urgency::Now { Signal::Now } else { Signal::Stop };
            self.0.signal_to_all.send_if_modified(|current| std::mem::replace(current, signal.max(*current)) < signal);
            Ok(())
        })
    }

    fn kept<'a>(&'a self, slice: &'a str) -> BoxFuture<'a, Result<KeptOutput, String>> {
        Box::pin(async move {
            if self.0.is_expired() {
                return Err("the security token included in the request is expired".into());
            }
            if self.0.is_out() {
                if self.0.control.hangs {
                    std::future::pending::<()>().await;
                }
                return Err("connection refused".into());
            }
            let parts = kept::parts(&self.0.files, slice).await?;
            let mut truth = self.0.truth();
            let fetched: Vec<_> = truth.kept.iter().filter(|(id, _)| id.0 == slice).map(|(id, counts)| (id.clone(), *counts)).collect();
            truth.fetched.extend(fetched);
            Ok(KeptOutput { parts, is_final: false })
        })
    }

    fn clean_up(&self, for_collect: bool) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            self.0.truth().cleaned += 1;
            if self.0.is_expired() {
                return Err("the security token included in the request is expired".into());
            }
            if self.0.is_out() && self.0.control.hangs {
                std::future::pending::<()>().await;
            }
            if self.0.is_out() {
                return Err("connection refused".into());
            }
            if for_collect { Ok(()) } else { self.0.files.clean_up().await }
        })
    }
}
