//! From a file with placeholders to a rendered definition, with nothing lost.

use serde_json::{Value, json};

use crate::scene::{SOUND, Scene};

const TEMPLATE: &str = r#"{
  // unknown to this version
  "memberOfTomorrow": {"exact": 12345678901234567890123.10, "exp": 1E5, "null": null},
  "family": "web-${env.STAGE}",
  "cpu": "256", "memory": "512", "networkMode": "awsvpc",
  "requiresCompatibilities": ["FARGATE"],
  "executionRoleArn": "${tf.execution_role_arn}",
  "containerDefinitions": [
    {"name": "app", "image": "${image.app}", "portMappings": [{"containerPort": "${tf.port}"}],
     "environment": [{"name": "PORT", "value": "${tf.port}"}], "command": ["sh", "-c", "echo ${HOME} $${tf.x}"]},
  ],
}"#;

const OUTPUTS: &str = r#"{"execution_role_arn": "arn:aws:iam::123456789012:role/x", "port": 8080, "image_uri": "r@sha256:1"}"#;

fn scene() -> Scene {
    let scene = Scene::of(TEMPLATE);
    scene.write("outputs.json", OUTPUTS);
    scene
}

const STRAIGHT: [&str; 6] = [
    "--task-definition",
    "t.json",
    "--outputs",
    "outputs.json",
    "--image",
    "app=r/app@sha256:1",
];

#[test]
fn placeholders_are_filled_in_and_nothing_is_lost() {
    let ran = scene().run_with(&STRAIGHT, &[("STAGE", "prod")], "");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let compact: String = ran.stdout.split('\n').map(str::trim_start).collect();
    assert_eq!(
        compact,
        r#"{"memberOfTomorrow": {"exact": 12345678901234567890123.10,"exp": 1E5,"null": null},"family": "web-prod","cpu": "256","memory": "512","networkMode": "awsvpc","requiresCompatibilities": ["FARGATE"],"executionRoleArn": "arn:aws:iam::123456789012:role/x","containerDefinitions": [{"name": "app","image": "r/app@sha256:1","portMappings": [{"containerPort": 8080}],"environment": [{"name": "PORT","value": "8080"}],"command": ["sh","-c","echo ${HOME} ${tf.x}"]}]}"#
    );
    assert_eq!(
        ran.stderr,
        "warning: t.json:3:3: unknown member memberOfTomorrow [unknown-member]\n"
    );
}

#[test]
fn an_unknown_output_is_reported_with_location_and_similar_names() {
    let scene = scene();
    scene.write("t.json", TEMPLATE.replacen("${tf.port}", "${tf.prt}", 1));
    let env = [("STAGE", "prod"), ("GITHUB_ACTIONS", "true")];
    let ran = scene.run_with(&STRAIGHT, &env, "");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    let expected =
        "error: ${tf.prt} is not an output of Terraform; did you mean port?\n  at t.json:9:82\n";
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
    let annotations: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|l| l.starts_with("::error"))
        .collect();
    assert_eq!(annotations.len(), 1, "{annotations:#?}");
    assert!(
        annotations[0].contains("file=t.json,line=9,col=82::"),
        "{annotations:#?}"
    );
}

#[test]
fn all_undefined_placeholders_are_reported_together() {
    let ran = scene().run(&["--task-definition", "t.json"]);
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.stderr,
        "error: 5 placeholders in t.json have no value\n  \
         | t.json:4:18: ${env.STAGE} is not set in the environment\n  \
         | t.json:7:24: ${tf.execution_role_arn} needs the outputs of Terraform\n  \
         | t.json:9:31: ${image.app} has no image\n  \
         | t.json:9:82: ${tf.port} needs the outputs of Terraform\n  \
         | t.json:10:49: ${tf.port} needs the outputs of Terraform\n  \
         at t.json:4:18\nhint: add --outputs FILE, a file written by tf-outputs --out FILE\n"
    );
}

#[test]
fn the_output_can_be_a_file_and_ci_outputs() {
    let scene = Scene::of(SOUND);
    let outputs = scene.path("github-output").display().to_string();
    let env = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_OUTPUT", outputs.as_str()),
    ];
    let args = [
        "--task-definition",
        "t.json",
        "--out",
        "new/task.json",
        "--results",
        "results",
    ];
    let ran = scene.run_with(&args, &env, "");
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (0, "", "")
    );
    let rendered: Value = serde_json::from_str(&scene.read("new/task.json")).unwrap();
    assert_eq!(rendered, serde_json::from_str::<Value>(SOUND).unwrap());
    let outputs = scene.read("github-output");
    assert!(
        outputs.contains("task-definition<<") && outputs.contains("\nnew/task.json\n"),
        "{outputs}"
    );
    assert!(
        outputs.contains("family<<") && outputs.contains("\nweb\n"),
        "{outputs}"
    );
    let result: Value = serde_json::from_str(&scene.read("results/render-taskdef.json")).unwrap();
    assert_eq!(result["verdict"], "rendered");
    assert_eq!(
        result["data"],
        json!({
            "file": "new/task.json", "family": "web",
            "containers": [{"name": "app", "image": "app:1"}, {"name": "side", "image": "side:1"}],
            "lints": [], "diff": null,
        })
    );
}

