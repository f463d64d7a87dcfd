//! Hosts of ECR in addresses, and repository URIs (e.g. Terraform's `repository_url`) instead of
//! names. Pure.
//!
//! No repository can be meant to have the host of a registry in its name, so such a name is never
//! used.

use ecs_model::EcrHost;

use crate::Error;

/// The ECR host of a registry's address, with or without a scheme.
pub fn ecr_host(registry: &str) -> Option<EcrHost> {
    let host = match registry.split_once("://") {
        Some((scheme, host)) if scheme.to_ascii_lowercase().starts_with("http") => host,
        Some(_) => return None,
        None => registry,
    };
    host.trim_end_matches('/').parse().ok()
}

/// The value of `--repository`, and the registry in it if it is a URI.
///
/// # Errors
/// If the URI contradicts `--registry` or `--registry-id`.
pub fn resolve(
    repository: &str,
    registry: Option<&str>,
    registry_id: Option<&str>,
) -> Result<(Option<EcrHost>, String), Error> {
    let Some((host, name)) = split(repository) else {
        return Ok((None, repository.to_owned()));
    };
    let is_other = registry.is_some_and(|given| ecr_host(given).as_ref() != Some(&host))
        || registry_id.is_some_and(|given| given != host.account);
    if is_other {
        return Err(Error::RepositoryUri {
            flag: "--repository",
            given: repository.to_owned(),
            name: name.to_owned(),
        });
    }
    Ok((Some(host), name.to_owned()))
}

/// Checks that the value of a flag is a name.
///
/// # Errors
/// If it is a URI.
pub fn check_name(flag: &'static str, repository: &str) -> Result<(), Error> {
    match split(repository) {
        None => Ok(()),
        Some((_, name)) => Err(Error::RepositoryUri {
            flag,
            given: repository.to_owned(),
            name: name.to_owned(),
        }),
    }
}

fn split(repository: &str) -> Option<(EcrHost, &str)> {
    let scheme = repository.find("://").map_or(0, |at| at + "://".len());
    let at = scheme + repository[scheme..].find('/')?;
    Some((ecr_host(&repository[..at])?, &repository[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::{check_name, ecr_host, resolve};

    const HOST: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

    #[test]
    fn hosts_of_ecr_are_recognized_in_every_spelling() {
        let upper = HOST.to_ascii_uppercase();
        for registry in [
            HOST.to_owned(),
            format!("{HOST}/"),
            format!("{HOST}:443"),
            format!("https://{HOST}"),
            format!("HTTPS://{upper}:443/"),
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn".to_owned(),
            "123456789012.dkr-ecr.eu-west-1.on.aws".to_owned(),
        ] {
            assert!(ecr_host(&registry).is_some(), "{registry}");
        }
        for registry in [
            "",
            "ghcr.io",
            "https://",
            "docker://x",
            &format!("ftp://{HOST}"),
        ] {
            assert!(ecr_host(registry).is_none(), "{registry}");
        }
    }

    #[test]
    fn a_uri_is_a_registry_and_a_name() {
        let uri = format!("{HOST}/team/app");
        let with_scheme = format!("https://{uri}");
        let url = format!("https://{HOST}/");
        let other = "210987654321.dkr.ecr.eu-central-1.amazonaws.com";
        for (repository, registry, id, expected) in [
            ("team/app", None, None, Some(false)),
            ("ghcr.io/team/app", None, None, Some(false)),
            (&uri, None, None, Some(true)),
            (&with_scheme, None, None, Some(true)),
            (&uri, Some(HOST), None, Some(true)),
            (&uri, Some(url.as_str()), Some("123456789012"), Some(true)),
            (&uri, Some(other), None, None),
            (&uri, Some("http://127.0.0.1:5000"), None, None),
            (&uri, None, Some("210987654321"), None),
        ] {
            match (resolve(repository, registry, id), expected) {
                (Ok((host, name)), Some(is_uri)) => {
                    assert_eq!(host.is_some(), is_uri, "{repository}");
                    assert!(name.ends_with("team/app"), "{repository}: {name}");
                    assert!(!is_uri || name == "team/app", "{repository}: {name}");
                }
                (Err(error), None) => {
                    let message = error.to_string();
                    assert!(message.contains("--repository"), "{message}");
                }
                (found, _) => panic!("{repository} {registry:?} {id:?}: {found:?}"),
            }
        }
        check_name("--mount-from", "team/base").expect("a name");
        check_name("--mount-from", &uri).expect_err("a URI");
    }
}
