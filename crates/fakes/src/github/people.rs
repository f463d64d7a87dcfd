//! Users, repositories, pull requests and issues as GitHub shows them.

use serde_json::{Value, json};

use super::answers::{answer, forbidden, not_found};
use crate::wire::{ApiError, Response};
use crate::world::World;

/// A user or a bot, with all the addresses that GitHub gives.
pub(crate) fn person(world: &World, login: &str) -> Value {
    let url = format!("{}/users/{login}", world.endpoint).replace(['[', ']'], "");
    let id: u64 = login.bytes().map(u64::from).sum();
    let kind = if login.ends_with("[bot]") {
        "Bot"
    } else {
        "User"
    };
    let mut person = json!({
        "login": login,
        "id": id,
        "node_id": format!("MDQ6VXNlcg{id}"),
        "avatar_url": format!("{url}/avatar"),
        "gravatar_id": "",
        "url": url,
        "html_url": url,
        "type": kind,
        "site_admin": false,
    });
    for name in [
        "followers",
        "following",
        "gists",
        "starred",
        "subscriptions",
        "organizations",
        "repos",
        "events",
        "received_events",
    ] {
        person[format!("{name}_url")] = json!(format!("{url}/{name}"));
    }
    person
}

/// `GET /user`: only for a person's token.
pub(crate) fn user(world: &World) -> Result<Response, ApiError> {
    if world.github.personal {
        Ok(answer(200, &person(world, &world.github.login)))
    } else {
        Err(forbidden())
    }
}

pub(crate) fn repository(world: &World, name: &str) -> Value {
    let (owner, short) = name.split_once('/').unwrap_or(("", name));
    json!({
        "id": 1,
        "node_id": "R_1",
        "name": short,
        "full_name": name,
        "private": true,
        "owner": person(world, owner),
        "url": format!("{}/repos/{name}", world.endpoint),
        "html_url": format!("{}/{name}", world.endpoint),
        "default_branch": "main",
    })
}

fn view(world: &World, name: &str, number: u64) -> Option<Value> {
    let pull = world.github.repositories.get(name)?.pulls.get(&number)?;
    let url = format!("{}/repos/{name}/pulls/{number}", world.endpoint);
    let side = |branch: &str, sha: &str| {
        json!({
            "label": format!("octo-org:{branch}"),
            "ref": branch,
            "sha": sha,
            "user": person(world, "octocat"),
            "repo": null,
        })
    };
    Some(json!({
        "id": 100 + number,
        "node_id": format!("PR_{number}"),
        "number": number,
        "url": url,
        "html_url": format!("{}/{name}/pull/{number}", world.endpoint),
        "state": if pull.open { "open" } else { "closed" },
        "locked": false,
        "title": format!("Pull request {number}"),
        "user": person(world, "octocat"),
        "head": side("feature", &pull.head),
        "base": side("main", "0000000000000000000000000000000000000000"),
        "draft": false,
    }))
}

pub(crate) fn pull(world: &World, name: &str, number: Option<u64>) -> Result<Response, ApiError> {
    let view = number.and_then(|number| view(world, name, number));
    Ok(answer(200, &view.ok_or_else(not_found)?))
}

/// A pull request is an issue, too.
pub(crate) fn issue(world: &World, name: &str, number: Option<u64>) -> Result<Response, ApiError> {
    let number = number.ok_or_else(not_found)?;
    let pull = view(world, name, number).ok_or_else(not_found)?;
    Ok(answer(
        200,
        &json!({
            "id": pull["id"],
            "number": number,
            "title": pull["title"],
            "state": pull["state"],
            "user": pull["user"],
            "html_url": pull["html_url"],
            "pull_request": {"url": pull["url"]},
        }),
    ))
}

/// The pull requests whose head is this commit.
pub(crate) fn pulls_of(world: &World, name: &str, sha: Option<&&str>) -> Response {
    let repository = world.github.repositories.get(name);
    let pulls = repository.into_iter().flat_map(|r| &r.pulls);
    let found: Vec<Value> = pulls
        .filter(|(_, pull)| Some(&pull.head.as_str()) == sha)
        .filter_map(|(number, _)| view(world, name, *number))
        .collect();
    answer(200, &json!(found))
}
