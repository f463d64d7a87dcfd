//! The table of lints: name, severity, meaning and remedy of each, and the index made from it.
//! Never here: which documents have a lint. The files beside this one decide that.

use std::fmt::{self, Write};
use std::str::FromStr;

/// How severe a lint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// ECS accepts it, but it is seldom intended.
    Warning,
    /// ECS rejects it, or it cannot run.
    Error,
}

impl Severity {
    /// `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $meaning:literal, $remedy:literal,)*) => {
        /// The kind of a mistake. `--ignore` accepts the names, so they are public.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum LintCode { $($variant,)* }

        impl LintCode {
            /// All codes, sorted by name.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name, e.g. `fargate-size`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How severe the lint is without `--strict`.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What is wrong: a sentence in Markdown without a full stop, for the index of the lints.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// What to do about it: the start of a hint.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }
        }
    };
}

// Sorted by name. The page `docs/lints/NAME.md` explains a lint with an example.
codes! {
    ArnShape "arn-shape" Error
        "A role, a secret or an environment file has an invalid ARN",
        "copy the whole ARN: arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE",
    ContainerSize "container-size" Error
        "The containers request more CPU or memory than the task has, or one reserves more than its limit",
        "lower the containers' sizes or raise the task's",
    DependsOn "depends-on" Error
        "A condition of `dependsOn` can never be met",
        "name containers of this definition, without a cycle",
    DuplicateName "duplicate-name" Error
        "Two containers, volumes, port mappings, or secrets of one container have the same name",
        "use each name only once",
    DuplicateVariable "duplicate-variable" Warning
        "A container's `environment` has the same name twice",
        "keep one of them: which one the container sees is not documented",
    EmptyVariable "empty-variable" Warning
        "`${env.NAME}` names a variable whose value is empty",
        "set the variable for this step, or remove the placeholder",
    EnvAndSecret "env-and-secret" Error
        "A container has the same name in `environment` and in `secrets`",
        "remove one of the two, e.g. with --unset-env or --unset-secret",
    ExecutionRole "execution-role" Error
        "`executionRoleArn` is missing, and ECS needs that role to start the tasks",
        "set executionRoleArn, e.g. with --role execution=ARN",
    FargateSize "fargate-size" Error
        "Fargate does not offer this combination of CPU and memory",
        "choose a combination that Fargate offers",
    FargateUnsupported "fargate-unsupported" Error
        "The definition uses a feature that Fargate does not support",
        "remove the member",
    HealthCheck "health-check" Error
        "A container's health check cannot work",
        "write [\"CMD-SHELL\", \"one shell line\"] or [\"CMD\", \"program\", \"argument\"]",
    HealthCheckDoubtful "health-check-doubtful" Warning
        "A container's health check is unlikely to succeed",
        "check that the image contains the command, and that it has enough time",
    ImageReference "image-reference" Error
        "The image of a container is not a valid reference, so it cannot be pulled",
        "write [HOST/]REPOSITORY[:TAG][@DIGEST], e.g. nginx:1.29, or ${image.CONTAINER}",
    InvalidName "invalid-name" Error
        "A family, container, volume, port mapping or service has a name that ECS rejects",
        "use letters, digits, - and _, at most 255 of them",
    LatestTag "latest-tag" Warning
        "The tag of an image is `latest` or missing, which means the same",
        "use a digest, which ecr-push prints, or a tag that does not move",
    LogOptions "log-options" Error
        "A log driver lacks a required option, or `awsfirelens` and the log router do not match",
        "correct the options of the log driver",
    MissingMember "missing-member" Error
        "A member that ECS requires is missing",
        "add the member",
    MisspelledMember "misspelled-member" Error
        "A member is misspelled or in the wrong object, so ECS would ignore it",
        "correct the name, or move the member",
    NetworkMode "network-mode" Error
        "The network mode is not `awsvpc` on Fargate, or does not support a member of the definition",
        "change networkMode, or remove the member",
    NoEssential "no-essential" Error
        "No container is essential",
        "make at least one container essential",
    NothingToUnset "nothing-to-unset" Warning
        "`--unset-env` or `--unset-secret` names something that the container does not have",
        "check the name, or remove the flag",
    OtherRegion "other-region" Warning
        "A secret, an ECR image or a log group is in another region than the deployment",
        "use the resource in the region of the deployment",
    OutOfRange "out-of-range" Error
        "A number, or the length of a list or text, is outside the range that ECS accepts",
        "use a value in this range",
    PlainSecret "plain-secret" Warning
        "A variable, a label or a command contains what looks like a secret",
        "store it in Secrets Manager or Parameter Store and refer to it with --secret",
    Port "port" Error
        "A port mapping is invalid: out of range, used twice, or different between container and host",
        "with awsvpc, the containers share one address: use each port once, and omit hostPort",
    ResourceTag "resource-tag" Error
        "An AWS tag is invalid or a duplicate, or there are more than 50",
        "correct or remove the tag",
    ServiceConflict "service-conflict" Error
        "Two members of a service definition exclude each other",
        "remove or change one of them",
    TooLarge "too-large" Error
        "The definition has more than 64 KiB of JSON, or more than 10 containers",
        "shorten it: ECS accepts 64 KiB and 10 containers",
    UnknownMember "unknown-member" Warning
        "This version of the program does not know the member",
        "check the name, because ECS ignores unknown members",
    UnknownPlaceholder "unknown-placeholder" Warning
        "A string contains `${word.word}` with a word other than `tf`, `env` and `image`",
        "use ${tf.NAME}, ${env.NAME} or ${image.CONTAINER}; $${ means a literal ${",
    UnknownReference "unknown-reference" Error
        "A container mounts a volume, or volumes of a container, that the definition does not have",
        "use the name of a volume or container of this definition",
    UnknownValue "unknown-value" Warning
        "This version of the program does not know the value of the member",
        "check the value",
    Volume "volume" Error
        "A volume has several kinds, or lacks a member that its kind requires",
        "correct the configuration of the volume",
    WindowsUnsupported "windows-unsupported" Error
        "The definition uses a feature that Windows containers do not support",
        "remove the member",
    WrongType "wrong-type" Error
        "A value has a different type from what ECS expects",
        "write the value in the type that ECS expects",
}

