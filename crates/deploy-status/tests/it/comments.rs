//! The comments that people read: one snapshot for each way in which a deployment can end.

use deploy_status::{DeploymentReport, ReportContext, read, render};
use serde_json::{Value, json};

use crate::scene::{Scene, crashed, github, waited, without_version};

#[test]
fn success() {
    insta::assert_snapshot!(Scene::success().markdown(&github()));
}

#[test]
fn failure_with_its_cause() {
    let scene = Scene::new()
        .outputs()
        .push()
        .render()
        .deploy()
        .wait("failed", 5, crashed());
    let comment = scene.markdown(&github());
    assert!(
        !comment.contains("DATABASE_URL"),
        "log lines appear only on request"
    );
    insta::assert_snapshot!(comment);
}

#[test]
fn failure_with_log_lines() {
    let context = ReportContext {
        name: Some("staging".to_owned()),
        with_logs: true,
        ..github()
    };
    let comment = Scene::new()
        .deploy()
        .wait("failed", 5, crashed())
        .markdown(&context);
    assert!(
        comment.contains("panic: DATABASE_URL is not set"),
        "{comment}"
    );
    assert!(
        !comment.contains("hunter2") && !comment.contains("ghp_"),
        "{comment}"
    );
    insta::assert_snapshot!(comment);
}

#[test]
fn rollback() {
    let mut data = crashed();
    data["summary"] =
        json!("service web in prod was rolled back to web:42: container app exits with 1.");
    data["tasks"] = json!({"running": 2, "pending": 0, "desired": 2});
    data["state"] = json!({"status": "ROLLBACK_SUCCESSFUL"});
    data["rolledBackTo"] = json!("ecs-svc/1111111111111111111");
    let scene = Scene::new()
        .outputs()
        .push()
        .render()
        .deploy()
        .wait("rolled-back", 6, data);
    insta::assert_snapshot!(scene.markdown(&github()));
}

#[test]
fn only_what_was_seen_keeps_running() {
    let headline = |status: &str, to: &str| {
        let mut data = crashed();
        data["state"] = json!({"status": status});
        data["rolledBackTo"] = json!(to);
        let comment = Scene::new()
            .deploy()
            .wait("rolled-back", 6, data)
            .markdown(&github());
        comment.lines().next().unwrap().to_owned()
    };
    let previous = "ecs-svc/1111111111111111111";
    assert_eq!(
        headline("ROLLBACK_SUCCESSFUL", previous),
        "### ↩️ `prod` · `web:43` was rolled back — `web:42` keeps running"
    );
    assert_eq!(
        headline("ROLLBACK_IN_PROGRESS", previous),
        "### ↩️ `prod` · `web:43` is being rolled back to `web:42`"
    );
    // ECS went back to another deployment than the one before, whose revision is not known.
    assert_eq!(
        headline("ROLLBACK_SUCCESSFUL", "ecs-svc/2222222222222222222"),
        "### ↩️ `prod` · `web:43` was rolled back"
    );
}

#[test]
fn a_pause_shows_its_deadline() {
    let data = waited(json!({"paused": {
        "stage": "POST_SCALE_UP", "timeoutAction": "ROLLBACK", "expiresAt": "2026-11-20T20:14:05.123Z",
    }}));
    let comment = Scene::new()
        .deploy()
        .wait("paused", 10, data)
        .markdown(&github());
    assert!(
        comment.starts_with("### ⏸️ `prod` · `web:43` is paused at POST_SCALE_UP\n"),
        "{comment}"
    );
    assert!(
        comment.contains("If nobody does, ECS rolls back at 2026-11-20 20:14 UTC."),
        "{comment}"
    );
}

#[test]
fn superseded() {
    let data = waited(json!({
        "summary": "another deployment of web took over: web:44 (ecs-svc/9876543210987654321).",
    }));
    let scene = Scene::new().deploy().wait("superseded", 7, data);
    insta::assert_snapshot!(scene.markdown(&github()));
}

#[test]
fn a_pause_shows_what_a_person_can_do() {
    let data = waited(json!({
        "summary": "deployment ecs-svc/123 of web is paused at POST_SCALE_UP after 40 s, waiting for a person (hook ecs-pause-h9NK4)",
        "tasks": {"running": 2, "pending": 0, "desired": 2},
    }));
    let scene = Scene::new().deploy().wait("paused", 10, data);
    insta::assert_snapshot!(scene.markdown(&github()));
}

#[test]
fn timed_out() {
    let data = waited(json!({
        "summary": "after 10 min 1 of 2 tasks of web is healthy.",
        "tasks": {"running": 1, "pending": 1, "desired": 2},
    }));
    let scene = Scene::new().deploy().wait("timed-out", 8, data);
    insta::assert_snapshot!(scene.markdown(&github()));
}

