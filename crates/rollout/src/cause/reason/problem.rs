//! The problem that a text describes.

use super::ecr;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// A permission is missing, or credentials are.
    Denied,
    /// It does not exist, or may only be read with credentials.
    MissingOrPrivate,
    Missing,
    /// It exists, but without a value.
    Empty,
    /// It is marked for deletion.
    Deleted,
    /// The network path is missing or blocked.
    Unreachable,
    /// The host answers, but not on this port.
    Refused,
    /// The host's name cannot be resolved.
    UnknownHost,
    /// The TLS certificate is not trusted.
    Untrusted,
    /// The request is not valid, e.g. a wrong format.
    Invalid,
    /// Two resources do not belong together, e.g. of two VPCs.
    Mismatch,
    /// Built for another CPU architecture or operating system.
    WrongPlatform,
    /// The disk is full.
    DiskFull,
    /// A subnet has no free IP addresses.
    NoAddresses,
    /// An account's quota is exhausted.
    Quota,
    /// Too many requests.
    Throttled,
    /// A tag policy of the organization is violated.
    TagPolicy,
    /// Not enough memory.
    NoMemory,
    /// It is in use already.
    InUse,
    ReadOnly,
    /// It took too long, for a reason that is not named.
    Timeout,
    /// The other side failed.
    ServerError,
    /// The contents of an image cannot be used.
    Corrupt,
    /// A text that names no known problem.
    Other,
}

use Problem::{
    Corrupt, Deleted, Denied, DiskFull, Empty, InUse, Invalid, Mismatch, Missing, MissingOrPrivate,
    NoAddresses, NoMemory, Quota, ReadOnly, Refused, ServerError, TagPolicy, Throttled, Timeout,
    UnknownHost, Unreachable, Untrusted, WrongPlatform,
};

