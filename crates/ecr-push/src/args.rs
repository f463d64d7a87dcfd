//! The command line: raw flags, and the plan they come to once checked.

use std::path::{Path, PathBuf};

use ecs_model::{is_account_id, parse_duration};
use pipeline_aws::AwsArgs;
use pipeline_io::{Format, StepArgs, Verb};
use registry::{Compression, Platform, Repository, Source, check_tag};

use crate::Error;
use crate::findings::{Gate, Severity};

/// Push an image into ECR, or into any OCI registry: no daemon, no login, only what is missing
#[derive(Debug, clap::Parser)]
#[command(name = "ecr-push", version)]
pub struct Args {
    // The registry crate spells the kinds.
    #[arg(
        long,
        value_name = "SOURCE",
        required = true,
        help = format!("Where the image is: {}", registry::kinds())
    )]
    pub source: String,

    /// The repository's name, as team/app
    #[arg(long, value_name = "NAME", required = true)]
    pub repository: String,

    /// A tag to give the image; several are several flags
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,

    /// Push only this platform of an image of several
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<String>,

    /// Say what would be sent, and send nothing
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

/// Which registry.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Registry")]
pub struct RegistryArgs {
    /// The registry's host or URL [default: ECR of the account and region]. With --endpoint-url,
    /// ECR's API stays in use; otherwise any host that is not ECR's is a plain OCI registry
    #[arg(long, value_name = "HOST")]
    pub registry: Option<String>,

    /// The account whose registry it is [default: that of the credentials]
    #[arg(long, value_name = "ACCOUNT")]
    pub registry_id: Option<String>,

    /// User of a plain OCI registry; the password is the variable FARGATE_REGISTRY_PASSWORD
    #[arg(long, value_name = "NAME")]
    pub registry_username: Option<String>,

    /// File with the password of that user
    #[arg(long, value_name = "FILE", requires = "registry_username")]
    pub registry_password_file: Option<PathBuf>,
}

/// What a repository is made with, where it does not exist.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "A repository that does not exist")]
pub struct CreateArgs {
    /// Create the repository if it does not exist
    #[arg(long)]
    pub create_repository: bool,

    /// … with tags that cannot be moved
    #[arg(long, requires = "create_repository")]
    pub immutable_tags: bool,

    /// … that scans images when they are pushed
    #[arg(long, requires = "create_repository")]
    pub scan_on_push: bool,

    /// … encrypted with this KMS key (aws/ecr stands for AWS's own)
    #[arg(long, value_name = "KEY", requires = "create_repository")]
    pub kms_key: Option<String>,

    /// … with the lifecycle policy in this JSON file
    #[arg(long, value_name = "FILE", requires = "create_repository")]
    pub lifecycle_policy: Option<PathBuf>,

    /// … with this AWS tag; several are several flags
    #[arg(long, value_name = "KEY=VALUE", requires = "create_repository")]
    pub resource_tag: Vec<String>,
}

/// How the blobs travel.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Sending")]
pub struct SendingArgs {
    /// Tag or digest of an earlier image that may share layers; --tag's own image is always asked
    #[arg(long, value_name = "TAG")]
    pub cache_from: Vec<String>,

    /// Repository of the same registry to take blobs over from
    #[arg(long, value_name = "NAME")]
    pub mount_from: Vec<String>,

    /// How uncompressed layers are compressed
    #[arg(long, value_name = "KIND", value_enum, default_value = "gzip")]
    pub compression: CompressionKind,

    /// Level of compression [default: 1 for gzip (of 12), 3 for zstd (of 19)]
    #[arg(long, value_name = "LEVEL")]
    pub compression_level: Option<u8>,

    /// Uploads at once
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub jobs: u8,
}

/// Whether the scan's findings let the image pass.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Scan")]
pub struct ScanArgs {
    /// Wait for ECR's scan, and fail on a finding of these severities, as CRITICAL,HIGH
    #[arg(long, value_name = "SEVERITIES", value_delimiter = ',')]
    pub fail_on_severity: Vec<String>,

    /// How long to wait for the scan
    #[arg(long, value_name = "DURATION", default_value = "10m")]
    pub scan_timeout: String,
}

/// The kinds of compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CompressionKind {
    Gzip,
    Zstd,
}

