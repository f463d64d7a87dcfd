//! A repository with the release's scripts, a bare repository as its remote, and a fake GitHub.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fakes::{Cloud, Fault, WorkflowRun};
use serde_json::json;
use stories::programs::repository;
use tempfile::TempDir;

use super::files::{self, ASSETS, DESCRIPTIONS, PROGRAMS, Reported, SOURCES, sha256};

/// The version in the rehearsal's Cargo.toml.
pub const VERSION: &str = "1.0.0";

/// Ok, or what was not as it must be.
pub type Outcome = Result<(), String>;

const REPOSITORY: &str = "acme/pipeline";
/// Programs that a job with the permission to sign must not run.
const COMPILERS: [&str; 6] = ["cargo", "rustc", "cc", "gcc", "npm", "pip"];

/// One rehearsal.
pub struct Rehearsal {
    cloud: Cloud,
    folder: TempDir,
}

impl Rehearsal {
    /// A repository whose commit on main passed CI, and the files that its build jobs made.
    pub fn begin() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(text)?;
        let rehearsal = Self {
            cloud: Cloud::start(),
            folder,
        };
        rehearsal.lay_out().map_err(text)?;
        let checkout = rehearsal.checkout();
        git(
            &rehearsal.path(""),
            &["init", "--quiet", "--bare", "remote.git"],
        )?;
        git(&checkout, &["init", "--quiet", "--initial-branch=main"])?;
        rehearsal.commit("Source")?;
        let sha = rehearsal.head()?;
        let run = |workflow: &str, conclusion: &str| WorkflowRun {
            workflow: workflow.into(),
            head_sha: sha.clone(),
            branch: "main".into(),
            event: "push".into(),
            conclusion: conclusion.into(),
        };
        let github = rehearsal.cloud.github();
        github.workflow_run(REPOSITORY, run("ci.yml", "failure"));
        github.workflow_run(REPOSITORY, run("ci.yml", "success"));
        Ok(rehearsal)
    }

    fn lay_out(&self) -> std::io::Result<()> {
        let checkout = self.checkout();
        std::fs::create_dir_all(checkout.join(".github/release"))?;
        std::fs::create_dir_all(checkout.join("dist"))?;
        std::fs::create_dir_all(self.path("files/completions"))?;
        std::fs::create_dir_all(self.path("files/man"))?;
        std::fs::create_dir_all(self.path("traps"))?;
        let version = format!("[workspace.package]\nversion = \"{VERSION}\"\n");
        std::fs::write(checkout.join("Cargo.toml"), version)?;
        std::fs::write(checkout.join("dist/README.md"), "# dist\n")?;
        for name in SOURCES {
            std::fs::copy(repository().join(name), checkout.join(name))?;
        }
        for (name, content) in PROGRAMS.iter().chain(&DESCRIPTIONS) {
            std::fs::write(self.path("files").join(name), content)?;
        }
        for program in COMPILERS {
            let trap = self.path("traps").join(program);
            std::fs::write(&trap, "#!/bin/sh\ntouch \"$TRAP\"\nexit 1\n")?;
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(&trap, mode)?;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn checkout(&self) -> PathBuf {
        self.path("checkout")
    }

    fn commit(&self, subject: &str) -> Outcome {
        let checkout = self.checkout();
        git(&checkout, &["add", "--all"])?;
        git(
            &checkout,
            &["commit", "--quiet", "--allow-empty", "--message", subject],
        )?;
        Ok(())
    }

    fn head(&self) -> Result<String, String> {
        git(&self.checkout(), &["rev-parse", "HEAD"])
    }

    /// Writes manifest.json as the describing job does, and reports what the build jobs would for a version.
    pub fn describe(&self, version: &str) -> Result<Reported, String> {
        let [x86_64, aarch64] = PROGRAMS.map(|(name, _)| self.sum(name));
        let (x86_64, aarch64) = (x86_64?, aarch64?);
        let program = |name: &str, sum: &str| json!({"file": name, "sha256": sum});
        let manifest = json!({
            "version": version,
            "commit": self.head()?,
            "programs": [program(PROGRAMS[0].0, &x86_64), program(PROGRAMS[1].0, &aarch64)],
        });
        self.write_file("manifest.json", manifest.to_string().as_bytes())?;
        let mut descriptions = String::new();
        let names = DESCRIPTIONS.iter().map(|(name, _)| *name);
        for name in names.chain(["manifest.json"]) {
            writeln!(descriptions, "{}  {name}", self.sum(name)?).map_err(text)?;
        }
        Ok(Reported {
            rebuilt: x86_64.clone(),
            x86_64,
            aarch64,
            descriptions,
        })
    }

    /// The SHA-256 of a file of the build jobs.
    pub fn sum(&self, name: &str) -> Result<String, String> {
        sha256(&self.path("files").join(name))
    }

    /// A commit on main for which no CI ran.
    pub fn commit_without_ci(&self) -> Outcome {
        self.commit("Not tested")
    }

    /// Runs the check before a release on main.
    pub fn gate(&self, version: &str) -> Outcome {
        self.gate_of("refs/heads/main", version)
    }

    /// Runs the check before a release on another branch.
    pub fn gate_of(&self, reference: &str, version: &str) -> Outcome {
        self.script(
            "gate.sh",
            &[],
            &[("GITHUB_REF", reference), ("VERSION", version)],
        )
    }

    /// Runs the steps of the publishing job in their order.
    pub fn publish(&self, version: &str) -> Outcome {
        self.publish_reported(version, &self.describe(version)?)
    }

    /// The same, with what the build jobs reported.
    pub fn publish_reported(&self, version: &str, reported: &Reported) -> Outcome {
        for step in ["verify", "pack", "tag", "release", "move"] {
            let variables = [
                ("VERSION", version),
                ("SHA256_X86_64_LINUX", &reported.x86_64),
                ("SHA256_AARCH64_LINUX", &reported.aarch64),
                ("SHA256_REBUILT", &reported.rebuilt),
                ("DESCRIPTIONS", &reported.descriptions),
            ];
            self.script("publish.sh", &[step], &variables)?;
        }
        Ok(())
    }

    fn script(&self, name: &str, args: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let trap = self.path("trapped");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut script = Command::new(self.checkout().join(".github/release").join(name));
        script
            .args(args)
            .env("PATH", format!("{}:{path}", self.path("traps").display()))
            .env("TRAP", &trap)
            .envs(variables.iter().copied())
            .env("FILES", self.path("files"))
            .env("ASSETS", self.path("assets"))
            .env("REMOTE", self.path("remote.git"))
            .env("GITHUB_SHA", self.head()?)
            .env("GITHUB_REPOSITORY", REPOSITORY)
            .env("GITHUB_API_URL", self.cloud.endpoint_url())
            .env("GITHUB_SERVER_URL", "https://github.example")
            .env("GH_TOKEN", self.cloud.github().token());
        let output = without_settings(&mut script).output().map_err(text)?;
        if trap.exists() {
            return Err(format!("{name} {args:?} ran a compiler or a built file"));
        }
        succeeded(&format!("{name} {args:?}"), &output).map(drop)
    }

    /// One request of GitHub fails after `skip` of its kind: the connection is cut before the work is done
    /// or after it, or the answer is 502.
    pub fn fail_once(&self, operation: &str, skip: u64, kind: &str) {
        let rule = Fault::on("github", operation).skip(skip);
        self.cloud.fault(match kind {
            "cut before" => rule.cut_before_answer(),
            "cut after" => rule.cut_after_work(),
            _ => rule.status(502),
        });
    }

    /// The remote refuses pushes to a reference, or none.
    pub fn refuse_pushes_to(&self, reference: Option<&str>) -> Outcome {
        let hook = self.path("remote.git/hooks/update");
        let refused = reference.unwrap_or("none");
        let content = format!("#!/bin/sh\n[ \"$1\" != {refused} ]\n");
        std::fs::write(&hook, content).map_err(text)?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&hook, mode).map_err(text)
    }

    /// Puts bytes into a file of the build jobs.
    pub fn write_file(&self, name: &str, content: &[u8]) -> Outcome {
        std::fs::write(self.path("files").join(name), content).map_err(text)
    }

    /// Removes a file of the build jobs.
    pub fn remove_file(&self, name: &str) -> Outcome {
        std::fs::remove_file(self.path("files").join(name)).map_err(text)
    }

    /// Puts a link in the place of a file.
    pub fn link_file(&self, name: &str, to: &str) -> Outcome {
        self.remove_file(name)?;
        std::os::unix::fs::symlink(to, self.path("files").join(name)).map_err(text)
    }

    /// Publishes with build jobs that made and reported another file; restores the file afterwards.
    pub fn publish_rebuilt(&self, name: &str, content: &[u8]) -> Outcome {
        let before = std::fs::read(self.path("files").join(name)).map_err(text)?;
        self.write_file(name, content)?;
        let published = self.publish(VERSION);
        self.write_file(name, &before)?;
        published
    }

    /// The number of releases, drafts included.
    pub fn releases(&self) -> usize {
        self.cloud.github().releases(REPOSITORY).len()
    }

    /// All tags and releases, to compare.
    pub fn state(&self) -> Result<String, String> {
        let tags = git(&self.path("remote.git"), &["show-ref"])?;
        let releases = self.cloud.github().releases(REPOSITORY);
        Ok(format!("{tags}\n{releases:?}"))
    }

    /// The release of a version is published with every file, and its tag has the programs in dist/.
    pub fn expect_published(&self, version: &str) -> Outcome {
        let tag = format!("v{version}");
        let releases = self.cloud.github().releases(REPOSITORY);
        let mut of_tag = releases.iter().filter(|release| release.tag == tag);
        let release = of_tag.next().ok_or(format!("there is no release {tag}"))?;
        self.expect(of_tag.next().is_none(), "there are two releases of one tag")?;
        self.expect(!release.draft, "the release is a draft")?;
        self.expect(
            release.prerelease == version.contains('-'),
            "wrong kind of release",
        )?;
        let mut names: Vec<&str> = release.assets.iter().map(|a| a.name.as_str()).collect();
        names.sort_unstable();
        let programs = PROGRAMS.map(|(name, _)| name);
        let mut wanted: Vec<&str> = ASSETS.into_iter().chain(programs).collect();
        wanted.sort_unstable();
        self.expect(names == wanted, &format!("{tag} has {names:?}"))?;
        files::expect_built(&self.path("published"), release)?;
        let tree = git(
            &self.path("remote.git"),
            &[
                "ls-tree",
                "-r",
                "--format=%(objectmode) %(path)",
                &tag,
                "dist/",
            ],
        )?;
        let wanted = "100644 dist/README.md\n100644 dist/SHA256SUMS\n\
             100755 dist/fargate-pipeline-aarch64-linux\n\
             100755 dist/fargate-pipeline-x86_64-linux\n100644 dist/manifest.json";
        self.expect(tree == wanted, &format!("{tag} has in dist/:\n{tree}"))?;
        let parent = git(&self.path("remote.git"), &["rev-parse", &format!("{tag}^")])?;
        self.expect(
            parent == self.head()?,
            "the tag is not on top of the source commit",
        )
    }

    /// The remote's tag is the same commit as another tag, or absent.
    pub fn expect_tag(&self, tag: &str, same_as: Option<&str>) -> Outcome {
        let remote = self.path("remote.git");
        let commit = |tag: &str| {
            let name = format!("refs/tags/{tag}");
            git(&remote, &["for-each-ref", "--format=%(objectname)", &name])
        };
        let found = commit(tag)?;
        match same_as {
            None => self.expect(found.is_empty(), &format!("{tag} was made")),
            Some(other) => {
                let wanted = commit(other)?;
                let why = format!("{tag} is {found}, not {other} ({wanted})");
                self.expect(!found.is_empty() && found == wanted, &why)
            }
        }
    }

    /// GitHub shows this version, and no other, as the latest.
    pub fn expect_latest(&self, version: &str) -> Outcome {
        let releases = self.cloud.github().releases(REPOSITORY);
        let latest: Vec<&str> = releases
            .iter()
            .filter(|release| release.is_latest)
            .map(|release| release.tag.as_str())
            .collect();
        let wanted = format!("v{version}");
        self.expect(
            latest == [wanted.as_str()],
            &format!("the latest is {latest:?}"),
        )
    }

    /// Err with the reason if the fact is not so.
    pub fn expect(&self, fact: bool, why: &str) -> Outcome {
        if fact { Ok(()) } else { Err(why.to_owned()) }
    }
}

/// Without the user's Git configuration.
fn without_settings(command: &mut Command) -> &mut Command {
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("LC_ALL", "C.UTF-8")
}

fn git(folder: &Path, args: &[&str]) -> Result<String, String> {
    let mut git = Command::new("git");
    git.args([
        "-c",
        "user.name=Tester",
        "-c",
        "user.email=tester@example.com",
    ]);
    let output = without_settings(git.args(args).current_dir(folder))
        .output()
        .map_err(text)?;
    succeeded(&format!("git {}", args.join(" ")), &output)
}

fn succeeded(what: &str, output: &Output) -> Result<String, String> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(stdout.trim_end().to_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!("{what}: {}\n{stdout}{stderr}", output.status))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
