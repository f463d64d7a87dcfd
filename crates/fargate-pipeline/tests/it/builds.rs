//! The build, with a program that takes the place of docker.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::scene::{Scene, ran};

/// Answers like docker with a builder that writes archives. `build` is what a build does.
fn docker(scene: &Scene, build: &str) -> String {
    let bin = scene.path("bin");
    std::fs::create_dir_all(&bin).expect("a directory");
    let script = format!(
        "#!/bin/sh\nset -eu\ncase \"$1 ${{2:-}}\" in\n'info ') ;;\n\
         'buildx inspect') echo 'Driver: docker-container' ;;\n\
         'buildx build') echo \"$@\" >>calls\n{build}\n;;\n*) exit 9 ;;\nesac\n"
    );
    scene.write("bin/docker", &script);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(bin.join("docker"), mode).expect("executable");
    scene.write("Dockerfile", "FROM scratch\n");
    let path = std::env::var("PATH").expect("PATH");
    format!("{}:{path}", bin.display())
}

fn deploy(scene: &Scene, path: &str) -> Command {
    let mut command = scene.command(&["deploy", "--cluster=prod", "--service=web"]);
    command
        .args(["--build-args", "VERSION=1 2"])
        .env("PATH", path);
    command
}

#[test]
fn the_image_is_built_pushed_and_deployed() {
    let scene = Scene::new();
    let build = "echo '::warning::from a Dockerfile'; tar -cf \"${4#type=oci,dest=}\" -C image .";
    let path = docker(&scene, build);
    let mut command = deploy(&scene, &path);
    command.env("GITHUB_ACTIONS", "true");
    let ran = ran(command.output().expect("started")).ended(0);
    assert!(
        scene.images()[1].ends_with(&scene.digest),
        "{:?}",
        scene.images()
    );
    let calls = std::fs::read_to_string(scene.path("calls")).expect("docker ran");
    assert!(
        calls.ends_with("--build-arg VERSION=1 2 --file ./Dockerfile .\n"),
        "{calls}"
    );
    assert!(
        ran.stderr.contains("| ::warning::from a Dockerfile"),
        "{}",
        ran.stderr
    );
    assert!(
        !ran.stderr
            .lines()
            .any(|line| line.starts_with("::warning::from"))
    );
    assert_eq!(ran.stdout, "succeeded\n");
    assert!(
        !scene.path("results/image.tar").exists(),
        "the archive was removed"
    );
}

#[test]
fn a_build_that_fails_is_reported_and_nothing_is_pushed() {
    let scene = Scene::new();
    let path = docker(&scene, "exit 7");
    let ran = ran(deploy(&scene, &path).output().expect("started")).ended(5);
    assert!(
        ran.stderr.contains("docker could not build the image"),
        "{}",
        ran.stderr
    );
    let status = scene.result("deploy-status").unwrap_or_default();
    assert!(status.to_string().contains("Build the image"), "{status}");
    assert!(scene.result("ecr-push").is_none());
}

#[test]
fn a_signal_reaches_the_build() {
    let scene = Scene::new();
    let build = "trap 'echo stopped >stopped; exit 143' TERM; echo started >started\n\
                 while :; do sleep 0.05; done";
    let path = docker(&scene, build);
    let mut child = deploy(&scene, &path).spawn().expect("started");
    let start = Instant::now();
    while !scene.path("started").exists() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "the build did not start"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &id]).status();
    assert!(sent.expect("kill runs").success());
    assert_eq!(child.wait().expect("ended").code(), Some(130));
    assert!(scene.path("stopped").exists(), "the build got the signal");
    assert!(scene.result("deploy-status").is_some(), "the report ran");
}
