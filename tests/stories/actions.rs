//! What users touch: the actions and reusable workflows in act, and the GitLab and Jenkins examples
//! in runners for them. The fakes play the cloud, the CI host's token endpoint and GitHub.

mod act;
mod approvals;
mod builders;
mod examples;
mod gitlab;
mod hostile;
mod hosts;
mod jenkins;
mod launcher;
mod lint;
mod oidc;
mod releases;
mod reusable;
mod scene;
mod verbs;
mod whole;
