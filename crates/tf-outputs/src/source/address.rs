//! The text of `--state` as a place, and what a workspace changes about it.

use std::fmt;
use std::path::{Path, PathBuf};

use reqwest::Url;

use crate::{Error, error};

/// Where a state lies.
#[derive(Clone, Debug, PartialEq)]
pub enum StateLocation {
    File(PathBuf),
    Stdin,
    S3(S3StateLocation),
    Http(HttpLocation),
    Hcp(HcpLocation),
}

/// An object of S3's, as Terraform's s3 backend names it.
#[derive(Clone, Debug, PartialEq)]
pub struct S3StateLocation {
    pub bucket: String,
    /// The key of the default workspace's state.
    pub key: String,
    /// A workspace other than the default one.
    pub workspace: Option<String>,
    pub workspace_key_prefix: String,
    /// An endpoint that the configuration names.
    pub endpoint: Option<String>,
}

/// What Terraform's s3 backend writes before the name of a workspace.
const WORKSPACE_KEY_PREFIX: &str = "env:";

/// The workspace that there always is.
pub const DEFAULT_WORKSPACE: &str = "default";

/// The address of Terraform's http backend.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpLocation {
    pub url: Url,
}

/// A workspace of HCP Terraform or Terraform Enterprise.
#[derive(Clone, Debug, PartialEq)]
pub struct HcpLocation {
    /// Host, with a port where it is not 443.
    pub host: String,
    pub organization: String,
    pub workspace: HcpWorkspace,
}

/// How a configuration names HCP workspaces.
#[derive(Clone, Debug, PartialEq)]
pub enum HcpWorkspace {
    Named(String),
    /// The chosen workspace's name follows this prefix (empty: tags choose, not names).
    Prefixed(String),
}

/// The host of HCP Terraform.
pub const HCP_HOST: &str = "app.terraform.io";

impl StateLocation {
    /// Reads `--state`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text == "-" {
            return Ok(StateLocation::Stdin);
        }
        if text.trim().is_empty() {
            return Err(error::usage("--state is blank".to_owned()));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(StateLocation::File(PathBuf::from(text)));
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
                "--state begins with {scheme}://, and states are read from a file, -, s3://, https://, hcp:// or tfe://; \
                 for any other backend use `terraform output -json | tf-outputs --state -`"
            ))),
        }
    }

    /// Turns to a workspace's state.
    pub fn choose_workspace(
        &mut self,
        name: Option<&str>,
        prefix: Option<&str>,
    ) -> Result<(), Error> {
        if let (StateLocation::S3(place), Some(prefix)) = (&mut *self, prefix) {
            prefix
                .trim_matches('/')
                .clone_into(&mut place.workspace_key_prefix);
        }
        let Some(name) = name.map(str::trim) else {
            return Ok(());
        };
        if name.is_empty() || name.contains(['/', '\\']) || name == "." || name == ".." {
            return Err(error::usage(format!(
                "--workspace {name:?} is no name of a workspace"
            )));
        }
        match self {
            StateLocation::Hcp(place) => place.choose(name),
            _ if name == DEFAULT_WORKSPACE => Ok(()),
            StateLocation::S3(place) => {
                place.workspace = Some(name.to_owned());
                Ok(())
            }
            StateLocation::File(path) => {
                // Only the local backend's own layout is known; a single file has no workspaces.
                let folder = path.parent().unwrap_or(Path::new(""));
                let of_workspace = folder
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

fn no_workspaces(what: &str) -> Error {
    error::usage(format!(
        "--workspace names one, but {what} holds a single state: give the place of the workspace's own state"
    ))
}

impl S3StateLocation {
    /// A place in the default workspace.
    pub fn new(bucket: String, key: String) -> Self {
        S3StateLocation {
            bucket,
            key,
            workspace: None,
            workspace_key_prefix: WORKSPACE_KEY_PREFIX.to_owned(),
            endpoint: None,
        }
    }

    /// The key of the chosen workspace's state.
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
                "--workspace is {name}, but the place already names the workspace {own}"
            ))),
            HcpWorkspace::Prefixed(prefix) => {
                self.workspace = HcpWorkspace::Named(format!("{prefix}{name}"));
                Ok(())
            }
        }
    }
}

fn s3(rest: &str) -> Result<S3StateLocation, Error> {
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if bucket.is_empty() || !bucket.chars().all(plain) {
        return Err(error::usage(format!(
            "--state s3://{rest}: {bucket:?} is no name of a bucket"
        )));
    }
    if key.is_empty() {
        return Err(error::usage(format!(
            "--state s3://{rest} names no key: give s3://BUCKET/KEY, as the backend block has them"
        )));
    }
    if key.split('/').any(|part| part == "." || part == "..") {
        return Err(error::usage(format!(
            "--state s3://{rest}: a key with `.` or `..` as a part cannot be fetched over HTTP"
        )));
    }
    Ok(S3StateLocation::new(bucket.to_owned(), key.to_owned()))
}

fn http(text: &str) -> Result<HttpLocation, Error> {
    let url = Url::parse(text)
        .map_err(|source| error::usage(format!("--state is no address: {source}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(error::usage(
            "--state holds a user or a password: give --state-username and the variable FARGATE_STATE_PASSWORD \
             (a command line can be read by others on the machine)"
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
                "--state: {name:?} is no name of an HCP {what}"
            )));
        }
    }
    Ok(StateLocation::Hcp(HcpLocation {
        host: host.to_owned(),
        organization: organization.to_owned(),
        workspace: HcpWorkspace::Named(workspace.to_owned()),
    }))
}

/// The place as a person writes it; without the query of an address, where tokens hide.
impl fmt::Display for StateLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateLocation::File(path) => write!(f, "{}", path.display()),
            StateLocation::Stdin => f.write_str("standard input"),
            StateLocation::S3(place) => write!(f, "s3://{}/{}", place.bucket, place.object_key()),
            StateLocation::Http(place) => {
                let mut url = place.url.clone();
                url.set_query(None);
                url.set_fragment(None);
                write!(f, "{url}")
            }
            StateLocation::Hcp(place) => {
                let workspace = match &place.workspace {
                    HcpWorkspace::Named(name) => name.clone(),
                    HcpWorkspace::Prefixed(prefix) => format!("{prefix}*"),
                };
                match place.host.as_str() {
                    HCP_HOST => write!(f, "hcp://{}/{workspace}", place.organization),
                    host => write!(f, "tfe://{host}/{}/{workspace}", place.organization),
                }
            }
        }
    }
}
