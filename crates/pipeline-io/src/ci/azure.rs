//! Azure Pipelines. A step requests its token from a service connection and passes it in our variable, so
//! this file does not look for one.
//!
//! Variables: <https://learn.microsoft.com/azure/devops/pipelines/build/variables>. Commands:
//! <https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands>.

use super::host::{Annotation, CiHost, Env, Job, LogGroup};
use crate::Severity;

#[derive(Debug)]
pub(super) struct AzurePipelines;

impl CiHost for AzurePipelines {
    fn name(&self) -> &'static str {
        "Azure Pipelines"
    }

    fn runs_here(&self, env: Env<'_>) -> bool {
        env("TF_BUILD").is_some()
    }

    fn job(&self, env: Env<'_>) -> Job {
        let run_id = env("BUILD_BUILDID");
        let run_url = || {
            let collection = env("SYSTEM_COLLECTIONURI")?;
            // The ID, because a name may contain spaces.
            let project = env("SYSTEM_TEAMPROJECTID")?;
            let collection = collection.trim_end_matches('/');
            let run = run_id.as_deref()?;
            Some(format!(
                "{collection}/{project}/_build/results?buildId={run}"
            ))
        };
        // The number on GitHub, or else the ID in Azure Repos.
        let pull_request = env("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER")
            .or_else(|| env("SYSTEM_PULLREQUEST_PULLREQUESTID"));
        Job {
            run_url: run_url(),
            repository: env("BUILD_REPOSITORY_NAME"),
            // In a pull request, BUILD_SOURCEVERSION is a merge commit that the host deletes later.
            commit: env("SYSTEM_PULLREQUEST_SOURCECOMMITID").or_else(|| env("BUILD_SOURCEVERSION")),
            change_request: pull_request.and_then(|number| number.parse().ok()),
            oidc_token: None,
            job_token: None,
            wants_debug: env("SYSTEM_DEBUG")
                .is_some_and(|debug| debug.eq_ignore_ascii_case("true")),
            run_id,
        }
    }

    fn group_start(&self, group: &LogGroup) -> Option<String> {
        Some(format!("##[group]{}", group.title))
    }

    fn group_end(&self, _: &LogGroup) -> Option<String> {
        Some("##[endgroup]".to_owned())
    }

    fn mask(&self, line: &str) -> Option<String> {
        Some(format!("##vso[task.setsecret]{}", escape_data(line)))
    }

    /// The host has no notices, so a notice is an ordinary line.
    fn annotation(&self, annotation: &Annotation<'_>) -> Option<String> {
        let kind = match annotation.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => return None,
        };
        let mut command = format!("##vso[task.logissue type={kind};");
        if let Some(location) = annotation.location {
            command.push_str(&format!(
                "sourcepath={};linenumber={};columnnumber={};",
                escape_property(&location.file),
                location.line,
                location.column
            ));
        }
        let (title, message) = (annotation.title, annotation.message);
        command.push_str(&format!("]{}", escape_data(&format!("{title}: {message}"))));
        Some(command)
    }
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%AZP25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(']', "%5D").replace(';', "%3B")
}

#[cfg(test)]
mod tests {
    use super::AzurePipelines;
    use crate::ci::host::{Annotation, CiHost, Job};
    use crate::ci::recorded::ci;
    use crate::{Severity, SourceLocation};

    const BRANCH: &str = "TF_BUILD=True
        BUILD_BUILDID=4711
        BUILD_REPOSITORY_NAME=acme/web
        BUILD_SOURCEVERSION=3f2c1d0
        SYSTEM_COLLECTIONURI=https://dev.azure.com/acme/
        SYSTEM_TEAMPROJECT=Web Shop
        SYSTEM_TEAMPROJECTID=7a1c0000-0000-4000-8000-000000000001
        SYSTEM_DEBUG=false";

    #[test]
    fn the_job_is_read_from_the_variables() {
        let found = ci(BRANCH);
        assert_eq!(found.host().name(), "Azure Pipelines");
        let url = "https://dev.azure.com/acme/7a1c0000-0000-4000-8000-000000000001/_build/results?buildId=4711";
        let expected = Job {
            run_id: Some("4711".to_owned()),
            run_url: Some(url.to_owned()),
            repository: Some("acme/web".to_owned()),
            commit: Some("3f2c1d0".to_owned()),
            ..Job::default()
        };
        assert_eq!(found.job(), &expected);
        let request = ci(&format!(
            "{BRANCH}
            SYSTEM_PULLREQUEST_PULLREQUESTID=1234567890
            SYSTEM_PULLREQUEST_PULLREQUESTNUMBER=17
            SYSTEM_PULLREQUEST_SOURCECOMMITID=5c0ffee"
        ));
        assert_eq!(request.job().change_request, Some(17));
        assert_eq!(request.job().commit.as_deref(), Some("5c0ffee"));
        assert!(ci("TF_BUILD=True\nSYSTEM_DEBUG=True").job().wants_debug);
    }

    #[test]
    fn a_message_cannot_end_its_command() {
        let location = SourceLocation {
            file: "a];b.json".into(),
            line: 3,
            column: 7,
        };
        let annotation = Annotation {
            severity: Severity::Error,
            title: "x",
            location: Some(&location),
            message: "50%\n##vso[task.complete]",
        };
        assert_eq!(
            AzurePipelines.annotation(&annotation).as_deref(),
            Some(
                "##vso[task.logissue type=error;sourcepath=a%5D%3Bb.json;linenumber=3;columnnumber=7;]x: 50%AZP25%0A##vso[task.complete]"
            )
        );
        let mask = AzurePipelines.mask("a\nb%");
        assert_eq!(mask.as_deref(), Some("##vso[task.setsecret]a%0Ab%AZP25"));
    }
}
