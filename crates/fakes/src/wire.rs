//! The messages of the fakes, with or without sockets: a request, a response, an API error.

use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use serde_json::Value;

/// A request to [`crate::Cloud::answer`].
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    /// Path and query; scheme and host may precede them.
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
    /// If the value has characters that are not allowed in a header.
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

/// A header of a request, if its value is text.
pub(crate) fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers.get(name)?.to_str().ok()
}

/// A response, and the behavior of the connection meanwhile.
#[derive(Debug)]
pub struct Answer {
    /// `None`: the connection is cut before a response.
    pub response: Option<Response>,
    /// The delay of the response.
    pub delay: Duration,
    /// The connection is cut after this many bytes of the body.
    pub cut_at: Option<u64>,
    /// The rate of a slow link, in bytes per second.
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
    /// The response for a client without sockets: `None` if the connection is cut, before the
    /// response or in the middle of it.
    ///
    /// # Errors
    /// If a blob's file cannot be read.
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

/// Bytes, or a part of a file that is sent in pieces.
#[derive(Clone, Debug)]
pub enum Body {
    Bytes(Bytes),
    File {
        path: PathBuf,
        offset: u64,
        length: u64,
    },
    /// The response to a HEAD: headers for this number of bytes, and no body.
    Absent {
        length: u64,
    },
}

impl Body {
    /// The number of bytes in the Content-Length header.
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

    /// The same response with one more header, without characters that are not allowed there.
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

/// An error of an AWS API: a code of its model, a message, an HTTP status.
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
    /// An error with status 400, like nearly all of AWS's.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self::with_status(400, code, message)
    }

    /// An error with another status.
    pub fn with_status(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
        }
    }
}
