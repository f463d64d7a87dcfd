//! The table of lints: name, severity, meaning and remedy of each, and the index made from it.
//! Which document has which lint is decided by the family's file beside this one.

use std::fmt::{self, Write};
use std::str::FromStr;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// ECS takes it, and it is seldom meant.
    Warning,
    /// ECS refuses it, or it cannot run.
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
        /// What kind of mistake. The names are public: `--ignore` takes them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($variant,)* }

        impl Code {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As it is written, `fargate-size`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How bad it is, unless everything is taken strictly.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What is wrong, as a sentence without its full stop; in Markdown, since the index of the
            /// lints shows it.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// What to do about it, as a sentence.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }
        }
    };
}

// By name. A row's page, `docs/lints/NAME.md`, explains it with an example.
codes! {
    ArnShape "arn-shape" Error
        "A role or a secret is named by something that is not an ARN of its kind",
        "copy the whole ARN: arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE",
    ContainerSize "container-size" Error
        "The containers ask for more CPU or memory than the task has, or one reserves more than its limit",
        "lower the containers' sizes or raise the task's",
    DependsOn "depends-on" Error
        "A condition of `dependsOn` can never be met",
        "name containers of this definition, in an order that has a beginning",
    DuplicateName "duplicate-name" Error
        "Two containers, volumes, port mappings, or secrets of one container have the same name",
        "give each container, volume and port mapping a name of its own",
    DuplicateVariable "duplicate-variable" Warning
        "A container's `environment` has the same name twice",
        "keep one of them: which one the container sees is not documented",
    EmptyVariable "empty-variable" Warning
        "`${env.NAME}` names a variable whose value is empty",
        "set the variable for this step, or take the placeholder out",
    EnvAndSecret "env-and-secret" Error
        "A container has the same name in `environment` and in `secrets`",
        "take one of the two away, as with --unset-env or --unset-secret",
    ExecutionRole "execution-role" Error
        "`executionRoleArn` is missing, and ECS needs that role to start the tasks",
        "set executionRoleArn, as with --role execution=ARN",
    FargateSize "fargate-size" Error
        "Fargate does not offer this pair of CPU and memory",
        "choose a pair of the table",
    FargateUnsupported "fargate-unsupported" Error
        "The definition asks for something that only container instances have",
        "take the member out: Fargate has no such thing",
    HealthCheck "health-check" Error
        "A container's health check cannot work as it is written",
        "write [\"CMD-SHELL\", \"one shell line\"] or [\"CMD\", \"program\", \"argument\"]",
    HealthCheckDoubtful "health-check-doubtful" Warning
        "A container's health check is unlikely to succeed",
        "give it more time, or fewer tries",
    LatestTag "latest-tag" Warning
        "An image's tag is `latest`, or there is none, which means the same",
        "name a tag that does not move, or a digest, as ecr-push gives it",
    LogOptions "log-options" Error
        "`awslogs` lacks an option that it needs, or `awsfirelens` has no log router in the definition",
        "awslogs on Fargate needs awslogs-group, awslogs-region and awslogs-stream-prefix",
    MissingMember "missing-member" Error
        "A member that ECS requires is missing",
        "ECS needs the member",
    NetworkMode "network-mode" Error
        "The network mode is not `awsvpc`, which Fargate requires",
        "set networkMode to awsvpc",
    NoEssential "no-essential" Error
        "No container is essential",
        "one container at least must be essential",
    NothingToUnset "nothing-to-unset" Warning
        "`--unset-env` or `--unset-secret` names something that the container does not have",
        "check the name, or take the flag out",
    OtherRegion "other-region" Warning
        "A secret, an ECR image or a log group is in another region than the deployment",
        "name the resource of the region that is deployed to",
    PlainSecret "plain-secret" Warning
        "A variable, a label or a command contains what looks like a secret",
        "keep it in Secrets Manager or Parameter Store and name it with --secret",
    Port "port" Error
        "A port is out of range, is used twice, or differs between container and host",
        "with awsvpc the containers share one address: each port once, hostPort equal or left out",
    TooLarge "too-large" Error
        "The definition has more than 64 KiB of JSON, or more than 10 containers",
        "shorten it: ECS takes 64 KiB and 10 containers",
    UnknownMember "unknown-member" Warning
        "AWS's service model, as of this version, does not have this member",
        "ECS drops it without a word; if it is newer than this program, --ignore unknown-member",
    UnknownPlaceholder "unknown-placeholder" Warning
        "A string contains `${word.word}` with a word other than `tf`, `env` and `image`",
        "there are ${tf.NAME}, ${env.NAME} and ${image.CONTAINER}; $${ writes ${",
    UnknownReference "unknown-reference" Error
        "A container mounts a volume, or volumes of a container, that the definition does not have",
        "name a volume or container of this definition",
    UnknownValue "unknown-value" Warning
        "AWS's service model, as of this version, does not have this value for the member",
        "if it is newer than this program, --ignore unknown-value",
    WrongType "wrong-type" Error
        "A value has another type than ECS expects",
        "write the value in the type that ECS takes",
}

/// Why a text is not a code's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a lint")]
pub struct ParseCodeError(pub String);

impl FromStr for Code {
    type Err = ParseCodeError;

    fn from_str(name: &str) -> Result<Self, ParseCodeError> {
        let found = Self::ALL.iter().copied().find(|code| code.as_str() == name);
        found.ok_or_else(|| ParseCodeError(name.to_owned()))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The index of the lints, `docs/lints/README.md`, as Markdown.
pub fn index() -> String {
    let mut index = String::from(
        "# Lints of render-taskdef\n\n\
         An error is what ECS refuses or what cannot run: nothing is written, and the exit code is \
         2. A warning is what ECS accepts although it is seldom intended. `--strict` treats \
         warnings as errors; `--ignore CODE` suppresses a lint, error or warning.\n\n\
         On a CI host that shows annotations, each finding is an annotation on its line of the \
         file. No message contains the value of a variable.\n\n\
         This page is made by `cargo xtask regenerate` from the table in \
         `crates/ecs-document/src/lints/code.rs`; do not edit it by hand.\n\n\
         | code | severity | meaning |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        let (name, severity) = (code.as_str(), code.severity().as_str());
        // Writing to a string does not fail.
        let _ = writeln!(
            index,
            "| [{name}]({name}.md) | {severity} | {} |",
            code.meaning()
        );
    }
    index
}
