//! Plays 100,000 random histories. No verdict may be wrong, early or late.
//!
//! The histories and the truth about them come from `fakes::history`, which shares no code with this
//! crate. A simple observer reads each through a window (outdated reads, gaps, denied calls) and asks
//! for a verdict after each read. Outside CI, it plays 10,000. `HISTORIES=N` plays another number,
//! and `HISTORY=SEED` plays one and writes it to `history-SEED.log` in the temporary directory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use ecs_model::{self, LifecycleStage, TargetHealth, TargetState, Task};
use fakes::history::{
    Claim, Epochs, GROUPS, History, Look, Ms, Read, Seen, Strategy, Truth, Window,
};
use fastrand::Rng;
use jiff::Timestamp;
use rollout::{Judgment, Observation, PendingReads, ReadSpan, Refusal, Verdict, Watch};
use serde_json::Value;

use crate::asking::{ask, claim, question};

struct Observer<'a> {
    history: &'a History,
    window: Window,
    watch: Watch,
    now: Ms,
    /// The difference between the observer's clock and AWS's.
    off: Ms,
    rng: Rng,
    log: Option<Vec<String>>,
    epochs: Epochs,
    /// Responses of one epoch are equal, so each is built and parsed only once.
    observations: HashMap<(u8, usize), Observation>,
    tasks: HashMap<(usize, usize), Task>,
}

