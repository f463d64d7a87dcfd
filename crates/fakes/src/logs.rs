//! CloudWatch Logs: groups, streams, and their lines.

mod state;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::wire::ApiError;
use crate::world::{Inner, World};

pub(crate) use state::State;
use state::{Group, Line};

/// Bytes of one page of GetLogEvents.
const PAGE_BYTES: usize = 1024 * 1024;
/// Events of one page, at most.
const PAGE_EVENTS: usize = 10_000;

/// What a test sets of the logs.
pub struct Logs(pub(crate) Arc<Inner>);

impl Logs {
    /// A log group; scripts write only to groups that are there.
    pub fn group(&self, name: &str) {
        let world = &mut *self.0.world();
        let created_ms = world.now.as_millisecond();
        let group = world.logs.groups.entry(name.into()).or_default();
        group.created_ms = created_ms;
    }

    /// Lines of a stream, written now.
    pub fn put<L: Into<String>>(
        &self,
        group: &str,
        stream: &str,
        lines: impl IntoIterator<Item = L>,
    ) {
        let lines: Vec<String> = lines.into_iter().map(Into::into).collect();
        write(&mut self.0.world(), group, stream, &lines);
    }
}

/// Appends to a stream of a group that exists; a group that does not swallows nothing: the lines
/// are lost, like those of the container.
pub(crate) fn write(world: &mut World, group: &str, stream: &str, lines: &[String]) {
    let now = world.now.as_millisecond();
    let Some(group) = world.logs.groups.get_mut(group) else {
        return;
    };
    let stream = group.streams.entry(stream.into()).or_default();
    stream.extend(lines.iter().zip(0..).map(|(message, offset)| Line {
        at_ms: now + offset,
        message: message.clone(),
    }));
}

pub(crate) fn handle(world: &mut World, operation: &str, body: &Value) -> Result<Value, ApiError> {
    match operation {
        "GetLogEvents" => get(world, body),
        "FilterLogEvents" => filter(world, body),
        "DescribeLogGroups" => groups(world, body),
        "DescribeLogStreams" => streams(world, body),
        other => Err(ApiError::new(
            "UnknownOperationException",
            format!("the fake of CloudWatch Logs does not play {other}"),
        )),
    }
}

/// The group of a request, by name or by identifier (an ARN or a name).
fn group<'w>(world: &'w World, body: &Value) -> Result<&'w Group, ApiError> {
    let named = body["logGroupName"]
        .as_str()
        .or_else(|| body["logGroupIdentifier"].as_str())
        .unwrap_or_default();
    let name = match named.split_once(":log-group:") {
        Some((_, name)) => name.trim_end_matches(":*"),
        None => named,
    };
    world.logs.groups.get(name).ok_or_else(|| {
        ApiError::new(
            "ResourceNotFoundException",
            "The specified log group does not exist.",
        )
    })
}

fn within(body: &Value, line: &Line) -> bool {
    let from = body["startTime"].as_i64();
    let to = body["endTime"].as_i64();
    from.is_none_or(|from| line.at_ms >= from) && to.is_none_or(|to| line.at_ms < to)
}

fn limit(body: &Value) -> Result<usize, ApiError> {
    match &body["limit"] {
        Value::Null => Ok(PAGE_EVENTS),
        limit => limit
            .as_u64()
            .map(|limit| limit as usize)
            .filter(|limit| (1..=PAGE_EVENTS).contains(limit))
            .ok_or_else(|| {
                ApiError::new(
                    "InvalidParameterException",
                    "limit must be between 1 and 10000",
                )
            }),
    }
}

fn get(world: &World, body: &Value) -> Result<Value, ApiError> {
    let name = body["logStreamName"].as_str().unwrap_or_default();
    let stream = group(world, body)?.streams.get(name).ok_or_else(|| {
        ApiError::new(
            "ResourceNotFoundException",
            "The specified log stream does not exist.",
        )
    })?;
    let lines: Vec<&Line> = stream.iter().filter(|line| within(body, line)).collect();
    let limit = limit(body)?;
    let token = body["nextToken"].as_str();
    let place = |prefix: &str| {
        token
            .and_then(|token| token.strip_prefix(prefix))
            .and_then(|at| at.parse::<usize>().ok())
            .map(|at| at.min(lines.len()))
    };
    let (start, end) = match (place("f/"), place("b/")) {
        (Some(start), _) => (start, (start + limit).min(lines.len())),
        (None, Some(end)) => (end.saturating_sub(limit), end),
        (None, None) if token.is_some() => {
            return Err(ApiError::new(
                "InvalidParameterException",
                "The specified nextToken is invalid.",
            ));
        }
        (None, None) if body["startFromHead"] == true => (0, limit.min(lines.len())),
        (None, None) => (lines.len().saturating_sub(limit), lines.len()),
    };
    let (start, end) = fitting(
        &lines,
        start,
        end,
        token.is_none_or(|t| t.starts_with("b/")),
    );
    Ok(json!({
        "events": lines[start..end].iter().map(|line| json!({
            "timestamp": line.at_ms,
            "message": line.message,
            "ingestionTime": line.at_ms + 20,
        })).collect::<Vec<_>>(),
        "nextForwardToken": format!("f/{end}"),
        "nextBackwardToken": format!("b/{start}"),
    }))
}

