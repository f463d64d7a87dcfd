//! What users touch: the actions and reusable workflows in act, the GitLab and Jenkins examples in
//! their own runners, against the fakes as cloud, CI token endpoint and GitHub.

mod act;
mod approvals;
mod builders;
mod examples;
mod gitlab;
mod hostile;
mod jenkins;
mod launcher;
mod lint;
mod oidc;
mod reusable;
mod scene;
mod verbs;
mod whole;
