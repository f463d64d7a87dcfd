//! Explains an error of S3 to the person who has to fix it. For example, S3 returns 403 for a missing
//! key if listing the bucket is not allowed.

use ecs_model::is_arn;
use pipeline_aws::with_request_id;
use reqwest::{Response, StatusCode};

use super::location::{S3StateLocation, StateLocation};
use crate::error::{RemoteError, RemoteErrorKind};

/// Maximum size of an error document or a list, in bytes.
const ANSWER_LIMIT: usize = 256 * 1024;

/// A response that is not an object.
#[derive(Debug)]
pub struct S3Error {
    pub status: StatusCode,
    /// E.g. `NoSuchKey`. Empty if the response is not an error document of S3.
    pub code: String,
    pub message: String,
    /// The newest version of the key is a delete marker.
    pub is_deleted: bool,
    /// The ID by which AWS Support finds the request.
    pub request_id: Option<String>,
}

impl S3Error {
    /// Reads the error document of a response.
    pub async fn of(response: Response) -> Self {
        let status = response.status();
        let is_deleted = response
            .headers()
            .get("x-amz-delete-marker")
            .is_some_and(|value| value == "true");
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok());
        let request_id = pipeline_aws::request_id(header);
        let text = text(response).await;
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

    /// Whether the bucket exists, but not the key.
    pub fn is_absent_key(&self) -> bool {
        self.status == StatusCode::NOT_FOUND && self.code != "NoSuchBucket"
    }

    fn message(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            ("", _) => format!("HTTP {}", self.status),
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {message}"),
        }
    }
}

/// Explains the error, with the request ID.
pub fn explain(
    error: &S3Error,
    location: &S3StateLocation,
    region: &str,
    nearby: &[String],
) -> RemoteError {
    let mut remote = meaning(error, location, region, nearby);
    remote.problem = with_request_id(&remote.problem, error.request_id.as_deref());
    remote
}

fn meaning(
    error: &S3Error,
    location: &S3StateLocation,
    region: &str,
    nearby: &[String],
) -> RemoteError {
    let shown = StateLocation::S3(location.clone()).to_string();
    let bucket = &location.bucket;
    // The policy of an access point has ARNs of its own.
    let (bucket_arn, object) = if is_arn(bucket) {
        let object = format!("{bucket}/object/{}", location.object_key());
        (bucket.clone(), object)
    } else {
        let arn = format!("arn:aws:s3:::{bucket}");
        (arn.clone(), format!("{arn}/{}", location.object_key()))
    };
    match (error.status.as_u16(), error.code.as_str()) {
        (404, "NoSuchBucket") => RemoteError::new(RemoteErrorKind::Absent, shown, format!("bucket {bucket} does not exist"))
            .hint("check the name of the bucket and the account of the credentials"),
        (404, _) => absent_key(error, location, &shown, nearby),
        (_, "ExpiredToken" | "InvalidAccessKeyId" | "InvalidToken" | "SignatureDoesNotMatch") => {
            RemoteError::new(RemoteErrorKind::Denied, shown, format!("S3 rejected the credentials ({})", error.message()))
                .hint("use new credentials: --role-to-assume ARN or --state-role ARN in a CI job, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN")
        }
        (_, "RequestTimeTooSkewed") => {
            RemoteError::new(RemoteErrorKind::Denied, shown, error.message()).hint("set the clock of this machine")
        }
        (_, "InvalidObjectState") => RemoteError::new(RemoteErrorKind::Invalid, shown, error.message())
            .hint("the object is in an archive storage class: restore it first"),
        (403, _) if is_kms(error) => RemoteError::new(RemoteErrorKind::Denied, shown, format!("access to the KMS key of the state was denied ({})", error.message()))
            .hint(format!(
                "allow kms:Decrypt on {} in the policy of the role and in the key policy",
                arn_after(&error.message, "arn:aws").unwrap_or("the KMS key of the bucket")
            )),
        (400, "KMS.DisabledException" | "KMS.InvalidStateException" | "KMS.NotFoundException") => {
            RemoteError::new(RemoteErrorKind::Denied, shown, format!("the KMS key of the state cannot be used ({})", error.message()))
                .hint("enable the KMS key, or cancel its deletion")
        }
        (401 | 403 | 407, "") => RemoteError::new(RemoteErrorKind::Denied, shown, format!("the response does not come from S3 ({})", error.message()))
            .hint("a proxy or a login page responded: check HTTPS_PROXY and NO_PROXY, and allow S3 in the network"),
        (401 | 403, _) => RemoteError::new(RemoteErrorKind::Denied, shown, error.message()).hint(format!(
            "allow s3:GetObject on {object}; without s3:ListBucket on {bucket_arn}, S3 responds in the same way if the key does not exist"
        )),
        (301 | 302 | 307 | 308 | 400, code) if code.contains("Region") || code.contains("Redirect") || code == "AuthorizationHeaderMalformed" => {
            RemoteError::new(RemoteErrorKind::Invalid, shown, format!("the bucket is not in {region} ({})", error.message()))
                .hint("set the region of the bucket with --state-region REGION")
        }
        _ => {
            let message = (!error.code.is_empty()).then(|| error.message());
            RemoteError::status(shown, error.status, message)
        }
    }
}

fn absent_key(
    error: &S3Error,
    location: &S3StateLocation,
    shown: &str,
    nearby: &[String],
) -> RemoteError {
    let problem = match (&location.workspace, error.is_deleted) {
        (_, true) => format!("the state was deleted from bucket {}", location.bucket),
        (Some(workspace), _) => format!(
            "workspace {workspace} has no state in bucket {}",
            location.bucket
        ),
        (None, _) => format!("the key does not exist in bucket {}", location.bucket),
    };
    let available = |what: &str| format!("{what}: {}", nearby.join(", "));
    let hint = match (&location.workspace, nearby.is_empty()) {
        (_, _) if error.is_deleted => {
            "to restore it, delete the delete marker (if the bucket is versioned)".to_owned()
        }
        (Some(_), false) => available("existing workspaces"),
        (None, false) => available("existing keys"),
        (Some(_), true) => "check --workspace, --workspace-key-prefix and the key, and run `terraform apply` in the workspace".to_owned(),
        (None, true) => "check the key, and run `terraform apply` with this backend".to_owned(),
    };
    RemoteError::new(RemoteErrorKind::Absent, shown, problem).hint(hint)
}

fn is_kms(error: &S3Error) -> bool {
    error.message.contains("kms:")
        || error.message.contains("KMS")
        || error.code.starts_with("KMS.")
}

fn arn_after<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    // The message contains the ARN of the caller first, then the ARN of the KMS key.
    message
        .split([' ', '"', ','])
        .find(|word| word.starts_with(start) && word.contains(":kms:"))
        .map(|word| word.trim_end_matches('.'))
}

/// Returns the names in a list of keys. If they are workspaces, the prefix and the last slash are removed.
pub async fn listed(response: Response, prefix: &str, is_directories: bool) -> Vec<String> {
    const SHOWN: usize = 12;
    let text = text(response).await;
    let Ok(document) = roxmltree::Document::parse(&text) else {
        return Vec::new();
    };
    let (parent, tag) = if is_directories {
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
            if is_directories {
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

async fn text(mut response: Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_LIMIT {
            break;
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}
