//! Repositories and their settings.

use serde_json::{Value, json};

use super::lookup::{host, named, not_found, page, parameter};
use super::state::Repository;
use crate::clock::epoch_seconds;
use crate::wire::ApiError;
use crate::world::World;

fn view(world: &World, name: &str, repository: &Repository) -> Value {
    let mut view = json!({
        "repositoryArn": world.arn("ecr", &format!("repository/{name}")),
        "registryId": world.account,
        "repositoryName": name,
        "repositoryUri": format!("{}/{name}", host(world)),
        "createdAt": epoch_seconds(repository.created),
        "imageTagMutability": repository.mutability,
        "imageScanningConfiguration": {"scanOnPush": repository.scan_on_push},
        "encryptionConfiguration": repository.encryption,
    });
    if !repository.exclusions.is_empty() {
        view["imageTagMutabilityExclusionFilters"] = json!(repository.exclusions);
    }
    view
}

/// Lowercase letters, digits, and single separators between them, in parts parted by `/`.
fn valid_name(name: &str) -> bool {
    (2..=256).contains(&name.len())
        && name.split('/').all(|part| {
            let outer =
                |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            outer(part.chars().next())
                && outer(part.chars().last())
                && part.chars().all(|c| {
                    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.')
                })
        })
}

fn mutability(body: &Value) -> Result<String, ApiError> {
    let text = body["imageTagMutability"].as_str().unwrap_or("MUTABLE");
    match text {
        "MUTABLE" | "IMMUTABLE" | "MUTABLE_WITH_EXCLUSION" | "IMMUTABLE_WITH_EXCLUSION" => {
            Ok(text.to_owned())
        }
        other => Err(parameter(format!(
            "Invalid parameter at 'imageTagMutability' failed to satisfy constraint: '{other}' is \
             not a valid mutability"
        ))),
    }
}

