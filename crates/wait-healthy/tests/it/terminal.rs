//! The live table on a terminal, which untrusted text cannot break. `script` provides the terminal.

use std::process::Command;
use std::time::Duration;

use fakes::{Change, Rollout};

use crate::scene::Scene;

#[test]
fn a_terminal_gets_a_table_that_untrusted_text_cannot_break() {
    let scene = Scene::running();
    let hostile = "\u{1b}[2J\u{1b}]0;title\u{7}hostile\r\n::error::event".to_owned();
    let rollout = Rollout::healthy()
        .over(Duration::from_secs(4))
        .also(Duration::from_millis(500), Change::Event(hostile));
    let id = scene.deploy(rollout);
    let wait = scene.command(&["--deployment", &id]);
    let arguments: Vec<&str> = std::iter::once(wait.get_program())
        .chain(wait.get_args())
        .map(|argument| argument.to_str().unwrap())
        .collect();
    let mut terminal = Command::new("script");
    terminal
        .args(["-qec", &arguments.join(" "), "/dev/null"])
        .env_clear()
        .envs(scene.cloud.env())
        .env("TERM", "xterm")
        .current_dir(wait.get_current_dir().unwrap());
    let ran = scene.ran(terminal.output().unwrap()).expect(0, "succeeded");
    let shown = ran.stdout;
    for text in [
        &format!("▸ {id}"),
        "deployment ",
        "desired running healthy",
        "tasks    ",
        "targets  ",
        "ECS: hostile",
        "ECS: ::error::event",
        "2 of 2 tasks healthy in the load balancer",
    ] {
        assert!(shown.contains(text), "{text:?} is not shown:\n{shown}");
    }
    for foreign in ["\u{1b}[2J", "\u{1b}]0;", "\n::error"] {
        assert!(!shown.contains(foreign), "{foreign:?} is shown:\n{shown}");
    }
}
