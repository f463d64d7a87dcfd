//! `cargo xtask release --check`: plays a release against a bare repository and a fake GitHub.
//!
//! A release itself is made by the workflow `release.yml`; docs/releasing.md is its runbook. Decided here:
//! what must be true after each rehearsed release. Never here: how a release is published; the scripts in
//! `.github/release/` do that, here as there.

mod rehearsal;

use rehearsal::{Outcome, Rehearsal, VERSION};

/// `release`'s arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Rehearse releases against a bare repository and a fake GitHub
    #[arg(long, required = true)]
    check: bool,
}

type Check = fn() -> Outcome;
type Change = fn(&Rehearsal) -> Outcome;

/// What is rehearsed, each in a repository of its own.
const REHEARSALS: [(&str, Check); 9] = [
    (
        "a first release makes its tag, v1 and its files",
        first_release,
    ),
    ("a whole second run changes nothing", second_run),
    (
        "a run that fails at any request succeeds when run again",
        every_failure,
    ),
    (
        "a push that is refused succeeds when run again",
        refused_push,
    ),
    ("a pre-release never moves v1", prerelease),
    ("a fix of an older version never moves v1 back", older_fix),
    (
        "files that no build job reported are refused",
        foreign_files,
    ),
    ("a published version never changes", changed_bytes),
    ("only a commit of main that passed CI is released", gate),
];

/// Rehearses, and prints one line for each rehearsal.
pub fn run(args: &Args) -> Result<(), String> {
    if !args.check {
        return Err("a release is made by the workflow release.yml: see docs/releasing.md".into());
    }
    let mut failed = 0;
    for (what, rehearse) in REHEARSALS {
        match rehearse() {
            Ok(()) => println!("release: {what}"),
            Err(why) => {
                failed += 1;
                println!("release: FAILED: {what}\n{why}");
            }
        }
    }
    match failed {
        0 => Ok(()),
        failed => Err(format!(
            "{failed} of {} rehearsals failed",
            REHEARSALS.len()
        )),
    }
}

fn first_release() -> Outcome {
    let rehearsal = Rehearsal::begin()?;
    rehearsal.gate(VERSION)?;
    rehearsal.publish(VERSION)?;
    rehearsal.expect_published(VERSION)?;
    rehearsal.expect_tag("v1", Some("v1.0.0"))?;
    rehearsal.expect_latest(VERSION)
}

fn second_run() -> Outcome {
    let rehearsal = Rehearsal::begin()?;
    rehearsal.publish(VERSION)?;
    let before = rehearsal.state()?;
    rehearsal.publish(VERSION)?;
    rehearsal.expect(
        before == rehearsal.state()?,
        "the second run changed something",
    )
}

fn every_failure() -> Outcome {
    for (operation, skip) in [
        ("ListReleases", 0),
        ("CreateRelease", 0),
        ("UploadReleaseAsset", 0),
        ("UploadReleaseAsset", 2),
        ("UpdateRelease", 0),
    ] {
        for kind in ["cut before", "cut after", "502"] {
            let rehearsal = Rehearsal::begin()?;
            rehearsal.fail_once(operation, skip, kind);
            let first = rehearsal.publish(VERSION);
            let at = format!("{operation} {kind}, after {skip}");
            rehearsal.expect(first.is_err(), &format!("{at}: the first run did not fail"))?;
            rehearsal
                .publish(VERSION)
                .map_err(|e| format!("{at}: {e}"))?;
            rehearsal
                .expect_published(VERSION)
                .map_err(|e| format!("{at}: {e}"))?;
            rehearsal.expect_tag("v1", Some("v1.0.0"))?;
        }
    }
    Ok(())
}

fn refused_push() -> Outcome {
    let rehearsal = Rehearsal::begin()?;
    for reference in ["refs/tags/v1.0.0", "refs/tags/v1"] {
        rehearsal.refuse_pushes_to(Some(reference))?;
        let first = rehearsal.publish(VERSION);
        rehearsal.expect(first.is_err(), "a refused push was not noticed")?;
    }
    rehearsal.refuse_pushes_to(None)?;
    rehearsal.publish(VERSION)?;
    rehearsal.expect_published(VERSION)?;
    rehearsal.expect_tag("v1", Some("v1.0.0"))
}

