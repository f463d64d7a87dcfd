//! `actions/build`: which of the runner's builders it uses, and its outputs for later steps.

use std::path::Path;

use stories::programs::{Ran, command, repository, run};

use super::scene::script;

/// A runner with a `docker` that prints this text for `buildx inspect` and exits with this code for
/// `info`, and with the other programs in its `bin`.
struct Runner {
    folder: tempfile::TempDir,
}

impl Runner {
    fn new(info: i32, inspect: &str) -> Self {
        let runner = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let docker = format!(
            "#!/bin/sh\ncase \"$1 $2\" in\n'info '*) exit {info} ;;\n'buildx inspect') {inspect} ;;\n*) printf '%s\\n' docker \"$@\" >arguments ;;\nesac\n"
        );
        runner.program("docker", &docker);
        for name in ["basename", "head", "sed", "tr"] {
            let path = stories::counterparts::find(name).unwrap();
            std::os::unix::fs::symlink(path, runner.at("bin").join(name)).unwrap();
        }
        std::fs::write(runner.at("Dockerfile"), "FROM scratch\n").unwrap();
        runner
    }

    fn program(&self, name: &str, text: &str) {
        script(&self.at("bin").join(name), text);
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn build(&self) -> Ran {
        let mut build = command("/bin/sh");
        build.arg(repository().join("actions/build"));
        build.current_dir(self.folder.path());
        build.env("PATH", self.at("bin"));
        build.env("RESULTS", "/scratch/fargate-pipeline.Ab1");
        build.env("CONTEXT", ".").env("DOCKERFILE", "Dockerfile");
        build.env("BUILD_ARGS", "A=1\n\nB=two words\n");
        build.env("GITHUB_OUTPUT", self.at("output"));
        run(&mut build)
    }
}

fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn each_builder_writes_the_image_where_the_next_step_reads_it() {
    const DAEMON: &str = "source=docker-daemon:fargate-pipeline:fargate-pipeline.ab1";
    const ARCHIVE: &str = "source=oci-archive:/scratch/fargate-pipeline.Ab1/image.tar";
    let driver = |name: &str| format!("printf 'Name: x\\nDriver:        {name}\\n'");
    let archive = [
        "docker",
        "buildx",
        "build",
        "--output",
        "type=oci,dest=/scratch/fargate-pipeline.Ab1/image.tar",
    ];
    let tag = "fargate-pipeline:fargate-pipeline.ab1";
    for (inspect, source, words) in [
        (driver("docker-container"), ARCHIVE, &archive[..]),
        (driver("remote"), ARCHIVE, &archive[..]),
        (
            driver("docker"),
            DAEMON,
            &["docker", "buildx", "build", "--load", "--tag", tag][..],
        ),
        // A docker without buildx.
        (
            "exit 1".to_owned(),
            DAEMON,
            &["docker", "build", "--tag", tag][..],
        ),
    ] {
        let runner = Runner::new(0, &inspect);
        runner.build().expect(0);
        assert_eq!(lines(&runner.at("output")), [source]);
        let arguments = lines(&runner.at("arguments"));
        assert_eq!(arguments[..words.len()], *words, "{inspect}");
        let rest = [
            "--build-arg",
            "A=1",
            "--build-arg",
            "B=two words",
            "--file",
            "./Dockerfile",
            ".",
        ];
        assert_eq!(arguments[words.len()..], rest, "{inspect}");
    }
}

#[test]
fn buildah_builds_without_a_daemon_and_no_builder_is_an_error() {
    let runner = Runner::new(1, "exit 1");
    let none = runner.build().expect(3);
    assert!(
        none.stderr.starts_with(
            "::error title=build::this runner has neither a Docker daemon nor buildah"
        ),
        "{}",
        none.stderr
    );
    runner.program(
        "buildah",
        "#!/bin/sh\nprintf '%s\\n' buildah \"$@\" >arguments\n",
    );
    runner.build().expect(0);
    let arguments = lines(&runner.at("arguments"));
    let archive = "oci-archive:/scratch/fargate-pipeline.Ab1/image.tar";
    assert_eq!(arguments[..4], ["buildah", "build", "--tag", archive]);
    let source = format!("source={archive}");
    assert_eq!(lines(&runner.at("output")), [source]);
}