#[test]
fn partial_a_step_failed_early() {
    let error = json!({
        "message": "repository web does not exist in 123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        "causes": ["RepositoryNotFoundException: The repository with name 'web' does not exist in the registry with id '123456789012'"],
        "hint": "create it with --create-repository, or check --repository and --region",
        "location": null,
    });
    let scene = Scene::new()
        .outputs()
        .result("ecr-push", "not-found", 3, 0.31, error, Value::Null);
    insta::assert_snapshot!(scene.markdown(&github()));
}

#[test]
fn partial_an_error_in_a_file() {
    let error = json!({
        "message": "unknown output `ecs_cluster`", "causes": [], "hint": "did you mean `ecs_cluster_name`?",
        "location": {"file": "taskdef.json", "line": 12, "column": 18},
    });
    let scene = Scene::new().outputs().push().result(
        "render-taskdef",
        "invalid",
        2,
        0.01,
        error,
        json!({}),
    );
    insta::assert_snapshot!(scene.markdown(&github()));
}

#[test]
fn partial_without_a_proof() {
    insta::assert_snapshot!(Scene::new().outputs().push().deploy().markdown(&github()));
}

#[test]
fn partial_with_results_that_cannot_be_read() {
    let scene = Scene::new()
        .outputs()
        .file("ecr-push.json", "{\"schemaVersion\":1,")
        .file("render-taskdef.json", "")
        .file("ecs-deploy.json", r#"{"schemaVersion":2,"verb":"ecs-deploy","version":"9","verdict":"x","exitCode":0,"startedAt":"","seconds":0,"error":null,"data":null}"#);
    insta::assert_snapshot!(scene.markdown(&github()));
}

#[test]
fn nothing_ran() {
    insta::assert_snapshot!(Scene::new().markdown(&ReportContext::default()));
}

#[test]
fn several_services() {
    let scene = Scene::new();
    let worker = |data: Value| {
        let text = data.to_string().replace("web", "worker");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    for (directory, exit_code, verdict, data) in [
        ("api", 0, "succeeded", crate::scene::succeeded()),
        ("worker", 5, "failed", worker(crashed())),
    ] {
        let of = Scene::success().wait(verdict, exit_code, data);
        for name in ["ecs-deploy.json", "wait-healthy.json"] {
            let to = scene.path().join(directory);
            std::fs::create_dir_all(&to).unwrap();
            std::fs::copy(of.path().join(name), to.join(name)).unwrap();
        }
    }
    let early = json!({"message": "access denied", "causes": [], "hint": null, "location": null});
    let early = Scene::new().result("ecr-push", "denied", 4, 0.5, early, Value::Null);
    std::fs::create_dir_all(scene.path().join("cron")).unwrap();
    std::fs::copy(
        early.path().join("ecr-push.json"),
        scene.path().join("cron/ecr-push.json"),
    )
    .unwrap();
    insta::assert_snapshot!(scene.markdown(&github()));
}

#[test]
fn a_comment_that_is_too_long_loses_its_logs_first() {
    let mut data = crashed();
    let line = "x".repeat(390);
    data["cause"]["groups"][0]["logs"][0]["lines"] = vec![line.as_str(); 5_000].into();
    data["cause"]["events"] = vec![json!({"message": line.clone()}); 5_000].into();
    let scene = Scene::new().render().deploy().wait("failed", 5, data);
    let context = ReportContext {
        with_logs: true,
        ..github()
    };
    let report = DeploymentReport::of(read(&[scene.path().to_owned()], None).unwrap());
    let mut before = usize::MAX;
    for limit in [65_536, 20_000, 6_000, 2_000, 1_200, 300] {
        let comment = render(&report, &context, limit);
        let length = comment.chars().count();
        assert!(length <= limit, "{length} of {limit}");
        assert!(length <= before, "{length} after {before}");
        assert!(
            comment.starts_with("### ❌ `prod` · `web:43` failed"),
            "{comment}"
        );
        if limit >= 1_200 {
            assert!(comment.contains("**Cause:**"), "{limit}: {comment}");
        }
        before = length;
    }
}

#[test]
fn a_step_outside_these_programs_failed() {
    let described = |scene: &Scene| {
        let mut report = DeploymentReport::of(read(&[scene.path().to_owned()], None).unwrap());
        report.record_failed_step("Build the image");
        without_version(&render(&report, &github(), 60_000))
    };
    insta::assert_snapshot!(described(&Scene::new().outputs()));
    let nothing_else = described(&Scene::new());
    assert!(
        nothing_else.contains("Deployment failed in Build the image"),
        "{nothing_else}"
    );
    // The result of a program that failed contains more.
    let crashed = described(&Scene::new().wait("failed", 5, crashed()));
    assert!(crashed.contains("**Cause:** container `app`"), "{crashed}");
    assert!(!crashed.contains("Build the image"), "{crashed}");
}
