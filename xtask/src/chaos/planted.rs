//! Mistakes that are made on purpose, to prove that a run finds them: a request of a step is sent once more.

use fakes::{Cloud, Recorded, Request};
use http::Method;

use super::step::Step;

/// A request that is doubled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Planted {
    Manifest,
    Revision,
    Comment,
}

impl Planted {
    fn operation(self) -> (Step, &'static str, &'static str) {
        match self {
            Self::Manifest => (Step::Push, "registry", "PutManifest"),
            Self::Revision => (Step::Deploy, "ecs", "RegisterTaskDefinition"),
            Self::Comment => (Step::Report, "github", "CreateComment"),
        }
    }

    /// Sends the last such request of this step again, with valid credentials.
    pub fn make(self, step: Step, cloud: &Cloud) {
        let (of, service, operation) = self.operation();
        let requests = cloud.requests_of(service, operation);
        let done: Vec<&Recorded> = requests.iter().filter(|r| r.worked).collect();
        if step != of || done.len() != 1 {
            return;
        }
        let authorization = match service {
            "github" => format!("Bearer {}", cloud.github().token()),
            "registry" => {
                let login = cloud.call("ecr", "GetAuthorizationToken", serde_json::json!({}));
                let login = login.unwrap_or_default();
                let token = &login["authorizationData"][0]["authorizationToken"];
                format!("Basic {}", token.as_str().unwrap_or_default())
            }
            _ => "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260302/eu-central-1/ecs/aws4_request".to_owned(),
        };
        for recorded in done {
            let method = recorded.method.parse().unwrap_or(Method::POST);
            let mut again = Request::new(method, &recorded.path);
            for name in ["x-amz-target", "content-type", "accept"] {
                if let Some(value) = recorded.header(name) {
                    again = again.header(name, value);
                }
            }
            again = again.header("authorization", &authorization);
            again.body = recorded.body.clone();
            let _ = cloud.answer(again);
        }
    }
}
