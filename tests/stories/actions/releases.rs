//! A release to download, for the examples of hosts that install the program themselves.

use std::io::BufRead;
use std::path::Path;
use std::process::{Child, Stdio};

use stories::programs::{command, program, run};

use super::scene::copy;

/// A server with the programs of a release, like GitHub's.
pub struct Releases {
    server: Child,
    pub url: String,
}

impl Releases {
    /// Serves what is in the directory.
    pub fn start(folder: &Path) -> Self {
        let name = format!("fargate-pipeline-{}-linux", std::env::consts::ARCH);
        let release = folder.join("v1.0.0");
        copy(&program("fargate-pipeline"), &release.join(&name));
        let mut sums = command("sha256sum");
        let sums = run(sums.arg(&name).current_dir(&release)).expect(0).stdout;
        let others = "0000  fargate-pipeline-other-linux\n";
        std::fs::write(release.join("SHA256SUMS"), [others, &sums].concat()).unwrap();
        let mut server = command("python3");
        server.args(["-u", "-m", "http.server", "--bind", "127.0.0.1", "0"]);
        server.arg("--directory").arg(folder);
        server.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = server.spawn().unwrap();
        let mut line = String::new();
        let output = server.stdout.take().unwrap();
        std::io::BufReader::new(output)
            .read_line(&mut line)
            .unwrap();
        // Serving HTTP on 127.0.0.1 port 43211 (http://127.0.0.1:43211/) ...
        let (_, url) = line.split_once("(").unwrap();
        let url = url.split("/)").next().unwrap().to_owned();
        Self { server, url }
    }
}

impl Drop for Releases {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
