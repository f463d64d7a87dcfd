//! The words by which a text is about ECR. This is not a parser of hosts: texts mask accounts, and end in
//! the middle of a host.

/// Whether a text in its plain form names ECR.
pub(super) fn is_named(text: &str) -> bool {
    const WORDS: [&str; 5] = [
        "amazon ecr",
        "api.ecr.",
        "ecr:",
        "cannotpullecr",
        "starport-layer",
    ];
    is_host(text) || WORDS.iter().any(|word| text.contains(word))
}

/// Whether a text contains the host of a registry of ECR.
pub(super) fn is_host(text: &str) -> bool {
    text.contains(".dkr.ecr")
}
