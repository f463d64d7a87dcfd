//! Every real text of AWS finds its class, and the page says what the table says.

use rollout::cause::{class, class_of_log_line, class_of_text, classes, page};

use crate::recorded;

/// The classes of stop-reasons.tsv, line by line; "-" for a text that speaks against nobody, or
/// says nothing.
const STOP_REASONS: [&str; 67] = [
    "ecr-unreachable",
    "ecr-unreachable",
    "ecr-unreachable",
    "ecr-unreachable",
    "endpoint-policy",
    "ecr-denied",
    "secrets-unreachable",
    "secret-missing",
    "secret-not-json",
    "secret-denied",
    "secret-missing",
    "logs-unreachable",
    "logs-unreachable",
    "log-group-missing",
    "log-options",
    "log-group-missing",
    "log-group-missing",
    "layers-unreachable",
    "image-platform",
    "image-attestation",
    "image-missing",
    "image-missing",
    "docker-hub-unreachable",
    "image-without-registry",
    "ecr-denied",
    "docker-hub-limit",
    "registry-unreachable",
    "ecr-denied",
    "image-missing",
    "image-missing",
    "registry-host",
    "image-missing",
    "registry-unreachable",
    "ecr-unreachable",
    "image-pull",
    "docker-hub-limit",
    "layers-unreachable",
    "image-pull",
    "registry-unreachable",
    "user-by-name",
    "mount-on-file",
    "container-start",
    "device-missing",
    "log:wrong-architecture",
    "log:wrong-architecture",
    "crashed",
    "out-of-memory",
    "elb-health",
    "container-health",
    "-",
    "infrastructure",
    "stopped-by-user",
    "no-addresses",
    "infrastructure",
    "no-addresses",
    "infrastructure",
    "launch-type",
    "no-instances",
    "-",
    "-",
    "instance-gone",
    "instance-gone",
    "efs-unreachable",
    "efs-denied",
    "efs-path",
    "efs",
    "efs-unreachable",
];

