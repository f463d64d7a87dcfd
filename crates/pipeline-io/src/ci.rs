//! Which CI host runs the step, and what is known about the job. One file per host.
//!
//! Decided here: how a host is recognized, and which host's facts win. Never here: what a verb does
//! with them. To add a host, write its file and add it to `HOSTS`.

mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod codebuild;
mod forgejo;
mod github;
mod gitlab;
mod host;
mod jenkins;
#[cfg(test)]
mod recorded;
mod woodpecker;

pub use github::GITHUB_API;
pub use gitlab::GITLAB_API;
pub use host::{Annotation, CiHost, Env, ForgeApi, Handover, Job, JobToken, LogGroup, OidcToken};

/// The hosts, in the order in which they are tried. Forgejo and Gitea set GitHub's variables, too, so they
/// come before it. CodeBuild can run the jobs of other hosts, so it comes last.
static HOSTS: [&dyn CiHost; 11] = [
    &forgejo::Forgejo,
    &forgejo::Gitea,
    &github::GitHub,
    &gitlab::GitLab,
    &jenkins::Jenkins,
    &bitbucket::Bitbucket,
    &circleci::CircleCi,
    &azure::AzurePipelines,
    &buildkite::Buildkite,
    &woodpecker::Woodpecker,
    &codebuild::CodeBuild,
];

/// Another CI host. It sets `CI`, and nothing else is known about it.
#[derive(Debug)]
struct Other;

impl CiHost for Other {
    fn name(&self) -> &'static str {
        "this CI host"
    }

    fn runs_here(&self, env: Env<'_>) -> bool {
        env("CI").is_some()
    }

    fn job(&self, _: Env<'_>) -> Job {
        Job::default()
    }
}

/// Not a CI host: a person's terminal, or a script.
#[derive(Debug)]
struct Terminal;

impl CiHost for Terminal {
    fn name(&self) -> &'static str {
        "a terminal"
    }

    fn runs_here(&self, _: Env<'_>) -> bool {
        true
    }

    fn job(&self, _: Env<'_>) -> Job {
        Job::default()
    }

    fn is_ci(&self) -> bool {
        false
    }
}

/// The host that runs the step, and what is known about the job.
#[derive(Debug, Clone)]
pub struct Ci {
    host: &'static dyn CiHost,
    job: Job,
}

impl Ci {
    /// Finds the host by the variables that it sets, and reads the job's facts.
    ///
    /// People often pass only some of a host's variables to a container, without the one by which
    /// the host is recognized. So a fact that the recognized host does not have is taken from the
    /// first other host whose variables are set.
    pub fn detect(env: impl Fn(&str) -> Option<String>) -> Self {
        let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        let host = HOSTS
            .into_iter()
            .chain([&Other as &dyn CiHost])
            .find(|host| host.runs_here(&env))
            .unwrap_or(&Terminal);
        let others = HOSTS.iter().map(|host| host.job(&env));
        Self {
            host,
            job: others.fold(host.job(&env), Job::or),
        }
    }

    /// No CI host and no facts, for tests.
    pub fn none() -> Self {
        Self {
            host: &Terminal,
            job: Job::default(),
        }
    }

    /// The host that runs the step.
    pub fn host(&self) -> &'static dyn CiHost {
        self.host
    }

    /// What is known about the job.
    pub fn job(&self) -> &Job {
        &self.job
    }
}

#[cfg(test)]
mod tests {
    use super::host::{Annotation, LogGroup};
    use super::{Ci, HOSTS};
    use crate::{Severity, SourceLocation, plain_line};

    #[test]
    fn hostile_text_cannot_begin_a_second_line_in_a_command_of_any_host() {
        let hostile = "a\r\n::error::b\n##vso[task.complete]\r--- c\u{1b}[0Ksection_end:1:x";
        let location = SourceLocation {
            file: hostile.to_owned(),
            line: 1,
            column: 1,
        };
        for host in HOSTS {
            let group = LogGroup {
                name: "verb_1_1".to_owned(),
                title: plain_line(hostile),
                at: 1,
            };
            let annotation = Annotation {
                severity: Severity::Error,
                title: "verb",
                location: Some(&location),
                message: hostile,
            };
            let commands = [
                host.annotation(&annotation),
                host.mask(hostile),
                host.group_start(&group),
                host.group_end(&group),
            ];
            for command in commands.into_iter().flatten() {
                // GitLab's markers contain a carriage return of their own.
                let own = command.replace("\r\u{1b}[0K", "");
                let lines = own.split(['\n', '\r']).count();
                assert_eq!(lines, 1, "{}: {command:?}", host.name());
            }
        }
    }

    fn detect(variables: &[(&str, &str)]) -> Ci {
        Ci::detect(|name| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_host_is_recognized_by_its_variables() {
        for (name, value, host) in [
            ("GITHUB_ACTIONS", "true", "GitHub"),
            ("GITHUB_ACTIONS", "false", "a terminal"),
            ("GITLAB_CI", "true", "GitLab"),
            ("JENKINS_URL", "http://j", "Jenkins"),
            ("FORGEJO_ACTIONS", "true", "Forgejo"),
            ("GITEA_ACTIONS", "true", "Gitea"),
            ("CIRCLECI", "true", "CircleCI"),
            ("TF_BUILD", "True", "Azure Pipelines"),
            ("BUILDKITE", "true", "Buildkite"),
            ("CI", "woodpecker", "Woodpecker"),
            ("CODEBUILD_BUILD_ID", "web:1", "CodeBuild"),
            ("CI", "1", "this CI host"),
            ("CI", "", "a terminal"),
            ("HOME", "/", "a terminal"),
        ] {
            let ci = detect(&[(name, value)]);
            assert_eq!(ci.host().name(), host, "{name}");
            assert_eq!(ci.host().is_ci(), host != "a terminal");
        }
    }

    #[test]
    fn the_hosts_own_facts_win_and_other_hosts_fill_the_gaps() {
        let ci = detect(&[
            ("GITLAB_CI", "true"),
            ("GITHUB_RUN_ID", "1"),
            ("GITHUB_SHA", "abc"),
            ("CI_PIPELINE_ID", "2"),
            ("CI_COMMIT_SHA", " "),
        ]);
        assert_eq!(ci.job().run_id.as_deref(), Some("2"));
        assert_eq!(
            ci.job().commit.as_deref(),
            Some("abc"),
            "a blank variable is unset"
        );
        let passed_on = detect(&[("BUILD_TAG", "jenkins-web-1")]);
        assert_eq!(passed_on.job().run_id.as_deref(), Some("jenkins-web-1"));
    }
}
