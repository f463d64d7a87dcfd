//! Recognizes pages for people, which proxies and login pages send instead of a registry's answer.

use http::header;
use reqwest::Response;

/// Whether an answer is a page for people, which no registry sends.
pub(super) fn is_page(answer: &Response) -> bool {
    let content_type = answer.headers().get(header::CONTENT_TYPE);
    let text = content_type.and_then(|value| value.to_str().ok());
    let text = text.unwrap_or_default().trim_start().to_ascii_lowercase();
    text.starts_with("text/html") || text.starts_with("application/xhtml")
}
