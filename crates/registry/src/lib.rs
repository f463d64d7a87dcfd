//! Images in, blobs out: sources read in place, what a registry already has, and the upload of
//! what it lacks.
//!
//! Decided here: which archives are images, what is sent and in which order, what is tried again.
//! Never here: AWS, ECR's own rules, or what is shown to a person.

mod client;
mod compress;
mod content;
mod deliver;
mod digest;
mod document;
mod earlier;
mod error;
mod event;
mod image;
mod plan;
mod platform;
mod push;
mod referrers;
mod report;
mod repository;
mod source;
mod survey;

pub use client::{Anonymous, Client, Fixed, Login, LoginError, Logins};
pub use compress::Compression;
pub use content::Content;
pub use digest::{Digest, DigestError};
pub use document::{Descriptor, Document, DocumentError};
pub use error::{Error, Lost, Refusal};
pub use event::{Event, Events};
pub use image::{Blob, Graph, Image, Manifest, Packing, Saved, SavedLayer};
pub use pipeline_http::{RequestLog, RetryPolicy};
pub use plan::{Plan, PlannedLayer, PlannedTag, plan, plan_of_equal, report_unchanged};
pub use platform::{Platform, PlatformError};
pub use push::{Diagnosis, Options, push};
pub use report::{BlobReport, Outcome, Report};
pub use repository::{Repository, RepositoryError, check_tag};
pub use source::{
    Daemon, DaemonImage, Format, Readable, Source, SourceError, from_daemon, kinds, open,
};
pub use survey::{Survey, Wanted, survey, survey_saved};
