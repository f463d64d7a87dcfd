//! Deployments that succeed.

use crate::scene::{PROJECT, PROXY, PULL_REQUEST, Scene};

#[test]
fn an_existing_service_needs_no_file_and_no_state() {
    let scene = Scene::new();
    let ran = scene.deploy(&["--tag", "v2"]).ended(0);
    assert_eq!(ran.stdout, "succeeded\n");
    let images = scene.images();
    assert_eq!(images[0], PROXY);
    assert!(
        images[1].ends_with(&format!("team/web@{}", scene.digest)),
        "{images:?}"
    );
    for verb in [
        "ecr-push",
        "render-taskdef",
        "ecs-deploy",
        "wait-healthy",
        "deploy-status",
    ] {
        let result = scene.result(verb).unwrap_or_default();
        assert_eq!(result["exitCode"], 0, "{verb}: {result}");
    }
    assert!(scene.result("tf-outputs").is_none(), "no state was named");
    assert!(scene.path("results/deployment.md").is_file());
    assert!(scene.cloud.registry().manifest("team/web", "v2").is_some());
    let last = ran.stderr.lines().last().unwrap_or_default();
    for part in [
        "push pushed",
        "deploy updated",
        "wait succeeded",
        "results in results",
    ] {
        assert!(last.contains(part), "{part}: {last}");
    }
}

#[test]
fn an_unchanged_image_sends_nothing_and_registers_nothing() {
    let scene = Scene::new();
    scene.deploy(&["--tag", "v2"]).ended(0);
    scene.cloud.forget_requests();
    let ran = scene.deploy(&["--tag", "v2"]).ended(0);
    for operation in ["RegisterTaskDefinition", "UpdateService"] {
        assert_eq!(
            scene.count("ecs", operation),
            0,
            "{operation}: {}",
            ran.stderr
        );
    }
    let push = scene.result("ecr-push").unwrap_or_default();
    assert_eq!(push["verdict"], "unchanged", "{}", ran.stderr);
    let deploy = scene.result("ecs-deploy").unwrap_or_default();
    assert_eq!(deploy["data"]["action"], "unchanged", "{deploy}");
}

#[test]
fn an_image_that_is_already_in_a_registry_is_not_pushed() {
    let scene = Scene::new();
    let image = "public.ecr.aws/acme/web:2";
    let args = [
        "deploy",
        "--cluster=prod",
        "--service=web",
        "--image",
        image,
    ];
    scene.run(&args).ended(0);
    assert_eq!(scene.images(), [PROXY, image]);
    assert!(scene.result("ecr-push").is_none());
}

#[test]
fn files_are_found_by_their_names() {
    let scene = Scene::new();
    let definition = serde_json::json!({
        "family": "web", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
        "cpu": "512", "memory": "1024",
        "containerDefinitions": [{"name": "app", "image": "${image.app}",
            "portMappings": [{"containerPort": 8080}]}],
    });
    scene.write("taskdef.json", &definition.to_string());
    scene
        .deploy(&["--repository", "team/web", "--container", "app"])
        .ended(0);
    let images = scene.images();
    assert_eq!(images.len(), 1, "{images:?}");
    assert!(images[0].ends_with(&scene.digest), "{images:?}");
}

#[test]
fn cluster_service_and_repository_come_from_a_state() {
    let scene = Scene::new();
    let output = |value: &str| serde_json::json!({"value": value, "type": "string"});
    let state = serde_json::json!({"version": 4, "terraform_version": "1.9.0", "serial": 1,
        "lineage": "x", "resources": [], "outputs": {
            "ecs_cluster_name": output("prod"), "ecs_service_name": output("web"),
            "ecr_repository_name": output("team/web"), "container_name": output("app"),
    }});
    scene.write("platform.tfstate", &state.to_string());
    let args = ["deploy", "--state=platform.tfstate", "--source=oci:image"];
    let ran = scene.run(&[&args[..], &["--task-definition=web"]].concat());
    ran.ended(0);
    assert!(
        scene.images()[1].ends_with(&scene.digest),
        "{:?}",
        scene.images()
    );
    assert!(scene.result("tf-outputs").is_some());
}

#[test]
fn a_dry_run_changes_nothing() {
    let scene = Scene::new();
    let before = scene.images();
    scene.deploy(&["--tag", "v2", "--dry-run"]).ended(0);
    assert_eq!(scene.images(), before);
    for operation in ["RegisterTaskDefinition", "UpdateService"] {
        assert_eq!(scene.count("ecs", operation), 0, "{operation}");
    }
    assert!(scene.cloud.registry().manifest("team/web", "v2").is_none());
    assert!(scene.result("deploy-status").is_none());
}

#[test]
fn a_job_of_a_pull_request_comments_on_it() {
    let scene = Scene::new();
    let mut command = scene.command(&["deploy", "--cluster=prod", "--service=web"]);
    command
        .arg("--source=oci:image")
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_REF", format!("refs/pull/{PULL_REQUEST}/merge"))
        .env("GITHUB_REPOSITORY", PROJECT)
        .env("GITHUB_OUTPUT", scene.path("outputs"))
        .env("GITHUB_TOKEN", scene.cloud.github().token());
    let ran = crate::scene::ran(command.output().expect("started")).ended(0);
    let comments = scene.cloud.github().comments(PROJECT, PULL_REQUEST);
    assert_eq!(comments.len(), 1, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("::group::Push the image"),
        "{}",
        ran.stderr
    );
    let outputs = std::fs::read_to_string(scene.path("outputs")).expect("outputs");
    for name in ["verdict", "image", "deployment", "comment-url", "results"] {
        assert!(outputs.contains(&format!("{name}<<")), "{name}: {outputs}");
    }
}

#[test]
fn the_pull_request_gets_one_comment_however_often_it_runs() {
    let scene = Scene::new();
    let number = PULL_REQUEST.to_string();
    for _ in 0..2 {
        let mut command = scene.command(&["deploy", "--cluster=prod", "--service=web"]);
        command
            .args(["--source=oci:image", "--git-repository", PROJECT])
            .args(["--pull-request", &number])
            .env("GITHUB_TOKEN", scene.cloud.github().token());
        crate::scene::ran(command.output().expect("started")).ended(0);
    }
    let comments = scene.cloud.github().comments(PROJECT, PULL_REQUEST);
    assert_eq!(comments.len(), 1);
}
