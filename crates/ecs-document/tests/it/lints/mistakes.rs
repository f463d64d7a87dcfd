//! The mistakes that lints find, by subject.

/// What is changed (null: taken away), and what is then found: line, code, message. `APP` is the
/// pointer of the first container.
pub type Mistake = (&'static [(&'static str, &'static str)], &'static str);

pub const ALL: [&[Mistake]; 8] = [
    MEMBERS,
    SIZES,
    NETWORK,
    CONTAINERS,
    HEALTH_CHECKS,
    REFERENCES,
    FARGATE,
    SECRETS,
];

const MEMBERS: &[Mistake] = &[
    (
        &[("APP/memoryReservaton", "128")],
        "11:5 unknown-member: ECS knows no containerDefinitions[0].memoryReservaton; memoryReservation may be meant",
    ),
    (
        &[("/memberOfTomorrow", "{}")],
        "1:1 unknown-member: ECS knows no memberOfTomorrow",
    ),
    (
        &[("/cpu", "256")],
        "3:10 wrong-type: cpu is a number; ECS takes a string here: \"256\"",
    ),
    (
        &[("APP/cpu", "\"128\"")],
        "11:5 wrong-type: containerDefinitions[0].cpu is a string; ECS takes a whole number here: 128",
    ),
    (
        &[("APP/cpu", "1e400")],
        "11:5 wrong-type: containerDefinitions[0].cpu is no whole number of 32 bits; ECS takes a whole number here",
    ),
    (
        &[("APP/environment/0/value", "5")],
        "15:50 wrong-type: containerDefinitions[0].environment[0].value is a number; ECS takes a string here; put it in quotes",
    ),
    (
        &[("APP/essential", "\"yes\"")],
        "11:5 wrong-type: containerDefinitions[0].essential is a string; ECS takes true or false here: true",
    ),
    (
        &[("APP/command", "\"run\"")],
        "11:5 wrong-type: containerDefinitions[0].command is a string; ECS takes a list here, as [\"…\"]",
    ),
    (
        &[("/requiresCompatibilities/1", "\"FARGTE\"")],
        "6:30 unknown-value: ECS knows no requiresCompatibilities[1] \"FARGTE\"; FARGATE may be meant",
    ),
    (
        &[("/family", "null")],
        "1:1 missing-member: the definition has no family",
    ),
    (
        &[("APP/image", "null")],
        "11:5 missing-member: container app has no image",
    ),
    (
        &[("APP/image", "\" \"")],
        "13:16 missing-member: container app: \" \" is not an image: expected [HOST/]REPOSITORY[:TAG][@DIGEST], e.g. nginx:1.29",
    ),
    (
        &[("APP/healthCheck/command", "null")],
        "17:22 missing-member: containerDefinitions[0].healthCheck has no command",
    ),
];

