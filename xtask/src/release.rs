//! `cargo xtask release --check`: plays a release against a bare repository and a fake GitHub.
//!
//! A release itself is made by the workflow `release.yml`; docs/releasing.md is its runbook. Decided here:
//! what must be true after each rehearsed release. Never here: how a release is published; the scripts in
//! `.github/release/` do that, here as there.

mod files;
mod rehearsal;

use files::Reported;
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
type Lie = fn(&Rehearsal, &mut Reported) -> Outcome;

/// What is rehearsed, each in a repository of its own.
const REHEARSALS: [(&str, Check); 10] = [
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
    (
        "a build job cannot report a file of another job",
        lying_jobs,
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

/// A build script of a dependency runs in a build job, which can write artifacts and its own output. Neither another
/// file nor other bytes than were reported reach the job that signs.
fn foreign_files() -> Outcome {
    let spoilers: [(&str, Change); 5] = [
        ("other bytes", |r| {
            r.write_file("fargate-pipeline-x86_64-linux", b"#!/bin/sh\n")
        }),
        ("another manifest", |r| r.write_file("manifest.json", b"{}")),
        ("one file more", |r| {
            r.write_file("install.sh", b"#!/bin/sh\n")
        }),
        ("one file less", |r| {
            r.remove_file("fargate-pipeline.cdx.json")
        }),
        ("a link", |r| {
            r.link_file("fargate-pipeline.cdx.json", "/etc/hostname")
        }),
    ];
    for (what, spoil) in spoilers {
        let rehearsal = Rehearsal::begin()?;
        let reported = rehearsal.describe(VERSION)?;
        spoil(&rehearsal)?;
        expect_refused(what, &rehearsal, &reported)?;
    }
    Ok(())
}

/// What a malicious build script in one job could do, if it also controls the output and the artifact of that job.
fn lying_jobs() -> Outcome {
    let lies: [(&str, Lie); 7] = [
        ("two checksums instead of one", |r, reported| {
            r.write_file("fargate-pipeline-evil-linux", b"evil")?;
            let sum = r.sum("fargate-pipeline-evil-linux")?;
            reported.x86_64 += &format!("\n{sum}  fargate-pipeline-evil-linux");
            reported.rebuilt = reported.x86_64.clone();
            Ok(())
        }),
        ("no checksum", |_, reported| {
            reported.aarch64.clear();
            Ok(())
        }),
        ("a program that another job describes", |r, reported| {
            let name = "fargate-pipeline-aarch64-linux";
            r.write_file(name, b"evil")?;
            reported.descriptions += &format!("{}  {name}\n", r.sum(name)?);
            Ok(())
        }),
        ("an installer that another job describes", |r, reported| {
            r.write_file("install.sh", b"evil")?;
            reported.descriptions += &format!("{}  install.sh\n", r.sum("install.sh")?);
            Ok(())
        }),
        ("a path outside of the directory", |r, reported| {
            r.write_file("../escaped", b"evil")?;
            reported.descriptions += &format!("{}  ../escaped\n", r.sum("../escaped")?);
            Ok(())
        }),
        ("a manifest with other programs", |r, reported| {
            let before = r.sum("manifest.json")?;
            r.write_file("manifest.json", b"{\"programs\": []}")?;
            let after = r.sum("manifest.json")?;
            reported.descriptions = reported.descriptions.replace(&before, &after);
            Ok(())
        }),
        ("a second build with other bytes", |r, reported| {
            r.write_file("fargate-pipeline-x86_64-linux", b"evil")?;
            reported.x86_64 = r.sum("fargate-pipeline-x86_64-linux")?;
            Ok(())
        }),
    ];
    for (what, lie) in lies {
        let rehearsal = Rehearsal::begin()?;
        let mut reported = rehearsal.describe(VERSION)?;
        lie(&rehearsal, &mut reported)?;
        expect_refused(what, &rehearsal, &reported)?;
    }
    Ok(())
}

fn expect_refused(what: &str, rehearsal: &Rehearsal, reported: &Reported) -> Outcome {
    let refused = rehearsal.publish_reported(VERSION, reported);
    let why = refused.err().unwrap_or_default();
    // Refused by our check and not by chance, e.g. because a later step failed.
    let is_refused = why.starts_with("publish.sh [\"verify\"]") && why.contains("error: ");
    rehearsal.expect(is_refused, &format!("{what}: not refused: {why}"))?;
    rehearsal.expect_tag("v1.0.0", None)?;
    rehearsal.expect(
        rehearsal.releases() == 0,
        &format!("{what}: a release was made"),
    )
}

fn changed_bytes() -> Outcome {
    let rehearsal = Rehearsal::begin()?;
    rehearsal.publish(VERSION)?;
    let before = rehearsal.state()?;
    for file in ["fargate-pipeline-x86_64-linux", "fargate-pipeline.cdx.json"] {
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
