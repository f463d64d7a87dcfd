//! A permission that is missing for one call, always or since the write.

use super::super::history::{History, history};
use super::super::world::When::{AfterTheWrite, Always};

pub fn all() -> Vec<History> {
    vec![
        history("DescribeServices is denied")
            .denies("DescribeServices", Always)
            .succeeds()
            .ends_deploying(4, &["ecs:DescribeServices"]),
        history("DescribeServices is denied while waiting")
            .denies("DescribeServices", AfterTheWrite)
            .succeeds()
            .ends(4, &["ecs:DescribeServices"]),
        history("RegisterTaskDefinition is denied")
            .denies("RegisterTaskDefinition", Always)
            .succeeds()
            .ends_deploying(4, &["ecs:RegisterTaskDefinition"]),
        history("UpdateService is denied")
            .denies("UpdateService", Always)
            .succeeds()
            .ends_deploying(4, &["ecs:UpdateService"]),
        history("CreateService is denied")
            .first()
            .denies("CreateService", Always)
            .succeeds()
            .ends_deploying(4, &["ecs:CreateService"]),
        history("ListServiceDeployments is denied")
            .denies("ListServiceDeployments", Always)
            .succeeds()
            .ends(0, &["judged from the service only"]),
        history("DescribeServiceDeployments is denied")
            .denies("DescribeServiceDeployments", Always)
            .succeeds()
            .ends(0, &["judged from the service only"]),
        history("DescribeServiceRevisions is denied")
            .denies("DescribeServiceRevisions", Always)
            .succeeds()
            .ends(0, &["succeeded after"]),
        history("DescribeTaskDefinition is denied while waiting")
            .denies("DescribeTaskDefinition", AfterTheWrite)
            .succeeds()
            .ends(0, &["succeeded after"]),
        history("ListTasks is denied")
            .denies("ListTasks", Always)
            .succeeds()
            .ends(0, &["may not call ecs:ListTasks and ecs:DescribeTasks"]),
        history("DescribeTasks is denied")
            .denies("DescribeTasks", Always)
            .succeeds()
            .ends(0, &["may not call ecs:ListTasks and ecs:DescribeTasks"]),
        history("DescribeTargetHealth is denied")
            .denies("DescribeTargetHealth", Always)
            .succeeds()
            .ends(0, &["elasticloadbalancing:DescribeTargetHealth"]),
        history("GetLogEvents is denied")
            .denies("GetLogEvents", Always)
            .breaks(|s| s.crash(3))
            .ends(
                6,
                &["container app exited with code 3", "logs:GetLogEvents"],
            )
            .never(&["fatal: no database"])
            .because("crashed"),
        history("service deployments are denied and it is rolled back")
            .denies("ListServiceDeployments", Always)
            .denies("DescribeServiceDeployments", Always)
            .breaks(|s| s.crash(3))
            .ends(6, &["container app exited with code 3"])
            .because("crashed"),
    ]
}
