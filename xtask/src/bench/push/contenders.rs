//! The programs that push, what they push, and how much each one sends.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use stories::counterparts::{DockerEngine, DockerRegistry, skopeo};
use stories::programs::command;

use super::{Contender, Image, finish, once};

pub const OURS_FOLDER: &str = "ecr-push oci";
pub const CURL: &str = "4 curls oci";
pub const SKOPEO_FOLDER: &str = "skopeo oci";
pub const OURS_ARCHIVE: &str = "ecr-push oci-archive";
pub const SKOPEO_ARCHIVE: &str = "skopeo oci-archive";
pub const OURS_SAVED: &str = "ecr-push docker-archive";
pub const SKOPEO_SAVED: &str = "skopeo docker-archive";
pub const DOCKER: &str = "docker push";
/// On a fresh runner, with the image unchanged in the registry.
pub const OURS_AGAIN: &str = "ecr-push again";
pub const OURS_OTHER_TAG: &str = "ecr-push again, new tag";
pub const OURS_FOLDER_AGAIN: &str = "ecr-push oci again";
pub const SKOPEO_AGAIN: &str = "skopeo again";

/// Four parallel uploads without verification: the minimum that the protocol requires.
const CURLS: &str = r#"set -eu
host=$1 manifest=$2; shift 2
printf '%s\n' "$@" | xargs -n 2 -P 4 sh -euc '
  session=$(curl -fsS -o /dev/null -d "" -w "%header{location}" "$0/blobs/uploads/")
  curl -fsS -H Expect: -H "Content-Type: application/octet-stream" -T "$1" "$session&digest=$2"
' "$host/v2/app"
curl -fsS -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' -T "$manifest" "$host/v2/app/manifests/v1"
"#;

/// Everything that a push needs.
pub struct Scene {
    pub program: PathBuf,
    pub image: Image,
    /// Emptied before each cold push.
    pub registry: DockerRegistry,
    /// Keeps the image as each tool pushed it.
    pub kept: DockerRegistry,
    pub engine: DockerEngine,
    pub scratch: PathBuf,
}

/// What a push sent.
#[derive(Debug)]
pub struct Counted {
    pub requests: usize,
    /// What it stored: the sizes of blobs and manifests.
    pub bytes: u64,
    /// The resource usage of dockerd, which does the work of its client.
    pub engine_cpu: Duration,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>3} requests", self.requests)?;
        if self.bytes > 0 {
            write!(f, ", {:.1} MB", self.bytes as f64 / 1e6)?;
        }
        if self.engine_cpu > Duration::from_millis(100) {
            write!(f, ", dockerd cpu {:.1} s", self.engine_cpu.as_secs_f64())?;
        }
        Ok(())
    }
}

impl Scene {
    /// Puts the image where each tool reads it: into the registry that keeps it, and into the
    /// engine.
    pub fn fill(&self) -> Result<(), String> {
        let saved = self.source("docker-archive", &self.image.saved);
        let folder = self.source("oci", &self.image.folder);
        let loaded = self.image.saved.display().to_string();
        for mut fill in [
            self.ours(&saved, &self.kept, "ours", &[]),
            self.ours(&folder, &self.kept, "folder", &[]),
            self.skopeo(&saved, &self.kept, "skopeo")?,
            command_of(
                self.engine.docker(),
                &["load", "--quiet", "--input", &loaded],
            ),
            command_of(
                self.engine.docker(),
                &["tag", "bench:v1", &self.docker_name()],
            ),
        ] {
            let ran = finish(&mut fill);
            if ran.code != 0 {
                return Err(format!("{fill:?} failed: {}", ran.stderr));
            }
        }
        Ok(())
    }

