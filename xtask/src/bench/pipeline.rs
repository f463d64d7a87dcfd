//! A complete pipeline for an image that exists already, compared with the `aws` calls of a deploy
//! script that does the same. The fakes are the cloud and their rollouts take no time, so only the
//! time of the programs is measured.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fakes::{Cloud, Rollout};
use stories::image::{Recipe, oci_layout};
use stories::programs::{command, repository, run as finish};

use super::measure::{Bound, Contender, check_bounds, cpu, interleaved, table, wall};
use super::peers;
use crate::platform::{self, PROJECT, PULL_REQUEST, STATE};

const ROUNDS: usize = 11;

/// The limits for our pipeline, in seconds of wall time and processor time.
const WALL: f64 = 1.0;
const CPU: f64 = 0.3;

/// How many times faster than the `aws` calls it must be.
const LESS: f64 = 5.0;

/// The six programs in order, as the action runs them. Each exchanges its own token for the role.
const OURS: &str = r#"
"$PIPELINE" tf-outputs --state "$STATE" --out outputs.json
image=$("$PIPELINE" ecr-push --source oci-archive:image.tar --repository hello --tag v1)
"$PIPELINE" render-taskdef --task-definition taskdef.json --outputs outputs.json --image "app=$image" --out task.json
"$PIPELINE" ecs-deploy --task-definition task.json --service-definition service.json --outputs outputs.json --cluster demo --service hello
"$PIPELINE" wait-healthy --cluster demo --service hello --deployment results/ecs-deploy.json
"$PIPELINE" deploy-status --results results
"#;

/// A value for the container that no earlier round used: a new revision with the same image.
const ANOTHER: &str = "export FARGATE_ENV=HELLO_GREETING=$$";

