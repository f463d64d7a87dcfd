//! The calls of ECR's API that a push needs: authorization, repositories, earlier images, scans.
//!
//! Decided here: which calls are made, and how answers become our types. Never here: what follows
//! from them.

use std::collections::BTreeMap;

use aws_sdk_ecr::Client;
use aws_sdk_ecr::operation::describe_image_scan_findings::DescribeImageScanFindingsOutput;
use aws_sdk_ecr::types::{
    EncryptionConfiguration, EncryptionType, FindingSeverity, ImageIdentifier,
    ImageScanningConfiguration, ImageTagMutability, ScanStatus, Tag,
};
use pipeline_aws::{AwsError, UnparseableResponse};
use registry::{Credentials, Digest};

use crate::Error;
use crate::args::NewRepository;
use crate::findings::{Finding, ScanProgress, Severity};
use crate::tag_rule::TagRule;

/// Pages of findings to read. The counts cover all findings, and nobody reads a longer table.
const FINDING_PAGES: usize = 10;
/// Pages of images to search for the newest one: ECR does not sort them by time.
const IMAGE_PAGES: usize = 3;

/// The ECR API of one account and region.
#[derive(Debug, Clone)]
pub struct Ecr {
    client: Client,
    /// The account of the registry, if it is not the account of the credentials.
    registry_id: Option<String>,
}

/// Credentials for a registry, and the registry that they are for.
#[derive(Debug)]
pub struct EcrLogin {
    pub credentials: Credentials,
    /// E.g. `https://ACCOUNT.dkr.ecr.REGION.amazonaws.com`.
    pub endpoint: String,
}

impl Ecr {
    /// `registry_id` is the account of the registry, if it is another one.
    pub fn new(config: &aws_types::SdkConfig, registry_id: Option<String>) -> Self {
        // Every call here has the same effect once and twice.
        let config = aws_sdk_ecr::config::Builder::from(config)
            .retry_classifier(UnparseableResponse)
            .build();
        Self {
            client: Client::from_conf(config),
            registry_id,
        }
    }

    /// Gets credentials for the registry. They are valid for twelve hours.
    ///
    /// # Errors
    /// If ECR rejects the call or returns an incomplete answer.
    pub async fn login(&self) -> Result<EcrLogin, Error> {
        let answer = self
            .client
            .get_authorization_token()
            .send()
            .await
            .map_err(|e| AwsError::new("ecr", "GetAuthorizationToken", e))?;
        let unusable = |reason: &str| Error::EcrAnswer {
            reason: reason.to_owned(),
        };
        let data = answer
            .authorization_data()
            .first()
            .ok_or_else(|| unusable("the answer has no authorizationData"))?;
        let token = data
            .authorization_token()
            .ok_or_else(|| unusable("the answer has no token"))?;
        let endpoint = data
            .proxy_endpoint()
            .ok_or_else(|| unusable("the answer has no proxyEndpoint"))?;
        let expires = data.expires_at().and_then(|at| (*at).try_into().ok());
        Ok(EcrLogin {
            credentials: Credentials::from_token(token, expires),
            endpoint: endpoint.to_owned(),
        })
    }

    /// Returns the tag rule of a repository, or `None` if the repository does not exist.
    pub async fn tag_rule(&self, name: &str) -> Result<Option<TagRule>, AwsError> {
        let answer = self
            .client
            .describe_repositories()
            .set_registry_id(self.registry_id.clone())
            .repository_names(name)
            .send()
            .await
            .map_err(|e| AwsError::new("ecr", "DescribeRepositories", e));
        let answer = match answer {
            Err(e) if e.is("RepositoryNotFoundException") => return Ok(None),
            answer => answer?,
        };
        Ok(answer.repositories().first().map(|repository| {
            let filters = repository.image_tag_mutability_exclusion_filters();
            let with_filters = || filters.iter().map(|f| f.filter().to_owned()).collect();
            match repository.image_tag_mutability() {
                Some(ImageTagMutability::Immutable) => TagRule {
                    immutable: true,
                    excluded: Vec::new(),
                },
                Some(ImageTagMutability::ImmutableWithExclusion) => TagRule {
                    immutable: true,
                    excluded: with_filters(),
                },
                Some(ImageTagMutability::MutableWithExclusion) => TagRule {
                    immutable: false,
                    excluded: with_filters(),
                },
                _ => TagRule {
                    immutable: false,
                    excluded: Vec::new(),
                },
            }
        }))
    }

    /// Creates a repository. Returns false if it already exists.
    pub async fn create(&self, name: &str, new: &NewRepository) -> Result<bool, Error> {
        let mut request = self
            .client
            .create_repository()
            .set_registry_id(self.registry_id.clone())
            .repository_name(name);
        if new.immutable_tags {
            request = request.image_tag_mutability(ImageTagMutability::Immutable);
        }
        if new.scan_on_push {
            let scanning = ImageScanningConfiguration::builder().scan_on_push(true);
            request = request.image_scanning_configuration(scanning.build());
        }
        if let Some(key) = &new.kms_key {
            let own = Some(key.clone()).filter(|key| key != "aws/ecr" && key != "alias/aws/ecr");
            let encryption = EncryptionConfiguration::builder()
                .encryption_type(EncryptionType::Kms)
                .set_kms_key(own)
                .build()
                .map_err(|e| Error::EcrAnswer {
                    reason: e.to_string(),
                })?;
            request = request.encryption_configuration(encryption);
        }
        for (key, value) in &new.resource_tags {
            let tag = Tag::builder().key(key).value(value).build();
            request = request.tags(tag.map_err(|_| Error::ResourceTag { given: key.clone() })?);
        }
        match request
            .send()
            .await
            .map_err(|e| AwsError::new("ecr", "CreateRepository", e))
        {
            Err(e) if e.is("RepositoryAlreadyExistsException") => return Ok(false),
            created => created.map(drop)?,
        }
        if let Some(policy) = &new.lifecycle_policy {
            self.client
                .put_lifecycle_policy()
                .set_registry_id(self.registry_id.clone())
                .repository_name(name)
                .lifecycle_policy_text(policy)
                .send()
                .await
                .map_err(|e| AwsError::new("ecr", "PutLifecyclePolicy", e))?;
        }
        Ok(true)
    }

