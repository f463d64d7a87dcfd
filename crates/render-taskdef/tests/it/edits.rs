//! The flags of edits.

use serde_json::{Value, json};

use crate::scene::{SOUND, Scene};

/// Arguments, a pointer, and the value at this pointer.
type Case = (&'static [&'static str], &'static str, &'static str);

#[test]
fn each_flag_works_as_documented() {
    let cases: &[Case] = &[
        (
            &["--image", "app=r/a:2"],
            "/containerDefinitions/0/image",
            r#""r/a:2""#,
        ),
        (
            &["--image", "app, side=r/a:2"],
            "/containerDefinitions/1/image",
            r#""r/a:2""#,
        ),
        (
            &["--image", "*=r/a:2"],
            "/containerDefinitions/1/image",
            r#""r/a:2""#,
        ),
        (
            &["--image", "app=localhost:5000/a@sha256:1"],
            "/containerDefinitions/0/image",
            r#""localhost:5000/a@sha256:1""#,
        ),
        (
            &["--env", "app:STAGE=prod"],
            "/containerDefinitions/0/environment",
            r#"[{"name":"STAGE","value":"prod"}]"#,
        ),
        (
            &["--env", "URL=http://x/?a=b"],
            "/containerDefinitions/1/environment",
            r#"[{"name":"URL","value":"http://x/?a=b"}]"#,
        ),
        (
            &["--env", "app, side:A=1"],
            "/containerDefinitions/1/environment",
            r#"[{"name":"A","value":"1"}]"#,
        ),
        (
            &["--env", "*:Logging:Level=Debug"],
            "/containerDefinitions/1/environment",
            r#"[{"name":"Logging:Level","value":"Debug"}]"#,
        ),
        (
            &["--env", "side:FROM_HERE"],
            "/containerDefinitions/1/environment",
            r#"[{"name":"FROM_HERE","value":"here = there"}]"#,
        ),
        (
            &["--env", "side:A="],
            "/containerDefinitions/1/environment",
            r#"[{"name":"A","value":""}]"#,
        ),
        (
            &["--env-file", "side:some.env"],
            "/containerDefinitions/1/environment",
            r#"[{"name":"A","value":"1"},{"name":"B","value":"x y # z"}]"#,
        ),
        (
            &["--env-file", "side:some.env", "--env", "side:A=2"],
            "/containerDefinitions/1/environment/0",
            r#"{"name":"A","value":"2"}"#,
        ),
        (
            &[
                "--env-file",
                "arn:aws:s3:::b/x.env",
                "--role",
                "execution=arn:aws:iam::123456789012:role/e",
            ],
            "/containerDefinitions/1/environmentFiles",
            r#"[{"value":"arn:aws:s3:::b/x.env","type":"s3"}]"#,
        ),
        (
            &["--secret", "side:K=ssm:/my/key", "--role", "execution=e"],
            "/containerDefinitions/1/secrets",
            r#"[{"name":"K","valueFrom":"/my/key"}]"#,
        ),
        (
            &[
                "--secret",
                "side:K=arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf:key::",
                "--role",
                "execution=e",
            ],
            "/containerDefinitions/1/secrets/0/valueFrom",
            r#""arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf:key::""#,
        ),
        (
            &["--unset-env", "app:STAGE"],
            "/containerDefinitions/0/environment",
            "null",
        ),
        (
            &["--exclusive-env", "app", "--env", "app:A=1"],
            "/containerDefinitions/0/environment",
            r#"[{"name":"A","value":"1"}]"#,
        ),
        (
            &["--command", r#"side:sh -c "echo hi there""#],
            "/containerDefinitions/1/command",
            r#"["sh","-c","echo hi there"]"#,
        ),
        (
            &["--command", r#"side:["a b", "c"]"#],
            "/containerDefinitions/1/command",
            r#"["a b","c"]"#,
        ),
        (
            &[
                "--log-driver",
                "app:awslogs",
                "--log-option",
                "app:awslogs-group=/a=b",
                "--log-option",
                "app:awslogs-region=eu-west-1",
                "--log-option",
                "app:awslogs-stream-prefix=p",
                "--role",
                "execution=e",
            ],
            "/containerDefinitions/0/logConfiguration",
            r#"{"logDriver":"awslogs","options":{"awslogs-group":"/a=b","awslogs-region":"eu-west-1","awslogs-stream-prefix":"p"}}"#,
        ),
        (
            &["--label", "app:traefik.rule=Host(`x`)=1"],
            "/containerDefinitions/0/dockerLabels",
            r#"{"traefik.rule":"Host(`x`)=1"}"#,
        ),
        (
            &["--cpu", "0.5 vCPU", "--memory", "1 GB"],
            "/cpu",
            r#""0.5 vCPU""#,
        ),
        (&["--cpu", "app:128"], "/containerDefinitions/0/cpu", "128"),
        (
            &["--memory", "app:0.25 GB"],
            "/containerDefinitions/0/memory",
            "256",
        ),
        (&["--role", "task=my-role"], "/taskRoleArn", r#""my-role""#),
        (
            &["--resource-tag", "team=a=b"],
            "/tags",
            r#"[{"key":"team","value":"a=b"}]"#,
        ),
        (
            &["--set", "/containerDefinitions/app/stopTimeout=30"],
            "/containerDefinitions/0/stopTimeout",
            "30",
        ),
        (
            &["--set", "/cpu=512", "--set", "/memory=1 GB"],
            "/cpu",
            r#""512""#,
        ),
        (
            &["--set", r#"/runtimePlatform={"cpuArchitecture":"ARM64"}"#],
            "/runtimePlatform/cpuArchitecture",
            r#""ARM64""#,
        ),
        (
            &[
                "--set",
                "/volumes/-={\"name\":\"v\"}",
                "--set",
                "/volumes/v/host={}",
            ],
            "/volumes",
            "null",
        ),
    ];
    let scene = Scene::of(SOUND);
    scene.write("some.env", "A=1\nB='x y # z'\n");
    let env = [("FROM_HERE", "here = there")];
    for (args, pointer, expected) in cases {
        let mut all = vec!["--task-definition", "t.json"];
        all.extend(*args);
        let ran = scene.run_with(&all, &env, "");
        if pointer == &"/volumes" {
            // The list does not exist, and its name does not imply one.
            assert_eq!(ran.code, 2, "{}", ran.stderr);
            continue;
        }
        let rendered = ran.rendered();
        let expected: Value = serde_json::from_str(expected).unwrap();
        let found = rendered.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(found, expected, "{args:?}");
    }
}

#[test]
fn an_image_may_be_a_value_only() {
    let text = SOUND.replace("\"side:1\"", "\"${image.migrations}\"");
    let ran = Scene::of(&text).render(&["--image", "migrations=m:1", "--image", "app=a:2"]);
    assert_eq!(
        ran.rendered()["containerDefinitions"][1]["image"],
        json!("m:1")
    );
}

#[test]
fn invalid_edits_are_rejected() {
    let cases: &[(&[&str], &str)] = &[
        (
            &["--image", "ap=x:1"],
            "error: task definition t.json: there is no container \"ap\"\nhint: did you mean app? available: app, side\n",
        ),
        (
            &["--image", "x:1"],
            "error: task definition t.json: an image needs a container because there are 2: app, side\nhint: name the container, e.g. app, or * for all containers\n",
        ),
        (
            &["--image", "app="],
            "error: --image \"app\" does not contain the URI of an image\nhint: write --image CONTAINER=URI; for several containers, --image \"app, side=URI\"\n",
        ),
        (
            &["--command", "run it"],
            "error: task definition t.json: a command needs a container because there are 2: app, side\nhint: name the container, e.g. app, or * for all containers\n",
        ),
        (
            &["--command", "app:sh -c 'x"],
            "error: invalid --command: a quote in the command is not closed\n",
        ),
        (
            &["--env", "ap:A=1"],
            "error: task definition t.json: there is no container \"ap\"\nhint: did you mean app? available: app, side\n",
        ),
        (
            &["--env", "NOT_THERE"],
            "error: --env NOT_THERE has no value, and the environment of this step does not contain NOT_THERE\nhint: use --env NOT_THERE=VALUE, or set NOT_THERE for this step\n",
        ),
        (
            &["--env", "A B=hunter2"],
            "error: --env \"A B\" is not the name of a variable\nhint: write --env [CONTAINER:]NAME=VALUE; if NAME contains a colon, --env '*:NAME=VALUE'\n",
        ),
        (
            &["--secret", "K"],
            "error: --secret \"K\" is not NAME=SECRET\nhint: write --secret [CONTAINER:]NAME=SECRET, e.g. app:DB_URL=ssm:/app/db-url\n",
        ),
        (
            &["--log-option", "a=b"],
            "error: task definition t.json: container app has no log driver to set the option a of\nhint: name another container, or add --log-driver app:awslogs\n",
        ),
        (
            &["--cpu", "half"],
            "error: --cpu \"half\" is not a CPU size\nhint: write units or vCPU, e.g. --cpu 512 or --cpu app:0.25vCPU\n",
        ),
        (
            &["--role", "tsk=x"],
            "error: --role \"tsk\" is neither for task nor for execution\nhint: write --role task=ARN or --role execution=ARN\n",
        ),
        (
            &["--set", "cpu=1"],
            "error: --set \"cpu\" is not /POINTER=VALUE\nhint: write --set /POINTER=VALUE, e.g. --set /containerDefinitions/app/stopTimeout=30\n",
        ),
        (
            &["--env-file", "none.env"],
            "error: env file none.env does not exist\n",
        ),
        (
            &["--env-file", "bad.env"],
            "error: env file bad.env: this line is neither NAME=VALUE nor a comment\n  at bad.env:2:1\n",
        ),
    ];
    let scene = Scene::of(SOUND);
    scene.write("bad.env", "A=1\nhunter2\n");
    for (args, expected) in cases {
        let ran = scene.render(args);
        assert!(ran.code == 2 || ran.code == 3, "{args:?}: {}", ran.code);
        assert!(ran.stderr.starts_with(expected), "{args:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}
