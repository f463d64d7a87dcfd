//! The description of a commit status: one line that starts with what happened and why.

use serde_json::{Value, json};

use crate::github::{GitHub, REPOSITORY, stderr};
use crate::scene::{Scene, crashed};

#[test]
fn the_cause_comes_first_in_a_status() {
    let commit = "3f2c1d0e9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d";
    let rolled_back = |container: &str| {
        let mut data = crashed();
        data["summary"] = "deployment ecs-svc/1 of web was rolled back after 5 s: Service deployment rolled back because the circuit breaker threshold was exceeded".into();
        data["state"] = json!({"status": "ROLLBACK_SUCCESSFUL"});
        data["rolledBackTo"] = "ecs-svc/1111111111111111111".into();
        data["cause"]["groups"][0]["containers"][0]["name"] = container.into();
        Scene::new().deploy().wait("rolled-back", 6, data)
    };
    let early = json!({"message": "repository web does not exist", "causes": [], "hint": null, "location": null});
    for (scene, description) in [
        (
            rolled_back("app"),
            "web:43 was rolled back: container app exited with code 1 (3 of 3 tasks); web:42 keeps running",
        ),
        (
            rolled_back(&"a".repeat(60)),
            "web:43 was rolled back: container aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa exited with code 1 (3 of 3 tasks)",
        ),
        (
            Scene::new().result("ecr-push", "not-found", 3, 0.3, early, Value::Null),
            "Deployment failed in ecr-push: repository web does not exist",
        ),
    ] {
        let github = GitHub {
            scene,
            ..GitHub::new()
        };
        let output = github.run(&["--commit-status", commit]);
        assert!(output.status.success(), "{}", stderr(&output));
        let statuses = github.cloud.github().statuses(REPOSITORY);
        assert_eq!(statuses[0]["description"], description);
    }
}
