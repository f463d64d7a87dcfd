//! Where a state is: parses `--state`, and applies the workspace.

use std::fmt;
use std::path::{Path, PathBuf};

use reqwest::Url;

use super::access_point::{AccessPoint, split_bucket};
use crate::{Error, error};

/// Where a state is.
#[derive(Clone, Debug, PartialEq)]
pub enum StateLocation {
    File(PathBuf),
    Stdin,
    S3(S3StateLocation),
    Http(HttpLocation),
    Hcp(HcpLocation),
}

/// An object in S3, in the terms of Terraform's s3 backend.
#[derive(Clone, Debug, PartialEq)]
pub struct S3StateLocation {
    /// Name of a bucket, or ARN of an access point.
    pub bucket: String,
    /// The key of the default workspace's state.
    pub key: String,
    /// A workspace other than `default`.
    pub workspace: Option<String>,
    pub workspace_key_prefix: String,
    /// Endpoint URL from the configuration.
    pub endpoint: Option<String>,
    pub use_fips: bool,
    pub use_dual_stack: bool,
}

/// The default prefix of Terraform's s3 backend for the keys of workspaces.
const WORKSPACE_KEY_PREFIX: &str = "env:";

/// The name of the workspace that always exists.
pub const DEFAULT_WORKSPACE: &str = "default";

/// The URL of Terraform's http backend.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpLocation {
    pub url: Url,
}

/// A workspace of HCP Terraform or Terraform Enterprise.
#[derive(Clone, Debug, PartialEq)]
pub struct HcpLocation {
    /// Host, with the port if it is not 443.
    pub host: String,
    pub organization: String,
    pub workspace: HcpWorkspace,
}

/// How a configuration selects HCP workspaces.
#[derive(Clone, Debug, PartialEq)]
pub enum HcpWorkspace {
    Named(String),
    /// Prefix of the workspace's name. It is empty if the configuration selects workspaces by tags.
    Prefixed(String),
}

/// The host of HCP Terraform.
pub const HCP_HOST: &str = "app.terraform.io";

impl StateLocation {
    /// Parses `--state`.
    ///
    /// # Errors
    /// The text is not a location of a state.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text == "-" {
            return Ok(StateLocation::Stdin);
        }
        if text.trim().is_empty() {
            return Err(error::usage("--state is empty".to_owned()));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return match single_slash(text) {
                None => Ok(StateLocation::File(PathBuf::from(text))),
                Some((scheme, rest)) => Err(error::usage(format!(
                    "--state {text:?} is not a URL: did you mean {scheme}://{rest}?"
                ))),
            };
        };
        match scheme {
            "s3" => s3(rest).map(StateLocation::S3),
            "http" | "https" => http(text).map(StateLocation::Http),
            "hcp" => match rest.split('/').collect::<Vec<_>>()[..] {
                [organization, workspace] => hcp(HCP_HOST, organization, workspace),
                _ => Err(error::usage(format!(
                    "--state {text:?} is not hcp://ORGANIZATION/WORKSPACE"
                ))),
            },
            "tfe" => match rest.split('/').collect::<Vec<_>>()[..] {
                [host, organization, workspace] => hcp(host, organization, workspace),
                _ => Err(error::usage(format!(
                    "--state {text:?} is not tfe://HOST/ORGANIZATION/WORKSPACE"
                ))),
            },
            "file" => Ok(StateLocation::File(PathBuf::from(rest))),
            _ => Err(error::usage(format!(
                "--state: {scheme}:// is not supported: use a file, -, s3://, https://, hcp:// or tfe://; \
                 for other backends, use `terraform output -json | tf-outputs --state -`"
            ))),
        }
    }

    /// Changes the location to the state of a workspace.
    ///
    /// # Errors
    /// The name is invalid, or there are no workspaces at this location.
    pub fn choose_workspace(
        &mut self,
        name: Option<&str>,
        prefix: Option<&str>,
    ) -> Result<(), Error> {
        if let (StateLocation::S3(location), Some(prefix)) = (&mut *self, prefix) {
            prefix
                .trim_matches('/')
                .clone_into(&mut location.workspace_key_prefix);
        }
        let Some(name) = name.map(str::trim) else {
            return Ok(());
        };
        if name.is_empty() || name.contains(['/', '\\']) || name == "." || name == ".." {
            return Err(error::usage(format!(
                "--workspace {name:?} is not a valid name for a workspace"
            )));
        }
        match self {
            StateLocation::Hcp(location) => location.choose(name),
            _ if name == DEFAULT_WORKSPACE => Ok(()),
            StateLocation::S3(location) => {
                location.workspace = Some(name.to_owned());
                Ok(())
            }
            StateLocation::File(path) => {
                // Only the directory layout of the local backend has workspaces, a single file does not.
                let directory = path.parent().unwrap_or(Path::new(""));
                let of_workspace = directory
                    .join("terraform.tfstate.d")
                    .join(name)
                    .join("terraform.tfstate");
                if path
                    .file_name()
                    .is_none_or(|file| file != "terraform.tfstate")
                {
                    return Err(no_workspaces(&format!("the file {}", path.display())));
                }
                *path = of_workspace;
                Ok(())
            }
            StateLocation::Stdin => Err(no_workspaces("standard input")),
            StateLocation::Http(_) => Err(no_workspaces("an HTTP backend")),
        }
    }
}

