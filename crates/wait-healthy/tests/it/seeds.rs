//! Plays many seeds on all cores, each on paused time of its own.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::{Builder, Runtime};

/// A number from an environment variable.
pub fn count(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|n| n.parse().ok())
}

/// A runtime on one thread whose time passes only while everything waits.
pub fn paused_runtime() -> Runtime {
    let mut runtime = Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap()
}

/// Plays the seeds from 0 to `count` - 1. Returns the results in the order in which they ended.
pub fn play<T: Send>(count: u64, play: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let next = AtomicU64::new(0);
    let work = || {
        let mut results = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= count {
                return results;
            }
            results.push(play(seed));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    })
}