#[test]
fn variables_can_replace_flags() {
    let env = [
        ("FARGATE_TASK_DEFINITION", "t.json"),
        ("FARGATE_IMAGE", "app=new:1\nside=new:2\n"),
        ("FARGATE_ENV", "\napp:A=1\n  app:B=x=y\n"),
        ("FARGATE_CPU", ""),
    ];
    let rendered = Scene::of(SOUND).run_with(&[], &env, "").rendered();
    let containers = &rendered["containerDefinitions"];
    assert_eq!(
        (&containers[0]["image"], &containers[1]["image"]),
        (&json!("new:1"), &json!("new:2"))
    );
    assert_eq!(
        containers[0]["environment"][2],
        json!({"name": "B", "value": "x=y"})
    );
    assert_eq!(rendered["cpu"], "256");
}

#[test]
fn a_definition_that_is_not_printed_is_a_warning() {
    let scene = Scene::of(SOUND);
    let ran = scene.render(&["--format", "json"]);
    assert_eq!(ran.rendered()["verdict"], "rendered");
    assert_eq!(
        ran.stderr,
        "warning: --format json prints the result, not the definition; add --out FILE to write the definition\n"
    );
    let ran = scene.render(&["--format", "json", "--out", "o.json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn yaml_and_stdin_are_read() {
    let yaml = "family: web\r\ncpu: '256'\r\nmemory: '512'\r\nnetworkMode: awsvpc\r\nrequiresCompatibilities: [FARGATE]\r\n\
                containerDefinitions:\r\n- &base\r\n  name: app\r\n  image: ${env.IMAGE}\r\n- <<: *base\r\n  name: side\r\n";
    let scene = Scene::of(SOUND);
    scene.write("t.yaml", format!("\u{feff}{yaml}"));
    let env = [("IMAGE", "i:1")];
    let from_file = scene
        .run_with(&["--task-definition", "t.yaml"], &env, "")
        .rendered();
    let from_stdin = scene
        .run_with(&["--task-definition", "-"], &env, yaml)
        .rendered();
    assert_eq!(from_file, from_stdin);
    assert_eq!(
        from_file["containerDefinitions"][1],
        json!({"name": "side", "image": "i:1"})
    );
    let json = scene
        .run_with(&["--task-definition", "-"], &[], SOUND)
        .rendered();
    assert_eq!(json["family"], "web");
}

#[test]
fn a_saved_description_is_a_definition() {
    let described = format!(
        r#"{{"taskDefinition": {}, "tags": [{{"key": "aws:cloudformation:stack-name", "value": "x"}}, {{"key": "team", "value": "a"}}]}}"#,
        SOUND.replacen('{', r#"{"taskDefinitionArn": "arn:x", "revision": 3, "status": "ACTIVE", "registeredAt": 1.5, "#, 1)
    );
    let rendered = Scene::of(&described).render(&[]).rendered();
    let mut expected: Value = serde_json::from_str(SOUND).unwrap();
    expected["tags"] = json!([{"key": "team", "value": "a"}]);
    assert_eq!(rendered, expected);
}

#[test]
fn output_of_terraform_itself_is_accepted() {
    let scene = scene();
    let one =
        |value: &str| format!(r#"{{"sensitive": false, "type": "string", "value": {value}}}"#);
    let terraform = format!(
        r#"{{"execution_role_arn": {}, "port": {}}}"#,
        one("\"arn:aws:iam::123456789012:role/x\""),
        one("8080")
    );
    scene.write("outputs.json", terraform);
    let ran = scene.run_with(&STRAIGHT, &[("STAGE", "x")], "");
    assert_eq!(
        ran.rendered()["containerDefinitions"][0]["portMappings"][0]["containerPort"],
        8080
    );
}

#[test]
fn a_rendered_definition_renders_to_itself() {
    let scene = Scene::of(SOUND);
    let first = scene.render(&[]);
    scene.write("t.json", &first.stdout);
    assert_eq!(scene.render(&[]).stdout, first.stdout);
}