/// The part of a page that fits into 1 MiB, from its end or from its start.
fn fitting(lines: &[&Line], start: usize, end: usize, from_end: bool) -> (usize, usize) {
    let mut bytes = 0;
    let mut fits = |line: &Line| {
        bytes += line.message.len() + 26;
        bytes <= PAGE_BYTES
    };
    let page = &lines[start..end];
    if from_end {
        let count = page.iter().rev().take_while(|line| fits(line)).count();
        (end - count, end)
    } else {
        let count = page.iter().take_while(|line| fits(line)).count();
        (start, start + count)
    }
}

fn filter(world: &World, body: &Value) -> Result<Value, ApiError> {
    let group = group(world, body)?;
    let names: Vec<&str> = body["logStreamNames"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let prefix = body["logStreamNamePrefix"].as_str();
    let pattern = body["filterPattern"].as_str().unwrap_or_default();
    let pattern = pattern.trim_matches('"');
    let mut events: Vec<(&str, usize, &Line)> = group
        .streams
        .iter()
        .filter(|(name, _)| names.is_empty() || names.contains(&name.as_str()))
        .filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)))
        .flat_map(|(name, lines)| {
            let lines = lines.iter().enumerate();
            lines.map(move |(index, line)| (name.as_str(), index, line))
        })
        .filter(|(_, _, line)| within(body, line) && line.message.contains(pattern))
        .collect();
    events.sort_by_key(|(_, _, line)| line.at_ms);
    let start = match body["nextToken"].as_str() {
        None => 0,
        Some(token) => token
            .parse::<usize>()
            .unwrap_or(usize::MAX)
            .min(events.len()),
    };
    let end = (start + limit(body)?).min(events.len());
    let mut answer = json!({
        "events": events[start..end].iter().map(|(stream, index, line)| json!({
            "logStreamName": stream,
            "timestamp": line.at_ms,
            "message": line.message,
            "ingestionTime": line.at_ms + 20,
            "eventId": format!("{:020}{:036}", line.at_ms, index),
        })).collect::<Vec<_>>(),
        "searchedLogStreams": [],
    });
    if end < events.len() {
        answer["nextToken"] = json!(end.to_string());
    }
    Ok(answer)
}

fn groups(world: &World, body: &Value) -> Result<Value, ApiError> {
    let prefix = body["logGroupNamePrefix"].as_str().unwrap_or_default();
    let pattern = body["logGroupNamePattern"].as_str().unwrap_or_default();
    let groups: Vec<Value> = world
        .logs
        .groups
        .iter()
        .filter(|(name, _)| name.starts_with(prefix) && name.contains(pattern))
        .map(|(name, group)| {
            let arn = world.arn("logs", &format!("log-group:{name}"));
            let bytes: usize = group
                .streams
                .values()
                .flatten()
                .map(|line| line.message.len())
                .sum();
            json!({
                "logGroupName": name,
                "creationTime": group.created_ms,
                "metricFilterCount": 0,
                "arn": format!("{arn}:*"),
                "storedBytes": bytes,
                "logGroupClass": "STANDARD",
                "logGroupArn": arn,
            })
        })
        .collect();
    Ok(json!({"logGroups": groups}))
}

fn streams(world: &World, body: &Value) -> Result<Value, ApiError> {
    let prefix = body["logStreamNamePrefix"].as_str().unwrap_or_default();
    let streams: Vec<Value> = group(world, body)?
        .streams
        .iter()
        .filter(|(name, _)| name.starts_with(prefix))
        .map(|(name, lines)| {
            json!({
                "logStreamName": name,
                "firstEventTimestamp": lines.first().map_or(0, |line| line.at_ms),
                "lastEventTimestamp": lines.last().map_or(0, |line| line.at_ms),
            })
        })
        .collect();
    Ok(json!({"logStreams": streams}))
}

/// The resource of an operation, as it appears in a denial.
pub(crate) fn resource(world: &World, body: &Value) -> String {
    let group = body["logGroupName"].as_str().unwrap_or("*");
    let stream = body["logStreamName"].as_str().unwrap_or("");
    world.arn("logs", &format!("log-group:{group}:log-stream:{stream}"))
}
