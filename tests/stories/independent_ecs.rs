//! Plays histories of deployments against the real programs, with an ECS that shares nothing with the
//! crate `fakes` or with our types: ecs-deploy writes, wait-healthy waits, and both must report what
//! really happened.
//!
//! Each history contains the exit code, the code of the cause and the words that must appear.

mod acts;
mod answers;
mod histories;
mod history;
mod server;
mod state;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use history::History;
use stories::programs::repository;

/// How many histories are played at the same time. They mostly wait.
const AT_ONCE: usize = 24;

/// `HISTORY=WORDS` plays only the histories whose name contains these words, and then also those that
/// take longer than a minute.
#[test]
#[expect(
    clippy::print_stdout,
    reason = "a test's output is where its figures are"
)]
fn every_history_of_an_independent_ecs_gets_the_right_verdict() {
    let mut histories = histories::all();
    if let Ok(words) = std::env::var("HISTORY") {
        histories.extend(histories::long());
        histories.retain(|history| history.name.contains(&words));
    }
    // The longest first, so that none of them is played alone at the end.
    histories.sort_by(|a, b| b.length().total_cmp(&a.length()));
    let count = histories.len();
    let histories: Vec<Mutex<Option<History>>> =
        histories.into_iter().map(|h| Mutex::new(Some(h))).collect();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(history) = histories.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let history = history.lock().unwrap().take().unwrap();
                    if let Err(what) = history.play() {
                        wrong.lock().unwrap().push(what);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{} of {count} wrong\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
    println!(
        "{count} histories, 0 wrong, in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
}

#[test]
fn the_independent_ecs_shares_nothing_with_the_fakes_or_with_our_types() {
    let folder = repository().join("tests/stories/independent_ecs");
    let mut folders = vec![folder];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let source = std::fs::read_to_string(&path).unwrap();
            for other in [
                "fakes::",
                "rollout::",
                "ecs_model::",
                "ecs_client::",
                "ecs_document::",
            ] {
                assert!(!source.contains(other), "{} uses {other}", path.display());
            }
        }
    }
    assert!(files > 10, "only {files} files were read");
}