    pub fn contenders(&self) -> Result<Vec<Contender<'_>>, String> {
        let folder = self.source("oci", &self.image.folder);
        let archive = self.source("oci-archive", &self.image.archive);
        let saved = self.source("docker-archive", &self.image.saved);
        let curls = self.curls()?;
        // Checked once; from here on it exists.
        self.skopeo(&saved, &self.kept, "skopeo")?;
        let ours = |name, source: &str| {
            let source = source.to_owned();
            self.cold(name, move || self.ours(&source, &self.registry, "app", &[]))
        };
        let theirs = |name, source: &str| {
            let source = source.to_owned();
            self.cold(name, move || self.must(&source, &self.registry, "app"))
        };
        let again = |name, source: &str, repository: &'static str| Contender {
            name,
            prepare: Box::new(|| Ok(())),
            command: {
                let source = source.to_owned();
                Box::new(move || self.ours(&source, &self.kept, repository, &[]))
            },
        };
        Ok(vec![
            ours(OURS_FOLDER, &folder),
            self.cold(CURL, move || command_of(command("sh"), &curls)),
            theirs(SKOPEO_FOLDER, &folder),
            ours(OURS_ARCHIVE, &archive),
            theirs(SKOPEO_ARCHIVE, &archive),
            ours(OURS_SAVED, &saved),
            theirs(SKOPEO_SAVED, &saved),
            self.cold(DOCKER, || {
                command_of(
                    self.engine.docker(),
                    &["push", "--quiet", &self.docker_name()],
                )
            }),
            again(OURS_AGAIN, &saved, "ours"),
            again(OURS_FOLDER_AGAIN, &folder, "folder"),
            Contender {
                name: OURS_OTHER_TAG,
                prepare: Box::new(|| {
                    self.kept
                        .forget_tag("ours", "v2")
                        .map_err(|e| e.to_string())
                }),
                command: {
                    let source = saved.clone();
                    let more = ["--tag", "v2", "--cache-from", "v1"];
                    Box::new(move || self.ours_tagged(&source, &self.kept, "ours", &more))
                },
            },
            Contender {
                name: SKOPEO_AGAIN,
                prepare: Box::new(|| self.forget_cache()),
                command: Box::new(move || self.must(&saved, &self.kept, "skopeo")),
            },
        ])
    }

    /// Runs a contender once and counts what it sends.
    pub fn count(&self, contender: &Contender<'_>) -> Result<Counted, String> {
        let requests = || -> Result<usize, String> {
            // The registry may write the last lines of its log after the response.
            std::thread::sleep(Duration::from_millis(200));
            let both = [&self.registry, &self.kept].map(DockerRegistry::requests);
            both.into_iter()
                .sum::<Result<usize, _>>()
                .map_err(|e| e.to_string())
        };
        self.registry.wipe().map_err(|e| e.to_string())?;
        (contender.prepare)()?;
        let (before, cpu_before) = (requests()?, self.engine_cpu()?);
        once(contender)?;
        Ok(Counted {
            requests: requests()? - before,
            // None if the contender pushes into the other registry.
            bytes: self.registry.bytes().unwrap_or_default(),
            engine_cpu: self.engine_cpu()? - cpu_before,
        })
    }

    fn cold<'s>(&'s self, name: &'static str, command: impl Fn() -> Command + 's) -> Contender<'s> {
        Contender {
            name,
            prepare: Box::new(|| {
                self.registry.wipe().map_err(|e| e.to_string())?;
                self.forget_cache()
            }),
            command: Box::new(command),
        }
    }

    fn source(&self, kind: &str, path: &Path) -> String {
        format!("{kind}:{}", path.display())
    }

    pub fn ours(
        &self,
        source: &str,
        to: &DockerRegistry,
        repository: &str,
        more: &[&str],
    ) -> Command {
        self.ours_tagged(source, to, repository, &[&["--tag", "v1"], more].concat())
    }

    fn ours_tagged(
        &self,
        source: &str,
        to: &DockerRegistry,
        repository: &str,
        more: &[&str],
    ) -> Command {
        let mut push = command(&self.program);
        push.args(["ecr-push", "--source", source, "--registry", &to.url()]);
        push.args(["--repository", repository]).args(more);
        push.env("TMPDIR", &self.scratch);
        push
    }

    fn skopeo(
        &self,
        source: &str,
        to: &DockerRegistry,
        repository: &str,
    ) -> Result<Command, String> {
        let program = skopeo().map_err(|e| e.to_string())?;
        let to = format!("docker://{}/{repository}:v1", to.host());
        let mut copy = command(program);
        copy.args([
            "--insecure-policy",
            "copy",
            "--quiet",
            "--dest-tls-verify=false",
        ]);
        copy.args([source, &to])
            .env("TMPDIR", &self.scratch)
            .env("HOME", &self.scratch);
        // As root, skopeo would remember blobs in /var/lib. A fresh runner remembers none.
        copy.env("_CONTAINERS_ROOTLESS_UID", "1000")
            .env("XDG_DATA_HOME", self.cache());
        Ok(copy)
    }

    /// The same command, after skopeo was found.
    fn must(&self, source: &str, to: &DockerRegistry, repository: &str) -> Command {
        self.skopeo(source, to, repository)
            .expect("skopeo was there")
    }

    fn cache(&self) -> PathBuf {
        self.scratch.join("cache")
    }

    fn forget_cache(&self) -> Result<(), String> {
        match std::fs::remove_dir_all(self.cache()) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e.to_string()),
            _ => Ok(()),
        }
    }

    fn curls(&self) -> Result<Vec<String>, String> {
        let (manifest, blobs) = self.image.manifest()?;
        let head = ["-c", CURLS, "sh"].map(str::to_owned);
        let mut all: Vec<String> = head.into();
        all.extend([self.registry.url(), manifest.display().to_string()]);
        for blob in blobs {
            all.extend([blob.path.display().to_string(), blob.digest]);
        }
        Ok(all)
    }

    fn docker_name(&self) -> String {
        format!("{}/app:v1", self.registry.host())
    }

    /// User and system time of dockerd so far (proc(5), in hundredths of a second).
    fn engine_cpu(&self) -> Result<Duration, String> {
        let path = format!("/proc/{}/stat", self.engine.process());
        let stat = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
        let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        let ticks: u64 = fields
            .skip(11)
            .take(2)
            .filter_map(|f| f.parse::<u64>().ok())
            .sum();
        Ok(Duration::from_millis(10 * ticks))
    }
}

fn command_of(mut command: Command, args: &[impl AsRef<std::ffi::OsStr>]) -> Command {
    command.args(args);
    command
}
