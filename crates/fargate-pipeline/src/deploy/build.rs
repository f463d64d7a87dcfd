//! Builds the image with the tools of the machine.
//!
//! Decided here: which builder is used: buildx if its builder can write an archive, else docker (the image
//! is then read from the daemon), else buildah. Never here: what the build does.

use std::io::IsTerminal;
use std::path::Path;
use std::process::Stdio;

use pipeline_io::{Interrupt, Step};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use crate::config::settings::Settings;
use crate::deploy::error::Error;

/// What docker can do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Builder {
    /// A builder of buildx that writes archives.
    Archive,
    /// buildx, or docker itself, with the images of the daemon.
    Buildx,
    Docker,
    Buildah,
}

/// Builds the image and returns its source for ecr-push.
///
/// # Errors
/// Without a Dockerfile or a builder, if the build fails, or on a signal.
pub(crate) async fn build(
    settings: &Settings,
    archive: &str,
    step: &Step,
    signals: &mut Interrupt,
) -> Result<String, Error> {
    let context = settings.get("context").unwrap_or(".");
    let file = Path::new(context).join(settings.get("dockerfile").unwrap_or("Dockerfile"));
    let file = file.display().to_string();
    if !Path::new(&file).is_file() {
        return Err(Error::NoDockerfile { path: file });
    }
    let builder = builder().await.ok_or(Error::NoBuilder)?;
    let name = format!("fargate-pipeline:deploy-{}", std::process::id());
    let (words, source) = command(builder, archive, &name);
    let mut arguments = words;
    for argument in settings.list("build-args") {
        arguments.extend(["--build-arg".to_owned(), argument.clone()]);
    }
    arguments.extend(["--file".to_owned(), file, context.to_owned()]);
    let program = match builder {
        Builder::Buildah => "buildah",
        _ => "docker",
    };
    run(program, &arguments, step, signals).await?;
    Ok(source)
}

/// The words before the arguments of the build, and the source that the image then has.
fn command(builder: Builder, archive: &str, name: &str) -> (Vec<String>, String) {
    let output = format!("type=oci,dest={archive}");
    let in_archive = format!("oci-archive:{archive}");
    let (words, source): (&[&str], String) = match builder {
        Builder::Archive => (&["buildx", "build", "--output", &output], in_archive),
        Builder::Buildx => (
            &["buildx", "build", "--load", "--tag", name],
            format!("docker-daemon:{name}"),
        ),
        Builder::Docker => (&["build", "--tag", name], format!("docker-daemon:{name}")),
        Builder::Buildah => (&["build", "--tag", &in_archive], in_archive.clone()),
    };
    (
        words.iter().map(|word| (*word).to_owned()).collect(),
        source,
    )
}

async fn builder() -> Option<Builder> {
    if answer("docker", &["info"]).await.is_some() {
        let shown = answer("docker", &["buildx", "inspect"]).await;
        return Some(shown.map_or(Builder::Docker, |shown| docker_builder(&shown)));
    }
    let buildah = answer("buildah", &["--version"]).await;
    buildah.map(|_| Builder::Buildah)
}

/// What `docker buildx inspect` shows about the selected builder.
fn docker_builder(shown: &str) -> Builder {
    let driver = shown.lines().find_map(|line| line.strip_prefix("Driver:"));
    match driver.map(str::trim) {
        Some("docker-container" | "kubernetes" | "remote") => Builder::Archive,
        Some("docker") => Builder::Buildx,
        _ => Builder::Docker,
    }
}

/// The output of a program that succeeds; `None` if it does not, or is not there.
async fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

async fn run(
    builder: &'static str,
    arguments: &[String],
    step: &Step,
    signals: &mut Interrupt,
) -> Result<(), Error> {
    let is_terminal = std::io::stderr().is_terminal();
    let mut command = Command::new(builder);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if is_terminal {
        // stdout contains only the result of this program.
        command.stdout(std::io::stderr());
    } else {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    let mut child = command
        .spawn()
        .map_err(|source| Error::Start { builder, source })?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ended = async {
        let (_, _, status) = tokio::join!(print(stdout, step), print(stderr, step), child.wait());
        status
    };
    let status = tokio::select! {
        status = ended => status.map_err(|source| Error::Start { builder, source })?,
        () = signals.received() => {
            terminate(&mut child).await;
            return Err(Error::Interrupted);
        }
    };
    if status.success() {
        Ok(())
    } else {
        Err(Error::Build { builder, status })
    }
}

/// Prints the lines of a build, which anyone who writes a Dockerfile controls.
async fn print(output: Option<impl AsyncRead + Unpin>, step: &Step) {
    let Some(output) = output else { return };
    let mut lines = BufReader::new(output).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        step.untrusted("| ", &String::from_utf8_lossy(&line));
    }
}

/// Asks the builder to stop, so that it removes what it has begun, and waits for it.
async fn terminate(child: &mut Child) {
    if let Some(id) = child.id() {
        let asked = answer("kill", &["-TERM", &id.to_string()]).await;
        if asked.is_none() {
            // Without the program `kill` only the hard way is left. The error is that it has ended.
            let _ = child.start_kill();
        }
    }
    // The deployment ends as interrupted, whatever the builder returns.
    let _ = child.wait().await;
}

#[cfg(test)]
mod tests {
    use super::{Builder, command, docker_builder};

    #[test]
    fn the_driver_decides_where_the_image_is() {
        for (shown, builder, source) in [
            (
                "Name: x\nDriver:        docker-container\n",
                Builder::Archive,
                "oci-archive:a.tar",
            ),
            ("Driver: docker\n", Builder::Buildx, "docker-daemon:n:1"),
            ("", Builder::Docker, "docker-daemon:n:1"),
        ] {
            assert_eq!(docker_builder(shown), builder, "{shown}");
            assert_eq!(command(builder, "a.tar", "n:1").1, source, "{shown}");
        }
        let (words, source) = command(Builder::Buildah, "a.tar", "n:1");
        assert_eq!(
            (words.join(" ").as_str(), source.as_str()),
            ("build --tag oci-archive:a.tar", "oci-archive:a.tar")
        );
    }
}
