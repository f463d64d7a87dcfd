//! The registry that the image is pushed to: ECR, with credentials from its API, or a plain OCI
//! registry.

use futures_util::future::BoxFuture;
use pipeline_aws::Session;
use pipeline_io::Step;
use registry::{
    Anonymous, CredentialProvider, Credentials, CredentialsError, Diagnosis, FixedCredentials,
    Repository,
};
use tokio::sync::Mutex;

use crate::Error;
use crate::args::PushRequest;
use crate::ecr::Ecr;
use crate::repository_uri::ecr_host;

/// A repository in a registry, with what is needed to push to it.
pub struct PushTarget {
    pub repository: Repository,
    /// `None` for a plain OCI registry.
    pub ecr: Option<Ecr>,
    pub credentials: Box<dyn CredentialProvider>,
}

impl std::fmt::Debug for PushTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PushTarget")
            .field("repository", &self.repository)
            .field("ecr", &self.ecr)
            .finish_non_exhaustive()
    }
}

impl PushTarget {
    /// Determines the registry, and logs in if it belongs to ECR.
    ///
    /// # Errors
    /// If an argument does not apply to this kind of registry, or if the login fails.
    pub async fn open(request: &PushRequest, step: &Step) -> Result<Self, Error> {
        match is_plain(request) {
            Some(registry) => Self::plain(request, registry),
            None => Self::ecr(request, step).await,
        }
    }

    fn plain(request: &PushRequest, registry: &str) -> Result<Self, Error> {
        for (flag, is_given) in [
            ("--create-repository", request.create.is_some()),
            ("--fail-on-severity", request.gate.is_some()),
            ("--registry-id", request.registry.registry_id.is_some()),
        ] {
            if is_given {
                return Err(Error::NotEcr {
                    flag,
                    registry: registry.to_owned(),
                });
            }
        }
        let credentials: Box<dyn CredentialProvider> = match &request.login {
            Some(login) => Box::new(FixedCredentials(login.clone())),
            None => Box::new(Anonymous),
        };
        Ok(Self {
            repository: Repository::new(registry, &request.repository)?,
            ecr: None,
            credentials,
        })
    }

    async fn ecr(request: &PushRequest, step: &Step) -> Result<Self, Error> {
        let named = request.registry.registry.as_deref();
        let host = named.and_then(ecr_host);
        let mut aws = request.aws.clone();
        if let Some(host) = &host {
            match &aws.region {
                Some(ours) if *ours != host.region => {
                    return Err(Error::OtherRegion {
                        registry: host.to_string(),
                        theirs: host.region.clone(),
                        ours: ours.clone(),
                    });
                }
                _ => aws.region = Some(host.region.clone()),
            }
        }
        let session = Session::open(&aws, step).await?;
        let account = request
            .registry
            .registry_id
            .clone()
            .or_else(|| host.as_ref().map(|host| host.account.clone()));
        let ecr = Ecr::new(session.config(), account.clone());
        let login = ecr.login().await?;
        let registry = match named {
            Some(registry) => registry.to_owned(),
            None => endpoint(&login.endpoint, account, session.config()),
        };
        Ok(Self {
            repository: Repository::new(&registry, &request.repository)?,
            credentials: Box::new(EcrCredentials {
                ecr: ecr.clone(),
                first: Mutex::new(Some(login.credentials)),
            }),
            ecr: Some(ecr),
        })
    }
}

/// The host of the plain OCI registry, if `--registry` is one. With `--endpoint-url`, every
/// registry is one of ECR: an emulator serves its registry on a host of its own.
fn is_plain(request: &PushRequest) -> Option<&str> {
    let registry = request.registry.registry.as_deref()?;
    let is_ecr = ecr_host(registry).is_some() || request.aws.endpoint_url.is_some();
    (!is_ecr).then_some(registry)
}

/// The registry to use. GetAuthorizationToken always returns the standard host of the credentials'
/// account, so another account, FIPS and dual-stack are applied here.
fn endpoint(given: &str, account: Option<String>, config: &aws_types::SdkConfig) -> String {
    let Some(mut host) = ecr_host(given) else {
        return given.to_owned();
    };
    host.fips |= config.use_fips() == Some(true);
    host.dual_stack |= config.use_dual_stack() == Some(true);
    if let Some(account) = account {
        host.account = account;
    }
    format!("https://{host}")
}

/// Credentials from ECR: the first ones exist already, later ones are requested.
struct EcrCredentials {
    ecr: Ecr,
    first: Mutex<Option<Credentials>>,
}

impl CredentialProvider for EcrCredentials {
    fn credentials(
        &self,
        renew: bool,
    ) -> BoxFuture<'_, Result<Option<Credentials>, CredentialsError>> {
        Box::pin(async move {
            if let Some(login) = self.first.lock().await.take()
                && !renew
            {
                return Ok(Some(login));
            }
            let login = self.ecr.login().await.map_err(Box::new)?;
            Ok(Some(login.credentials))
        })
    }

    fn is_preemptive(&self) -> bool {
        true
    }
}

/// Finds out from ECR's API why the start of an upload failed.
pub struct EcrDiagnosis {
    pub ecr: Ecr,
    pub repository: Repository,
}

impl Diagnosis for EcrDiagnosis {
    fn upload_was_cut(&self) -> BoxFuture<'_, Option<CredentialsError>> {
        Box::pin(async move {
            match self.ecr.tag_rule(self.repository.name()).await {
                Ok(None) => Some(no_repository(&self.repository).into()),
                // The repository exists, or the role may not read it: the network may be the cause
                // after all.
                Ok(Some(_)) | Err(_) => None,
            }
        })
    }
}

/// The error for a repository that does not exist.
pub fn no_repository(repository: &Repository) -> Error {
    Error::NoRepository {
        name: repository.name().to_owned(),
        registry: repository.host(),
    }
}

#[cfg(test)]
mod tests {
    use aws_types::SdkConfig;

    use super::endpoint;

    #[test]
    fn the_host_depends_on_account_fips_and_dual_stack() {
        let given = "https://111111111111.dkr.ecr.us-east-1.amazonaws.com";
        let config = |fips, dual| {
            SdkConfig::builder()
                .use_fips(fips)
                .use_dual_stack(dual)
                .build()
        };
        let other = || Some("222222222222".to_owned());
        for (account, fips, dual, host) in [
            (
                None,
                false,
                false,
                "https://111111111111.dkr.ecr.us-east-1.amazonaws.com",
            ),
            (
                other(),
                false,
                false,
                "https://222222222222.dkr.ecr.us-east-1.amazonaws.com",
            ),
            (
                None,
                true,
                false,
                "https://111111111111.dkr.ecr-fips.us-east-1.amazonaws.com",
            ),
            (
                other(),
                false,
                true,
                "https://222222222222.dkr-ecr.us-east-1.on.aws",
            ),
        ] {
            assert_eq!(endpoint(given, account, &config(fips, dual)), host);
        }
        let emulator = "http://127.0.0.1:4566";
        assert_eq!(endpoint(emulator, other(), &config(true, true)), emulator);
    }
}
