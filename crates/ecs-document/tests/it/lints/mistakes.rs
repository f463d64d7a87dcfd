//! The mistakes that lints find, by subject.

/// Changes to the correct definition (null removes a member), and the lint that follows: location,
/// code, message. `APP` is the pointer of the first container.
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
        "11:5 misspelled-member: unknown member containerDefinitions[0].memoryReservaton; did you mean memoryReservation?",
    ),
    (
        &[("APP/portMapings", "[]")],
        "11:5 misspelled-member: unknown member containerDefinitions[0].portMapings; did you mean portMappings?",
    ),
    (
        &[("/logConfiguration", "{}")],
        "1:1 misspelled-member: unknown member logConfiguration; did you mean containerDefinitions[].logConfiguration?",
    ),
    (
        &[("APP/healthCheck/startPeriodSeconds", "5")],
        "17:22 unknown-member: unknown member containerDefinitions[0].healthCheck.startPeriodSeconds; did you mean startPeriod?",
    ),
    (
        &[("/memberOfTomorrow", "{}")],
        "1:1 unknown-member: unknown member memberOfTomorrow",
    ),
    (
        &[("/cpu", "256")],
        "3:10 wrong-type: cpu is a number; ECS expects a string: \"256\"",
    ),
    (
        &[("APP/cpu", "\"128\"")],
        "11:5 wrong-type: containerDefinitions[0].cpu is a string; ECS expects a whole number: 128",
    ),
    (
        &[("APP/cpu", "1e400")],
        "11:5 wrong-type: containerDefinitions[0].cpu is not a whole number of 32 bits; ECS expects a whole number",
    ),
    (
        &[("APP/environment/0/value", "5")],
        "15:50 wrong-type: containerDefinitions[0].environment[0].value is a number; ECS expects a string; put it in quotes",
    ),
    (
        &[("APP/essential", "\"yes\"")],
        "11:5 wrong-type: containerDefinitions[0].essential is a string; ECS expects true or false: true",
    ),
    (
        &[("APP/command", "\"run\"")],
        "11:5 wrong-type: containerDefinitions[0].command is a string; ECS expects a list, e.g. [\"…\"]",
    ),
    (
        &[("/requiresCompatibilities/1", "\"FARGTE\"")],
        "6:30 unknown-value: unknown value \"FARGTE\" of requiresCompatibilities[1]; did you mean FARGATE?",
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
        "13:16 image-reference: container app: \" \" is not an image: expected [HOST/]REPOSITORY[:TAG][@DIGEST], e.g. nginx:1.29",
    ),
    (
        &[("APP/healthCheck/command", "null")],
        "17:22 missing-member: containerDefinitions[0].healthCheck has no command",
    ),
];

