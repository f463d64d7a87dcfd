//! What goes in and out of the fakes, sockets or not: a request, an answer, an API error.

use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use serde_json::Value;

/// A request as the fakes see it: for [`crate::Cloud::answer`].
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    /// Path and query; scheme and host may stand before them.
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: Method, uri: &str) -> Self {
        Self {
            method,
            uri: uri.parse().unwrap_or_else(|_| Uri::from_static("/")),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// The same request with one more header.
    ///
    /// # Panics
    /// When the value has characters that no header may have.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a header value of visible characters");
        self.headers.append(name, value);
        self
    }

    /// The same request with a body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// A header of a request, if it is text.
pub(crate) fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers.get(name)?.to_str().ok()
}

/// What comes back, and how the connection behaves while it does.
#[derive(Debug)]
pub struct Answer {
    /// `None`: the connection is cut before anything is answered.
    pub response: Option<Response>,
    /// How long the answer is held back.
    pub delay: Duration,
    /// The connection is cut after this many bytes of the body.
    pub cut_at: Option<u64>,
    /// A slow link: so many bytes a second.
    pub bytes_per_second: Option<u64>,
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self {
            response: Some(response),
            delay: Duration::ZERO,
            cut_at: None,
            bytes_per_second: None,
        }
    }
}

impl Answer {
    /// The answer for a client without sockets: `None` when the connection is cut, before the
    /// answer or in the middle of it.
    ///
    /// # Errors
    /// When a blob's file cannot be read.
    pub fn into_http(self) -> std::io::Result<Option<http::Response<Bytes>>> {
        let (Some(response), None) = (self.response, self.cut_at) else {
            return Ok(None);
        };
        let mut answer = http::Response::new(response.body.read()?);
        *answer.status_mut() = response.status;
        *answer.headers_mut() = response.headers;
        Ok(Some(answer))
    }
}

/// Status, headers and body.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Body,
}

/// Bytes, or a part of a file that is sent piece by piece.
#[derive(Clone, Debug)]
pub enum Body {
    Bytes(Bytes),
    File {
        path: PathBuf,
        offset: u64,
        length: u64,
    },
    /// Headers as for so many bytes, and none of them: the answer to a HEAD.
    Absent {
        length: u64,
    },
}

impl Body {
    /// Bytes that the Content-Length header names.
    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { length, .. } | Self::Absent { length } => *length,
        }
    }

    fn read(self) -> std::io::Result<Bytes> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Absent { .. } => Ok(Bytes::new()),
            Self::File {
                path,
                offset,
                length,
            } => {
                let mut file = std::fs::File::open(path)?;
                file.seek(SeekFrom::Start(offset))?;
                let mut bytes = Vec::new();
                file.take(length).read_to_end(&mut bytes)?;
                Ok(bytes.into())
            }
        }
    }
}

impl Response {
    pub(crate) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static(content_type));
        Self {
            status: status_code(status),
            headers,
            body: Body::Bytes(body.into()),
        }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status: status_code(status),
            headers: HeaderMap::new(),
            body: Body::Bytes(Bytes::new()),
        }
    }

    pub(crate) fn json(status: u16, content_type: &'static str, body: &Value) -> Self {
        Self::new(status, content_type, body.to_string())
    }

    /// The same response with one more header; characters no header may have are left out.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        let plain: String = value.chars().filter(|c| !c.is_control()).collect();
        if let Ok(value) = HeaderValue::from_str(&plain) {
            self.headers.insert(name, value);
        }
        self
    }
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An error as an AWS API gives it: a code of its model, a text, an HTTP status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    pub status: u16,
    pub code: String,
    pub message: String,
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}): {}", self.code, self.status, self.message)
    }
}

impl std::error::Error for ApiError {}

impl ApiError {
    /// An error of status 400, as nearly all of AWS's are.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self::with_status(400, code, message)
    }

    /// An error of another status.
    pub fn with_status(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
        }
    }
}
