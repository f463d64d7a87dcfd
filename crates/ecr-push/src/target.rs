//! Where the image goes: ECR, by its API and a login from it, or any OCI registry by its address.

use ecs_model::EcrHost;
use futures_util::future::BoxFuture;
use pipeline_aws::Session;
use pipeline_io::{Step, secret_from_variable_or_file};
use registry::{Anonymous, Diagnosis, Fixed, Login, LoginError, Logins, Repository};
use tokio::sync::Mutex;

use crate::Error;
use crate::args::Plan;
use crate::ecr::Ecr;

/// A registry and a repository in it.
pub struct Target {
    pub repository: Repository,
    /// None for a plain OCI registry.
    pub ecr: Option<Ecr>,
    pub logins: Box<dyn Logins>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("repository", &self.repository)
            .field("ecr", &self.ecr)
            .finish_non_exhaustive()
    }
}

/// The variable with a plain registry's password.
const PASSWORD: &str = "FARGATE_REGISTRY_PASSWORD";

impl Target {
    /// Settles the registry, and logs in to ECR where it is ECR's.
    pub async fn open(plan: &Plan, step: &Step) -> Result<Self, Error> {
        match is_plain(plan) {
            Some(registry) => Self::plain(plan, registry),
            None => Self::ecr(plan, step).await,
        }
    }

    fn plain(plan: &Plan, registry: &str) -> Result<Self, Error> {
        for (flag, is_given) in [
            ("--create-repository", plan.create.is_some()),
            ("--fail-on-severity", plan.gate.is_some()),
            ("--registry-id", plan.registry.registry_id.is_some()),
        ] {
            if is_given {
                return Err(Error::NotEcr {
                    flag,
                    registry: registry.to_owned(),
                });
            }
        }
        let file = plan.registry.registry_password_file.as_deref();
        let logins: Box<dyn Logins> = match &plan.registry.registry_username {
            Some(user) => {
                let password = secret_from_variable_or_file(&[PASSWORD], file)?;
                let password = password.as_ref().map_or("", |secret| secret.reveal());
                Box::new(Fixed(Login::new(user, password)))
            }
            None => Box::new(Anonymous),
        };
        Ok(Self {
            repository: Repository::new(registry, &plan.repository)?,
            ecr: None,
            logins,
        })
    }

    async fn ecr(plan: &Plan, step: &Step) -> Result<Self, Error> {
        let named = plan.registry.registry.as_deref();
        let host = named.and_then(|registry| bare(registry).parse::<EcrHost>().ok());
        let mut aws = plan.aws.clone();
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
        let account = plan
            .registry
            .registry_id
            .clone()
            .or_else(|| host.as_ref().map(|host| host.account.clone()));
        let ecr = Ecr::new(session.config(), account.clone());
        let access = ecr.login().await?;
        let registry = match named {
            Some(registry) => registry.to_owned(),
            None => endpoint(&access.endpoint, account, session.config()),
        };
        Ok(Self {
            repository: Repository::new(&registry, &plan.repository)?,
            logins: Box::new(EcrLogins {
                ecr: ecr.clone(),
                first: Mutex::new(Some(access.login)),
            }),
            ecr: Some(ecr),
        })
    }
}

/// The plain registry that is meant, if one is: a host that is not ECR's, unless an endpoint says
/// where ECR's API is (an emulator, whose registry has a host of its own).
fn is_plain(plan: &Plan) -> Option<&str> {
    let registry = plan.registry.registry.as_deref()?;
    let is_ecr = bare(registry).parse::<EcrHost>().is_ok() || plan.aws.endpoint_url.is_some();
    (!is_ecr).then_some(registry)
}

fn bare(registry: &str) -> &str {
    let host = registry
        .strip_prefix("https://")
        .or_else(|| registry.strip_prefix("http://"))
        .unwrap_or(registry);
    host.trim_end_matches('/')
}

/// The registry that the login is for; of another account, over FIPS or dual-stack where the
/// configuration asks for them (GetAuthorizationToken always names the usual host).
fn endpoint(given: &str, account: Option<String>, config: &aws_types::SdkConfig) -> String {
    let Ok(mut host) = bare(given).parse::<EcrHost>() else {
        return given.to_owned();
    };
    host.fips |= config.use_fips() == Some(true);
    host.dual_stack |= config.use_dual_stack() == Some(true);
    if let Some(account) = account {
        host.account = account;
    }
    format!("https://{host}")
}

/// Logins from ECR: the first is there already, later ones are asked for.
struct EcrLogins {
    ecr: Ecr,
    first: Mutex<Option<Login>>,
}

impl Logins for EcrLogins {
    fn login(&self, renew: bool) -> BoxFuture<'_, Result<Option<Login>, LoginError>> {
        Box::pin(async move {
            if let Some(login) = self.first.lock().await.take()
                && !renew
            {
                return Ok(Some(login));
            }
            let access = self.ecr.login().await.map_err(Box::new)?;
            Ok(Some(access.login))
        })
    }

    fn is_eager(&self) -> bool {
        true
    }
}

/// Asks ECR's API why the opening of an upload was cut.
pub struct AskEcr {
    pub ecr: Ecr,
    pub repository: Repository,
}

impl Diagnosis for AskEcr {
    fn upload_was_cut(&self) -> BoxFuture<'_, Option<LoginError>> {
        Box::pin(async move {
            match self.ecr.tag_rule(self.repository.name()).await {
                Ok(None) => Some(no_repository(&self.repository).into()),
                // It exists, or the role may not ask: the network may have cut it after all.
                Ok(Some(_)) | Err(_) => None,
            }
        })
    }
}

/// The error for a repository that is not there.
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
    fn the_host_follows_account_fips_and_dual_stack() {
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
