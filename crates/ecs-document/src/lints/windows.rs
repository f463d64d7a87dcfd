//! Features that ECS does not support for Windows containers. Source: the descriptions in AWS's
//! service model ("This parameter is not supported for Windows containers").

use super::code::LintCode;
use super::context::{LintContext, text};
use super::fargate::is_given;

const TASK: [&str; 2] = ["pidMode", "ipcMode"];
const CONTAINER: [&str; 10] = [
    "links",
    "linuxParameters",
    "privileged",
    "readonlyRootFilesystem",
    "disableNetworking",
    "dnsServers",
    "dnsSearchDomains",
    "extraHosts",
    "ulimits",
    "user",
];

pub(super) fn check(context: &mut LintContext<'_>) {
    let system = text(
        &context.definition["runtimePlatform"],
        "operatingSystemFamily",
    );
    if !system.is_some_and(|system| system.starts_with("WINDOWS")) {
        return;
    }
    for member in TASK {
        if is_given(&context.definition[member]) {
            let message =
                format!("the task uses {member}, which Windows containers do not support");
            context.report_name(LintCode::WindowsUnsupported, format!("/{member}"), message);
        }
    }
    for container in context.containers() {
        for member in CONTAINER {
            // Windows users have names of their own, so only a numeric user is one of Linux.
            let is_windows_user = member == "user"
                && text(container.value, member)
                    .is_some_and(|user| !user.starts_with(|c: char| c.is_ascii_digit()));
            if is_given(&container.value[member]) && !is_windows_user {
                let message = format!(
                    "container {} uses {member}, which Windows containers do not support",
                    container.name
                );
                let at = container.pointer(member);
                context.report_name(LintCode::WindowsUnsupported, at, message);
            }
        }
    }
}
