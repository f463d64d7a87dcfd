//! The steps of a pipeline, and the operations that each of them calls.

/// A step of a pipeline, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    Outputs,
    Push,
    Render,
    Deploy,
    Wait,
    Report,
}

/// A service and an operation of it, by the names of the fakes.
pub type Operation = (&'static str, &'static str);

impl Step {
    pub const ALL: [Self; 6] = [
        Self::Outputs,
        Self::Push,
        Self::Render,
        Self::Deploy,
        Self::Wait,
        Self::Report,
    ];

    /// The program of this step.
    pub fn program(self) -> &'static str {
        match self {
            Self::Outputs => "tf-outputs",
            Self::Push => "ecr-push",
            Self::Render => "render-taskdef",
            Self::Deploy => "ecs-deploy",
            Self::Wait => "wait-healthy",
            Self::Report => "deploy-status",
        }
    }

    /// The operations that this step calls, and that faults can be drawn for.
    pub fn operations(self) -> &'static [Operation] {
        match self {
            Self::Outputs => &[("s3", "GetObject")],
            Self::Push => &[
                ("ecr", "GetAuthorizationToken"),
                ("ecr", "DescribeRepositories"),
                ("registry", "HeadBlob"),
                ("registry", "StartUpload"),
                ("registry", "PatchUpload"),
                ("registry", "PutUpload"),
                ("registry", "HeadManifest"),
                ("registry", "GetManifest"),
                ("registry", "PutManifest"),
            ],
            // It reads files only.
            Self::Render => &[],
            Self::Deploy => &[
                ("ecs", "DescribeClusters"),
                ("ecs", "DescribeServices"),
                ("ecs", "DescribeTaskDefinition"),
                ("ecs", "RegisterTaskDefinition"),
                ("ecs", "CreateService"),
                ("ecs", "UpdateService"),
                ("ecs", "ListServiceDeployments"),
                ("ecs", "DescribeServiceRevisions"),
                ("ecs", "TagResource"),
            ],
            Self::Wait => &[
                ("ecs", "DescribeServices"),
                ("ecs", "DescribeServiceDeployments"),
                ("ecs", "ListServiceDeployments"),
                ("ecs", "DescribeServiceRevisions"),
                ("ecs", "ListTasks"),
                ("ecs", "DescribeTasks"),
                ("ecs", "DescribeTaskDefinition"),
                ("elb", "DescribeTargetHealth"),
                ("elb", "DescribeTargetGroups"),
                ("logs", "GetLogEvents"),
            ],
            Self::Report => &[
                ("github", "GetUser"),
                ("github", "ListComments"),
                ("github", "CreateComment"),
                ("github", "UpdateComment"),
                ("github", "CreateStatus"),
            ],
        }
    }
}
