//! One history: the service before the deployment, what happens, and what the programs must report.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use stories::programs::{Ran, command, program, run};

use super::server::Server;
use super::state::{State, target_group};
use super::world::{self, Trouble, When, World, declared, register};

/// Which program must end with the expected exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// ecs-deploy writes nothing, or not everything.
    Deploying,
    /// ecs-deploy succeeds, and wait-healthy ends like this.
    Waiting,
}

pub struct History {
    pub name: &'static str,
    definition: Value,
    service: Value,
    /// Whether the service exists before the deployment.
    exists: bool,
    script: VecDeque<world::Act>,
    trouble: Trouble,
    wait_args: Vec<&'static str>,
    /// Another endpoint than the server, for wait-healthy alone.
    endpoint: Option<&'static str>,
    by_container_credentials: bool,
    ends: Ends,
    code: i32,
    cause: Option<&'static str>,
    words: Vec<&'static str>,
    absent: Vec<&'static str>,
}

/// A history of a rolling deployment of two tasks behind a load balancer, to web:2.
pub fn history(name: &'static str) -> History {
    History {
        name,
        definition: json!({
            "family": "web", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
            "cpu": "256", "memory": "512", "executionRoleArn": "arn:aws:iam::123456789012:role/exec",
            "containerDefinitions": [{
                "name": "app", "image": "public.ecr.aws/x/app@sha256:0000000000000000000000000000000000000000000000000000000000000001",
                "essential": true, "portMappings": [{"containerPort": 8080}],
                "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/web",
                    "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "ecs"}}}],
        }),
        service: json!({
            "cluster": "prod", "serviceName": "web", "desiredCount": 2, "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f67890"],
                "securityGroups": ["sg-0a1b2c3d4e5f67890"], "assignPublicIp": "DISABLED"}},
            "loadBalancers": [{"targetGroupArn": target_group(false), "containerName": "app", "containerPort": 8080}],
            "deploymentConfiguration": {"strategy": "ROLLING",
                "deploymentCircuitBreaker": {"enable": true, "rollback": true}},
        }),
        exists: true,
        script: VecDeque::new(),
        trouble: Trouble::default(),
        wait_args: Vec::new(),
        endpoint: None,
        by_container_credentials: false,
        ends: Ends::Waiting,
        code: 0,
        cause: None,
        words: Vec::new(),
        absent: Vec::new(),
    }
}

