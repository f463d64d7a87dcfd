//! One cause from all evidence: the failed tasks first, counted, with container and exit code; and the
//! newest stop reason in its own words if no known cause matches.

use ecs_model::{Task, TaskDefinition};
use rollout::cause::{Diagnosis, Evidence, LogTail, diagnose, group, waiting};
use serde_json::{Value, json};

fn tasks(tasks: Value) -> Vec<Task> {
    serde_json::from_value(tasks).unwrap()
}

/// A stopped task with a container `app`.
fn stopped(number: u32, code: &str, reason: &str, container: Value) -> Value {
    let mut app = json!({"name": "app", "lastStatus": "STOPPED"});
    app.as_object_mut()
        .unwrap()
        .extend(container.as_object().unwrap().clone());
    json!({
        "taskArn": format!("arn:aws:ecs:eu-central-1:123456789012:task/prod/{number}"),
        "lastStatus": "STOPPED",
        "stopCode": code,
        "stoppedReason": reason,
        "stoppedAt": 1_700_000_000 + number,
        "containers": [app],
    })
}

fn exited(number: u32, code: i64) -> Value {
    let reason = "Essential container in task exited";
    stopped(
        number,
        "EssentialContainerExited",
        reason,
        json!({"exitCode": code}),
    )
}

fn of_tasks(stopped: Value) -> Diagnosis {
    let groups = group(tasks(stopped).iter());
    let evidence = Evidence {
        groups: &groups,
        reason: Some(
            "Service deployment rolled back because the circuit breaker threshold was exceeded.",
        ),
        ..Evidence::default()
    };
    diagnose(&evidence).unwrap()
}

#[test]
fn a_crash_is_named_with_container_exit_code_and_number_of_tasks() {
    let diagnosis = of_tasks(json!([
        exited(1, 3),
        exited(2, 3),
        exited(3, 3),
        exited(4, 3)
    ]));
    assert_eq!(diagnosis.code, Some("crashed"));
    assert_eq!(
        diagnosis.counted(),
        "container app exited with code 3 (4 of 4 tasks)"
    );
    assert_eq!(
        diagnosis.summary(),
        "Container app exited with code 3 (4 of 4 tasks)."
    );
}

#[test]
fn the_number_of_tasks_is_that_of_the_cause_among_all_failures() {
    let other = stopped(9, "TaskFailedToStart", "RESOURCE:MEMORY", json!({}));
    let diagnosis = of_tasks(json!([exited(1, 139), exited(2, 139), other]));
    assert_eq!(
        diagnosis.counted(),
        "container app exited with code 139: the program crashed with a segmentation fault (SIGSEGV) \
         (2 of 3 tasks)"
    );
}

#[test]
fn the_reason_of_a_container_precedes_the_reason_of_its_task() {
    let memory = json!({"exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"});
    let reason = "Essential container in task exited";
    let diagnosis = of_tasks(json!([stopped(
        1,
        "EssentialContainerExited",
        reason,
        memory
    )]));
    assert_eq!(diagnosis.code, Some("out-of-memory"));
    assert_eq!(
        diagnosis.counted(),
        "container app used more memory than its limit (1 of 1 tasks)"
    );
}

#[test]
fn log_lines_explain_an_exit() {
    let mut groups = group(tasks(json!([exited(1, 1)])).iter());
    groups[0].logs.push(LogTail {
        container: "app".into(),
        lines: vec!["starting".into(), "KeyError: 'DATABASE_URL'".into()],
    });
    let evidence = Evidence {
        groups: &groups,
        ..Evidence::default()
    };
    let diagnosis = diagnose(&evidence).unwrap();
    assert_eq!(diagnosis.code, Some("variable-missing"));
    assert!(
        diagnosis
            .clause
            .starts_with("container app exited with code 1: the program requires"),
        "{}",
        diagnosis.clause
    );
}

#[test]
fn a_text_that_nobody_knows_is_the_cause_in_its_own_words() {
    let old = stopped(
        1,
        "TaskFailedToStart",
        "The flux capacitor is cold.",
        json!({}),
    );
    let new = stopped(
        2,
        "TaskFailedToStart",
        "The flux capacitor is\n too hot.",
        json!({}),
    );
    let diagnosis = of_tasks(json!([old, new]));
    assert_eq!(diagnosis.code, None);
    assert_eq!(
        diagnosis.counted(),
        "The flux capacitor is too hot (1 of 2 tasks)"
    );
    let both = json!({"reason": "SprocketError: no teeth"});
    let diagnosis = of_tasks(json!([stopped(
        1,
        "TaskFailedToStart",
        "Task failed to start",
        both
    )]));
    assert_eq!(
        diagnosis.clause,
        "Task failed to start (container app: SprocketError: no teeth)"
    );
}

#[test]
fn the_reason_of_ecs_explains_more_than_a_task_that_was_stopped() {
    let stopped = stopped(1, "UserInitiated", "Deployment completed", json!({}));
    let groups = group(tasks(json!([stopped])).iter());
    let evidence = Evidence {
        stopped: &groups,
        reason: Some(
            "ECS deployment circuit breaker was triggered after three unsuccessful image digest \
             resolution attempts",
        ),
        ..Evidence::default()
    };
    let diagnosis = diagnose(&evidence).unwrap();
    assert_eq!(diagnosis.code, Some("image-digest"));
}