fn exclusions(body: &Value) -> Vec<Value> {
    body["imageTagMutabilityExclusionFilters"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

pub(crate) fn create(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let name = body["repositoryName"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if !valid_name(&name) {
        return Err(parameter(
            "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy \
             regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''",
        ));
    }
    if world.ecr.repositories.contains_key(&name) {
        return Err(ApiError::new(
            "RepositoryAlreadyExistsException",
            format!(
                "The repository with name '{name}' already exists in the registry with id '{}'",
                world.account
            ),
        ));
    }
    let tags = body["tags"].as_array().cloned().unwrap_or_default();
    if tags.len() > 50 {
        return Err(ApiError::new(
            "TooManyTagsException",
            "The list of tags on the repository is over the limit.",
        ));
    }
    let encryption = &body["encryptionConfiguration"];
    let encryption = match (
        encryption["encryptionType"].as_str(),
        encryption["kmsKey"].as_str(),
    ) {
        (None, _) => json!({"encryptionType": "AES256"}),
        (Some("AES256"), _) => json!({"encryptionType": "AES256"}),
        (Some(kind), Some(key)) => json!({"encryptionType": kind, "kmsKey": key}),
        (Some(kind), None) => {
            let key = world.arn("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab");
            json!({"encryptionType": kind, "kmsKey": key})
        }
    };
    let repository = Repository {
        created: world.now,
        mutability: mutability(body)?,
        exclusions: exclusions(body),
        scan_on_push: body["imageScanningConfiguration"]["scanOnPush"] == true,
        encryption,
        lifecycle: None,
        tags,
    };
    let view = view(world, &name, &repository);
    world.ecr.repositories.insert(name, repository);
    Ok(json!({"repository": view}))
}

pub(crate) fn describe(world: &World, body: &Value) -> Result<Value, ApiError> {
    let other = body["registryId"]
        .as_str()
        .is_some_and(|registry| registry != world.account);
    if let Some(names) = body["repositoryNames"].as_array() {
        let mut found = Vec::new();
        for name in names.iter().filter_map(Value::as_str) {
            match world.ecr.repositories.get(name) {
                Some(repository) if !other => found.push(view(world, name, repository)),
                _ => return Err(not_found(world, name)),
            }
        }
        return Ok(json!({"repositories": found}));
    }
    let all = world.ecr.repositories.iter();
    let all = all.map(|(name, repository)| view(world, name, repository));
    page(body, all.collect(), "repositories")
}

pub(crate) fn delete(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let (name, repository) = named(world, body)?;
    if body["force"] != true && !world.registry.images(&name).is_empty() {
        return Err(ApiError::new(
            "RepositoryNotEmptyException",
            format!(
                "The repository with name '{name}' in registry with id '{}' cannot be deleted \
                 because it still contains images",
                world.account
            ),
        ));
    }
    let mut view = view(world, &name, repository);
    // The response to a deletion omits the settings.
    if let Some(members) = view.as_object_mut() {
        members.retain(|name, _| {
            name.starts_with("re") || name == "createdAt" || name == "imageTagMutability"
        });
    }
    world.ecr.repositories.remove(&name);
    Ok(json!({"repository": view}))
}

fn change(
    world: &mut World,
    body: &Value,
    change: impl FnOnce(&mut Repository) -> Result<Value, ApiError>,
) -> Result<Value, ApiError> {
    let (name, _) = named(world, body)?;
    let account = world.account.clone();
    let repository = world.ecr.repositories.get_mut(&name);
    let mut answer = change(repository.ok_or_else(|| parameter("repositoryName"))?)?;
    answer["registryId"] = json!(account);
    answer["repositoryName"] = json!(name);
    Ok(answer)
}

pub(crate) fn put_lifecycle(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let text = body["lifecyclePolicyText"].as_str().unwrap_or_default();
    let rules = serde_json::from_str::<Value>(text);
    if !rules.is_ok_and(|policy| policy["rules"].is_array()) {
        return Err(parameter(
            "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle \
             policy validation failure:\nstring does not contain a valid policy'",
        ));
    }
    change(world, body, |repository| {
        repository.lifecycle = Some(text.to_owned());
        Ok(json!({"lifecyclePolicyText": text}))
    })
}

pub(crate) fn get_lifecycle(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    change(world, body, |repository| match &repository.lifecycle {
        Some(text) => Ok(json!({"lifecyclePolicyText": text})),
        None => Err(ApiError::new(
            "LifecyclePolicyNotFoundException",
            "Lifecycle policy does not exist",
        )),
    })
}

pub(crate) fn put_scanning(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let on = body["imageScanningConfiguration"]["scanOnPush"] == true;
    change(world, body, |repository| {
        repository.scan_on_push = on;
        Ok(json!({"imageScanningConfiguration": {"scanOnPush": on}}))
    })
}

pub(crate) fn put_mutability(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let (text, filters) = (mutability(body)?, exclusions(body));
    change(world, body, |repository| {
        repository.mutability.clone_from(&text);
        repository.exclusions.clone_from(&filters);
        let mut answer = json!({"imageTagMutability": text});
        if !filters.is_empty() {
            answer["imageTagMutabilityExclusionFilters"] = json!(filters);
        }
        Ok(answer)
    })
}

fn by_arn<'w>(world: &'w mut World, body: &Value) -> Result<&'w mut Repository, ApiError> {
    let arn = body["resourceArn"].as_str().unwrap_or_default();
    let (_, name) = arn.split_once(":repository/").unwrap_or(("", arn));
    let missing = not_found(world, name);
    world.ecr.repositories.get_mut(name).ok_or(missing)
}

pub(crate) fn tag(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let new = body["tags"].as_array().cloned().unwrap_or_default();
    let repository = by_arn(world, body)?;
    for tag in new {
        repository.tags.retain(|known| known["Key"] != tag["Key"]);
        repository.tags.push(tag);
    }
    Ok(json!({}))
}

pub(crate) fn tags(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    Ok(json!({"tags": by_arn(world, body)?.tags}))
}
