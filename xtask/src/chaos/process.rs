//! One program as a process, which can be killed at a request.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fakes::{Cloud, Fault};

use super::history::End;
use super::plan::{Disturbance, Kill};

/// The time after which a program has hung. Longer than any pause that the faults can cause.
const LIMIT: Duration = Duration::from_secs(180);

/// How often a process is checked that has to be killed at a request.
const TICK: Duration = Duration::from_millis(4);

/// How often any other process is checked.
const SLOW_TICK: Duration = Duration::from_millis(20);

/// How long the response to a request is withheld until the program is killed.
const WITHHELD: Duration = Duration::from_secs(15);

/// A finished process.
pub struct Finished {
    pub end: End,
    pub stdout: String,
    pub stderr: String,
    pub seconds: f64,
    pub has_expired_sessions: bool,
}

/// Runs a command until it ends or is killed. Its faults are active from the start, and removed at the end.
pub fn run(
    command: &mut Command,
    cloud: &Cloud,
    disturbance: &Disturbance,
    scratch: &Path,
) -> Result<Finished, String> {
    let failed = |e: std::io::Error| format!("cannot run {command:?}: {e}", command = "a step");
    let (out, err) = (scratch.join("stdout"), scratch.join("stderr"));
    command
        .stdin(Stdio::null())
        .stdout(File::create(&out).map_err(failed)?)
        .stderr(File::create(&err).map_err(failed)?);
    // The first rule that matches applies, so the response that is withheld comes first.
    if let Some(Kill::BeforeResponse(request)) = disturbance.kill {
        cloud.fault(Fault::on("*", "*").skip(request as u64).delay(WITHHELD));
    }
    for planned in &disturbance.faults {
        cloud.fault(super::scene::fault(planned));
    }
    let is_calm = disturbance.kill.is_none() && disturbance.expire_after.is_none();
    let tick = if is_calm { SLOW_TICK } else { TICK };
    let before = cloud.request_count();
    let begun = Instant::now();
    let mut child = command.spawn().map_err(failed)?;
    let mut expire_after = disturbance.expire_after;
    let mut has_expired_sessions = false;
    let mut reached: Option<Instant> = None;
    let end = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break End::Exit(status.code().unwrap_or(-1));
        }
        let done = if is_calm {
            0
        } else {
            cloud.request_count() - before
        };
        if expire_after.is_some_and(|count| done >= count) {
            cloud.sts().expire_sessions();
            has_expired_sessions = true;
            expire_after = None;
        }
        let is_due = match disturbance.kill {
            None => false,
            Some(Kill::BeforeResponse(request)) => done > request,
            Some(Kill::AfterStart(time)) => begun.elapsed() >= time,
            Some(Kill::AfterResponse(request, time)) => {
                done > request && reached.get_or_insert_with(Instant::now).elapsed() >= time
            }
        };
        if is_due || begun.elapsed() > LIMIT {
            child.kill().map_err(failed)?;
            child.wait().map_err(failed)?;
            break if is_due { End::Killed } else { End::Hung };
        }
        sleep(tick);
    };
    cloud.clear_faults();
    let read = |path: &Path| {
        let bytes = std::fs::read(path).map_err(failed)?;
        Ok::<_, String>(String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(Finished {
        end,
        stdout: read(&out)?,
        stderr: read(&err)?,
        seconds: begun.elapsed().as_secs_f64(),
        has_expired_sessions,
    })
}
