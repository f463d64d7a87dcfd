//! The command line, and the validated request.
//!
//! Decided here: what can be checked without the network. Never here: anything that AWS knows.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::Parser;
use ecs_model::{DeploymentRef, is_arn, parse_duration, short_name};
use jiff::SignedDuration;
use pipeline_aws::AwsArgs;
use pipeline_io::secret_from_variable_or_file;
use pipeline_io::{Format, StepArgs, Verb, read_text};
use rollout::{Limit, Question, Until};

use crate::error::Error;
use crate::probe::Probe;

/// The timeout if none is set. The deployment's own bake and canary times are added.
const DEFAULT_LIMIT: SignedDuration = SignedDuration::from_mins(30);

/// The largest result file that is read, in bytes.
const RESULT_LIMIT: u64 = 1 << 20;

/// Wait for the result of a deployment of an ECS service and show why it failed
#[derive(Debug, Parser)]
#[command(name = "wait-healthy", version, max_term_width = 100)]
pub struct Args {
    /// Cluster name or ARN
    #[arg(long, value_name = "NAME", help_heading = "Deployment")]
    cluster: String,

    /// Service name or ARN
    #[arg(long, value_name = "NAME", help_heading = "Deployment")]
    service: String,

    /// Deployment: an ARN, ecs-svc/ID, or the result file of ecs-deploy
    ///
    /// [default: the current deployment when the wait starts]
    #[arg(long, value_name = "ARN|ID|FILE", help_heading = "Deployment")]
    deployment: Option<String>,

    /// How far to wait: running, healthy, completed or a stage, e.g. bake_time
    #[arg(
        long,
        value_name = "STAGE",
        default_value = "completed",
        help_heading = "Verdict"
    )]
    until: String,

    /// Maximum time to wait, e.g. 10m or 1h30m
    ///
    /// [default: 30m plus the bake times of the deployment]
    #[arg(long, value_name = "DURATION", help_heading = "Verdict")]
    timeout: Option<String>,

    /// Wait for the end of a rollback, not only for its start
    #[arg(long, hide_short_help = true, help_heading = "Verdict")]
    until_rolled_back: bool,

    /// If the deployment pauses for a person: wait, or exit with code 10
    #[arg(
        long,
        hide_possible_values = true,
        value_name = "ACTION",
        value_enum,
        default_value_t,
        help_heading = "Verdict"
    )]
    on_pause: OnPause,

    /// Fail after N stopped tasks if no task has become healthy
    #[arg(long, value_name = "N", help_heading = "Verdict")]
    fail_fast: Option<NonZeroU32>,

    /// What to do after --timeout: leave the deployment, or roll it back
    #[arg(
        long,
        hide_possible_values = true,
        value_name = "ACTION",
        value_enum,
        default_value_t,
        help_heading = "Rollback"
    )]
    on_timeout: GiveUpAction,

    /// What to do after --fail-fast: leave the deployment, or roll it back
    #[arg(
        long,
        hide_short_help = true,
        value_name = "ACTION",
        value_enum,
        default_value_t,
        help_heading = "Rollback"
    )]
    on_fail_fast: GiveUpAction,

    /// What to do if this job is canceled: leave the deployment, or roll it back
    #[arg(
        long,
        hide_short_help = true,
        value_name = "ACTION",
        value_enum,
        default_value_t,
        help_heading = "Rollback"
    )]
    on_cancel: GiveUpAction,

    /// URL that must also respond once --until is reached
    #[arg(long, value_name = "URL", help_heading = "Probe")]
    probe: Option<String>,

    /// HTTP status that the probe must return [default: 200]
    #[arg(long, hide_short_help = true, value_name = "CODE", value_parser = clap::value_parser!(u16).range(100..=599), help_heading = "Probe")]
    probe_status: Option<u16>,

    /// File with the bearer token for --probe [default: FARGATE_PROBE_TOKEN]
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FILE",
        help_heading = "Probe"
    )]
    probe_token_file: Option<PathBuf>,

    /// Number of log lines to show for a failed container
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(0..=1000), help_heading = "Verdict")]
    log_lines: u16,

    #[command(flatten)]
    pub(crate) aws: AwsArgs,

    #[command(flatten)]
    step: StepArgs,
}

/// What to do if the deployment pauses for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum OnPause {
    #[default]
    Wait,
    Exit,
}

/// What to do with a deployment when the wait gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum GiveUpAction {
    #[default]
    Leave,
    Rollback,
}

/// Printed at the end of `--help`.
const EXAMPLES: &str = "\
  wait-healthy --cluster prod --service web
  wait-healthy --cluster prod --service web --deployment results/ecs-deploy.json
  wait-healthy --cluster prod --service web --timeout 20m --on-timeout rollback";

impl Verb for Args {
    const NAME: &'static str = "wait-healthy";
    const EXAMPLES: &'static str = EXAMPLES;
    const HANDLES_INTERRUPT: bool = true;

    fn results(&self) -> Option<&Path> {
        self.step.results.as_deref()
    }

    fn wants_json(&self) -> bool {
        self.step.format == Format::Json
    }
}