/// The words by which a problem is recognized. The first problem with a word in the text is the one.
const WORDS: &[(Problem, &[&str])] = &[
    (Unreachable, &["connection issue"]),
    (
        WrongPlatform,
        &[
            "matching platform",
            "no match for platform",
            "no matching manifest",
            "exec format error",
            "does not match the specified platform",
            "image operating system",
        ],
    ),
    (
        DiskFull,
        &[
            "no space left on device",
            "not enough disk",
            "insufficient disk",
            "disk quota exceeded",
            "free space in thin pool",
        ],
    ),
    (
        TagPolicy,
        &["tagpolicyviolation", "tag policy", "tag policies"],
    ),
    (
        NoAddresses,
        &[
            "insufficientfreeaddresses",
            "insufficient free addresses",
            "enough free addresses",
            "enough ip addresses",
            "enough free ip",
            "insufficient ip",
            "no free addresses",
            "no available ip",
        ],
    ),
    (
        Throttled,
        &[
            "toomanyrequests",
            "too many requests",
            "rate exceeded",
            "throttl",
            "requestlimitexceeded",
            "rate limit",
            "slowdown",
            " 429",
        ],
    ),
    (
        Quota,
        &[
            "limitexceeded",
            "limit exceeded",
            "exceeded the limit",
            "reached the limit",
            "exceeds the limit",
            "quota",
            "above your limit",
            "maximum number of",
            "toomany",
        ],
    ),
    (
        Deleted,
        &["for deletion", "marked deleted", "pendingdeletion"],
    ),
    (Empty, &["staging label", "has no value", "no secret value"]),
    (
        MissingOrPrivate,
        &[
            "does not exist or",
            "insufficient_scope",
            "requested access to the resource is denied",
        ],
    ),
    (
        Denied,
        &[
            "not authorized",
            "accessdenied",
            "access denied",
            "unauthorized",
            "authfailure",
            "authorization failed",
            "forbidden",
            "permission",
            "explicit deny",
            "no basic auth credentials",
            "authentication required",
            "is not allowed",
            "denied",
            "decryptionfailure",
            "can't decrypt",
            "cannot decrypt",
            "statuscode: 403",
            "statuscode: 401",
        ],
    ),
    (
        UnknownHost,
        &[
            "no such host",
            "name or service not known",
            "server misbehaving",
            "failed to resolve \"fs-",
            "could not resolve",
            "name resolution",
        ],
    ),
    (Untrusted, &["x509", "certificate"]),
    (
        ServerError,
        &[
            "internal server error",
            "bad gateway",
            "service unavailable",
            "gateway timeout",
            "statuscode: 50",
            "unexpected http status: 5",
            "error parsing http",
        ],
    ),
    (
        Invalid,
        &[
            "invalid character",
            "json key",
            "invalid json",
            "unmarshal",
            "end of json",
            "invalid reference",
            "failed to normalize",
            "failed to parse image",
            "is required",
            "unknown log opt",
            "invalid option",
            "validationexception",
            "validation error",
            "malformed",
            "not a valid",
            "media type",
            "mediatype",
            "invalid endpoint",
            "invalid arn",
            "invalid secret",
            "illegal",
        ],
    ),
    (
        Mismatch,
        &[
            "not in the target group vpc",
            "different network",
            "different vpc",
            "do not belong to the same network",
            "subnet.conflict",
            "invalidparametervalue",
            "invalidparametercombination",
        ],
    ),
    (
        Missing,
        &[
            "not found",
            "notfound",
            "does not exist",
            "doesn't exist",
            "do not exist",
            "not exist",
            "no such file",
            "no such image",
            "no such volume",
            "can't find",
            "cannot find",
            "cannot be found",
            "could not find",
            "unable to find",
            "manifest unknown",
            "name unknown",
            "nosuch",
            "invalid parameters",
            "invalid ssm parameters",
            "statuscode: 404",
            "whether the image exists",
            "matching entries",
        ],
    ),
    (
        Unreachable,
        &[
            "i/o timeout",
            "deadline exceeded",
            "request canceled",
            "requestcanceled",
            "context canceled",
            "context cancelled",
            "connection reset",
            "connection timed out",
            "network is unreachable",
            "no route to host",
            "handshake timeout",
            "timeout exceeded while awaiting",
            "request send failed",
            "send request failed",
            "signal: killed",
            "unexpected eof",
            ": eof",
            "failed due to timeout",
            "mount system call failed",
            "nil pointer dereference",
            "proxyconnect",
        ],
    ),
    (Refused, &["connection refused"]),
    (
        NoMemory,
        &[
            "cannot allocate memory",
            "outofmemory",
            "out of memory",
            "memory limit",
            "minimum memory",
            "oom",
        ],
    ),
    (
        InUse,
        &[
            "already in use",
            "already allocated",
            "already exists",
            "is busy",
            "port required",
        ],
    ),
    (ReadOnly, &["read-only file system"]),
    (Timeout, &["timeout", "timed out", "time out", "time limit"]),
    (
        ServerError,
        &["internalerror", "internal error", "serviceunavailable"],
    ),
    (Unreachable, &["dial tcp"]),
    (
        Corrupt,
        &[
            "lchown",
            "failed to extract layer",
            "failed to register layer",
            "failed to unpack",
            "archive/tar",
            "verification failed",
            "magic number",
            "unexpected commit digest",
        ],
    ),
];

impl Problem {
    /// The problem of a text in its plain form. `is_pull`: whether an image was being pulled.
    pub(super) fn of(text: &str, is_pull: bool) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let found = WORDS.iter().find(|(_, words)| has(words));
        let problem = found.map_or(Self::Other, |(problem, _)| *problem);
        match problem {
            // ECR has no anonymous pulls: it denies what the role may not read.
            MissingOrPrivate if has(&["not authorized"]) => Denied,
            MissingOrPrivate if ecr::is_host(text) && has(&["403", "no basic auth"]) => Denied,
            // Only a pull can be private; elsewhere these words have their usual meaning.
            MissingOrPrivate if !is_pull => Missing,
            problem => problem,
        }
    }
}
