//! Releases with their assets, and the runs of a workflow: what publishing a release reads and writes.
//!
//! Decided here: that a draft is not found by its tag, that an asset's name is taken once per release
//! and that a release's `make_latest` is refused for a pre-release, as on GitHub. Never here: tags;
//! they are in the Git repository that is pushed to.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::answers::{answer, invalid, not_found};
use super::people;
use super::state::{Asset, Release, WorkflowRun};
use crate::clock::iso;
use crate::query::Form;
use crate::wire::{ApiError, Request, Response};
use crate::world::World;

fn asset_view(endpoint: &str, repository: &str, asset: &Asset) -> Value {
    json!({
        "id": asset.id,
        "node_id": format!("RA_{}", asset.id),
        "url": format!("{endpoint}/repos/{repository}/releases/assets/{}", asset.id),
        "name": asset.name,
        "label": "",
        "state": "uploaded",
        "content_type": asset.content_type,
        "size": asset.content.len(),
        "digest": format!("sha256:{}", hex(&Sha256::digest(&asset.content))),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn view(world: &World, repository: &str, release: &Release) -> Value {
    let url = format!(
        "{}/repos/{repository}/releases/{}",
        world.endpoint, release.id
    );
    let assets: Vec<Value> = release
        .assets
        .iter()
        .map(|asset| asset_view(&world.endpoint, repository, asset))
        .collect();
    json!({
        "id": release.id,
        "node_id": format!("RE_{}", release.id),
        "url": url,
        "upload_url": format!("{url}/assets{{?name,label}}"),
        "html_url": format!("{}/{repository}/releases/tag/{}", world.endpoint, release.tag),
        "tag_name": release.tag,
        "name": release.name,
        "body": release.body,
        "draft": release.draft,
        "prerelease": release.prerelease,
        "author": people::person(world, &world.github.login),
        "created_at": iso(world.now),
        "assets": assets,
    })
}

fn found<'w>(
    world: &'w mut World,
    repository: &str,
    id: Option<u64>,
) -> Result<&'w mut Release, ApiError> {
    let known = world.github.repositories.get_mut(repository);
    known
        .and_then(|r| r.releases.iter_mut().find(|r| Some(r.id) == id))
        .ok_or_else(not_found)
}

fn shown(world: &World, repository: &str, id: u64, status: u16) -> Result<Response, ApiError> {
    let known = world.github.repositories.get(repository);
    let release = known.and_then(|r| r.releases.iter().find(|r| r.id == id));
    let release = release.ok_or_else(not_found)?;
    Ok(answer(status, &view(world, repository, release)))
}

/// All releases, newest first, drafts included: the token may write.
pub(crate) fn list(world: &World, repository: &str) -> Response {
    let known = world.github.repositories.get(repository);
    let releases = known.into_iter().flat_map(|r| r.releases.iter().rev());
    let views: Vec<Value> = releases.map(|r| view(world, repository, r)).collect();
    answer(200, &json!(views))
}

pub(crate) fn create(
    world: &mut World,
    repository: &str,
    body: &Value,
) -> Result<Response, ApiError> {
    let Some(tag) = body["tag_name"].as_str().filter(|tag| !tag.is_empty()) else {
        return Ok(invalid(
            "Release",
            "tag_name",
            "tag_name is not well-formed",
        ));
    };
    world.github.next_id += 1;
    let id = world.github.next_id;
    let known = world.github.repositories.get_mut(repository);
    let releases = &mut known.ok_or_else(not_found)?.releases;
    if releases.iter().any(|r| r.tag == tag && !r.draft) {
        return Ok(invalid("Release", "tag_name", "already_exists"));
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    releases.push(Release {
        id,
        tag: tag.to_owned(),
        name: text("name"),
        body: text("body"),
        draft: body["draft"].as_bool().unwrap_or(false),
        prerelease: body["prerelease"].as_bool().unwrap_or(false),
        is_latest: false,
        assets: Vec::new(),
    });
    mark_latest(world, repository, id, body)?;
    shown(world, repository, id, 201)
}

pub(crate) fn update(
    world: &mut World,
    repository: &str,
    id: Option<u64>,
    body: &Value,
) -> Result<Response, ApiError> {
    let release = found(world, repository, id)?;
    if let Some(draft) = body["draft"].as_bool() {
        release.draft = draft;
    }
    if let Some(prerelease) = body["prerelease"].as_bool() {
        release.prerelease = prerelease;
    }
    let id = release.id;
    mark_latest(world, repository, id, body)?;
    shown(world, repository, id, 200)
}

/// `make_latest` as GitHub reads it: a string, `true` if it is absent.
fn mark_latest(world: &mut World, repository: &str, id: u64, body: &Value) -> Result<(), ApiError> {
    let release = found(world, repository, Some(id))?;
    let wanted = body["make_latest"].as_str().unwrap_or("true") == "true";
    if release.draft || !wanted {
        return Ok(());
    }
    if release.prerelease {
        let refused = "Latest release cannot be a draft or prerelease";
        return match body.get("make_latest") {
            Some(_) => Err(ApiError::with_status(422, "invalid", refused)),
            None => Ok(()),
        };
    }
    let known = world.github.repositories.get_mut(repository);
    for release in &mut known.ok_or_else(not_found)?.releases {
        release.is_latest = release.id == id;
    }
    Ok(())
}

pub(crate) fn upload(
    world: &mut World,
    repository: &str,
    id: Option<u64>,
    request: &Request,
) -> Result<Response, ApiError> {
    let query = Form::parse(request.uri.query().unwrap_or_default().as_bytes());
    let name = query.get("name").unwrap_or_default().to_owned();
    if name.is_empty() {
        return Ok(invalid("ReleaseAsset", "name", "name is missing"));
    }
    world.github.next_id += 1;
    let asset = Asset {
        id: world.github.next_id,
        name,
        content_type: crate::wire::header(request, "content-type")
            .unwrap_or_default()
            .to_owned(),
        content: request.body.to_vec(),
    };
    let endpoint = world.endpoint.clone();
    let release = found(world, repository, id)?;
    if release.assets.iter().any(|known| known.name == asset.name) {
        return Ok(invalid("ReleaseAsset", "name", "already_exists"));
    }
    let view = asset_view(&endpoint, repository, &asset);
    release.assets.push(asset);
    Ok(answer(201, &view))
}

pub(crate) fn delete_asset(
    world: &mut World,
    repository: &str,
    id: Option<u64>,
) -> Result<Response, ApiError> {
    let known = world.github.repositories.get_mut(repository);
    for release in &mut known.ok_or_else(not_found)?.releases {
        if let Some(at) = release.assets.iter().position(|a| Some(a.id) == id) {
            release.assets.remove(at);
            return Ok(Response::empty(204));
        }
    }
    Err(not_found())
}

/// The runs of a workflow for a commit, newest first; GitHub filters by `status` and `head_sha`.
pub(crate) fn runs(
    world: &World,
    repository: &str,
    workflow: Option<&&str>,
    request: &Request,
) -> Response {
    let query = Form::parse(request.uri.query().unwrap_or_default().as_bytes());
    let wanted = |name: &str, value: &str| query.get(name).is_none_or(|w| w == value);
    let known = world.github.repositories.get(repository);
    let runs: Vec<Value> = known
        .into_iter()
        .flat_map(|r| r.runs.iter().rev())
        .filter(|run: &&WorkflowRun| workflow.is_some_and(|w| *w == run.workflow))
        .filter(|run| wanted("head_sha", &run.head_sha) && wanted("branch", &run.branch))
        .filter(|run| wanted("event", &run.event) && wanted("status", &run.conclusion))
        .map(|run| {
            json!({
                "head_sha": run.head_sha,
                "head_branch": run.branch,
                "event": run.event,
                "status": "completed",
                "conclusion": run.conclusion,
            })
        })
        .collect();
    answer(
        200,
        &json!({"total_count": runs.len(), "workflow_runs": runs}),
    )
}