impl Observer<'_> {
    /// A moment on the observer's clock.
    fn at(&self, moment: Ms) -> Timestamp {
        Timestamp::from_millisecond(History::epoch_ms() + self.off + moment).unwrap()
    }

    /// Reads, as often as the window requires. Returns whether there was an answer.
    fn look(&mut self, read: Read<'_>) -> bool {
        for _ in 1..self.window.tries {
            if self.try_look(read) {
                return true;
            }
            self.now += self.rng.i64(100..500);
        }
        self.try_look(read)
    }

    fn try_look(&mut self, read: Read<'_>) -> bool {
        let sent = self.now;
        let took = self.rng.i64(0..=self.window.latency);
        let answered = sent + self.rng.i64(0..=took);
        self.now += took;
        let observation = match self.window.look(answered, read) {
            Look::Lost => return false,
            Look::Denied => Observation::NoServiceDeployments,
            Look::At(moment) if read == Read::Tasks && self.window.page.is_some() => {
                Observation::TaskList(self.listed_at(moment))
            }
            Look::At(moment) if read == Read::Tasks => self.tasks_at(moment),
            Look::At(moment) => {
                let epoch = self.epochs.of(read, moment);
                let history = self.history;
                self.observations
                    .entry((kind(read), epoch))
                    .or_insert_with(|| observation(read, Seen::of(history, moment, read)))
                    .clone()
            }
        };
        self.record(sent, observation);
        true
    }

    fn record(&mut self, sent: Ms, observation: Observation) {
        if let Some(log) = &mut self.log {
            log.push(format!("{:>7} {}", self.now, brief(&observation)));
        }
        let span = ReadSpan {
            sent: self.at(sent),
            received: self.at(self.now),
        };
        self.watch.record_read(span, observation);
    }

    /// Reads the tasks: all at once or, if they are on several pages, first their list and then each
    /// page at a moment of its own.
    fn look_at_tasks(&mut self) -> bool {
        let answered = self.look(Read::Tasks);
        let Some(size) = self.window.page.filter(|_| answered) else {
            return answered;
        };
        let listed = self.watch.facts().current_tasks.as_ref();
        let listed = listed.map(|list| Vec::from_iter(list.value.iter().cloned()));
        let pages = listed.unwrap_or_default();
        // All pages are requested at the same time, as the program does.
        let (sent, mut latest, mut whole) = (self.now, self.now, true);
        for page in pages.chunks(size) {
            self.now = sent;
            // A page that is lost is read again at once.
            let mut tries = 0..self.window.tries + 2;
            whole &= tries.any(|_| self.try_page(page));
            latest = latest.max(self.now);
        }
        self.now = latest;
        whole
    }

    fn try_page(&mut self, page: &[String]) -> bool {
        let sent = self.now;
        let took = self.rng.i64(0..=self.window.latency);
        let answered = sent + self.rng.i64(0..=took);
        self.now += took;
        let Look::At(moment) = self.window.look(answered, Read::Tasks) else {
            self.now += self.rng.i64(100..500);
            return false;
        };
        let Observation::Tasks(mut tasks) = self.tasks_at(moment) else {
            return false;
        };
        tasks.retain(|task| page.contains(&task.task_arn));
        self.record(sent, Observation::DescribedTasks(tasks));
        true
    }

    fn listed_at(&mut self, moment: Ms) -> Vec<String> {
        match self.tasks_at(moment) {
            Observation::Tasks(tasks) => tasks.into_iter().map(|task| task.task_arn).collect(),
            _ => Vec::new(),
        }
    }

    fn tasks_at(&mut self, moment: Ms) -> Observation {
        let mut tasks = Vec::new();
        for index in 0..self.history.task_count() {
            let age = self.history.task_age(index, moment);
            if age > 0 {
                let read = || *parse(&self.history.task(index, moment));
                tasks.push(self.tasks.entry((index, age)).or_insert_with(read).clone());
            }
        }
        Observation::Tasks(tasks)
    }

    /// Reads the service, tasks and targets, which together form a round.
    fn round(&mut self) -> bool {
        let mut whole = self.look(Read::Service);
        self.now += self.rng.i64(20..300);
        whole &= self.look_at_tasks();
        let groups: Vec<String> = self
            .watch
            .facts()
            .registrations()
            .into_iter()
            .flat_map(|r| r.groups)
            .collect();
        for group in groups {
            self.now += self.rng.i64(20..300);
            whole &= self.look(Read::Targets(&group));
        }
        whole
    }

    fn follow(&mut self, reads: &PendingReads) {
        if reads.task_definition.is_some() {
            self.look(Read::TaskDefinition);
        }
        if reads.revision.is_some() {
            self.look(Read::Revision);
        }
        if reads.listing {
            self.look(Read::List);
        }
        if reads.tasks {
            self.round();
        } else if reads.service {
            self.look(Read::Service);
        }
    }

    fn decided(&self) -> Option<Result<Verdict, Refusal>> {
        match self.watch.judge(self.at(self.now)) {
            Judgment::Waiting => None,
            Judgment::Decided(verdict) => Some(Ok(verdict)),
            Judgment::Refused(refusal) => Some(Err(refusal)),
        }
    }

    fn status(&self) -> Option<(String, Option<LifecycleStage>, Option<u32>)> {
        let deployment = self.watch.facts().service_deployment.as_ref()?;
        Some((
            deployment.status.as_str().to_owned(),
            deployment.lifecycle_stage,
            deployment.target_service_revision.running_task_count,
        ))
    }

    fn watch(&mut self, step: Ms, deadline: Ms) -> Result<Verdict, Refusal> {
        let mut last_round = Ms::MIN / 2;
        loop {
            let before = self.status();
            if self.watch.facts().service_deployment_arn().is_some() {
                self.look(Read::Describe);
            }
            let changed = self.status() != before;
            if (changed || self.now - last_round >= 10_000) && self.round() {
                last_round = self.now;
            }
            for _ in 0..2 {
                if let Some(decided) = self.decided() {
                    return decided;
                }
                let reads = self.watch.next_reads();
                self.follow(&reads);
            }
            if let Some(decided) = self.decided() {
                return decided;
            }
            let latest = deadline + 60_000 + 20 * self.window.slowest_read();
            assert!(self.now < latest, "no end");
            self.now = (self.now + self.rng.i64(step / 2..=step)).min(deadline.max(self.now + 1));
        }
    }
}

fn kind(read: Read<'_>) -> u8 {
    match read {
        Read::Service => 0,
        Read::List => 1,
        Read::Describe => 2,
        Read::Revision => 3,
        Read::TaskDefinition => 4,
        Read::Targets(group) => 5 + u8::from(group == GROUPS[1]),
        Read::Tasks => 7,
    }
}

fn observation(read: Read<'_>, seen: Seen) -> Observation {
    match (read, seen) {
        (Read::Service, Seen::Missing) => Observation::NoService,
        (Read::Service, Seen::Answer(body)) => Observation::Service(parse(&body)),
        (Read::List, Seen::Answer(body)) => {
            Observation::Listing(ecs_model::list_from_answer(&body, "serviceDeployments").unwrap())
        }
        (Read::Describe, Seen::Missing) => Observation::NoServiceDeployment,
        (Read::Describe, Seen::Answer(body)) => Observation::ServiceDeployment(parse(&body)),
        (Read::Revision, Seen::Answer(body)) => Observation::Revision(parse(&body)),
        (Read::TaskDefinition, Seen::Answer(body)) => Observation::TaskDefinition(parse(&body)),
        (Read::Targets(group), Seen::Targets(list)) => Observation::Targets {
            group: group.to_owned(),
            targets: list.into_iter().map(target).collect(),
        },
        (read, seen) => panic!("{read:?} does not answer {seen:?}"),
    }
}

