//! Decides which comment is ours: it starts with the marker, and we are its author. Anyone can write
//! the marker, so a comment of another author is never updated.

/// A hidden line that names the deployment.
pub fn marker(name: Option<&str>) -> String {
    format!(
        "<!-- fargate-pipeline deploy-status {} -->",
        name.unwrap_or("deployment")
    )
}

/// The complete text of the comment.
pub fn body(name: Option<&str>, markdown: &str) -> String {
    format!("{}\n{markdown}", marker(name))
}

/// The user of the token.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenOwner {
    /// The ID of the user.
    User(u64),
    /// An unknown bot. GitHub's installation tokens, e.g. the token of a job, cannot ask for their user.
    SomeBot,
}

/// The text and the author of a comment.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthoredText {
    pub body: String,
    pub author: Option<u64>,
    pub is_bot: bool,
}

/// Whether this is the comment to update.
pub fn is_ours(comment: &AuthoredText, name: Option<&str>, author: &TokenOwner) -> bool {
    // The whole first line is compared: `prod` is not `prod-2`, and a quoted marker does not count.
    let first = comment.body.lines().next().unwrap_or_default().trim_end();
    let is_authors = match author {
        TokenOwner::User(id) => comment.author == Some(*id),
        TokenOwner::SomeBot => comment.is_bot,
    };
    is_authors && first == marker(name)
}
