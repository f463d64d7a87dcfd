//! Whether there is an instance metadata service.
//!
//! Decided here: how an EC2 instance is recognized. Elsewhere packets to the metadata service are often
//! dropped, and waiting for an answer takes seconds. Never here: what the service is asked.

/// The variable with the URL of another metadata service, e.g. of IAM Roles Anywhere.
const ENDPOINT_VARIABLE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

/// Whether the metadata service can be called: on an EC2 instance, or if a variable names one.
pub(crate) fn has_metadata_service() -> bool {
    is_available(
        |name| std::env::var(name).ok(),
        |path| std::fs::read_to_string(path).ok(),
    )
}

fn is_available(
    env: impl Fn(&str) -> Option<String>,
    file: impl Fn(&str) -> Option<String>,
) -> bool {
    let is_disabled = env("AWS_EC2_METADATA_DISABLED");
    if is_disabled.is_some_and(|value| value.trim().eq_ignore_ascii_case("true")) {
        return false;
    }
    if env(ENDPOINT_VARIABLE).is_some_and(|url| !url.trim().is_empty()) {
        return true;
    }
    let content = |path| file(path).unwrap_or_default();
    let is_nitro = content("/sys/devices/virtual/dmi/id/sys_vendor").trim() == "Amazon EC2";
    // Older instance types run on Xen, whose vendor is Xen itself.
    let is_xen = content("/sys/hypervisor/uuid").starts_with("ec2");
    is_nitro || is_xen
}

#[cfg(test)]
mod tests {
    use super::is_available;

    #[test]
    fn an_instance_or_a_variable_means_that_there_is_a_service() {
        let vendor = "/sys/devices/virtual/dmi/id/sys_vendor";
        let endpoint = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
        let disabled = "AWS_EC2_METADATA_DISABLED";
        let nitro = (vendor, "Amazon EC2\n");
        for (variables, files, expected) in [
            (&[][..], &[][..], false),
            (&[], &[(vendor, "QEMU\n")], false),
            (&[], &[nitro], true),
            (
                &[],
                &[(vendor, "Xen\n"), ("/sys/hypervisor/uuid", "ec2a1\n")],
                true,
            ),
            (&[], &[("/sys/hypervisor/uuid", "0000\n")], false),
            (&[(endpoint, "http://127.0.0.1:9911")], &[], true),
            (&[(endpoint, "")], &[], false),
            (
                &[(endpoint, "http://x"), (disabled, "TRUE")],
                &[nitro],
                false,
            ),
        ] {
            let find = |list: &[(&str, &str)], name: &str| {
                let found = list.iter().find(|(n, _)| *n == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let found = is_available(|name| find(variables, name), |path| find(files, path));
            assert_eq!(found, expected, "{variables:?} {files:?}");
        }
    }
}
