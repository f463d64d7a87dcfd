//! Where to post: the API, the repository and the token.

use pipeline_io::{CiHost, ForgeApi, GITHUB_API, GITLAB_API, Secret};

/// A forge, which decides the API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Forge {
    GitHub,
    GitLab,
}

impl Forge {
    /// The variables, the URL and the limits of the API.
    pub fn api(self) -> &'static ForgeApi {
        match self {
            Forge::GitHub => &GITHUB_API,
            Forge::GitLab => &GITLAB_API,
        }
    }

    /// The forge of the repositories of this CI host. GitHub if the host does not belong to a forge.
    pub fn of(host: &dyn CiHost) -> Self {
        let is_gitlab = host.forge_api() == Some(Forge::GitLab.api());
        if is_gitlab {
            Forge::GitLab
        } else {
            Forge::GitHub
        }
    }
}

/// Where to post, and with which token.
#[derive(Debug)]
pub struct PostTarget {
    pub forge: Forge,
    /// URL of the API, without a slash at its end.
    pub api: String,
    /// `OWNER/NAME`; for GitLab a path of any depth, or a number.
    pub repository: String,
    /// The pull or merge request to comment on.
    pub request: Option<u64>,
    /// The commit whose status is set.
    pub commit: Option<String>,
    /// The GitHub environment in which a deployment is recorded.
    pub environment: Option<String>,
    pub token: Option<Secret>,
    /// The name of the deployment, which distinguishes its comment and status from others.
    pub name: Option<String>,
}
