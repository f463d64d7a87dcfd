//! Volumes: one kind each, with the members that this kind needs. Sources: `Volume`,
//! `HostVolumeProperties`, `EFSVolumeConfiguration` and `DockerVolumeConfiguration` in AWS's API
//! reference.

use serde_json::Value;

use super::code::LintCode;
use super::context::{LintContext, elements, text};
use crate::pointer;

const KINDS: [&str; 4] = [
    "dockerVolumeConfiguration",
    "efsVolumeConfiguration",
    "s3filesVolumeConfiguration",
    "fsxWindowsFileServerVolumeConfiguration",
];

pub(super) fn check(context: &mut LintContext<'_>) {
    let mut at_launch = 0;
    for (index, volume) in elements(context.definition, "volumes").iter().enumerate() {
        let at = pointer::join("/volumes", &index.to_string());
        if !volume.is_object() {
            continue;
        }
        if volume["name"].is_null() {
            context.report(LintCode::MissingMember, at.clone(), "a volume has no name");
        }
        let name = text(volume, "name").unwrap_or_default();
        if text(&volume["host"], "sourcePath").is_some_and(|path| path.trim().is_empty()) {
            let message = format!("host.sourcePath of volume {name} is empty");
            context.report(LintCode::Volume, format!("{at}/host/sourcePath"), message);
        }
        kinds(context, volume, name, &at);
        efs(context, &volume["efsVolumeConfiguration"], name, &at);
        let docker = &volume["dockerVolumeConfiguration"];
        if !docker["autoprovision"].is_null() && text(docker, "scope") != Some("shared") {
            let message = format!("autoprovision of volume {name} needs the scope shared");
            let at = format!("{at}/dockerVolumeConfiguration/autoprovision");
            context.report_name(LintCode::Volume, at, message);
        }
        if volume["configuredAtLaunch"] == true {
            at_launch += 1;
            if at_launch == 2 {
                let message = "only one volume of a definition can be configuredAtLaunch";
                context.report_name(
                    LintCode::Volume,
                    format!("{at}/configuredAtLaunch"),
                    message,
                );
            }
        }
    }
}

fn kinds(context: &mut LintContext<'_>, volume: &Value, name: &str, at: &str) {
    let mut kinds: Vec<&str> = KINDS
        .into_iter()
        .filter(|kind| volume[*kind].is_object())
        .collect();
    if text(&volume["host"], "sourcePath").is_some() {
        kinds.push("host");
    }
    if volume["configuredAtLaunch"] == true {
        kinds.push("configuredAtLaunch");
    }
    if kinds.len() > 1 {
        let message = format!("volume {name} can have only one of {}", kinds.join(", "));
        context.report(LintCode::Volume, at, message);
    }
}

fn efs(context: &mut LintContext<'_>, efs: &Value, name: &str, at: &str) {
    let at = format!("{at}/efsVolumeConfiguration");
    let authorization = &efs["authorizationConfig"];
    let has_access_point = text(authorization, "accessPointId").is_some_and(|id| !id.is_empty());
    let uses_iam = text(authorization, "iam") == Some("ENABLED");
    let is_encrypted = text(efs, "transitEncryption") == Some("ENABLED");
    if (has_access_point || uses_iam) && !is_encrypted {
        let what = if has_access_point {
            "an access point"
        } else {
            "IAM authorization"
        };
        let message = format!("volume {name} uses {what}, which needs transitEncryption ENABLED");
        context.report(LintCode::Volume, format!("{at}/transitEncryption"), message);
    }
    if has_access_point
        && let Some(root) = text(efs, "rootDirectory")
        && root != "/"
    {
        let message = format!(
            "rootDirectory of volume {name} must be / or absent, because the access point sets it"
        );
        context.report(LintCode::Volume, format!("{at}/rootDirectory"), message);
    }
    if !is_encrypted && !efs["transitEncryptionPort"].is_null() {
        let message =
            format!("transitEncryptionPort of volume {name} needs transitEncryption ENABLED");
        context.report(
            LintCode::Volume,
            format!("{at}/transitEncryptionPort"),
            message,
        );
    }
}