const SIZES: &[Mistake] = &[
    (
        &[("/memory", "\"600\"")],
        "4:13 fargate-size: with 256 CPU units Fargate takes 512, 1024 or 2048 MiB, not 600 MiB",
    ),
    (
        &[("/cpu", "\"4 vCPU\"")],
        "4:13 fargate-size: with 4096 CPU units Fargate takes 8192 to 30720 MiB in steps of 1024, not 512 MiB",
    ),
    (
        &[("/cpu", "\"300\"")],
        "3:10 fargate-size: Fargate has no size of 300 CPU units; it has 256, 512, 1024, 2048, 4096, 8192, 16384",
    ),
    (
        &[("/cpu", "null")],
        "1:1 fargate-size: the task has no cpu; Fargate needs it",
    ),
    (
        &[("/memory", "\"half\"")],
        "4:13 fargate-size: memory \"half\" is no size; ECS takes MiB (512) or GB (0.5 GB)",
    ),
    (
        &[(
            "/runtimePlatform",
            r#"{"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}"#,
        )],
        "3:10 fargate-size: 256 CPU units are for Linux only; Windows takes 1024 to 4096",
    ),
    (
        &[("/ephemeralStorage", r#"{"sizeInGiB": 20}"#)],
        "1:1 fargate-size: ephemeralStorage of 20 GiB; Fargate takes 21 to 200",
    ),
    (
        &[("APP/cpu", "200"), ("/containerDefinitions/1/cpu", "100")],
        "3:10 container-size: the containers take 300 CPU units together, and the task has 256",
    ),
    (
        &[
            ("APP/memoryReservation", "300"),
            ("/containerDefinitions/1/memory", "300"),
        ],
        "4:13 container-size: the containers reserve 600 MiB together, and the task has 512",
    ),
    (
        &[("APP/memory", "100"), ("APP/memoryReservation", "200")],
        "11:5 container-size: container app reserves 200 MiB and may take 100",
    ),
];

const NETWORK: &[Mistake] = &[
    (
        &[("/networkMode", "\"bridge\"")],
        "5:18 network-mode: networkMode is bridge; Fargate needs awsvpc",
    ),
    (
        &[("/networkMode", "null")],
        "1:1 network-mode: networkMode is not set; Fargate needs awsvpc",
    ),
    (
        &[("APP/portMappings/0/hostPort", "8080")],
        "14:58 port: container app maps port 80 to 8080; in this network mode the host's port is the container's",
    ),
    (
        &[(
            "/containerDefinitions/1/portMappings",
            r#"[{"containerPort": 80}]"#,
        )],
        "21:5 port: containers app and side both listen on port 80/tcp, and share one address",
    ),
    (
        &[
            ("APP/portMappings/0/containerPort", "70000"),
            ("APP/portMappings/0/hostPort", "null"),
        ],
        "14:42 port: containerPort 70000 of container app is no port",
    ),
];

const CONTAINERS: &[Mistake] = &[
    (
        &[("APP/essential", "false")],
        "10:3 no-essential: no container is essential: the task would stop at once",
    ),
    (
        &[("/containerDefinitions/1/name", "\"app\"")],
        "22:15 duplicate-name: two containers are named app",
    ),
    (
        &[("/volumes/1", r#"{"name": "data"}"#)],
        "9:14 duplicate-name: two volumes are named data",
    ),
    (
        &[(
            "/containerDefinitions/1/portMappings",
            r#"[{"containerPort": 81, "name": "web"}]"#,
        )],
        "21:5 duplicate-name: two port mappings are named web",
    ),
    (
        &[("APP/environment/1", r#"{"name": "STAGE", "value": "x"}"#)],
        "15:22 duplicate-variable: container app has two variables named STAGE",
    ),
    (
        &[("APP/environment/0/name", "\"KEY\"")],
        "15:23 env-and-secret: container app has KEY as a variable and as a secret",
    ),
    (
        &[("APP/mountPoints/0/sourceVolume", "\"dato\"")],
        "18:40 unknown-reference: container app names no volume of the definition: \"dato\"; data may be meant",
    ),
    (
        &[(
            "/containerDefinitions/1/dependsOn/0/containerName",
            "\"ap\"",
        )],
        "25:21 depends-on: container side depends on \"ap\", and there is no such container; app may be meant",
    ),
    (
        &[(
            "/containerDefinitions/1/dependsOn/0/condition",
            "\"SUCCESS\"",
        )],
        "25:21 depends-on: container side waits for app to end, and app is essential: its end is the task's",
    ),
    (
        &[("APP/healthCheck", "null")],
        "25:21 depends-on: container side waits for app to be healthy, and app has no health check",
    ),
    (
        &[(
            "APP/dependsOn",
            r#"[{"containerName": "side", "condition": "START"}]"#,
        )],
        "11:5 depends-on: containers wait for each other: app → side → app",
    ),
];

const HEALTH_CHECKS: &[Mistake] = &[
    (
        &[("APP/healthCheck/command", r#"["curl", "-f", "x"]"#)],
        "17:34 health-check: the health check of container app begins with \"curl\"; it must begin with CMD or CMD-SHELL",
    ),
    (
        &[("APP/healthCheck/command", r#"["CMD", "curl -f x"]"#)],
        "17:34 health-check: the health check of container app gives CMD a whole line, which would be the name of one program: use CMD-SHELL",
    ),
    (
        &[(
            "APP/healthCheck/command",
            r#"["CMD", "curl", "x", "||", "exit", "1"]"#,
        )],
        "17:34 health-check: the health check of container app gives CMD words that only a shell understands: use CMD-SHELL and one line",
    ),
    (
        &[("APP/healthCheck/command", r#"["CMD-SHELL", "curl", "-f"]"#)],
        "17:34 health-check: the health check of container app gives CMD-SHELL several words; the shell runs the first alone: write one line",
    ),
    (
        &[("APP/healthCheck/command", r#"["CMD"]"#)],
        "17:34 health-check: the health check of container app has nothing to run",
    ),
    (
        &[
            ("APP/healthCheck/interval", "2"),
            ("APP/healthCheck/timeout", "2"),
        ],
        "17:22 health-check: the health check's interval of container app is 2; ECS takes 5 to 300",
    ),
    (
        &[("APP/healthCheck/timeout", "60")],
        "17:22 health-check-doubtful: the health check of container app may take 60 s and is started every 30 s",
    ),
    (
        &[("APP/image", "\"gcr.io/distroless/static:1\"")],
        "17:34 health-check-doubtful: the health check of container app needs a shell or curl, and its image looks as if it had none",
    ),
];

const REFERENCES: &[Mistake] = &[
    (
        &[("/executionRoleArn", "null")],
        "16:19 execution-role: container app has secrets, and the definition has no executionRoleArn",
    ),
    (
        &[("/executionRoleArn", "null"), ("APP/secrets", "null")],
        "13:16 execution-role: container app pulls its image from ECR, and the definition has no executionRoleArn",
    ),
    (
        &[
            ("/executionRoleArn", "null"),
            ("APP/secrets", "null"),
            ("APP/image", "\"x:1\""),
        ],
        "19:27 execution-role: container app logs to CloudWatch, and the definition has no executionRoleArn",
    ),
    (
        &[("APP/logConfiguration/options/awslogs-region", "null")],
        "19:27 log-options: container app logs by awslogs without awslogs-region",
    ),
    (
        &[("APP/logConfiguration/logDriver", "\"journald\"")],
        "19:41 fargate-unsupported: container app logs by journald; Fargate has awslogs, splunk, awsfirelens",
    ),
    (
        &[("APP/logConfiguration/logDriver", "\"awsfirelens\"")],
        "19:41 log-options: container app logs by awsfirelens, and no container has a firelensConfiguration",
    ),
    (
        &[("APP/image", "\"host:5000/app\"")],
        "13:16 latest-tag: container app names no tag, which means latest",
    ),
    (
        &[("APP/image", "\"host:5000/app:latest\"")],
        "13:16 latest-tag: container app runs the tag latest, which moves",
    ),
    (
        &[(
            "APP/image",
            "\"123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1\"",
        )],
        "13:16 other-region: container app pulls its image from us-east-1, and the deployment is in eu-west-1",
    ),
    // Every host that ECR has, in any case.
    (
        &[("APP/image", "\"123456789012.DKR-ECR.us-east-1.on.aws/a:1\"")],
        "13:16 other-region: container app pulls its image from us-east-1, and the deployment is in eu-west-1",
    ),
    (
        &[("APP/image", "\"repo/app:\"")],
        "13:16 missing-member: container app: \"repo/app:\" is not an image: expected [HOST/]REPOSITORY[:TAG][@DIGEST], e.g. nginx:1.29",
    ),
    (
        &[(
            "APP/logConfiguration/options/awslogs-region",
            "\"us-east-1\"",
        )],
        "19:107 other-region: container app logs to us-east-1, and the deployment is in eu-west-1",
    ),
    (
        &[(
            "APP/secrets/0/valueFrom",
            "\"arn:aws:ssm:us-east-1:123456789012:parameter/x\"",
        )],
        "16:48 other-region: a secret of container app is in us-east-1, and the deployment is in eu-west-1",
    ),
    (
        &[(
            "APP/secrets/0/valueFrom",
            "\"arn:aws:ssm:eu-west-1:12345:parameter/x\"",
        )],
        "16:48 arn-shape: a secret of container app has no whole ARN: \"arn:aws:ssm:eu-west-1:12345:parameter/x\"",
    ),
    (
        &[(
            "APP/secrets/0/valueFrom",
            "\"arn:aws:secretsmanager:eu-west-1:123456789012:secret:x:json\"",
        )],
        "16:48 arn-shape: a secret of container app is of no shape that ECS takes: \"arn:aws:secretsmanager:eu-west-1:123456789012:secret:x:json\"; it takes …:secretsmanager:…:secret:NAME[:json-key:stage:version] and …:ssm:…:parameter/NAME",
    ),
    (
        &[("APP/secrets/0/valueFrom", "\"my secret\"")],
        "16:48 arn-shape: a secret of container app names neither an ARN nor a parameter",
    ),
    (
        &[("/taskRoleArn", "\"arn:aws:iam::123456789012:user/x\"")],
        "8:18 arn-shape: taskRoleArn \"arn:aws:iam::123456789012:user/x\" is the ARN of no role",
    ),
    (
        &[("/taskRoleArn", "\"arn:aws:iam::1234:role/x\"")],
        "8:18 arn-shape: taskRoleArn \"arn:aws:iam::1234:role/x\" is no whole ARN",
    ),
];

const FARGATE: &[Mistake] = &[
    (
        &[("APP/privileged", "true")],
        "11:5 fargate-unsupported: container app asks for privileged, which Fargate has not",
    ),
    (
        &[("/volumes/0/host", r#"{"sourcePath": "/x"}"#)],
        "9:15 fargate-unsupported: volume data asks for host.sourcePath, which Fargate has not",
    ),
    (
        &[(
            "APP/linuxParameters",
            r#"{"capabilities": {"add": ["SYS_PTRACE", "NET_ADMIN"]}}"#,
        )],
        "11:5 fargate-unsupported: container app asks for the capability NET_ADMIN, which Fargate has not",
    ),
    (
        &[("APP/stopTimeout", "300")],
        "11:5 fargate-unsupported: container app has a stopTimeout of 300 s; Fargate waits 120 at most",
    ),
];

const SECRETS: &[Mistake] = &[(
    &[(
        "APP/environment/0",
        r#"{"name": "DB_PASSWORD", "value": "hunter22"}"#,
    )],
    "15:23 plain-secret: the variable DB_PASSWORD of container app looks like a secret by its name",
)];
