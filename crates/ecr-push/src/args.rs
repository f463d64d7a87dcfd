//! The command line: the raw arguments, and the validated request that they become.
//!
//! Decided here: names, defaults and limits of the arguments. Never here: anything that needs a
//! file of the image or the network.

use std::path::{Path, PathBuf};

use ecs_model::{is_account_id, parse_duration};
use pipeline_aws::AwsArgs;
use pipeline_io::{Format, StepArgs, Verb, secret_from_variable_or_file};
use registry::{Compression, Credentials, Platform, Repository, Source, check_tag};

use crate::Error;
use crate::findings::{ScanGate, Severity};
use crate::repository_uri;

/// Push an image to ECR or another OCI registry, without a daemon; send only what is missing
#[derive(Debug, clap::Parser)]
#[command(name = "ecr-push", version)]
pub struct Args {
    // The registry crate lists the kinds of sources.
    #[arg(
        long,
        value_name = "SOURCE",
        required = true,
        help = format!("Image: {}", registry::source_kinds()),
        long_help = format!("Image: {}\n\n`-` reads a tar archive from stdin.", registry::source_kinds())
    )]
    pub source: String,

    /// Name of the repository, e.g. team/app
    ///
    /// A repository URI of ECR is accepted, too.
    #[arg(long, value_name = "NAME", required = true)]
    pub repository: String,

    /// Image tag; may be given more than once
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,

    /// Push only this platform of a multi-platform image, e.g. linux/arm64
    #[arg(long, hide_short_help = true, value_name = "OS/ARCH")]
    pub platform: Option<String>,

    /// Show what would be pushed without pushing anything
    #[arg(long)]
    pub dry_run: bool,

    #[command(flatten)]
    pub registry: RegistryArgs,

    #[command(flatten)]
    pub create: CreateArgs,

    #[command(flatten)]
    pub sending: SendingArgs,

    #[command(flatten)]
    pub scan: ScanArgs,

    #[command(flatten)]
    pub aws: AwsArgs,

    #[command(flatten)]
    pub step: StepArgs,
}

/// Where the image is pushed to.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Registry")]
pub struct RegistryArgs {
    /// Host or URL of the registry [default: ECR of the account and region]
    ///
    /// With --endpoint-url, the ECR API is used for any host; otherwise a host that does not belong to
    /// ECR is a plain OCI registry.
    #[arg(long, value_name = "HOST")]
    pub registry: Option<String>,

    /// AWS account of the registry [default: the account of the credentials]
    #[arg(long, hide_short_help = true, value_name = "ACCOUNT")]
    pub registry_id: Option<String>,

    /// User name for a plain OCI registry
    ///
    /// The password is read from the variable FARGATE_REGISTRY_PASSWORD.
    #[arg(long, hide_short_help = true, value_name = "NAME")]
    pub registry_username: Option<String>,

    /// File with the password for --registry-username
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FILE",
        requires = "registry_username"
    )]
    pub registry_password_file: Option<PathBuf>,
}

/// Settings of a repository that this run creates.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "New repository")]
pub struct CreateArgs {
    /// Create the repository if it does not exist
    #[arg(long)]
    pub create_repository: bool,

    /// Create the repository with immutable tags
    #[arg(long, hide_short_help = true, requires = "create_repository")]
    pub immutable_tags: bool,

    /// Create the repository with a scan of every pushed image
    #[arg(long, hide_short_help = true, requires = "create_repository")]
    pub scan_on_push: bool,

    /// Encrypt the new repository with this KMS key (aws/ecr is the key of AWS)
    #[arg(
        long,
        hide_short_help = true,
        value_name = "KEY",
        requires = "create_repository"
    )]
    pub kms_key: Option<String>,

    /// JSON file with the lifecycle policy of the new repository
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FILE",
        requires = "create_repository"
    )]
    pub lifecycle_policy: Option<PathBuf>,

    /// AWS tag of the new repository; may be given more than once
    #[arg(
        long,
        hide_short_help = true,
        value_name = "KEY=VALUE",
        requires = "create_repository"
    )]
    pub resource_tag: Vec<String>,
}

/// How blobs are compressed and uploaded.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Upload")]
pub struct SendingArgs {
    /// Tag or digest of an earlier image that may share layers
    ///
    /// The image that --tag names is always used. May be given more than once.
    #[arg(long, hide_short_help = true, value_name = "TAG")]
    pub cache_from: Vec<String>,

    /// Repository of the same registry to mount layers from
    #[arg(long, hide_short_help = true, value_name = "NAME")]
    pub mount_from: Vec<String>,

    /// Compression of layers that are not compressed yet
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FORMAT",
        value_enum,
        default_value = "gzip"
    )]
    pub compression: CompressionKind,

    /// Compression level [default: 1 for gzip (of 12), 3 for zstd (of 19)]
    #[arg(long, hide_short_help = true, value_name = "N")]
    pub compression_level: Option<u8>,

    /// Maximum number of uploads at the same time
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub jobs: u8,
}

/// Which findings of a scan fail the step.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Scan")]
pub struct ScanArgs {
    /// Wait for the ECR scan; fail on these severities, e.g. CRITICAL,HIGH
    #[arg(long, value_name = "SEVERITIES", value_delimiter = ',')]
    pub fail_on_severity: Vec<String>,

    /// Maximum time to wait for the scan, e.g. 10m
    #[arg(
        long,
        hide_short_help = true,
        value_name = "DURATION",
        default_value = "10m"
    )]
    pub scan_timeout: String,
}

/// The compression formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CompressionKind {
    Gzip,
    Zstd,
}

