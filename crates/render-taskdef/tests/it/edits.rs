//! Each flag of an edit, as a person writes it.

use serde_json::{Value, json};

use crate::scene::{SOUND, Scene};

/// Arguments, and where they show what.
type Case = (&'static [&'static str], &'static str, &'static str);

#[test]
fn each_flag_does_what_its_help_says() {
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
            // There is no list yet, and nothing says that one is meant.
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
fn what_cannot_be_meant_is_refused() {
    let cases: &[(&[&str], &str)] = &[
        (
            &["--image", "ap=x:1"],
            "error: task definition t.json: no container is named \"ap\"\nhint: app may be meant; there are: app, side\n",
        ),
        (
            &["--image", "x:1"],
            "error: task definition t.json: an image is given without a container, and there are 2: app, side\nhint: name the container, as app, or * for all\n",
        ),
        (
            &["--image", "app="],
            "error: --image \"app\" has no image's URI\nhint: write CONTAINER=URI; several containers: \"app, side=URI\"\n",
        ),
        (
            &["--command", "run it"],
            "error: task definition t.json: a command is given without a container, and there are 2: app, side\nhint: name the container, as app, or * for all\n",
        ),
        (
            &["--command", "app:sh -c 'x"],
            "error: --command cannot be read\ncaused by: the command has a quote that is not closed\n",
        ),
        (
            &["--env", "ap:A=1"],
            "error: task definition t.json: no container is named \"ap\"\nhint: app may be meant; there are: app, side\n",
        ),
        (
            &["--env", "NOT_THERE"],
            "error: --env NOT_THERE has no value, and this step's environment has no NOT_THERE\nhint: write --env NOT_THERE=VALUE, or set it\n",
        ),
        (
            &["--env", "A B=hunter2"],
            "error: --env \"A B\" is no name of a variable\nhint: write [CONTAINER:]NAME and what follows; for a name with a colon, --env '*:NAME…'\n",
        ),
        (
            &["--secret", "K"],
            "error: --secret \"K\" is no NAME=SECRET\nhint: write [CONTAINER:]NAME and what follows; for a name with a colon, --secret '*:NAME…'\n",
        ),
        (
            &["--log-option", "a=b"],
            "error: task definition t.json: container app has no log configuration to give the option a to\nhint: name the container that is meant, or give --log-driver app:awslogs\n",
        ),
        (
            &["--cpu", "half"],
            "error: task definition t.json: \"half\" is no CPU size; write units (256) or vCPU (\"0.25 vCPU\")\n",
        ),
        (
            &["--role", "tsk=x"],
            "error: --role \"tsk\" is for neither task nor execution\nhint: write task=ARN or execution=ARN\n",
        ),
        (
            &["--set", "cpu=1"],
            "error: --set \"cpu\" is no /POINTER=VALUE\nhint: write /POINTER=VALUE, as /containerDefinitions/app/stopTimeout=30\n",
        ),
        (
            &["--env-file", "none.env"],
            "error: env file none.env does not exist\n",
        ),
        (
            &["--env-file", "bad.env"],
            "error: env file bad.env: this line is no NAME=VALUE and no comment\n  at bad.env:2:1\n",
        ),
    ];
    let scene = Scene::of(SOUND);
    scene.write("bad.env", "A=1\nhunter2\n");
    for (args, said) in cases {
        let ran = scene.render(args);
        assert!(ran.code == 2 || ran.code == 3, "{args:?}: {}", ran.code);
        assert!(ran.stderr.starts_with(said), "{args:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}
