//! The repository contains no spelling mistakes. `typos.toml` lists the words that are accepted.

use stories::counterparts::{Unavailable, not_run, tool};
use stories::programs::{command, repository, run};

#[test]
fn typos_finds_nothing() {
    let Some(typos) = tool("python/bin/typos") else {
        let why = "run cargo xtask test, which installs it".to_owned();
        let what = "typos";
        return not_run("spelling", &Unavailable { what, why });
    };
    let mut typos = command(typos);
    typos.args(["--format", "brief", "--config", "typos.toml"]);
    typos.current_dir(repository());
    let found = run(&mut typos);
    assert_eq!(found.code, 0, "\n{}{}", found.stdout, found.stderr);
}