impl History {
    /// Changes the task definition.
    pub fn defined(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.definition);
        self
    }

    /// Changes the service before and after the deployment.
    pub fn serving(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.service);
        self
    }

    /// The service uses this strategy, with a second target group.
    pub fn strategy(self, name: &str, more: Value) -> Self {
        self.serving(|service| {
            service["deploymentConfiguration"]["strategy"] = json!(name);
            service["deploymentConfiguration"]["bakeTimeInMinutes"] = json!(0);
            if let (Some(members), Value::Object(more)) = (service["deploymentConfiguration"].as_object_mut(), more) {
                members.extend(more);
            }
            service["loadBalancers"][0]["advancedConfiguration"] = json!({
                "alternateTargetGroupArn": target_group(true),
                "productionListenerRule": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener-rule/app/web/0123456789abcdef/0123456789abcdef/0123456789abcdef",
                "roleArn": "arn:aws:iam::123456789012:role/ecs-infrastructure"});
        })
    }

    pub fn tasks(self, count: u32) -> Self {
        self.serving(|service| service["desiredCount"] = json!(count))
    }

    /// Whether the circuit breaker or alarms roll back.
    pub fn rolls_back(self, rolls_back: bool) -> Self {
        self.serving(|service| {
            service["deploymentConfiguration"]["deploymentCircuitBreaker"]["rollback"] =
                json!(rolls_back)
        })
    }

    /// The deployment creates the service.
    pub fn first(mut self) -> Self {
        self.exists = false;
        self
    }

    /// What happens `after` seconds after the write.
    pub fn at(mut self, after: f64, act: impl FnOnce(&mut State) + Send + 'static) -> Self {
        self.script.push_back((after, Box::new(act)));
        self
    }

    /// Tasks start, run, become healthy, and ECS completes the deployment.
    pub fn succeeds(self) -> Self {
        self.at(0.3, State::start)
            .at(0.8, State::run)
            .at(1.6, State::heal)
            .at(2.2, State::complete)
    }

    /// A circuit breaker that rolls back, after these failures.
    pub fn breaks(self, fail: impl Fn(&mut State) + Send + Clone + 'static) -> Self {
        let (first, second) = (fail.clone(), fail.clone());
        let reason =
            "Service deployment rolled back because the circuit breaker threshold was exceeded.";
        self.at(0.2, State::start)
            .at(0.6, first)
            .at(1.0, second)
            .at(1.4, fail)
            .at(1.6, State::trigger_breaker)
            .at(1.8, |s| s.roll_back(reason))
            .at(6.0, |s| s.end_rollback(true))
    }

    pub fn trouble(mut self, set: impl FnOnce(&mut Trouble)) -> Self {
        set(&mut self.trouble);
        self
    }

    pub fn denies(self, operation: &'static str, when: When) -> Self {
        self.trouble(|trouble| trouble.denied.push((operation, when)))
    }

    /// Further arguments of wait-healthy.
    pub fn wait(mut self, args: &[&'static str]) -> Self {
        self.wait_args.extend(args);
        self
    }

    /// There is no deployment; wait-healthy asks this endpoint.
    pub fn only_waits_at(mut self, endpoint: &'static str) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// The credentials come from the container endpoint and live this long, in seconds.
    pub fn renews_credentials(mut self, live: f64) -> Self {
        self.trouble.credentials_live = live;
        self.by_container_credentials = true;
        self
    }

    /// ecs-deploy must end with this exit code.
    pub fn ends_deploying(mut self, code: i32, words: &[&'static str]) -> Self {
        self.ends = Ends::Deploying;
        self.code = code;
        self.words.extend(words);
        self
    }

    /// wait-healthy must end with this exit code, after showing these words.
    pub fn ends(mut self, code: i32, words: &[&'static str]) -> Self {
        self.code = code;
        self.words.extend(words);
        self
    }

    pub fn because(mut self, cause: &'static str) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Words that must not be shown.
    pub fn never(mut self, words: &[&'static str]) -> Self {
        self.absent.extend(words);
        self
    }

    /// When the last act happens, in seconds.
    pub fn length(&self) -> f64 {
        self.script.back().map_or(0.0, |(at, _)| *at)
    }

    fn world(&mut self) -> World {
        let now = world::now();
        let mut state = State::at(now);
        state.log_lines = vec!["starting", "fatal: no database"];
        if self.exists {
            let mut earlier = self.definition.clone();
            earlier["containerDefinitions"][0]["image"] = json!(
                "public.ecr.aws/x/app@sha256:0000000000000000000000000000000000000000000000000000000000000000"
            );
            let earlier = register(&mut state, &earlier);
            state.service = Some(declared(&self.service, now - 90_000.0));
            state.run_stable(earlier["taskDefinitionArn"].as_str().unwrap());
        }
        let seed = self.name.bytes().fold(7, |sum: u64, byte| {
            sum.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
        World::new(
            state,
            std::mem::take(&mut self.script),
            self.trouble.clone(),
            seed,
        )
    }

    /// Plays it. Returns what is wrong.
    pub fn play(mut self) -> Result<(), String> {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        std::fs::write(folder.join("task.json"), self.definition.to_string()).unwrap();
        std::fs::write(folder.join("service.json"), self.service.to_string()).unwrap();
        let server = Server::start(self.world());
        if self.endpoint.is_none() {
            let files = [
                "--task-definition",
                "task.json",
                "--service-definition",
                "service.json",
            ];
            let deployed = self.program(&server, folder, "ecs-deploy", &files);
            if self.ends == Ends::Deploying {
                return self.check(&deployed, folder, "ecs-deploy");
            }
            if deployed.code != 0 {
                return Err(self.wrong("ecs-deploy did not succeed", &deployed));
            }
        }
        let mut args = self.wait_args.clone();
        if self.endpoint.is_none() && !args.contains(&"--deployment") {
            args.extend(["--deployment", "results/ecs-deploy.json"]);
        }
        if !args.contains(&"--timeout") {
            args.extend(["--timeout", "45s"]);
        }
        let waited = self.program(&server, folder, "wait-healthy", &args);
        self.check(&waited, folder, "wait-healthy")
    }

    fn program(&self, server: &Server, folder: &Path, name: &str, args: &[&str]) -> Ran {
        let url = server.url();
        let mut command = command(program(name));
        command
            .current_dir(folder)
            .env("HOME", folder)
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .args([
                "--cluster",
                "prod",
                "--service",
                "web",
                "--results",
                "results",
            ])
            .args(["--endpoint-url", self.endpoint.unwrap_or(&url)])
            .args(args);
        if self.by_container_credentials {
            command.env(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                format!("{url}/credentials"),
            );
        } else {
            command
                .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
                .env("AWS_SECRET_ACCESS_KEY", "secret");
        }
        run(&mut command)
    }

    fn check(&self, ran: &Ran, folder: &Path, program: &str) -> Result<(), String> {
        if ran.code != self.code {
            let what = format!("{program} ended with {} instead of {}", ran.code, self.code);
            return Err(self.wrong(&what, ran));
        }
        let shown = format!("{}\n{}", ran.stdout, ran.stderr);
        for words in &self.words {
            if !shown.contains(words) {
                return Err(self.wrong(&format!("{words:?} is not shown"), ran));
            }
        }
        for words in &self.absent {
            if shown.contains(words) {
                return Err(self.wrong(&format!("{words:?} is shown"), ran));
            }
        }
        let text = std::fs::read_to_string(folder.join(format!("results/{program}.json")))
            .unwrap_or_default();
        let result: Value = serde_json::from_str(&text)
            .map_err(|e| self.wrong(&format!("the result file: {e}"), ran))?;
        let cause = result["data"]["cause"]["code"].as_str();
        if cause != self.cause {
            return Err(self.wrong(
                &format!("the cause is {cause:?} instead of {:?}", self.cause),
                ran,
            ));
        }
        Ok(())
    }

    fn wrong(&self, what: &str, ran: &Ran) -> String {
        format!(
            "{}: {what}\nstdout: {}\nstderr: {}",
            self.name, ran.stdout, ran.stderr
        )
    }
}

/// Each answer takes this long.
pub fn slow(milliseconds: u64) -> impl FnOnce(&mut Trouble) {
    move |trouble| trouble.latency = Duration::from_millis(milliseconds)
}