impl Verb for Args {
    const NAME: &'static str = "ecr-push";

    fn results(&self) -> Option<&Path> {
        self.step.results.as_deref()
    }

    fn wants_json(&self) -> bool {
        self.step.format == Format::Json
    }
}

/// What is to be done, checked.
#[derive(Debug)]
pub struct Plan {
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
    pub gate: Option<Gate>,
    pub registry: RegistryArgs,
    pub aws: AwsArgs,
}

/// A repository to be made.
#[derive(Debug, Clone, Default)]
pub struct NewRepository {
    pub immutable_tags: bool,
    pub scan_on_push: bool,
    pub kms_key: Option<String>,
    pub lifecycle_policy: Option<String>,
    pub resource_tags: Vec<(String, String)>,
}

/// A lifecycle policy is at most 30,720 characters.
const POLICY_LIMIT: u64 = 30_720;

impl Args {
    /// Checks everything that can be checked without asking anyone.
    pub fn plan(self) -> Result<Plan, Error> {
        // Any registry does here: the name's own form is what is checked.
        Repository::new("registry.invalid", &self.repository)?;
        let mut tags: Vec<String> = Vec::new();
        for tag in self.tag {
            check_tag(&tag)?;
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        for name in &self.sending.mount_from {
            Repository::new("registry.invalid", name)?;
        }
        for reference in &self.sending.cache_from {
            if reference.parse::<registry::Digest>().is_err() {
                check_tag(reference)?;
            }
        }
        if let Some(id) = &self.registry.registry_id
            && !is_account_id(id)
        {
            return Err(Error::Account { given: id.clone() });
        }
        Ok(Plan {
            source: self.source.parse()?,
            platform: self.platform.as_deref().map(str::parse).transpose()?,
            repository: self.repository,
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
            registry: self.registry,
            aws: self.aws,
        })
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

fn gate(args: &ScanArgs) -> Result<Option<Gate>, Error> {
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
    Ok(Some(Gate {
        severities,
        timeout: timeout.unsigned_abs(),
    }))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use registry::Compression;

    use super::Args;

    fn plan(more: &[&str]) -> Result<super::Plan, String> {
        let base = ["ecr-push", "--source", "-", "--repository", "app"];
        Args::try_parse_from(base.iter().chain(more))
            .map_err(|e| e.to_string())?
            .plan()
            .map_err(|e| e.to_string())
    }

    #[test]
    fn flags_come_to_a_plan() {
        let plan = plan(&[
            "--tag",
            "v1",
            "--tag",
            "latest",
            "--tag",
            "v1",
            "--compression",
            "zstd",
            "--fail-on-severity",
            "critical, HIGH",
        ])
        .expect("a plan");
        assert_eq!(plan.tags, ["v1", "latest"]);
        assert_eq!(plan.compression, Compression::Zstd { level: 3 });
        assert_eq!(plan.gate.map(|g| g.severities.len()), Some(2));
        assert!(plan.create.is_none());
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        for (more, words) in [
            (&["--tag", "a b"][..], "\"a b\" is not a tag"),
            (&["--platform", "linux"], "\"linux\" is not a platform"),
            (&["--compression-level", "13"], "gzip has no level 13"),
            (
                &["--compression", "zstd", "--compression-level", "0"],
                "zstd has no level 0",
            ),
            (
                &["--fail-on-severity", "SEVERE"],
                "\"SEVERE\" is not a severity",
            ),
            (
                &["--fail-on-severity", "HIGH", "--scan-timeout", "soon"],
                "--scan-timeout: \"soon\" is not a duration: write 10m, 90s or 1h30m",
            ),
            (&["--registry-id", "12"], "\"12\" is not an account"),
            (&["--immutable-tags"], "--create-repository"),
            (
                &["--create-repository", "--resource-tag", "x"],
                "\"x\" is not KEY=VALUE",
            ),
            (
                &["--mount-from", "UPPER"],
                "\"UPPER\" is not the name of a repository",
            ),
            (&["--cache-from", "a b"], "\"a b\" is not a tag"),
            (&["--jobs", "0"], "--jobs"),
        ] {
            let error = plan(more).expect_err(words);
            assert!(error.contains(words), "{more:?}: {error}");
        }
    }
}
