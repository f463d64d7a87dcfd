//! Which source has which value.

use serde_json::json;

use super::{
    Facts, Files, check_target, complete, ecr_push, needs_live, pushes, render_taskdef, target,
};
use crate::config::settings::{Origin, Settings};
use crate::deploy::live::LiveService;

const DIGEST: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/live@sha256:0";

fn settings(pairs: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::default();
    for (flag, value) in pairs {
        settings.fill(flag, vec![(*value).to_owned()], Origin::Flag);
    }
    settings
}

fn live() -> LiveService {
    let image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/live:1";
    LiveService {
        service: json!({}),
        task_definition: json!({
            "runtimePlatform": {"cpuArchitecture": "ARM64"},
            "containerDefinitions": [{"name": "app", "image": image}],
        }),
    }
}

#[test]
fn the_cluster_comes_from_flags_then_the_definition_then_the_outputs() {
    let outputs = json!({"ecs_cluster_name": "from-outputs"});
    let outputs = outputs.as_object().cloned().unwrap_or_default();
    for (flag, definition, expected) in [
        (Some("flag"), Some("definition"), Some("flag")),
        (None, Some("definition"), Some("definition")),
        // ecs-deploy fills it in, and nothing else may replace it.
        (None, Some("${tf.cluster}"), None),
        (None, None, Some("from-outputs")),
    ] {
        let pairs: Vec<_> = flag.map(|value| ("cluster", value)).into_iter().collect();
        let facts = Facts {
            outputs: outputs.clone(),
            service_definition: definition.map(|name| json!({"cluster": name})),
            ..Facts::default()
        };
        assert_eq!(target(&settings(&pairs), &facts, "cluster"), expected);
    }
}

#[test]
fn without_any_source_the_error_names_three_ways() {
    let error = check_target(&settings(&[("cluster", "prod")]), &Facts::default());
    let error = error.expect_err("no service");
    let hint = pipeline_io::Failure::hint(&error).unwrap_or_default();
    for way in ["--service", "fargate.yml", "--state"] {
        assert!(hint.contains(way), "{hint}");
    }
    for pairs in [
        &[("cluster", "prod"), ("service", "web")][..],
        &[("state", "terraform.tfstate")],
    ] {
        check_target(&settings(pairs), &Facts::default()).expect("known");
    }
}

#[test]
fn the_repository_comes_from_flags_then_the_outputs_then_the_live_image() {
    let outputs = json!({"ecr_repository_name": "from-outputs"});
    let outputs = outputs.as_object().cloned().unwrap_or_default();
    for (flag, has_outputs, expected) in [
        (Some("flag"), true, "flag"),
        (None, true, "from-outputs"),
        (
            None,
            false,
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/live",
        ),
    ] {
        let pairs: Vec<_> = flag
            .map(|value| ("repository", value))
            .into_iter()
            .collect();
        let mut settings = settings(&pairs);
        let facts = Facts {
            outputs: if has_outputs {
                outputs.clone()
            } else {
                Default::default()
            },
            live: Some(live()),
            ..Facts::default()
        };
        complete(&mut settings, &facts).expect("known");
        assert_eq!(settings.get("repository"), Some(expected));
        assert_eq!(settings.get("platform"), Some("linux/arm64"));
    }
}

#[test]
fn a_live_image_outside_ecr_is_no_repository() {
    let mut live = live();
    live.task_definition["containerDefinitions"][0]["image"] = json!("nginx:1");
    let facts = Facts {
        live: Some(live),
        ..Facts::default()
    };
    let error = complete(&mut settings(&[]), &facts).expect_err("not in ECR");
    assert!(
        error
            .to_string()
            .contains("runs nginx:1, which is not in ECR"),
        "{error}"
    );
}

#[test]
fn the_live_service_is_read_only_if_it_is_needed() {
    let all = [
        ("task-definition", "taskdef.json"),
        ("repository", "team/app"),
    ];
    for (left_out, expected) in [(None, false), (Some(0), true), (Some(1), true)] {
        let pairs = all
            .iter()
            .enumerate()
            .filter(|(index, _)| Some(*index) != left_out);
        let pairs: Vec<_> = pairs.map(|(_, pair)| *pair).collect();
        assert_eq!(needs_live(&settings(&pairs), &Facts::default()), expected);
    }
}

#[test]
fn an_image_for_no_container_replaces_the_build() {
    for (pairs, expected) in [
        (&[][..], true),
        (&[("image", "side=repo/side:1")], true),
        (&[("image", "repo/app:1")], false),
        (&[("source", "none")], false),
        (&[("source", "oci:image")], true),
    ] {
        assert_eq!(pushes(&settings(pairs)), expected, "{pairs:?}");
    }
}

#[test]
fn only_the_live_definition_is_looked_up_by_service() {
    let files = Files(std::path::Path::new("r"));
    let known = (Some("prod"), Some("web"));
    let own = settings(&[("container", "app"), ("env", "A=1")]);
    let argv = render_taskdef(&own, files, known, Some(DIGEST));
    let has = |argv: &[std::ffi::OsString], word: &str| argv.iter().any(|given| given == word);
    let image = format!("--image=app={DIGEST}");
    for word in [
        "--cluster=prod",
        "--service=web",
        &image,
        "--env=A=1",
        "--results=r",
    ] {
        assert!(has(&argv, word), "{word}: {argv:?}");
    }
    let of_file = settings(&[("task-definition", "taskdef.json"), ("service", "web")]);
    let argv = render_taskdef(&of_file, files, known, Some(DIGEST));
    assert!(!has(&argv, "--service=web"), "{argv:?}");
    let argv = ecr_push(&own, files, "oci:image");
    assert!(
        has(&argv, "--source=oci:image") && !has(&argv, "--env=A=1"),
        "{argv:?}"
    );
}
