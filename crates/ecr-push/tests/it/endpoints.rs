//! Endpoints from the `services` section of a profile, for each service, STS included.

use fakes::Cloud;

use crate::program::run;
use crate::sample::Image;

#[test]
fn the_services_of_a_profile_have_their_own_endpoints() {
    let cloud = Cloud::start();
    cloud.ecr().repository("team/app");
    let folder = tempfile::tempdir().unwrap();
    Image::small(1).oci_folder(&folder.path().join("layout"));
    let endpoint = cloud.endpoint_url();
    let config = format!(
        "[profile ci]\nservices = local\n\n\
         [services local]\nsts =\n  endpoint_url = {endpoint}\necr =\n  endpoint_url = {endpoint}\n"
    );
    let file = folder.path().join("aws-config");
    std::fs::write(&file, config).unwrap();

    let keys = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_CONFIG_FILE",
    ];
    let mut env = cloud.env();
    env.retain(|(name, _)| !keys.contains(&name.as_str()));
    env.extend(cloud.sts().github_env());
    env.push(("AWS_PROFILE".to_owned(), "ci".to_owned()));
    env.push(("AWS_CONFIG_FILE".to_owned(), file.display().to_string()));
    let source = format!("oci:{}/layout", folder.path().display());
    let role = "arn:aws:iam::123456789012:role/deploy";
    let mut args = vec![
        "--source",
        &source,
        "--repository",
        "team/app",
        "--tag",
        "v1",
    ];
    args.extend(["--role-to-assume", role]);
    run(&env, &args).ended(0, "pushed");
    let exchanges = cloud.requests_of("sts", "AssumeRoleWithWebIdentity");
    assert_eq!(exchanges.len(), 1);
}