/// Why a text is not the name of a lint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a lint")]
pub struct ParseLintCodeError(pub String);

impl FromStr for LintCode {
    type Err = ParseLintCodeError;

    fn from_str(name: &str) -> Result<Self, ParseLintCodeError> {
        let found = Self::ALL.iter().copied().find(|code| code.as_str() == name);
        found.ok_or_else(|| ParseLintCodeError(name.to_owned()))
    }
}

impl fmt::Display for LintCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The end of the index: which of AWS's documented rules have a lint, and which do not.
const COVERAGE: &str = "
## Which rules of AWS are covered

The lints cover the rules for RegisterTaskDefinition and CreateService on Fargate that AWS documents in the API
reference and that a file alone can break. The page of each lint names its source. These rules are not covered:

| rule | why |
|---|---|
| subnets and security groups are in one VPC, names are unique in a cluster or namespace, roles and secrets exist | only AWS knows; `ecs-deploy verify` checks some of them |
| container names and ports of load balancers, Service Connect and volumes match the task definition | needs both definitions: `ecs-deploy verify` |
| `networkConfiguration`, `loadBalancers` and others are required in some cases | a service definition may declare only a part of an existing service |
| platform versions, versions of the container agent and of Docker | not part of a definition |
| `tmpfs` on Fargate | supported since January 2026 (aws/containers-roadmap#736), although the API reference excludes it |
| `ulimits` other than `nofile` on Fargate | AWS does not document whether ECS rejects them |
";

/// The index of the lints, `docs/lints/README.md`, as Markdown.
pub fn index() -> String {
    let mut index = String::from(
        "# Lints\n\n\
         `render-taskdef` checks task definitions, and `ecs-deploy` checks service definitions and the \
         files of one-off tasks. \
         An error is what ECS refuses or what cannot run: nothing is written, and the exit code is \
         2. A warning is what ECS accepts although it is seldom intended. `--strict` treats \
         warnings as errors; `--ignore CODE` suppresses a lint, error or warning.\n\n\
         On a CI host that shows annotations, each finding is an annotation on its line of the \
         file. No message contains the value of a variable.\n\n\
         This page is made by `cargo xtask regenerate` from the table in \
         `crates/ecs-document/src/lints/code.rs`; do not edit it by hand.\n\n\
         | code | severity | meaning |\n|---|---|---|\n",
    );
    for code in LintCode::ALL {
        let (name, severity) = (code.as_str(), code.severity().as_str());
        // Writing to a string cannot fail.
        let _ = writeln!(
            index,
            "| [{name}]({name}.md) | {severity} | {} |",
            code.meaning()
        );
    }
    index.push_str(COVERAGE);
    index
}