#[test]
fn who_stopped_the_tasks_is_quoted() {
    let reason = "Migration exceeded 720 s (deploy-pipeline/portal#2291)";
    let groups = group(
        tasks(json!([stopped(
            1,
            "UserInitiated",
            reason,
            json!({"exitCode": 143})
        )]))
        .iter(),
    );
    let evidence = Evidence {
        stopped: &groups,
        reason: Some(
            "Service deployment rolled back because the circuit breaker threshold was exceeded.",
        ),
        ..Evidence::default()
    };
    let diagnosis = diagnose(&evidence).unwrap();
    assert_eq!(diagnosis.code, Some("stopped-by-user"));
    assert_eq!(
        diagnosis.counted(),
        format!("a person or program stopped the tasks (StopTask): {reason} (1 of 1 tasks)")
    );
}

fn definition() -> TaskDefinition {
    serde_json::from_value(json!({"containerDefinitions": [
        {"name": "init", "essential": false},
        {"name": "app", "dependsOn": [{"containerName": "init", "condition": "SUCCESS"}]},
    ]}))
    .unwrap()
}

fn pending(init: Value, app: &str) -> Vec<Task> {
    let mut container = json!({"name": "init"});
    container
        .as_object_mut()
        .unwrap()
        .extend(init.as_object().unwrap().clone());
    tasks(json!([{
        "taskArn": "arn:aws:ecs:eu-central-1:123456789012:task/prod/1",
        "lastStatus": if app == "RUNNING" { "RUNNING" } else { "PENDING" },
        "desiredStatus": "RUNNING",
        "containers": [container, {"name": "app", "lastStatus": app}],
    }]))
}

#[test]
fn a_container_that_waits_for_a_failed_one_is_named() {
    let tasks = pending(json!({"lastStatus": "STOPPED", "exitCode": 1}), "PENDING");
    let found = waiting(tasks.iter(), Some(&definition()));
    let evidence = Evidence {
        waiting: &found,
        ..Evidence::default()
    };
    let diagnosis = diagnose(&evidence).unwrap();
    assert_eq!(diagnosis.code, Some("dependency-failed"));
    assert_eq!(
        diagnosis.counted(),
        "container init exited with code 1, and container app waits for it (dependsOn SUCCESS) \
         (1 of 1 tasks)"
    );
}

#[test]
fn a_dependency_that_succeeded_or_still_runs_holds_nothing_up() {
    for init in [
        json!({"lastStatus": "STOPPED", "exitCode": 0}),
        json!({"lastStatus": "RUNNING"}),
    ] {
        let tasks = pending(init, "PENDING");
        assert_eq!(waiting(tasks.iter(), Some(&definition())), []);
    }
    let tasks = pending(json!({"lastStatus": "STOPPED", "exitCode": 1}), "RUNNING");
    assert_eq!(waiting(tasks.iter(), Some(&definition())), []);
}

#[test]
fn a_running_task_whose_own_check_fails_is_named() {
    let unhealthy = json!({"lastStatus": "RUNNING", "healthStatus": "UNHEALTHY"});
    for app in ["RUNNING", "PENDING"] {
        let tasks = pending(unhealthy.clone(), app);
        assert_eq!(waiting(tasks.iter(), Some(&definition())).len(), 1, "{app}");
    }
    let tasks = pending(unhealthy, "RUNNING");
    let found = waiting(tasks.iter(), None);
    let evidence = Evidence {
        waiting: &found,
        ..Evidence::default()
    };
    let diagnosis = diagnose(&evidence).unwrap();
    assert_eq!(diagnosis.code, Some("container-health"));
    assert_eq!(
        diagnosis.counted(),
        "the health check of container init fails (1 of 1 tasks)"
    );
}

#[test]
fn an_event_explains_tasks_that_were_never_started() {
    let event = |number: i64, message: &str| {
        serde_json::from_value(json!({
            "id": number.to_string(),
            "createdAt": 1_700_000_000 + number,
            "message": message,
        }))
        .unwrap()
    };
    let events = [
        event(
            1,
            "(service web) was unable to place a task. Reason: The moon is in the way.",
        ),
        event(2, "(service web) has reached a steady state."),
    ];
    let evidence = Evidence {
        events: &events,
        ..Evidence::default()
    };
    let diagnosis = diagnose(&evidence).unwrap();
    assert_eq!(diagnosis.code, None);
    assert_eq!(
        diagnosis.summary(),
        "No task could be started: The moon is in the way."
    );
}

#[test]
fn scaling_is_named_only_if_nothing_else_is_known() {
    let scaled = stopped(
        1,
        "ServiceSchedulerInitiated",
        "Scaling activity initiated by (deployment ecs-svc/1)",
        json!({"exitCode": 137}),
    );
    let groups = group(tasks(json!([scaled])).iter());
    let code = |reason| {
        let evidence = Evidence {
            stopped: &groups,
            reason,
            ..Evidence::default()
        };
        diagnose(&evidence).and_then(|diagnosis| diagnosis.code)
    };
    assert_eq!(
        code(Some(
            "Service deployment rolled back because the circuit breaker threshold was exceeded."
        )),
        Some("scaled-in")
    );
    let alarm = "Service deployment rolled back because of alarms: [high-5xx]";
    assert_eq!(code(Some(alarm)), Some("alarm"));
    // Nobody claims that tasks failed, so none is missing.
    let by_request = "Service deployment rolled back by a request.";
    assert_eq!(code(Some(by_request)), None);
}
