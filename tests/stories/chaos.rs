//! `cargo xtask chaos` finds a request that is sent twice. `cargo xtask test` itself runs it without mistakes.

use std::process::Command;

use stories::programs::{Ran, program, repository, run};

/// Runs some pipelines, with mutable tags in about half of them, in which this kind of request is sent twice.
fn planted(kind: &str) -> Ran {
    let mut chaos = Command::new(program("xtask"));
    chaos
        .current_dir(repository())
        .args(["chaos", "--seed", "1", "--runs", "12", "--planted", kind])
        .env("CARGO", env!("CARGO"))
        .env_remove("FARGATE_RESULTS");
    run(&mut chaos)
}

#[test]
fn a_request_that_is_sent_twice_is_found() {
    let kinds = [
        ("manifest", "the same manifest was sent 2 times"),
        ("revision", "the same document was registered 2 times"),
        ("comment", "there are 2 comments"),
    ];
    std::thread::scope(|scope| {
        for (kind, finding) in kinds {
            scope.spawn(move || {
                let ran = planted(kind).expect(1);
                assert!(ran.stdout.contains(finding), "{kind}: {}", ran.stdout);
                assert!(ran.stdout.contains("cargo xtask chaos --seed "));
            });
        }
    });
}
