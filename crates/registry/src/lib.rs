//! Reads images in place, finds out what a registry already has, and uploads the rest.
//!
//! Decided here: which archives are images, what is sent and in which order, what is retried.
//! Never here: AWS, ECR's own rules, or what is printed.

mod client;
mod compress;
mod content;
mod digest;
mod document;
mod error;
mod event;
mod image;
mod layer_cache;
mod media_type;
mod plan;
mod platform;
mod push;
mod referrers;
mod remote_state;
mod report;
mod repository;
mod source;
mod upload;

pub use client::{
    Anonymous, Client, CredentialProvider, Credentials, CredentialsError, FixedCredentials,
};
pub use compress::Compression;
pub use content::Content;
pub use digest::{Digest, DigestError};
pub use document::{Descriptor, Document, DocumentError};
pub use error::{Error, Refusal, TransportError};
pub use event::{Event, Events};
pub use image::{Blob, CompressionFormat, Image, ImageGraph, Manifest, SavedImage, SavedLayer};
pub use pipeline_http::{RequestLog, RetryPolicy};
pub use plan::{PlannedLayer, PlannedTag, PushPlan, plan, plan_of_existing, report_unchanged};
pub use platform::{Platform, PlatformError};
pub use push::{Diagnosis, PushOptions, push};
pub use remote_state::{ImageIdentity, RemoteState, find_saved, read_remote_state};
pub use report::{BlobOutcome, BlobReport, PushReport};
pub use repository::{Repository, RepositoryError, check_tag};
pub use source::{
    Daemon, DaemonImage, Format, Readable, Source, SourceError, from_daemon, open, source_kinds,
};
