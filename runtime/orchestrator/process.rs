//! The engine `process`: each function is a child process of the same binary on this machine. The event goes in as a line, and frames come
//! out as lines. A further line, or the end of its input, stops it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Sender as LineSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use tokio::sync::mpsc::{Sender, channel};

use super::backend::{Backend, BoxFuture, InvokeError, KeptOutput, Output, OwnEnd, Urgency};
use super::event::SliceEvent;
use super::fault::InjectedFault;
use super::run_store::{CONTROL, RunFiles, STOP};
use super::{control, kept, lead};
use ltc_engine::clock::unix_now;

/// The most pieces of output that may wait to be read. A child that writes more is blocked.
const QUEUE: usize = 16;
const PIECE: usize = 64 * 1024;
/// On Linux: the running program, even if a new build has replaced its file.
const RUNNING: &str = "/proc/self/exe";

/// The child processes of a run.
#[derive(Debug)]
pub(crate) struct Processes {
    binary: PathBuf,
    /// The name under which children are listed.
    name: PathBuf,
    args: Vec<OsString>,
    running: Arc<Mutex<HashMap<String, ChildProcess>>>,
    /// The files by which other commands find the run.
    files: Option<RunFiles>,
    /// The lines that were sent to all processes.
    lines: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug)]
struct ChildProcess {
    child: Child,
    /// Lines for its standard input. A thread writes them, because a process that hangs must not block the orchestrator.
    input: LineSender<String>,
}