#[test]
fn every_stop_reason_has_its_class() {
    let rows = recorded::rows("stop-reasons");
    assert_eq!(rows.len(), STOP_REASONS.len());
    let mut wrong = Vec::new();
    for (row, expected) in rows.iter().zip(STOP_REASONS) {
        let text = row[1].trim_start_matches('~');
        let (found, expected) = match expected.strip_prefix("log:") {
            Some(expected) => (class_of_log_line(text), expected),
            None => (class_of_text(text), expected),
        };
        let found = found.map_or("-", |c| c.id);
        if found != expected {
            wrong.push(format!("{found} instead of {expected}: {text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the events mean, by how each begins after the service's name.
const EVENTS: [(&str, &str); 40] = [
    ("has reached a steady state", "-"),
    (
        "has started <n> tasks: (task <task-id>) (task <task-id>).",
        "-",
    ),
    (
        "Amazon ECS replaced <n> tasks due to an unhealthy status",
        "elb-health",
    ),
    ("stopped <n> pending tasks", "-"),
    (") registered <n> targets", "-"),
    ("deregistered <n> targets", "-"),
    ("has begun draining connections", "-"),
    ("deployment completed", "-"),
    (
        "(deployment ecs-svc/<failed-id>) deployment failed: tasks failed to start",
        "tasks-failed",
    ),
    ("deployment failed: alarm detected", "alarm"),
    ("PRE_SCALE_UP lifecycle hook(s) failed", "hook-failed"),
    ("invalid networking configuration", "traffic-configuration"),
    (
        "Health checks failed with these codes: [503]",
        "health-check-error",
    ),
    (
        "Health checks failed with these codes: [400]",
        "health-check-path",
    ),
    ("due to (reason Request timed out)", "health-check-timeout"),
    ("failed container health checks", "container-health"),
    (
        "The task cannot pull registry auth from Amazon ECR",
        "ecr-unreachable",
    ),
    ("failed to validate logger args", "logs-unreachable"),
    (
        "connection issue between the task and the registry",
        "layers-unreachable",
    ),
    ("unable to consistently start tasks", "tasks-failed"),
    ("Capacity is unavailable", "fargate-capacity"),
    ("Reason: No Container Instances were found", "no-instances"),
    ("already using a port", "no-instances"),
    ("insufficient CPU units", "no-instances"),
    ("encountered error \"AGENT\"", "no-instances"),
    ("limit on the number of vCPUs", "fargate-quota"),
    ("CPU configuration is above your limit", "fargate-quota"),
    ("MEMORY configuration is above your limit", "fargate-quota"),
    ("Reason: Internal error", "infrastructure"),
    (
        "because of the service deployment configuration",
        "cannot-move",
    ),
    ("2 tasks under protection", "protected-tasks"),
    ("number of protected tasks", "protected-tasks"),
    ("TARGET IS NOT FOUND", "elb-health"),
    (
        "IAM permissions policies have been misconfigured",
        "infrastructure-role",
    ),
    ("IAM trust relationship", "infrastructure-role"),
    ("could not launch <number> tasks", "fargate-capacity"),
    ("failed to describe target health", "infrastructure-role"),
    ("failed to register targets", "infrastructure-role"),
    (") is AZ balanced", "-"),
    ("is not AZ balanced", "-"),
];

#[test]
fn every_service_event_has_its_class() {
    let rows = recorded::rows("service-events");
    for row in &rows {
        let text = row[0].trim_start_matches('~');
        let known: Vec<_> = EVENTS
            .iter()
            .filter(|(part, _)| text.contains(part))
            .collect();
        // A more special part stands behind a general one: the longest counts.
        let (_, expected) = known
            .iter()
            .max_by_key(|(part, _)| part.len())
            .unwrap_or_else(|| panic!("no expectation for: {text}"));
        let found = class_of_text(text).map_or("-", |c| c.id);
        assert_eq!(&found, expected, "{text}");
    }
}

#[test]
fn a_deployments_own_reason_has_its_class() {
    for (text, expected) in [
        (
            "Service deployment rolled back because the circuit breaker threshold was exceeded.",
            "tasks-failed",
        ),
        (
            "No rollback candidate was found to run the rollback.",
            "nothing-to-roll-back-to",
        ),
        (
            "Service deployment rolled back because PRE_SCALE_UP lifecycle hook(s) failed. Lifecycle hook target arn:aws:lambda:us-west-2:123456789012:function:<name> returned FAILED status.",
            "hook-failed",
        ),
        (
            "Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT pause hook timed out.",
            "pause-timed-out",
        ),
        (
            "Service deployment rolled back because of invalid networking configuration. ECS was unable to manage the ELB resources due to missing permissions on ECS Infrastructure Role 'arn:aws:iam::123456789012:role/Admin'.",
            "infrastructure-role",
        ),
        (
            "ECS deployment circuit breaker: tasks failed to start.",
            "tasks-failed",
        ),
    ] {
        assert_eq!(class_of_text(text).map(|c| c.id), Some(expected), "{text}");
    }
}

#[test]
fn log_lines_of_real_programs_have_their_class() {
    for (line, expected) in [
        (
            "Error: listen EADDRINUSE: address already in use :::8080",
            "port-in-use",
        ),
        (
            "Web server failed to start. Port 8080 was already in use.",
            "port-in-use",
        ),
        (
            "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
            "port-in-use",
        ),
        (
            "nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)",
            "port-denied",
        ),
        (
            "exec /app/start.sh: no such file or directory",
            "command-missing",
        ),
        (
            "exec /usr/bin/node: exec format error",
            "wrong-architecture",
        ),
        (
            "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
            "out-of-memory",
        ),
        ("KeyError: 'DATABASE_URL'", "variable-missing"),
        (
            "connect ECONNREFUSED 10.0.3.4:5432",
            "dependency-unreachable",
        ),
        ("listening on 0.0.0.0:8080", "-"),
        ("", "-"),
    ] {
        assert_eq!(
            class_of_log_line(line).map_or("-", |c| c.id),
            expected,
            "{line}"
        );
    }
}

#[test]
fn the_table_is_well_formed() {
    let mut ids = std::collections::BTreeSet::new();
    for class in classes() {
        assert!(ids.insert(class.id), "{} twice", class.id);
        assert!(
            !class.meaning.ends_with('.') && class.meaning.len() > 20,
            "{}",
            class.id
        );
        assert!(class.remedy.ends_with('.'), "{}", class.id);
        for part in class.texts.iter().chain(class.log_lines).copied().flatten() {
            assert_eq!(part, &part.to_ascii_lowercase(), "{}", class.id);
            assert!(!part.contains(['\u{2018}', '\u{2019}']), "{}", class.id);
        }
    }
    assert!(class("port-in-use").is_some() && class("nothing").is_none());
}

#[test]
fn the_page_is_written_from_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/causes.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(written, page(), "run the tests with UPDATE_DOCS=1");
}
