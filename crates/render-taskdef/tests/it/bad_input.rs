//! Texts that are no definition: one clear error, its place, its exit code, nothing written.

use crate::scene::{SOUND, Scene};

#[test]
fn each_bad_text_is_refused_with_one_sentence() {
    let cases: &[(&str, &str, i32, &str)] = &[
        (
            "t.json",
            "{\"family\": \"a\",\n \"family\": \"b\"}",
            2,
            "error: task definition t.json: \"family\" is given twice; the first is at line 1, column 2\n  at t.json:2:2\n",
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
            "error: task definition t.json: this list has no end\n  at t.json:1:7\n",
        ),
        (
            "t.json",
            "[]",
            2,
            "error: task definition t.json: it is a list, not an object\n  at t.json:1:1\n",
        ),
        ("t.json", "", 2, "error: task definition t.json is empty\n"),
        (
            "t.yaml",
            "a: &x [*x]\n",
            2,
            "error: task definition t.yaml: *x stands inside the value that it names: that has no end\n  at t.yaml:1:8\n",
        ),
        (
            "t.yaml",
            "a: 1\na: 2\n",
            2,
            "error: task definition t.yaml: \"a\" is given twice; the first is at line 1, column 1\n  at t.yaml:2:1\n",
        ),
        (
            "t.yaml",
            "a: .nan\n",
            2,
            "error: task definition t.yaml: .nan is a number that JSON does not have; quote it if it is text\n  at t.yaml:1:4\n",
        ),
        (
            "none.json",
            "",
            3,
            "error: task definition none.json does not exist\n",
        ),
    ];
    for (name, text, code, said) in cases {
        let scene = Scene::of(SOUND);
        if *code != 3 {
            scene.write(name, text);
        }
        let ran = scene.run(&["--task-definition", name, "--out", "out.json"]);
        assert_eq!(ran.code, *code, "{text:?}: {}", ran.stderr);
        assert!(ran.stderr.starts_with(said), "{text:?}: {}", ran.stderr);
        assert_eq!(ran.stderr.matches("error:").count(), 1);
        assert!(!scene.path("out.json").exists());
    }
}

#[test]
fn what_is_not_text_or_too_long_is_refused() {
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
        ran.stderr.contains("more than the 1 MiB that are read"),
        "{}",
        ran.stderr
    );
}

#[test]
fn numbers_are_kept_to_the_last_digit_or_refused() {
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
            .contains("containerDefinitions[0].cpu is no whole number of 32 bits"),
        "{}",
        ran.stderr
    );
}

#[test]
fn without_a_source_it_says_which_there_are() {
    let ran = Scene::of(SOUND).run(&[]);
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.stderr,
        "error: no task definition is named\nhint: give --task-definition FILE, FAMILY or ARN, or --cluster and --service\n"
    );
}

#[test]
fn outputs_that_are_none_are_refused() {
    let scene = Scene::of(SOUND);
    for (text, said) in [
        ("", "error: outputs o.json is empty\n"),
        ("[1]", "error: outputs o.json: it is a list, not an object"),
        (
            "{\"a\": 1, \"a\": 2}",
            "error: outputs o.json: \"a\" is given twice",
        ),
    ] {
        scene.write("o.json", text);
        let ran = scene.render(&["--outputs", "o.json"]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.starts_with(said), "{}", ran.stderr);
    }
}