fn prerelease() -> Outcome {
    let rehearsal = Rehearsal::begin()?;
    rehearsal.publish("1.0.0-rc.1")?;
    rehearsal.expect_published("1.0.0-rc.1")?;
    rehearsal.expect_tag("v1", None)?;
    rehearsal.publish("1.0.0")?;
    rehearsal.publish("1.1.0-rc.1")?;
    rehearsal.expect_tag("v1", Some("v1.0.0"))?;
    rehearsal.expect_latest("1.0.0")
}

fn older_fix() -> Outcome {
    let rehearsal = Rehearsal::begin()?;
    for version in ["1.0.0", "1.10.0", "2.0.0", "1.9.1"] {
        rehearsal.publish(version)?;
        rehearsal.expect_published(version)?;
    }
    rehearsal.expect_tag("v1", Some("v1.10.0"))?;
    rehearsal.expect_tag("v2", Some("v2.0.0"))?;
    rehearsal.expect_latest("2.0.0")
}

/// A build script of a dependency runs in a build job, which can write nothing but that job's files.
/// Neither another file nor other bytes reach the job that signs.
fn foreign_files() -> Outcome {
    let spoilers: [(&str, Change); 4] = [
        ("other bytes", |r| {
            r.write_asset("fargate-pipeline-x86_64-linux", b"#!/bin/sh\n")
        }),
        ("one file more", |r| {
            r.write_asset("install.sh", b"#!/bin/sh\n")
        }),
        ("one file less", |r| r.remove_asset("sbom.json")),
        ("a link", |r| r.link_asset("sbom.json", "/etc/hostname")),
    ];
    for (what, spoil) in spoilers {
        let rehearsal = Rehearsal::begin()?;
        spoil(&rehearsal)?;
        let refused = rehearsal.publish(VERSION);
        rehearsal.expect(refused.is_err(), &format!("{what}: not refused"))?;
        rehearsal.expect_tag("v1.0.0", None)?;
        rehearsal.expect(
            rehearsal.releases() == 0,
            &format!("{what}: a release was made"),
        )?;
    }
    Ok(())
}

fn changed_bytes() -> Outcome {
    let rehearsal = Rehearsal::begin()?;
    rehearsal.publish(VERSION)?;
    let before = rehearsal.state()?;
    for file in ["fargate-pipeline-x86_64-linux", "sbom.json"] {
        let refused = rehearsal.publish_rebuilt(file, b"other bytes");
        rehearsal.expect(refused.is_err(), "other bytes were published")?;
    }
    rehearsal.expect(before == rehearsal.state()?, "a published release changed")
}

fn gate() -> Outcome {
    let rehearsal = Rehearsal::begin()?;
    rehearsal.gate(VERSION)?;
    for (version, hint) in [
        ("1.0", "semantic"),
        ("v1.0.0", "semantic"),
        ("1.0.1", "Cargo.toml has"),
    ] {
        let refused = rehearsal.gate(version).err().unwrap_or_default();
        rehearsal.expect(refused.contains(hint), &format!("{version}: {refused}"))?;
    }
    let refused = rehearsal
        .gate_of("refs/heads/fix", VERSION)
        .err()
        .unwrap_or_default();
    rehearsal.expect(refused.contains("from main"), &refused)?;
    rehearsal.commit_without_ci()?;
    let refused = rehearsal.gate(VERSION).err().unwrap_or_default();
    rehearsal.expect(refused.contains("CI has not passed"), &refused)
}

#[cfg(test)]
mod tests {
    use super::{Args, run};

    #[test]
    fn every_rehearsal_of_a_release_passes() {
        assert_eq!(run(&Args { check: true }), Ok(()));
    }
}