impl Processes {
    /// Starts children of the running binary with `args`.
    ///
    /// # Errors
    /// If the system doesn't tell the path of the binary.
    pub(crate) fn of_this_binary(args: impl IntoIterator<Item = impl Into<OsString>>, files: Option<RunFiles>) -> Result<Self, String> {
        let name = std::env::current_exe().map_err(|error| format!("cannot find this binary's path: {error}"))?;
        let binary = if Path::new(RUNNING).exists() { PathBuf::from(RUNNING) } else { name.clone() };
        Ok(Self { binary, name, args: args.into_iter().map(Into::into).collect(), running: Arc::default(), files, lines: Arc::default() })
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, ChildProcess>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, event: &SliceEvent) -> Result<Output, InvokeError> {
        let mut line = event.to_json().map_err(InvokeError::Refused)?;
        line.push(b'\n');
        if InjectedFault::of(event).is_twice() {
            line.extend_from_within(..);
        }
        let mut command = Command::new(&self.binary);
        command.args(&self.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        // Ctrl-C on a terminal signals a whole process group, but the orchestrator decides when children stop.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, &self.name);
        let failed = |error: std::io::Error| InvokeError::NotStarted(format!("cannot start a process: {error}"));
        let mut child = command.spawn().map_err(failed)?;
        let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(InvokeError::NotStarted("a process has no standard input and output".into()));
        };
        let slice = event.slice.clone();
        let (lines, to_write) = std::sync::mpsc::channel();
        // What was said to all processes before this one existed.
        for line in self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = lines.send(line.clone());
        }
        self.running().insert(slice.clone(), ChildProcess { child, input: lines });
        let (sender, receiver) = channel::<Result<Bytes, String>>(QUEUE);
        let running = self.running.clone();
        let of_thread = slice.clone();
        let reader = std::thread::Builder::new().name(format!("reads {slice}")).spawn(move || {
            let mut piece = vec![0; PIECE];
            loop {
                match output.read(&mut piece) {
                    Ok(0) => break,
                    Ok(length) if sender.blocking_send(Ok(Bytes::copy_from_slice(&piece[..length]))).is_ok() => {}
                    Ok(_) => break,
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        let _ = sender.blocking_send(Err(format!("cannot read its output: {error}")));
                        break;
                    }
                }
            }
            reap(&running, &of_thread, &sender);
        });
        if let Err(error) = reader {
            self.kill(&slice);
            return Err(failed(error));
        }
        // A failure shows on the child's output.
        let writer = std::thread::Builder::new().name(format!("writes {slice}")).spawn(move || {
            let mut written = input.write_all(&line).and_then(|()| input.flush());
            while let (Ok(()), Ok(line)) = (&written, to_write.recv()) {
                written = input.write_all(format!("{line}\n").as_bytes()).and_then(|()| input.flush());
            }
        });
        if let Err(error) = writer {
            self.kill(&event.slice);
            return Err(failed(error));
        }
        Ok(Box::pin(stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|piece| (piece, receiver)))))
    }

    /// Writes a line to all processes.
    fn write_line(&self, line: &str) {
        for running in self.running().values() {
            // A process that has ended needs no line, so errors are ignored.
            let _ = running.input.send(line.to_owned());
        }
    }

    /// Writes the file that other commands read. Processes get the same lines on standard input, so a full disk does not harm the run.
    async fn write_control(&self) {
        if let Some(files) = &self.files {
            let text = control::text(unix_now(), &self.lines.lock().unwrap_or_else(PoisonError::into_inner));
            let _ = files.write(CONTROL, &text).await;
        }
    }

    fn kill(&self, slice: &str) {
        if let Some(mut running) = self.running().remove(slice) {
            // Killing fails only if the child has already ended.
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

/// Waits for a child whose output has ended, and removes it. If it failed, its exit status is added to the output.
fn reap(running: &Mutex<HashMap<String, ChildProcess>>, slice: &str, sender: &Sender<Result<Bytes, String>>) {
    let child = running.lock().unwrap_or_else(PoisonError::into_inner).remove(slice);
    let Some(ChildProcess { mut child, input }) = child else { return };
    drop(input);
    if let Ok(status) = child.wait()
        && !status.success()
    {
        let _ = sender.blocking_send(Ok(Bytes::from(format!("\nthe process ended: {status}\n"))));
    }
}

impl Drop for Processes {
    /// Kills all children, so that none outlives its orchestrator.
    fn drop(&mut self) {
        for (_, mut running) in self.running().drain() {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

impl Backend for Processes {
    fn name(&self) -> &'static str {
        "process"
    }

    fn capacity<'a>(&'a self, _region: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>, InvokeError>> {
        Box::pin(async { Ok(None) })
    }

    fn invoke<'a>(&'a self, _region: Option<&'a str>, event: &'a SliceEvent) -> BoxFuture<'a, Result<Output, InvokeError>> {
        Box::pin(async { self.start(event) })
    }

    fn lead(&self, shards: u32) -> Duration {
        lead::of_processes(shards)
    }

    fn abandon<'a>(&'a self, slice: &'a str, _own_end: OwnEnd) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async {
            self.kill(slice);
            Ok(())
        })
    }

    fn heartbeat(&self) -> BoxFuture<'_, Result<Option<Urgency>, String>> {
        Box::pin(async move {
            self.write_line(&control::alive(unix_now()));
            self.write_control().await;
            let asked = match &self.files {
                Some(files) => files.stop_asked().await,
                None => Ok(None),
            };
            // A run whose directory cannot be used goes on. A warning has said so.
            Ok(asked.unwrap_or_default())
        })
    }

    fn share(&self, line: String) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            control::share(&mut self.lines.lock().unwrap_or_else(PoisonError::into_inner), line.clone());
            self.write_line(&line);
            self.write_control().await;
            Ok(())
        })
    }

    fn stop(&self, urgency: Urgency) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(control::word(urgency).to_owned());
            self.write_line(control::word(urgency));
            self.write_control().await;
            Ok(())
        })
    }

    fn kept<'a>(&'a self, slice: &'a str) -> BoxFuture<'a, Result<KeptOutput, String>> {
        Box::pin(async move {
            // Nobody reads its output any more, and it must not outlive its orchestrator.
            self.kill(slice);
            let parts = match &self.files {
                Some(files) => kept::parts(files, slice).await?,
                None => Vec::new(),
            };
            Ok(KeptOutput { parts, is_final: true })
        })
    }

    fn clean_up(&self, for_collect: bool) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            let Some(files) = &self.files else { return Ok(()) };
            if for_collect {
                // No process outlives the orchestrator, so the run is over.
                files.remove(CONTROL).await?;
                return files.remove(STOP).await;
            }
            files.clean_up().await
        })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::event::sample;
    use super::*;

    #[test]
    fn process_that_does_not_read_its_input_never_blocks_the_orchestrator() {
        let (done, is_done) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (binary, name, args) = ("sleep".into(), "sleep".into(), vec!["600".into()]);
                let processes = Processes { binary, name, args, running: Arc::default(), files: None, lines: Arc::default() };
                let event = sample::event("clients: 1");
                let _output = processes.invoke(None, &event).await.unwrap();
                // Several times what a pipe holds.
                for _ in 0..40 {
                    processes.share("x".repeat(10_000)).await.unwrap();
                }
                processes.abandon(&event.slice, OwnEnd { silence: None, end: None }).await.unwrap();
            });
            done.send(()).unwrap();
        });
        is_done.recv_timeout(Duration::from_secs(120)).expect("no write waits for the process");
    }
}