/// Splits a text that is a URL without its two slashes, e.g. `s3:/bucket/key`.
fn single_slash(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_known = matches!(scheme, "s3" | "http" | "https" | "hcp" | "tfe");
    is_known.then(|| (scheme, rest.trim_start_matches('/')))
}

fn no_workspaces(what: &str) -> Error {
    error::usage(format!(
        "--workspace has no meaning for {what}, which contains a single state: pass the state of the workspace with --state"
    ))
}

impl S3StateLocation {
    /// A location in the default workspace.
    pub fn new(bucket: String, key: String) -> Self {
        S3StateLocation {
            bucket,
            key,
            workspace: None,
            workspace_key_prefix: WORKSPACE_KEY_PREFIX.to_owned(),
            endpoint: None,
            use_fips: false,
            use_dual_stack: false,
        }
    }

    /// The key of the state in the selected workspace.
    pub fn object_key(&self) -> String {
        match &self.workspace {
            None => self.key.clone(),
            Some(workspace) => format!("{}/{workspace}/{}", self.workspace_key_prefix, self.key),
        }
    }
}

impl HcpLocation {
    fn choose(&mut self, name: &str) -> Result<(), Error> {
        match &self.workspace {
            HcpWorkspace::Named(own) if own == name => Ok(()),
            HcpWorkspace::Named(own) => Err(error::usage(format!(
                "--workspace is {name}, but the location contains the workspace {own}"
            ))),
            HcpWorkspace::Prefixed(prefix) => {
                self.workspace = HcpWorkspace::Named(format!("{prefix}{name}"));
                Ok(())
            }
        }
    }
}

fn s3(rest: &str) -> Result<S3StateLocation, Error> {
    let (bucket, key) = split_bucket(rest);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let access_point = AccessPoint::parse(bucket)
        .map_err(|problem| error::usage(format!("--state s3://{rest}: {problem}")))?;
    if access_point.is_none() && (bucket.is_empty() || !bucket.chars().all(plain)) {
        return Err(error::usage(format!(
            "--state s3://{rest}: {bucket:?} is not a valid bucket name"
        )));
    }
    if key.is_empty() {
        return Err(error::usage(format!(
            "--state s3://{rest} has no key: use s3://BUCKET/KEY, with the values of the backend block"
        )));
    }
    if key.split('/').any(|part| part == "." || part == "..") {
        return Err(error::usage(format!(
            "--state s3://{rest}: a key with the path segment `.` or `..` cannot be fetched over HTTP"
        )));
    }
    Ok(S3StateLocation::new(bucket.to_owned(), key.to_owned()))
}

fn http(text: &str) -> Result<HttpLocation, Error> {
    let url = Url::parse(text)
        .map_err(|source| error::usage(format!("--state is not a valid URL: {source}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(error::usage(
            "--state contains a user or a password: use --state-username and the variable FARGATE_STATE_PASSWORD, \
             because other users of the machine can read a command line"
                .to_owned(),
        ));
    }
    Ok(HttpLocation { url })
}

fn hcp(host: &str, organization: &str, workspace: &str) -> Result<StateLocation, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    for (what, name) in [("organization", organization), ("workspace", workspace)] {
        if name.is_empty() || !name.chars().all(plain) {
            return Err(error::usage(format!(
                "--state: {name:?} is not a valid name for an HCP {what}"
            )));
        }
    }
    Ok(StateLocation::Hcp(HcpLocation {
        host: host.to_owned(),
        organization: organization.to_owned(),
        workspace: HcpWorkspace::Named(workspace.to_owned()),
    }))
}

/// The location in the syntax of `--state`, without the query of a URL, which may contain tokens.
impl fmt::Display for StateLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateLocation::File(path) => write!(f, "{}", path.display()),
            StateLocation::Stdin => f.write_str("standard input"),
            StateLocation::S3(location) => {
                write!(f, "s3://{}/{}", location.bucket, location.object_key())
            }
            StateLocation::Http(location) => {
                let mut url = location.url.clone();
                url.set_query(None);
                url.set_fragment(None);
                write!(f, "{url}")
            }
            StateLocation::Hcp(location) => {
                let workspace = match &location.workspace {
                    HcpWorkspace::Named(name) => name.clone(),
                    HcpWorkspace::Prefixed(prefix) => format!("{prefix}*"),
                };
                match location.host.as_str() {
                    HCP_HOST => write!(f, "hcp://{}/{workspace}", location.organization),
                    host => write!(f, "tfe://{host}/{}/{workspace}", location.organization),
                }
            }
        }
    }
}