const SIZES: &[Mistake] = &[
    (
        &[("/memory", "\"600\"")],
        "4:13 fargate-size: with 256 CPU units, Fargate offers 512, 1024 or 2048 MiB, not 600 MiB",
    ),
    (
        &[("/cpu", "\"4 vCPU\"")],
        "4:13 fargate-size: with 4096 CPU units, Fargate offers 8192 to 30720 MiB in steps of 1024, not 512 MiB",
    ),
    (
        &[("/cpu", "\"300\"")],
        "3:10 fargate-size: Fargate does not offer 300 CPU units; choose 256, 512, 1024, 2048, 4096, 8192, 16384",
    ),
    (
        &[("/cpu", "null")],
        "1:1 fargate-size: the task has no cpu, which Fargate requires",
    ),
    (
        &[("/memory", "\"half\"")],
        "4:13 fargate-size: memory \"half\" is not a size; write MiB (512) or GB (0.5 GB)",
    ),
    (
        &[(
            "/runtimePlatform",
            r#"{"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}"#,
        )],
        "3:10 fargate-size: 256 CPU units are for Linux only; Windows supports 1024 to 4096",
    ),
    (
        &[("/ephemeralStorage", r#"{"sizeInGiB": 20}"#)],
        "1:1 fargate-size: ephemeralStorage is 20 GiB; Fargate accepts 21 to 200",
    ),
    (
        &[("APP/cpu", "200"), ("/containerDefinitions/1/cpu", "100")],
        "3:10 container-size: the containers request 300 CPU units, but the task has 256",
    ),
    (
        &[
            ("APP/memoryReservation", "300"),
            ("/containerDefinitions/1/memory", "300"),
        ],
        "4:13 container-size: the containers reserve 600 MiB, but the task has 512",
    ),
    (
        &[("APP/memory", "100"), ("APP/memoryReservation", "200")],
        "11:5 container-size: container app reserves 200 MiB, but its limit is 100",
    ),
];

const NETWORK: &[Mistake] = &[
    (
        &[("/networkMode", "\"bridge\"")],
        "5:18 network-mode: networkMode is bridge; Fargate requires awsvpc",
    ),
    (
        &[("/networkMode", "null")],
        "1:1 network-mode: networkMode is not set; Fargate requires awsvpc",
    ),
    (
        &[("APP/portMappings/0/hostPort", "8080")],
        "14:58 port: container app maps port 80 to 8080; in this network mode, both must be the same",
    ),
    (
        &[(
            "/containerDefinitions/1/portMappings",
            r#"[{"containerPort": 80}]"#,
        )],
        "21:5 port: containers app and side both use port 80/tcp, but share one address",
    ),
    (
        &[
            ("APP/portMappings/0/containerPort", "70000"),
            ("APP/portMappings/0/hostPort", "null"),
        ],
        "14:42 port: containerPort 70000 of container app is not a port",
    ),
];

const CONTAINERS: &[Mistake] = &[
    (
        &[("APP/essential", "false")],
        "10:3 no-essential: no container is essential, so ECS rejects the definition",
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
        "15:23 env-and-secret: container app has KEY both as a variable and as a secret",
    ),
    (
        &[("APP/mountPoints/0/sourceVolume", "\"dato\"")],
        "18:40 unknown-reference: container app refers to the volume \"dato\", which the definition does not have; did you mean data?",
    ),
    (
        &[(
            "/containerDefinitions/1/dependsOn/0/containerName",
            "\"ap\"",
        )],
        "25:21 depends-on: container side depends on \"ap\", which does not exist; did you mean app?",
    ),
    (
        &[(
            "/containerDefinitions/1/dependsOn/0/condition",
            "\"SUCCESS\"",
        )],
        "25:21 depends-on: container side waits until app exits, but app is essential, so the task would stop",
    ),
    (
        &[("APP/healthCheck", "null")],
        "25:21 depends-on: container side waits until app is healthy, but app has no health check",
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
        &[("APP/healthCheck/command", r#"["CMD", "curl -f x"]"#)],
        "17:34 health-check: the health check of container app passes a whole line to CMD, which expects the name of one program: use CMD-SHELL",
    ),
    (
        &[(
            "APP/healthCheck/command",
            r#"["CMD", "curl", "x", "||", "exit", "1"]"#,
        )],
        "17:34 health-check: the health check of container app passes shell operators to CMD: use CMD-SHELL and one line",
    ),
    (
        &[("APP/healthCheck/command", r#"["CMD-SHELL", "curl", "-f"]"#)],
        "17:34 health-check: the health check of container app passes several words to CMD-SHELL, but the shell runs only the first: write one line",
    ),
    (
        &[("APP/healthCheck/command", r#"["CMD"]"#)],
        "17:34 health-check: the health check of container app has no command to run",
    ),
    (
        &[
            ("APP/healthCheck/interval", "2"),
            ("APP/healthCheck/timeout", "2"),
        ],
        "17:22 health-check: the health check of container app has interval 2; ECS accepts 5 to 300",
    ),
    (
        &[("APP/healthCheck/timeout", "60")],
        "17:22 health-check-doubtful: the health check of container app has a timeout of 60 s, but an interval of 30 s",
    ),
    (
        &[("APP/image", "\"gcr.io/distroless/static:1\"")],
        "17:34 health-check-doubtful: the health check of container app needs a shell or curl, which its image does not seem to have",
    ),
];

const REFERENCES: &[Mistake] = &[
    (
        &[("/executionRoleArn", "null")],
        "16:19 execution-role: container app has secrets, but the definition has no executionRoleArn",
    ),
    (
        &[("/executionRoleArn", "null"), ("APP/secrets", "null")],
        "13:16 execution-role: container app pulls its image from ECR, but the definition has no executionRoleArn",
    ),
    (
        &[
            ("/executionRoleArn", "null"),
            ("APP/secrets", "null"),
            ("APP/image", "\"x:1\""),
        ],
        "19:27 execution-role: container app logs to CloudWatch, but the definition has no executionRoleArn",
    ),
    (
        &[("APP/logConfiguration/options/awslogs-region", "null")],
        "19:27 log-options: container app uses awslogs without awslogs-region",
    ),
    (
        &[("APP/logConfiguration/logDriver", "\"journald\"")],
        "19:41 fargate-unsupported: container app uses the log driver journald; Fargate supports awslogs, splunk, awsfirelens",
    ),
    (
        &[("APP/logConfiguration/logDriver", "\"awsfirelens\"")],
        "19:41 log-options: container app uses awsfirelens, but no container has a firelensConfiguration",
    ),
    (
        &[("APP/image", "\"host:5000/app\"")],
        "13:16 latest-tag: container app has an image without a tag, which means latest",
    ),
    (
        &[("APP/image", "\"host:5000/app:latest\"")],
        "13:16 latest-tag: container app uses the tag latest, which moves",
    ),
    (
        &[(
            "APP/image",
            "\"123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1\"",
        )],
        "13:16 other-region: container app pulls its image from us-east-1, but the deployment is in eu-west-1",
    ),
    // All hosts of ECR, in any case.
    (
        &[("APP/image", "\"123456789012.DKR-ECR.us-east-1.on.aws/a:1\"")],
        "13:16 other-region: container app pulls its image from us-east-1, but the deployment is in eu-west-1",
    ),
    (
        &[("APP/image", "\"repo/app:\"")],
        "13:16 image-reference: container app: \"repo/app:\" is not an image: expected [HOST/]REPOSITORY[:TAG][@DIGEST], e.g. nginx:1.29",
    ),
    (
        &[(
            "APP/logConfiguration/options/awslogs-region",
            "\"us-east-1\"",
        )],
        "19:107 other-region: container app logs to us-east-1, but the deployment is in eu-west-1",
    ),
    (
        &[(
            "APP/secrets/0/valueFrom",
            "\"arn:aws:ssm:us-east-1:123456789012:parameter/x\"",
        )],
        "16:48 other-region: a secret of container app is in us-east-1, but the deployment is in eu-west-1",
    ),
    (
        &[(
            "APP/secrets/0/valueFrom",
            "\"arn:aws:ssm:eu-west-1:12345:parameter/x\"",
        )],
        "16:48 arn-shape: a secret of container app is not a complete ARN: \"arn:aws:ssm:eu-west-1:12345:parameter/x\"",
    ),
    (
        &[(
            "APP/secrets/0/valueFrom",
            "\"arn:aws:secretsmanager:eu-west-1:123456789012:secret:x:json\"",
        )],
        "16:48 arn-shape: a secret of container app is not an ARN that ECS accepts: \"arn:aws:secretsmanager:eu-west-1:123456789012:secret:x:json\"; use …:secretsmanager:…:secret:NAME[:json-key:stage:version] or …:ssm:…:parameter/NAME",
    ),
    (
        &[("APP/secrets/0/valueFrom", "\"my secret\"")],
        "16:48 arn-shape: a secret of container app is neither an ARN nor the name of a parameter",
    ),
    (
        &[("/taskRoleArn", "\"arn:aws:iam::123456789012:user/x\"")],
        "8:18 arn-shape: taskRoleArn \"arn:aws:iam::123456789012:user/x\" is not the ARN of a role",
    ),
    (
        &[("/taskRoleArn", "\"arn:aws:iam::1234:role/x\"")],
        "8:18 arn-shape: taskRoleArn \"arn:aws:iam::1234:role/x\" is not a complete ARN",
    ),
];

const FARGATE: &[Mistake] = &[
    (
        &[("APP/privileged", "true")],
        "11:5 fargate-unsupported: container app uses privileged, which Fargate does not support",
    ),
    (
        &[("/volumes/0/host", r#"{"sourcePath": "/x"}"#)],
        "9:15 fargate-unsupported: volume data uses host.sourcePath, which Fargate does not support",
    ),
    (
        &[(
            "APP/linuxParameters",
            r#"{"capabilities": {"add": ["SYS_PTRACE", "NET_ADMIN"]}}"#,
        )],
        "11:5 fargate-unsupported: container app uses the capability NET_ADMIN, which Fargate does not support",
    ),
    (
        &[("APP/stopTimeout", "300")],
        "11:5 fargate-unsupported: container app has a stopTimeout of 300 s; Fargate accepts 2 to 120",
    ),
];

const SECRETS: &[Mistake] = &[(
    &[(
        "APP/environment/0",
        r#"{"name": "DB_PASSWORD", "value": "hunter22"}"#,
    )],
    "15:23 plain-secret: the variable DB_PASSWORD of container app looks like a secret because of its name",
)];
