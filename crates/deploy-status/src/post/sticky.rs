//! Which comment is ours: the marker at its beginning, and its author. Anyone can write the marker;
//! a comment of somebody else's is never rewritten.

/// A hidden line that names the deployment.
pub fn marker(name: Option<&str>) -> String {
    format!(
        "<!-- fargate-pipeline deploy-status {} -->",
        name.unwrap_or("deployment")
    )
}

/// The comment's whole text.
pub fn body(name: Option<&str>, markdown: &str) -> String {
    format!("{}\n{markdown}", marker(name))
}

/// Who writes.
#[derive(Clone, Debug, PartialEq)]
pub enum Author {
    /// The token's own user.
    User(u64),
    /// A token that may not ask who it is: GitHub's installation tokens, as a job's own one.
    SomeBot,
}

/// What is known of a comment.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub body: String,
    pub author: Option<u64>,
    pub is_bot: bool,
}

/// Whether this comment is the one to rewrite.
pub fn is_ours(comment: &Written, name: Option<&str>, author: &Author) -> bool {
    // The whole first line: `prod` is not `prod-2`, and a quoted marker is none.
    let first = comment.body.lines().next().unwrap_or_default().trim_end();
    let is_authors = match author {
        Author::User(id) => comment.author == Some(*id),
        Author::SomeBot => comment.is_bot,
    };
    is_authors && first == marker(name)
}
