//! What S3 said, and what it means for whoever has to fix it: a missing permission is not a missing
//! key, and S3 answers 403 for a missing key to those who may not list.

use pipeline_aws::with_request_id;
use reqwest::{Response, StatusCode};

use super::address::{S3StateLocation, StateLocation};
use crate::error::{Kind, Remote};

/// The largest error document or list that is read, in bytes.
const ANSWER_LIMIT: usize = 256 * 1024;

/// An answer that is no object.
#[derive(Debug)]
pub struct S3Error {
    pub status: StatusCode,
    /// As `NoSuchKey`; empty where the answer is no document of S3's.
    pub code: String,
    pub message: String,
    /// The newest version of the key is a delete marker.
    pub is_deleted: bool,
    /// By which AWS's support finds the request.
    pub request_id: Option<String>,
}

impl S3Error {
    /// Reads the error document.
    pub async fn of(answer: Response) -> Self {
        let status = answer.status();
        let is_deleted = answer
            .headers()
            .get("x-amz-delete-marker")
            .is_some_and(|value| value == "true");
        let header = |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok());
        let request_id = pipeline_aws::request_id(header);
        let text = text(answer).await;
        let document = roxmltree::Document::parse(&text);
        let element = |name: &str| {
            let document = document.as_ref().ok()?;
            let node = document
                .descendants()
                .find(|node| node.has_tag_name(name))?;
            node.text().map(str::to_owned)
        };
        S3Error {
            status,
            code: element("Code").unwrap_or_default(),
            message: element("Message").unwrap_or_default(),
            is_deleted,
            request_id,
        }
    }

    /// Whether the bucket is there and the key is not.
    pub fn is_absent_key(&self) -> bool {
        self.status == StatusCode::NOT_FOUND && self.code != "NoSuchBucket"
    }

    fn said(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            ("", _) => format!("HTTP {}", self.status),
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {message}"),
        }
    }
}

/// The error in our words, with the request's id.
pub fn explain(
    error: &S3Error,
    place: &S3StateLocation,
    region: &str,
    nearby: &[String],
) -> Remote {
    let mut remote = meaning(error, place, region, nearby);
    remote.problem = with_request_id(&remote.problem, error.request_id.as_deref());
    remote
}

fn meaning(error: &S3Error, place: &S3StateLocation, region: &str, nearby: &[String]) -> Remote {
    let shown = StateLocation::S3(place.clone()).to_string();
    let bucket = &place.bucket;
    let object = format!("arn:aws:s3:::{bucket}/{}", place.object_key());
    match (error.status.as_u16(), error.code.as_str()) {
        (404, "NoSuchBucket") => Remote::new(Kind::Absent, shown, format!("there is no bucket {bucket}"))
            .hint("check the bucket's name and the account that the credentials belong to"),
        (404, _) => absent_key(error, place, &shown, nearby),
        (_, "ExpiredToken" | "InvalidAccessKeyId" | "InvalidToken" | "SignatureDoesNotMatch") => {
            Remote::new(Kind::Denied, shown, format!("S3 does not accept the credentials ({})", error.said()))
                .hint("give fresh credentials: --role-to-assume or --state-role in a CI job, or AWS_ACCESS_KEY_ID and its companions")
        }
        (_, "RequestTimeTooSkewed") => {
            Remote::new(Kind::Denied, shown, error.said()).hint("set this machine's clock")
        }
        (_, "InvalidObjectState") => Remote::new(Kind::Invalid, shown, error.said())
            .hint("the object lies in an archive class: restore it first"),
        (403, _) if is_kms(error) => Remote::new(Kind::Denied, shown, format!("the key that encrypts the state is denied ({})", error.said()))
            .hint(format!(
                "allow kms:Decrypt on {} to the role that reads the state, in its policy and in the key's",
                arn_after(&error.message, "arn:aws").unwrap_or("the bucket's KMS key")
            )),
        (400, "KMS.DisabledException" | "KMS.InvalidStateException" | "KMS.NotFoundException") => {
            Remote::new(Kind::Denied, shown, format!("the key that encrypts the state cannot be used ({})", error.said()))
                .hint("enable the KMS key again, or restore it if its deletion is pending")
        }
        (401 | 403 | 407, "") => Remote::new(Kind::Denied, shown, format!("the answer is not S3's ({})", error.said()))
            .hint("a proxy or a login page answered: check HTTPS_PROXY and NO_PROXY, and that the network lets S3 through"),
        (401 | 403, _) => Remote::new(Kind::Denied, shown, error.said()).hint(format!(
            "allow s3:GetObject on {object}; without s3:ListBucket on arn:aws:s3:::{bucket} S3 answers the same when the key is not there"
        )),
        (301 | 302 | 307 | 308 | 400, code) if code.contains("Region") || code.contains("Redirect") || code == "AuthorizationHeaderMalformed" => {
            Remote::new(Kind::Invalid, shown, format!("the bucket is not in {region} ({})", error.said()))
                .hint("give the bucket's region with --state-region")
        }
        _ => {
            let said = (!error.code.is_empty()).then(|| error.said());
            Remote::status(shown, error.status, said)
        }
    }
}

