//! What the live service shows: its containers, their images, and the platform.
//!
//! Decided here: which container a deployment is about if nobody names one. Nothing here writes.

use ecs_client::{NoCluster, ReadError, RetryMode, ServiceReader, Tags};
use ecs_model::ImageRef;
use pipeline_aws::{AwsArgs, Session};
use pipeline_io::Step;
use serde_json::Value;

use crate::deploy::error::Error;

/// A live service and its task definition, as AWS returns them.
#[derive(Debug, Clone)]
pub(crate) struct LiveService {
    pub service: Value,
    pub task_definition: Value,
}

/// Reads the service; `None` if it does not exist or is inactive.
///
/// # Errors
/// If the cluster does not exist, without credentials, or if a call fails.
pub(crate) async fn read(
    aws: &AwsArgs,
    cluster: &str,
    service: &str,
    step: &Step,
) -> Result<Option<LiveService>, Error> {
    let session = Session::open(aws, step).await?;
    let reader = ServiceReader::new(&session, cluster, service, RetryMode::Standard);
    let found = match reader.service(Tags::Excluded).await {
        Ok(found) => found,
        Err(ReadError::Aws(error)) => {
            return Err(match NoCluster::of(error, cluster, session.region()) {
                Ok(missing) => missing.into(),
                Err(error) => Error::Aws(error),
            });
        }
        Err(error) => return Err(error.into()),
    };
    let Some(service) = found.filter(|service| service["status"] != "INACTIVE") else {
        return Ok(None);
    };
    let name = service["taskDefinition"].as_str().unwrap_or_default();
    let answer = reader.task_definition(name, Tags::Excluded).await?;
    Ok(answer.map(|mut answer| LiveService {
        task_definition: answer["taskDefinition"].take(),
        service,
    }))
}

impl LiveService {
    /// The names of the containers and their images.
    fn containers(&self) -> impl Iterator<Item = (&str, &str)> {
        let containers = self.task_definition["containerDefinitions"].as_array();
        containers.into_iter().flatten().filter_map(|container| {
            Some((container["name"].as_str()?, container["image"].as_str()?))
        })
    }

    /// The container that gets the image: the only one, else the one behind the load balancer.
    pub fn container(&self) -> Option<&str> {
        let mut all = self.containers().map(|(name, _)| name);
        match (all.next(), all.next()) {
            (Some(only), None) => Some(only),
            _ => self.service["loadBalancers"][0]["containerName"].as_str(),
        }
    }

    /// The image of a container.
    pub fn image(&self, container: &str) -> Option<ImageRef> {
        let mut all = self.containers();
        let (_, image) = all.find(|(name, _)| *name == container)?;
        image.parse().ok()
    }
}

/// The platform that a task definition asks for, if it does.
pub(crate) fn platform(task_definition: &Value) -> Option<&'static str> {
    let platform = &task_definition["runtimePlatform"];
    let family = platform["operatingSystemFamily"]
        .as_str()
        .unwrap_or("LINUX");
    match (family, platform["cpuArchitecture"].as_str()) {
        ("LINUX", Some("ARM64")) => Some("linux/arm64"),
        ("LINUX", Some("X86_64")) => Some("linux/amd64"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{LiveService, platform};

    fn live(containers: &[&str], balanced: Option<&str>) -> LiveService {
        let containers = containers.iter().map(|name| {
            json!({"name": name, "image": format!("123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/{name}:1")})
        });
        LiveService {
            service: match balanced {
                Some(name) => json!({"loadBalancers": [{"containerName": name}]}),
                None => json!({}),
            },
            task_definition: json!({"containerDefinitions": containers.collect::<Vec<Value>>()}),
        }
    }

    #[test]
    fn the_container_is_the_only_one_or_the_one_behind_the_load_balancer() {
        for (containers, balanced, expected) in [
            (&["app"][..], None, Some("app")),
            (&["proxy", "app"], Some("app"), Some("app")),
            (&["proxy", "app"], None, None),
        ] {
            let live = live(containers, balanced);
            assert_eq!(live.container(), expected, "{containers:?}");
        }
        let image = live(&["app"], None).image("app").expect("an image");
        assert_eq!(image.repository(), "team/app");
    }

    #[test]
    fn the_platform_is_the_one_of_the_definition() {
        for (definition, expected) in [
            (
                json!({"runtimePlatform": {"cpuArchitecture": "ARM64"}}),
                Some("linux/arm64"),
            ),
            (
                json!({"runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}}),
                Some("linux/amd64"),
            ),
            (
                json!({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE", "cpuArchitecture": "X86_64"}}),
                None,
            ),
            (json!({}), None),
        ] {
            assert_eq!(platform(&definition), expected, "{definition}");
        }
    }
}
