//! Mistakes against the rules that AWS documents for task definitions.

use super::mistakes::Mistake;

pub const ALL: [&[Mistake]; 6] = [NAMES, IMAGES, VOLUMES, LOGS, FARGATE, LIMITS];

const NAMES: &[Mistake] = &[
    (
        &[("/family", "\"team/web\"")],
        "2:13 invalid-name: family \"team/web\" contains '/', which ECS rejects",
    ),
    (
        &[("/family", "\"\"")],
        "2:13 invalid-name: family \"\" is empty",
    ),
    (
        &[("/containerDefinitions/1/name", "\"my.app\"")],
        "22:15 invalid-name: the container name \"my.app\" contains '.', which ECS rejects",
    ),
    (
        &[("/containerDefinitions/1/name", "\"my app\"")],
        "22:15 invalid-name: the container name \"my app\" contains ' ', which ECS rejects",
    ),
    (
        &[("APP/portMappings/0/name", "\"Web\"")],
        "14:70 invalid-name: the name \"Web\" of a port mapping contains 'W', which ECS rejects",
    ),
    (
        &[("/volumes/1", r#"{"name": "a/b"}"#)],
        "9:14 invalid-name: the volume name \"a/b\" contains '/', which ECS rejects",
    ),
    (
        &[("/tags", r#"[{"key": "a"}, {"key": "a"}]"#)],
        "1:1 resource-tag: the tag \"a\" is a duplicate",
    ),
    (
        &[("/tags", r#"[{"key": "AWS:x"}]"#)],
        "1:1 resource-tag: the tag \"AWS:x\" starts with aws:, which only AWS can set",
    ),
    (
        &[("/tags", r#"[{"key": "a", "value": "x;y"}]"#)],
        "1:1 resource-tag: the tag \"a\" contains ';', which AWS rejects",
    ),
];

const IMAGES: &[Mistake] = &[
    (
        &[("APP/image", "\"https://r.example.com/app:1\"")],
        "13:16 image-reference: container app: the image starts with https://; write r.example.com/app:1",
    ),
    (
        &[("APP/image", "\"<IMAGE1_NAME>\"")],
        "13:16 image-reference: container app: <IMAGE1_NAME> is a placeholder of CodeDeploy, not an image",
    ),
    (
        &[("APP/image", "\"$REPOSITORY:$TAG\"")],
        "13:16 image-reference: container app: the image \"$REPOSITORY:$TAG\" contains a shell variable, which nothing expands here; write ${env.NAME} instead",
    ),
    (
        &[("APP/image", "\"app;1\"")],
        "13:16 image-reference: container app: the image \"app;1\" contains ';', which ECS rejects",
    ),
    (
        &[("APP/image", "\"r.example.com/App:1\"")],
        "13:16 image-reference: container app: the repository of the image \"r.example.com/App:1\" has capital letters, which no registry accepts",
    ),
];

const VOLUMES: &[Mistake] = &[
    (
        &[("/volumes/1", r#"{"host": {}}"#)],
        "9:14 missing-member: a volume has no name",
    ),
    (
        &[(
            "/volumes/1",
            r#"{"name": "e", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "authorizationConfig": {"accessPointId": "fsap-1"}}}"#,
        )],
        "9:14 volume: volume e uses an access point, which needs transitEncryption ENABLED",
    ),
    (
        &[(
            "/volumes/1",
            r#"{"name": "e", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "authorizationConfig": {"iam": "ENABLED"}}}"#,
        )],
        "9:14 volume: volume e uses IAM authorization, which needs transitEncryption ENABLED",
    ),
    (
        &[(
            "/volumes/1",
            r#"{"name": "e", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "rootDirectory": "/data", "transitEncryption": "ENABLED", "authorizationConfig": {"accessPointId": "fsap-1"}}}"#,
        )],
        "9:14 volume: rootDirectory of volume e must be / or absent, because the access point sets it",
    ),
    (
        &[(
            "/volumes/1",
            r#"{"name": "e", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}, "configuredAtLaunch": true}"#,
        )],
        "9:14 volume: volume e can have only one of efsVolumeConfiguration, configuredAtLaunch",
    ),
    (
        &[(
            "/volumes/1",
            r#"{"name": "h", "host": {"sourcePath": " "}}"#,
        )],
        "9:14 volume: host.sourcePath of volume h is empty",
    ),
    (
        &[
            ("/volumes/1", r#"{"name": "a", "configuredAtLaunch": true}"#),
            ("/volumes/2", r#"{"name": "b", "configuredAtLaunch": true}"#),
        ],
        "9:14 volume: only one volume of a definition can be configuredAtLaunch",
    ),
];

const LOGS: &[Mistake] = &[
    (
        &[(
            "/containerDefinitions/1/firelensConfiguration",
            r#"{"type": "fluentbit"}"#,
        )],
        "21:5 log-options: container side is a log router, but no container uses the log driver awsfirelens",
    ),
    (
        &[
            ("APP/logConfiguration", r#"{"logDriver": "awsfirelens"}"#),
            (
                "/containerDefinitions/1/firelensConfiguration",
                r#"{"type": "fluentbit", "options": {"config-file-type": "s3", "config-file-value": "arn:aws:s3:::b/f.conf"}}"#,
            ),
        ],
        "21:5 fargate-unsupported: container side uses config-file-type s3, but Fargate supports only file",
    ),
    (
        &[
            ("APP/logConfiguration", r#"{"logDriver": "awsfirelens"}"#),
            ("APP/firelensConfiguration", r#"{"type": "fluentbit"}"#),
            (
                "/containerDefinitions/1/firelensConfiguration",
                r#"{"type": "fluentbit"}"#,
            ),
        ],
        "21:5 log-options: containers app and side both have a firelensConfiguration; ECS accepts one log router",
    ),
    (
        &[(
            "APP/logConfiguration",
            r#"{"logDriver": "splunk", "options": {"splunk-url": "https://splunk.example.com"}}"#,
        )],
        "19:27 log-options: container app uses splunk without splunk-token",
    ),
    (
        &[
            (
                "APP/logConfiguration/options/awslogs-datetime-format",
                "\"%Y\"",
            ),
            (
                "APP/logConfiguration/options/awslogs-multiline-pattern",
                "\"^x\"",
            ),
        ],
        "19:63 log-options: container app uses both awslogs-datetime-format and awslogs-multiline-pattern",
    ),
];

const FARGATE: &[Mistake] = &[
    (
        &[("APP/disableNetworking", "true")],
        "11:5 fargate-unsupported: container app uses disableNetworking, which Fargate does not support",
    ),
    (
        &[("APP/dnsServers", r#"["10.0.0.2"]"#)],
        "11:5 fargate-unsupported: container app uses dnsServers, which Fargate does not support",
    ),
    (
        &[("APP/dnsSearchDomains", r#"["internal"]"#)],
        "11:5 fargate-unsupported: container app uses dnsSearchDomains, which Fargate does not support",
    ),
    (
        &[("APP/stopTimeout", "1")],
        "11:5 fargate-unsupported: container app has a stopTimeout of 1 s; Fargate accepts 2 to 120",
    ),
    (
        &[("APP/healthCheck/command", r#"["curl", "-f", "x"]"#)],
        "17:34 health-check-doubtful: the health check of container app starts with \"curl\", not with CMD or CMD-SHELL",
    ),
    (
        &[
            ("/cpu", "\"1024\""),
            ("/memory", "\"2048\""),
            (
                "/runtimePlatform",
                r#"{"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}"#,
            ),
            ("APP/readonlyRootFilesystem", "true"),
        ],
        "11:5 windows-unsupported: container app uses readonlyRootFilesystem, which Windows containers do not support",
    ),
    (
        &[
            ("/requiresCompatibilities/0", "\"EC2\""),
            ("APP/hostname", "\"x\""),
        ],
        "11:5 network-mode: container app uses hostname, which the network mode awsvpc does not support",
    ),
    (
        &[(
            "/containerDefinitions/1/portMappings",
            r#"[{"containerPortRange": "8010-8000"}]"#,
        )],
        "21:5 port: containerPortRange \"8010-8000\" of container side must be ascending, from 1",
    ),
    (
        &[(
            "/proxyConfiguration",
            r#"{"type": "APPMESH", "containerName": "envoy"}"#,
        )],
        "1:1 unknown-reference: proxyConfiguration refers to container \"envoy\", which does not exist",
    ),
];

const LIMITS: &[Mistake] = &[
    (
        &[(
            "APP/restartPolicy",
            r#"{"enabled": true, "restartAttemptPeriod": 30}"#,
        )],
        "11:5 out-of-range: containerDefinitions[0].restartPolicy.restartAttemptPeriod is 30; ECS accepts 60 to 1800",
    ),
    (
        &[("APP/memory", "4")],
        "11:5 out-of-range: containerDefinitions[0].memory is 4; ECS accepts at least 6",
    ),
    (
        &[("APP/startTimeout", "300")],
        "11:5 out-of-range: containerDefinitions[0].startTimeout is 300; ECS accepts 2 to 120",
    ),
    (
        &[(
            "APP/environmentFiles",
            r#"[{"value": "arn:aws:s3:::b/app.json", "type": "s3"}]"#,
        )],
        "11:5 arn-shape: the environment file \"arn:aws:s3:::b/app.json\" of container app does not end in .env",
    ),
];
