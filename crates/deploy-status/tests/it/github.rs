//! Runs the program with an emulated GitHub.

use std::process::Output;

use fakes::Cloud;
use serde_json::Value;

use crate::scene::{Scene, run};

pub const REPOSITORY: &str = "acme/web";
pub const MARKER: &str = "<!-- fargate-pipeline deploy-status deployment -->";

pub struct GitHub {
    pub cloud: Cloud,
    pub scene: Scene,
}

impl GitHub {
    pub fn new() -> Self {
        let cloud = Cloud::start();
        cloud
            .github()
            .pull_request(REPOSITORY, 7, "3f2c1d0e9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d");
        GitHub {
            cloud,
            scene: Scene::success(),
        }
    }

    pub fn run(&self, more: &[&str]) -> Output {
        self.run_with(more, &[("GITHUB_TOKEN", &self.cloud.github().token())])
    }

    pub fn run_with(&self, more: &[&str], env: &[(&str, &str)]) -> Output {
        let api = self.cloud.endpoint_url();
        let mut args = vec![
            "--results",
            self.scene.path().to_str().unwrap(),
            "--git-repository",
            REPOSITORY,
            "--api-url",
            &api,
        ];
        args.extend(more);
        let env: Vec<(String, String)> = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .chain([("NO_PROXY".to_owned(), "127.0.0.1".to_owned())])
            .collect();
        run(&args, &env)
    }

    pub fn result(&self) -> Value {
        let path = self.scene.path().join("deploy-status.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    pub fn comments(&self) -> Vec<fakes::Comment> {
        self.cloud.github().comments(REPOSITORY, 7)
    }
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