/// Only the calls: no builder, no docker, no jq, no comment. The credentials are static.
const AWS: &str = r#"
aws() { "$AWS" "$@"; }
aws s3 cp --quiet "$STATE" state.json
aws ecr get-login-password >password
aws ecr describe-images --repository-name hello --image-ids imageTag=v1 >image.json
aws ecs describe-task-definition --task-definition hello >revision.json
sed "s/a greeting/$$/" known.json >task.json
revision=$(aws ecs register-task-definition --cli-input-json file://task.json --query taskDefinition.taskDefinitionArn --output text)
aws ecs update-service --cluster demo --service hello --task-definition "$revision" >service.json
aws ecs wait services-stable --cluster demo --services hello
"#;

pub fn run() -> Result<(), String> {
    let program = super::program()?;
    let aws = peers::python("awscli", "aws")?;
    let places = [
        Scene::new(&program)?,
        Scene::new(&program)?,
        Scene::new(&program)?,
    ];
    let [unchanged, revised, script] = &places;
    script.known_definition()?;
    let another = format!("{ANOTHER}\n{OURS}");
    let contenders = [
        contender("ours, nothing changed", || unchanged.ours(OURS, &program)),
        contender("ours, a new revision", || revised.ours(&another, &program)),
        contender("aws, a new revision", || script.theirs(&aws)),
    ];
    let runs = interleaved(&contenders, ROUNDS)?;
    table(&runs);
    let [unchanged, revised, script] = &runs[..] else {
        return Err("not everything was measured".to_owned());
    };
    let mut bounds = Vec::new();
    for ours in [unchanged, revised] {
        for (unit, figure, at_most) in [
            ("wall", ours.median(wall), WALL),
            ("cpu", ours.median(cpu), CPU),
        ] {
            let what = format!("{}, seconds of {unit}", ours.name);
            bounds.push(Bound {
                what,
                figure,
                at_most,
            });
        }
    }
    for (unit, figure) in [
        ("wall", revised.ratio(script, wall)),
        ("cpu", revised.ratio(script, cpu)),
    ] {
        let what = format!("a new revision, {unit} by the aws calls'");
        bounds.push(Bound {
            what,
            figure,
            at_most: 1.0 / LESS,
        });
    }
    check_bounds(&bounds)
}

fn contender<'a>(name: &'a str, command: impl Fn() -> Command + 'a) -> Contender<'a> {
    Contender {
        name,
        prepare: Box::new(|| Ok(())),
        command: Box::new(command),
    }
}

/// A separate cloud in which the service runs, and a checkout to deploy from.
struct Scene {
    cloud: Cloud,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new(program: &Path) -> Result<Self, String> {
        let cloud = Cloud::start();
        platform::make(&cloud);
        let at_once = Rollout::healthy().over(Duration::ZERO);
        cloud.ecs().default_script(at_once.draining(Duration::ZERO));
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let place = Self { cloud, folder };
        place.checkout(program).map_err(|e| e.to_string())?;
        Self::do_once(&mut place.archive())?;
        Self::do_once(&mut place.ours(OURS, program))?;
        Ok(place)
    }

    /// An image of some MB, and the definitions of the sample.
    fn checkout(&self, program: &Path) -> std::io::Result<()> {
        let recipe = Recipe {
            program,
            environment: &[],
        };
        oci_layout(&self.folder.path().join("image"), &recipe)?;
        for name in ["taskdef.json", "service.json"] {
            let sample = repository().join("Apps/hello").join(name);
            std::fs::copy(sample, self.folder.path().join(name))?;
        }
        Ok(())
    }

    fn do_once(command: &mut Command) -> Result<(), String> {
        let ran = finish(command);
        match ran.code {
            0 => Ok(()),
            code => Err(format!("exit code {code}\n{}{}", ran.stdout, ran.stderr)),
        }
    }

    fn archive(&self) -> Command {
        let mut tar = command("tar");
        tar.current_dir(self.folder.path());
        tar.args([
            "--create",
            "--file",
            "image.tar",
            "--directory",
            "image",
            ".",
        ]);
        tar
    }

    /// The task definition that the script registers: the running revision, with a placeholder for
    /// another greeting.
    fn known_definition(&self) -> Result<(), String> {
        let folder = self.folder.path();
        let rendered = std::fs::read_to_string(folder.join("task.json"));
        let rendered = rendered.map_err(|e| e.to_string())?;
        let known = rendered.replace("hello from Fargate", "a greeting");
        std::fs::write(folder.join("known.json"), known).map_err(|e| e.to_string())
    }

    fn shell(&self, script: &str) -> Command {
        let mut shell = command("sh");
        shell.current_dir(self.folder.path()).env("STATE", STATE);
        shell.args(["-euc", script]).envs(self.cloud.env());
        shell
    }

    fn ours(&self, script: &str, program: &Path) -> Command {
        let mut shell = self.shell(script);
        for standing in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            shell.env_remove(standing);
        }
        let role = format!("arn:aws:iam::{}:role/deploy", self.cloud.account());
        shell.envs(self.cloud.sts().github_env());
        shell.env("PIPELINE", program);
        shell.env("FARGATE_ROLE_TO_ASSUME", role);
        shell.env("FARGATE_ENDPOINT_URL", self.cloud.endpoint_url());
        shell.env("FARGATE_API_URL", self.cloud.endpoint_url());
        shell.env("FARGATE_TOKEN", self.cloud.github().token());
        shell.env("FARGATE_GIT_REPOSITORY", PROJECT);
        shell.env("FARGATE_PULL_REQUEST", PULL_REQUEST.to_string());
        shell.env("FARGATE_RESULTS", "results");
        shell
    }

    fn theirs(&self, aws: &Path) -> Command {
        let mut shell = self.shell(AWS);
        shell.env("AWS", aws);
        shell.env("AWS_DEFAULT_REGION", self.cloud.region());
        shell.env("AWS_ENDPOINT_URL", self.cloud.endpoint_url());
        shell
    }
}