/// The examples at the end of `--help`.
const EXAMPLES: &str = "\
  ecr-push --source docker-daemon:app:latest --repository team/app --tag v1.4.0
  ecr-push --source oci:image --repository team/app --create-repository
  ecr-push --source oci:image --repository app --fail-on-severity CRITICAL,HIGH";

impl Verb for Args {
    const NAME: &'static str = "ecr-push";
    const EXAMPLES: &'static str = EXAMPLES;

    fn results(&self) -> Option<&Path> {
        self.step.results.as_deref()
    }

    fn wants_json(&self) -> bool {
        self.step.format == Format::Json
    }
}

/// The validated arguments.
#[derive(Debug)]
pub struct PushRequest {
    pub source: Source,
    pub platform: Option<Platform>,
    pub repository: String,
    pub tags: Vec<String>,
    pub dry_run: bool,
    pub cache_from: Vec<String>,
    pub mount_from: Vec<String>,
    pub compression: Compression,
    pub parallel: usize,
    pub create: Option<NewRepository>,
    pub gate: Option<ScanGate>,
    pub registry: RegistryArgs,
    /// User name and password of a plain OCI registry.
    pub login: Option<Credentials>,
    pub aws: AwsArgs,
}

/// A repository to create.
#[derive(Debug, Clone, Default)]
pub struct NewRepository {
    pub immutable_tags: bool,
    pub scan_on_push: bool,
    pub kms_key: Option<String>,
    pub lifecycle_policy: Option<String>,
    pub resource_tags: Vec<(String, String)>,
}

/// The limit of ECR, in characters.
const POLICY_LIMIT: u64 = 30_720;

impl Args {
    /// Validates everything that can be validated without a request.
    ///
    /// # Errors
    /// If a value is malformed, or if the lifecycle policy cannot be read.
    pub fn request(self) -> Result<PushRequest, Error> {
        let mut registry = self.registry;
        let (host, repository) = repository_uri::resolve(
            &self.repository,
            registry.registry.as_deref(),
            registry.registry_id.as_deref(),
        )?;
        registry.registry = registry
            .registry
            .or_else(|| host.map(|host| host.to_string()));
        // Only the name is checked here, so the registry may be any.
        Repository::new("registry.invalid", &repository)?;
        let mut tags: Vec<String> = Vec::new();
        for tag in self.tag {
            check_tag(&tag)?;
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        for name in &self.sending.mount_from {
            repository_uri::check_name("--mount-from", name)?;
            Repository::new("registry.invalid", name)?;
        }
        for reference in &self.sending.cache_from {
            if reference.parse::<registry::Digest>().is_err() {
                check_tag(reference)?;
            }
        }
        if let Some(id) = &registry.registry_id
            && !is_account_id(id)
        {
            return Err(Error::Account { given: id.clone() });
        }
        Ok(PushRequest {
            source: self.source.parse()?,
            platform: self.platform.as_deref().map(str::parse).transpose()?,
            repository,
            tags,
            dry_run: self.dry_run,
            cache_from: self.sending.cache_from,
            mount_from: self.sending.mount_from,
            compression: compression(self.sending.compression, self.sending.compression_level)?,
            parallel: usize::from(self.sending.jobs),
            create: self
                .create
                .create_repository
                .then(|| self.create.checked())
                .transpose()?,
            gate: gate(&self.scan)?,
            login: registry.login()?,
            registry,
            aws: self.aws,
        })
    }
}

/// The variable that contains the password of a plain OCI registry.
const PASSWORD: &str = "FARGATE_REGISTRY_PASSWORD";

impl RegistryArgs {
    fn login(&self) -> Result<Option<Credentials>, Error> {
        let Some(user) = &self.registry_username else {
            return Ok(None);
        };
        let file = self.registry_password_file.as_deref();
        let password = secret_from_variable_or_file(&[PASSWORD], file)?;
        let password = password.ok_or(Error::NoPassword)?;
        Ok(Some(Credentials::new(user, password.reveal())))
    }
}

impl CreateArgs {
    fn checked(&self) -> Result<NewRepository, Error> {
        let lifecycle_policy = match &self.lifecycle_policy {
            Some(path) => Some(pipeline_io::read_text(
                "lifecycle policy",
                path,
                POLICY_LIMIT,
            )?),
            None => None,
        };
        let resource_tags = self
            .resource_tag
            .iter()
            .map(|text| match text.split_once('=') {
                Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
                _ => Err(Error::ResourceTag {
                    given: text.clone(),
                }),
            })
            .collect::<Result<_, _>>()?;
        Ok(NewRepository {
            immutable_tags: self.immutable_tags,
            scan_on_push: self.scan_on_push,
            kms_key: self.kms_key.clone(),
            lifecycle_policy,
            resource_tags,
        })
    }
}

fn compression(kind: CompressionKind, level: Option<u8>) -> Result<Compression, Error> {
    let (name, highest, usual) = match kind {
        CompressionKind::Gzip => ("gzip", 12, 1),
        CompressionKind::Zstd => ("zstd", 19, 3),
    };
    let level = level.unwrap_or(usual);
    if !(1..=highest).contains(&level) {
        return Err(Error::Level {
            kind: name,
            level,
            highest,
        });
    }
    Ok(match kind {
        CompressionKind::Gzip => Compression::Gzip { level },
        CompressionKind::Zstd => Compression::Zstd { level },
    })
}

fn gate(args: &ScanArgs) -> Result<Option<ScanGate>, Error> {
    let severities: Vec<Severity> = args
        .fail_on_severity
        .iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    if severities.is_empty() {
        return Ok(None);
    }
    let timeout = parse_duration(&args.scan_timeout).map_err(Error::Timeout)?;
    Ok(Some(ScanGate {
        severities,
        timeout: timeout.unsigned_abs(),
    }))
}

#[cfg(test)]
mod tests;
