//! Plays 500 random histories through the whole poller: the SDK's clients, the loop with its pauses
//! and back-off, and the judge. No verdict may be wrong, early or late.
//!
//! The histories and the truth come from `fakes::history`. Outside CI it plays 50; `HISTORIES=N`
//! plays another number, `HISTORY=SEED` plays one.

use std::sync::Mutex;
use std::time::SystemTime;

use clap::Parser;
use fakes::history::{Ask, Claim, Endpoint, History, Ms, Strategy, Truth, Window};
use fastrand::Rng;
use pipeline_io::{Ci, Step};
use rollout::Question;
use tokio::time::Instant;
use wait_healthy::{Args, Error, Poller, Reader, WaitContext, WaitRequest};

use crate::asking::{ask, claim, question};
use crate::memory::{self, Silence, Time};
use crate::seeds::{self, paused_runtime};

/// The longest time between two full reads: ten seconds, a pause, and the calls.
const ROUND: Ms = 16_000;

pub fn request(question: Question) -> WaitRequest {
    let args = ["wait-healthy", "--cluster", "c", "--service", "web"];
    let mut request = Args::parse_from(args).request().unwrap();
    request.question = question;
    request
}

/// Plays one history. Returns the name of the verdict, or what is wrong with it.
async fn play(seed: u64) -> Result<&'static str, String> {
    let history = History::of(seed);
    let window = Window::of(seed, history.strategy == Strategy::Rolling);
    let (ask, _) = ask(&history, &window, &mut Rng::with_seed(seed));
    let ask = Ask {
        round: ROUND + 12 * window.slowest_read(),
        ..ask
    };
    let question = question(&history, &ask);
    let truth = Truth::of(&history, &window, ask);
    let begun = Instant::now();
    let moment = move || ask.begins + Ms::try_from(begun.elapsed().as_millis()).unwrap();
    let endpoint = Mutex::new(Endpoint::new(history.clone(), window.clone()));
    let slowest = u64::try_from(window.latency).unwrap().max(200);
    let http = memory::slow_client(seed, 20..slowest, move |request| {
        endpoint.lock().unwrap().answer(moment(), &request)
    });
    let session = memory::session(http, Time::starting(SystemTime::now()));
    let request = request(question);
    let step = Step::new("wait-healthy", Ci::none(), false);
    let reader = Reader::new(&session, &request.cluster, &request.service);
    let context = WaitContext::start(request, &step);
    let mut poller = Poller::new(reader, &context);
    fastrand::seed(seed);
    let ended = poller.poll(&mut Silence).await;
    let (claim, name) = match &ended {
        Ok(verdict) => (claim(verdict), verdict.outcome.name()),
        Err(Error::NoService { .. } | Error::NeverSeen { .. }) => (Claim::NotFound, "not-found"),
        Err(Error::Unreachable { .. }) => (Claim::TimedOut, "out-of-reach"),
        Err(error) => return Err(format!("{error:?}")),
    };
    truth.check(&claim, moment())?;
    Ok(name)
}

#[test]
fn no_history_gets_a_wrong_verdict_from_the_whole_poller() {
    if let Some(seed) = seeds::count("HISTORY") {
        paused_runtime().block_on(play(seed)).unwrap();
        return;
    }
    let in_ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
    let count = seeds::count("HISTORIES").unwrap_or(if in_ci { 500 } else { 50 });
    let played = seeds::play(count, |seed| (seed, paused_runtime().block_on(play(seed))));
    let mut wrong: Vec<(u64, String)> = played
        .into_iter()
        .filter_map(|(seed, ended)| Some((seed, ended.err()?)))
        .collect();
    wrong.sort();
    let lines: Vec<String> = wrong
        .iter()
        .map(|(seed, what)| format!("HISTORY={seed}: {what}"))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {count} wrong\n{}",
        wrong.len(),
        lines.join("\n")
    );
}