fn parse<T: serde::de::DeserializeOwned>(body: &Value) -> Box<T> {
    Box::new(ecs_model::from_answer(body).unwrap())
}

fn target((id, port, state): (String, u16, &str)) -> TargetHealth {
    TargetHealth {
        id,
        port: Some(port),
        state: TargetState::from(state),
        reason: None,
        description: None,
    }
}

fn brief(observation: &Observation) -> String {
    let text = format!("{observation:?}");
    text.chars().take(800).collect()
}

/// Plays one history. Returns the name of the verdict, or what is wrong with it.
fn play(seed: u64, log: bool) -> Result<&'static str, String> {
    let history = History::of(seed);
    let window = Window::of(seed, history.strategy == Strategy::Rolling);
    let mut rng = Rng::with_seed(seed.wrapping_mul(31).wrapping_add(7));
    let (ask, step) = ask(&history, &window, &mut rng);
    let truth = Truth::of(&history, &window, ask);
    let off = match rng.u32(0..3) {
        0 => rng.i64(-600_000..600_000),
        _ => 0,
    };
    let started = Timestamp::from_millisecond(History::epoch_ms() + off + ask.begins).unwrap();
    let mut observer = Observer {
        history: &history,
        window: window.clone(),
        watch: Watch::new(question(&history, &ask), started),
        now: ask.begins,
        off,
        rng,
        log: log.then(Vec::new),
        epochs: history.epochs(),
        observations: HashMap::new(),
        tasks: HashMap::new(),
    };
    let verdict = observer.watch(step, ask.deadline);
    if let Some(log) = &observer.log {
        let text = format!(
            "{history:#?}\n{ask:?}\n{window:?}\n{}\n{verdict:?}",
            log.join("\n")
        );
        let path = std::env::temp_dir().join(format!("history-{seed}.log"));
        std::fs::write(path, text).unwrap();
    }
    let (claim, name) = match &verdict {
        Ok(verdict) => (claim(verdict), verdict.outcome.name()),
        Err(Refusal::NoService | Refusal::NeverSeen) => (Claim::NotFound, "not-found"),
        Err(refusal) => return Err(format!("refused: {refusal:?}")),
    };
    truth.check(&claim, observer.now)?;
    Ok(name)
}

#[test]
fn no_history_gets_a_wrong_verdict() {
    let variable = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    if let Some(seed) = variable("HISTORY") {
        play(seed, true).unwrap();
        return;
    }
    let in_ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
    let usual = if in_ci { 100_000 } else { 10_000 };
    let count = variable("HISTORIES").unwrap_or(usual);
    let next = AtomicU64::new(0);
    let work = || {
        let (mut wrong, mut names) = (Vec::new(), std::collections::BTreeMap::<&str, u64>::new());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= count {
                return (wrong, names);
            }
            match play(seed, false) {
                Ok(name) => *names.entry(name).or_default() += 1,
                Err(what) => wrong.push((seed, what)),
            }
        }
    };
    let (mut wrong, mut names) = (Vec::new(), std::collections::BTreeMap::<&str, u64>::new());
    std::thread::scope(|scope| {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let (some_wrong, some_names) = worker.join().unwrap();
            wrong.extend(some_wrong);
            for (name, n) in some_names {
                *names.entry(name).or_default() += n;
            }
        }
    });
    wrong.sort();
    let lines: Vec<String> = wrong
        .iter()
        .take(20)
        .map(|(seed, what)| format!("HISTORY={seed}: {what}"))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {count} wrong; {names:?}\n{}",
        wrong.len(),
        lines.join("\n")
    );
    // Each kind of verdict must occur, or the test does not test it.
    if count >= 10_000 {
        for name in [
            "succeeded",
            "running",
            "healthy",
            "failed",
            "stopped",
            "rolled-back",
            "superseded",
            "timed-out",
            "paused",
            "SCALE_UP",
            "BAKE_TIME",
        ] {
            assert!(
                names.get(name).is_some_and(|n| *n > count / 2_000),
                "{name}: {names:?}"
            );
        }
    }
}