/// The validated arguments.
#[derive(Debug)]
pub struct WaitRequest {
    pub cluster: String,
    pub service: String,
    pub question: Question,
    pub log_lines: u16,
    pub on_timeout: GiveUpAction,
    pub on_fail_fast: GiveUpAction,
    pub on_cancel: GiveUpAction,
    pub probe: Option<Probe>,
    /// Whether to print a JSON document to stdout for each change.
    pub streams: bool,
}

impl Args {
    /// Checks everything that can be checked without the network.
    ///
    /// # Errors
    /// If a value is invalid, a file cannot be read, or a flag lacks the flag that it requires.
    pub fn request(&self) -> Result<WaitRequest, Error> {
        let deployment = match self.deployment.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(text) => Some(deployment(text)?),
        };
        let until: Until = self.until.parse().map_err(Error::Until)?;
        let limit = match &self.timeout {
            Some(text) => Limit::Fixed(parse_duration(text).map_err(Error::Timeout)?),
            None => Limit::Extended(DEFAULT_LIMIT),
        };
        self.check_service(deployment.as_ref())?;
        if self.on_fail_fast == GiveUpAction::Rollback && self.fail_fast.is_none() {
            return Err(Error::FlagNeeds {
                flag: "--on-fail-fast",
                needs: "--fail-fast",
            });
        }
        Ok(WaitRequest {
            cluster: self.cluster.clone(),
            service: self.service.clone(),
            question: Question {
                deployment,
                until,
                until_rolled_back: self.until_rolled_back,
                exit_on_pause: self.on_pause == OnPause::Exit,
                fail_fast: self.fail_fast,
                limit,
            },
            log_lines: self.log_lines,
            on_timeout: self.on_timeout,
            on_fail_fast: self.on_fail_fast,
            on_cancel: self.on_cancel,
            probe: self.probe()?,
            streams: self.wants_json(),
        })
    }

    /// Rejects a deployment of another service, because it would never appear in this one.
    fn check_service(&self, deployment: Option<&DeploymentRef>) -> Result<(), Error> {
        let Some(home) = deployment.and_then(DeploymentRef::service_ref) else {
            return Ok(());
        };
        if home.service == short_name(&self.service) && home.cluster == short_name(&self.cluster) {
            return Ok(());
        }
        Err(Error::OtherService {
            service: home.service,
            cluster: home.cluster,
        })
    }

    fn probe(&self) -> Result<Option<Probe>, Error> {
        let Some(address) = self.probe.as_deref() else {
            let dependents = [
                ("--probe-status", self.probe_status.is_some()),
                ("--probe-token-file", self.probe_token_file.is_some()),
            ];
            return match dependents.into_iter().find(|(_, given)| *given) {
                Some((flag, _)) => Err(Error::FlagNeeds {
                    flag,
                    needs: "--probe",
                }),
                None => Ok(None),
            };
        };
        let file = self.probe_token_file.as_deref();
        let token = secret_from_variable_or_file(&["FARGATE_PROBE_TOKEN"], file)?;
        let status = self.probe_status.unwrap_or(200);
        Ok(Some(Probe::new(address, status, token)?))
    }
}

/// Reads the deployment from its ARN or ID, or from the result file of ecs-deploy.
fn deployment(text: &str) -> Result<DeploymentRef, Error> {
    let is_name = is_arn(text) || text.starts_with("ecs-svc/");
    if is_name {
        return Ok(text.parse()?);
    }
    let path = PathBuf::from(text);
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !path.exists() {
        return Err(Error::BareNumber {
            number: text.to_owned(),
        });
    }
    let document = read_text("result of ecs-deploy", &path, RESULT_LIMIT)?;
    let document = serde_json::from_str(&document).map_err(|source| Error::ResultNotJson {
        path: path.clone(),
        source,
    })?;
    DeploymentRef::from_document(&document)
        .map_err(|source| Error::NoDeploymentInFile { path, source })
}

#[cfg(test)]
mod tests {
    use super::Args;
    use clap::Parser;

    #[test]
    fn an_invalid_value_names_its_flag_once() {
        let base = ["wait-healthy", "--cluster", "c", "--service", "s"];
        for (flag, text, message) in [
            (
                "--timeout",
                "10",
                "--timeout: \"10\" has no unit: write 10m, 90s or 1h30m",
            ),
            (
                "--until",
                "done",
                "--until: \"done\" is not a stage: expected running, healthy, completed or a \
                 lifecycle stage, e.g. bake_time",
            ),
        ] {
            let args = Args::try_parse_from(base.into_iter().chain([flag, text])).expect("parses");
            assert_eq!(args.request().expect_err(text).to_string(), message);
        }
    }

    #[test]
    fn an_invalid_deployment_is_rejected() {
        let base = [
            "wait-healthy",
            "--cluster",
            "c",
            "--service",
            "s",
            "--deployment",
        ];
        for (text, words) in [
            ("arn:aws:ecs:eu-west-1:1:task/c/1", "task"),
            ("ecs-svc/", "is not a deployment"),
            ("no-such-file.json", "does not exist"),
        ] {
            let args = Args::try_parse_from(base.into_iter().chain([text])).expect("parses");
            let error = args.request().expect_err(text).to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
