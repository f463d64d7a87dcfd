//! The codes: their names, how bad each is, and what to do.

use std::fmt;
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
    ($($variant:ident $name:literal $severity:ident $remedy:literal,)*) => {
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

            /// What to do about it, as a sentence.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }
        }
    };
}

codes! {
    ArnShape "arn-shape" Error
        "copy the whole ARN: arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE",
    ContainerSize "container-size" Error
        "lower the containers' sizes or raise the task's",
    DependsOn "depends-on" Error
        "name containers of this definition, in an order that has a beginning",
    DuplicateName "duplicate-name" Error
        "give each container, volume and port mapping a name of its own",
    DuplicateVariable "duplicate-variable" Warning
        "keep one of them: which one the container sees is not documented",
    EmptyVariable "empty-variable" Warning
        "set the variable for this step, or take the placeholder out",
    EnvAndSecret "env-and-secret" Error
        "take one of the two away, as with --unset-env or --unset-secret",
    ExecutionRole "execution-role" Error
        "set executionRoleArn, as with --role execution=ARN",
    FargateSize "fargate-size" Error
        "choose a pair of the table",
    FargateUnsupported "fargate-unsupported" Error
        "take the member out: Fargate has no such thing",
    HealthCheck "health-check" Error
        "write [\"CMD-SHELL\", \"one shell line\"] or [\"CMD\", \"program\", \"argument\"]",
    HealthCheckDoubtful "health-check-doubtful" Warning
        "give it more time, or fewer tries",
    LatestTag "latest-tag" Warning
        "name a tag that does not move, or a digest, as ecr-push gives it",
    LogOptions "log-options" Error
        "awslogs on Fargate needs awslogs-group, awslogs-region and awslogs-stream-prefix",
    MissingMember "missing-member" Error
        "ECS needs the member",
    NetworkMode "network-mode" Error
        "set networkMode to awsvpc",
    NoEssential "no-essential" Error
        "one container at least must be essential",
    NothingToUnset "nothing-to-unset" Warning
        "check the name, or take the flag out",
    OtherRegion "other-region" Warning
        "name the resource of the region that is deployed to",
    PlainSecret "plain-secret" Warning
        "keep it in Secrets Manager or Parameter Store and name it with --secret",
    Port "port" Error
        "with awsvpc the containers share one address: each port once, hostPort equal or left out",
    TooLarge "too-large" Error
        "shorten it: ECS takes 64 KiB and 10 containers",
    UnknownMember "unknown-member" Warning
        "ECS drops it without a word; if it is newer than this program, --ignore unknown-member",
    UnknownPlaceholder "unknown-placeholder" Warning
        "there are ${tf.NAME}, ${env.NAME} and ${image.CONTAINER}; $${ writes ${",
    UnknownReference "unknown-reference" Error
        "name a volume or container of this definition",
    UnknownValue "unknown-value" Warning
        "if it is newer than this program, --ignore unknown-value",
    WrongType "wrong-type" Error
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