    /// Returns the digest of the newest tagged image of a repository. If no tag leads to an earlier
    /// image, the newest one is the most likely to share layers.
    pub async fn newest_image(&self, name: &str) -> Result<Option<String>, AwsError> {
        let mut newest: Option<(aws_sdk_ecr::primitives::DateTime, String)> = None;
        let mut next = None;
        for _ in 0..IMAGE_PAGES {
            let page = self
                .client
                .describe_images()
                .set_registry_id(self.registry_id.clone())
                .repository_name(name)
                .max_results(1000)
                .set_next_token(next)
                .send()
                .await
                .map_err(|e| AwsError::new("ecr", "DescribeImages", e))?;
            for image in page.image_details() {
                let (Some(at), Some(digest)) = (image.image_pushed_at(), image.image_digest())
                else {
                    continue;
                };
                // Children of an index, signatures and attestations have no tags.
                let is_tagged = !image.image_tags().is_empty();
                if is_tagged && newest.as_ref().is_none_or(|(then, _)| at > then) {
                    newest = Some((*at, digest.to_owned()));
                }
            }
            next = page.next_token().map(str::to_owned);
            if next.is_none() {
                break;
            }
        }
        Ok(newest.map(|(_, digest)| digest))
    }

    /// Returns the progress of the scan of an image, or `None` if there is no scan yet.
    pub async fn scan(
        &self,
        name: &str,
        digest: &Digest,
    ) -> Result<Option<ScanProgress>, AwsError> {
        let image = ImageIdentifier::builder().image_digest(digest.as_str());
        let mut counts = BTreeMap::new();
        let mut findings = Vec::new();
        let mut next = None;
        for _ in 0..FINDING_PAGES {
            let page = self
                .client
                .describe_image_scan_findings()
                .set_registry_id(self.registry_id.clone())
                .repository_name(name)
                .image_id(image.clone().build())
                .max_results(1000)
                .set_next_token(next)
                .send()
                .await
                .map_err(|e| AwsError::new("ecr", "DescribeImageScanFindings", e));
            let page = match page {
                Err(e) if e.is("ScanNotFoundException") => return Ok(None),
                page => page?,
            };
            if let Some(unfinished) = unfinished(&page) {
                return Ok(Some(unfinished));
            }
            let Some(found) = page.image_scan_findings() else {
                break;
            };
            for (severity, count) in found.finding_severity_counts().into_iter().flatten() {
                let count = u64::try_from(*count).unwrap_or_default();
                counts.insert(severity.as_str().to_owned(), count);
            }
            findings.extend(found.findings().iter().map(|f| Finding {
                severity: severity_of(f.severity().map(FindingSeverity::as_str)),
                name: f.name().unwrap_or("unnamed").to_owned(),
                package: {
                    let attribute = |key: &str| {
                        let mut all = f.attributes().iter();
                        let found = all.find(|a| a.key() == key);
                        found.and_then(|a| a.value()).unwrap_or_default().to_owned()
                    };
                    let package = attribute("package_name");
                    let version = attribute("package_version");
                    format!("{package} {version}").trim().to_owned()
                },
            }));
            findings.extend(found.enhanced_findings().iter().map(|f| {
                Finding {
                    severity: severity_of(f.severity()),
                    name: f
                        .package_vulnerability_details()
                        .and_then(|d| d.vulnerability_id())
                        .or(f.title())
                        .unwrap_or("unnamed")
                        .to_owned(),
                    package: f
                        .package_vulnerability_details()
                        .and_then(|d| d.vulnerable_packages().first())
                        .map(|p| {
                            let part = |text: Option<&str>| text.unwrap_or_default().to_owned();
                            format!("{} {}", part(p.name()), part(p.version()))
                        })
                        .unwrap_or_default(),
                }
            }));
            next = page.next_token().map(str::to_owned);
            if next.is_none() {
                break;
            }
        }
        Ok(Some(ScanProgress::Complete { counts, findings }))
    }
}

fn unfinished(page: &DescribeImageScanFindingsOutput) -> Option<ScanProgress> {
    let status = page.image_scan_status()?;
    match status.status()? {
        // Enhanced scanning monitors an image continuously: it becomes ACTIVE after the first scan.
        ScanStatus::Complete | ScanStatus::Active => None,
        ScanStatus::Pending | ScanStatus::InProgress => Some(ScanProgress::Waiting),
        never => {
            let why = status.description().unwrap_or_default();
            Some(ScanProgress::Never(
                format!("{} {why}", never.as_str()).trim().to_owned(),
            ))
        }
    }
}

fn severity_of(text: Option<&str>) -> Severity {
    text.and_then(|text| text.parse().ok())
        .unwrap_or(Severity::Undefined)
}
