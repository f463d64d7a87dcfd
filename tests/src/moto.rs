//! moto: a second emulator of AWS. Its responses have different members from the fakes', and some
//! of its checks are stricter, e.g. subnets must exist. It does not run containers.

use std::process::Command;

use crate::counterparts::{Server, Unavailable, answers, call_emulator, free_port, scratch, tool};
use crate::programs::command;

/// A moto server. Its only state is a default VPC.
#[derive(Debug)]
pub struct Moto {
    _server: Server,
    _folder: tempfile::TempDir,
    port: u16,
}

impl Moto {
    /// Starts it.
    pub fn start() -> Result<Self, Unavailable> {
        let what = "moto";
        let program = tool("python/bin/moto_server").ok_or_else(|| Unavailable {
            what,
            why: "cargo xtask test installs it into .tools/".to_owned(),
        })?;
        let folder = scratch()?;
        let port = free_port();
        let mut serve: Command = command(program);
        serve
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("HOME", folder.path())
            .env("TMPDIR", folder.path());
        let failed = |e: std::io::Error| Unavailable {
            what,
            why: e.to_string(),
        };
        let mut server = Server::start(&mut serve, folder.path().join("log")).map_err(failed)?;
        server.wait_until(what, || answers(port))?;
        Ok(Self {
            _server: server,
            _folder: folder,
            port,
        })
    }

    /// Its URL, e.g. `http://127.0.0.1:5000`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Calls an operation of ECS.
    pub fn ecs(&self, operation: &str, body: &str) -> std::io::Result<String> {
        let target = format!(
            "x-amz-target: AmazonEC2ContainerServiceV20141113.{operation}\r\n\
             content-type: application/x-amz-json-1.1\r\n"
        );
        self.post("ecs", &target, body)
    }

    /// Calls an operation of a query service, e.g. `("ec2", "Action=…&…")`.
    pub fn query(&self, service: &str, form: &str) -> std::io::Result<String> {
        let form_type = "content-type: application/x-www-form-urlencoded\r\n";
        self.post(service, form_type, form)
    }

    fn post(&self, service: &str, headers: &str, body: &str) -> std::io::Result<String> {
        let host = format!("127.0.0.1:{}", self.port);
        call_emulator(&host, "eu-central-1", service, headers, body)
    }
}