fn absent_key(error: &S3Error, place: &S3StateLocation, shown: &str, nearby: &[String]) -> Remote {
    let problem = match (&place.workspace, error.is_deleted) {
        (_, true) => format!("the state was deleted from bucket {}", place.bucket),
        (Some(workspace), _) => format!(
            "workspace {workspace} has no state in bucket {}",
            place.bucket
        ),
        (None, _) => format!("there is no such key in bucket {}", place.bucket),
    };
    let there = |what: &str| format!("{what}: {}", nearby.join(", "));
    let hint = match (&place.workspace, nearby.is_empty()) {
        (_, _) if error.is_deleted => {
            "if the bucket keeps versions, delete the delete marker to have it back".to_owned()
        }
        (Some(_), false) => there("there are the workspaces"),
        (None, false) => there("beside it there are"),
        (Some(_), true) => "check --workspace, --workspace-key-prefix and the key, and that the workspace was applied".to_owned(),
        (None, true) => "check the key, and that the configuration was applied with this backend".to_owned(),
    };
    Remote::new(Kind::Absent, shown, problem).hint(hint)
}

fn is_kms(error: &S3Error) -> bool {
    error.message.contains("kms:")
        || error.message.contains("KMS")
        || error.code.starts_with("KMS.")
}

fn arn_after<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    // The message names the caller's ARN first; the key's is the one of KMS.
    message
        .split([' ', '"', ','])
        .find(|word| word.starts_with(start) && word.contains(":kms:"))
        .map(|word| word.trim_end_matches('.'))
}

/// The names in a list of keys: what follows `prefix`, for workspaces without the last slash.
pub async fn listed(answer: Response, prefix: &str, is_folders: bool) -> Vec<String> {
    const SHOWN: usize = 12;
    let text = text(answer).await;
    let Ok(document) = roxmltree::Document::parse(&text) else {
        return Vec::new();
    };
    let (parent, tag) = if is_folders {
        ("CommonPrefixes", "Prefix")
    } else {
        ("Contents", "Key")
    };
    document
        .descendants()
        .filter(|node| node.has_tag_name(parent))
        .flat_map(|node| node.children().filter(|child| child.has_tag_name(tag)))
        .filter_map(|node| node.text())
        .map(|name| {
            if is_folders {
                name.strip_prefix(prefix)
                    .unwrap_or(name)
                    .trim_end_matches('/')
                    .to_owned()
            } else {
                name.to_owned()
            }
        })
        .filter(|name| !name.is_empty())
        .take(SHOWN)
        .collect()
}

async fn text(mut answer: Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(piece)) = answer.chunk().await {
        body.extend_from_slice(&piece);
        if body.len() > ANSWER_LIMIT {
            break;
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}
