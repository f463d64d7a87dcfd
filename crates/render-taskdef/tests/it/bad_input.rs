//! Invalid texts: one clear error with its location and exit code, and nothing is written.

use crate::scene::{SOUND, Scene};

#[test]
fn each_invalid_text_is_one_error() {
    let cases: &[(&str, &str, i32, &str)] = &[
        (
            "t.json",
            "{\"family\": \"a\",\n \"family\": \"b\"}",
            2,
            "error: task definition t.json: duplicate name \"family\"; the first is at line 1, column 2\n  at t.json:2:2\n",
        ),
        (
            "t.json",
            "{\"cpu\": NaN}",
            2,
            "error: task definition t.json: ",
        ),
        (
            "t.json",
            "{\"a\": [1, 2",
            2,
            "error: task definition t.json: this list is not closed\n  at t.json:1:7\n",
        ),
        (
            "t.json",
            "[]",
            2,
            "error: task definition t.json: expected an object, but this is a list\n  at t.json:1:1\n",
        ),
        ("t.json", "", 2, "error: task definition t.json is empty\n"),
        (
            "t.yaml",
            "a: &x [*x]\n",
            2,
            "error: task definition t.yaml: *x is inside the value that it refers to\n  at t.yaml:1:8\n",
        ),
        (
            "t.yaml",
            "a: 1\na: 2\n",
            2,
            "error: task definition t.yaml: duplicate name \"a\"; the first is at line 1, column 1\n  at t.yaml:2:1\n",
        ),
        (
            "t.yaml",
            "a: .nan\n",
            2,
            "error: task definition t.yaml: JSON cannot represent the number .nan; quote it if it is text\n  at t.yaml:1:4\n",
        ),
        (
            "none.json",
            "",
            3,
            "error: task definition none.json does not exist\n",
        ),
    ];
    for (name, text, code, expected) in cases {
        let scene = Scene::of(SOUND);
        if *code != 3 {
            scene.write(name, text);
        }
        let ran = scene.run(&["--task-definition", name, "--out", "out.json"]);
        assert_eq!(ran.code, *code, "{text:?}: {}", ran.stderr);
        assert!(ran.stderr.starts_with(expected), "{text:?}: {}", ran.stderr);
        assert_eq!(ran.stderr.matches("error:").count(), 1);
        assert!(!scene.path("out.json").exists());
    }
}

#[test]
fn binary_and_long_files_are_rejected() {
    let scene = Scene::of(SOUND);
    scene.write("t.json", b"{\"family\": \"\xff\"}");
    let ran = scene.render(&[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .starts_with("error: task definition t.json is not UTF-8 text (byte 12)\n"),
        "{}",
        ran.stderr
    );

    scene.write("t.json", b"\xff\xfe{\0}\0");
    let ran = scene.render(&[]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            2,
            "error: task definition t.json is UTF-16 text, not UTF-8\nhint: save it as UTF-8, e.g. with Out-File -Encoding utf8 in PowerShell\n"
        )
    );
    let ran = scene.run_with(&["--task-definition", "-"], &[], "{\0}\0");
    assert_eq!(
        ran.stderr,
        "error: the task definition on stdin is UTF-16 text\nhint: pass UTF-8 text\n"
    );

    let file = std::fs::File::create(scene.path("t.json")).unwrap();
    file.set_len(50 << 20).unwrap();
    let ran = scene.render(&[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("is larger than 1048576 bytes"),
        "{}",
        ran.stderr
    );

    let long = format!("{SOUND}{}", " ".repeat(1 << 20));
    let ran = scene.run_with(&["--task-definition", "-"], &[], &long);
    assert!(
        ran.stderr.contains("more than the limit of 1 MiB"),
        "{}",
        ran.stderr
    );
}

#[test]
fn numbers_keep_all_digits_or_are_rejected() {
    let text = SOUND.replacen(
        '{',
        "{\"x\": [1e400, 0.10, 123456789012345678901234567890, -0],",
        1,
    );
    let ran = Scene::of(&text).render(&["--ignore", "unknown-member"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let compact: String = ran.stdout.split_whitespace().collect();
    assert!(
        compact.contains("[1e400,0.10,123456789012345678901234567890,-0]"),
        "{compact}"
    );

    let text = SOUND.replace(
        "\"image\": \"app:1\"",
        "\"image\": \"app:1\", \"cpu\": 1e400",
    );
    let ran = Scene::of(&text).render(&[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("containerDefinitions[0].cpu is not a whole number of 32 bits"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_missing_source_is_an_error_with_a_hint() {
    let ran = Scene::of(SOUND).run(&[]);
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.stderr,
        "error: no task definition given\nhint: use --task-definition FILE|FAMILY|ARN, or --cluster CLUSTER --service SERVICE\n"
    );
}

#[test]
fn invalid_outputs_are_rejected() {
    let scene = Scene::of(SOUND);
    for (text, expected) in [
        ("", "error: outputs o.json is empty\n"),
        (
            "[1]",
            "error: outputs o.json: expected an object, but this is a list",
        ),
        (
            "{\"a\": 1, \"a\": 2}",
            "error: outputs o.json: duplicate name \"a\"",
        ),
    ] {
        scene.write("o.json", text);
        let ran = scene.render(&["--outputs", "o.json"]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
    }
}

#[test]
fn an_image_without_its_container_gets_the_whole_flag() {
    let definition =
        r#"{"family": "web", "containerDefinitions": [{"name": "app", "image": "${image.app}"}]}"#;
    for (image, hint) in [
        (
            "app",
            "hint: --image app lacks the URI: write --image app=URI\n",
        ),
        (
            "nginx:1",
            "hint: --image nginx:1 lacks the name of a container: write --image app=nginx:1\n",
        ),
    ] {
        let scene = Scene::of(definition);
        let ran = scene.run(&["--task-definition", "t.json", "--image", image]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.ends_with(hint), "{}", ran.stderr);
    }
}
