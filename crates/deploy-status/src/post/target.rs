//! Where to post: which API, which repository, and as whom.

use pipeline_io::{CiHost, ForgeApi, GITHUB_API, GITLAB_API, Secret};

/// Which API it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Forge {
    GitHub,
    GitLab,
}

impl Forge {
    /// Where the API is, who may write, and how much it takes.
    pub fn api(self) -> &'static ForgeApi {
        match self {
            Forge::GitHub => &GITHUB_API,
            Forge::GitLab => &GITLAB_API,
        }
    }

    /// The forge on which a job of this CI host finds its repository, unless it says otherwise.
    pub fn of(host: &dyn CiHost) -> Self {
        let is_gitlab = host.forge_api() == Some(Forge::GitLab.api());
        if is_gitlab {
            Forge::GitLab
        } else {
            Forge::GitHub
        }
    }
}

/// Where to post, and as whom.
#[derive(Debug)]
pub struct Target {
    pub forge: Forge,
    /// The API's address, without a slash at its end.
    pub api: String,
    /// `OWNER/NAME`; of GitLab a path of any depth, or a number.
    pub repository: String,
    /// The pull or merge request to comment on.
    pub request: Option<u64>,
    /// The commit whose status is set.
    pub commit: Option<String>,
    /// The GitHub environment in which a deployment is recorded.
    pub environment: Option<String>,
    pub token: Option<Secret>,
    /// The deployment's name, which tells its comment and status from others.
    pub name: Option<String>,
}
