//! Renders a report as a web page, e.g. for Jenkins, which shows no Markdown.
//!
//! The page is the Markdown of the report in a frame, so that it cannot differ from the comment. Untrusted
//! text in the Markdown is already escaped. A second guard is independent of that: only the few tags
//! that the report uses become tags, and the page forbids scripts and everything that would be loaded.
//!
//! Jenkins serves archived files without their styles (its Content-Security-Policy forbids them), so the
//! page must be readable without them, too.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// The tags that reports contain, without the `<`. Every other tag is shown as text.
const TAGS: [&str; 9] = [
    "details>",
    "details open>",
    "/details>",
    "summary>",
    "/summary>",
    "code>",
    "/code>",
    "sub>",
    "/sub>",
];

/// The color scheme is also declared in a `<meta>`, which works without styles.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}\
h3{font-size:1.4rem;line-height:1.3;margin:0 0 1rem}\
code,pre{font:.875em/1.5 ui-monospace,monospace}\
code{background:light-dark(#eff1f3,#2b3036);border-radius:4px;padding:.1em .35em}\
pre{background:light-dark(#f6f8fa,#1b1f24);border-radius:6px;padding:.75rem;overflow-x:auto;overflow-wrap:normal}\
pre code{background:none;padding:0}\
table{border-collapse:collapse;display:block;overflow-x:auto;margin:1rem 0}\
th,td{border:1px solid light-dark(#d1d9e0,#3d444d);padding:.35rem .7rem;text-align:left;vertical-align:top}\
details{margin:.75rem 0}summary{cursor:pointer}\
sub{vertical-align:baseline;color:light-dark(#59636e,#9198a1)}\
a{color:light-dark(#0969da,#4493f8)}";

/// Returns the page for a report in Markdown. `title` is plain text.
pub fn page(markdown: &str, title: &str) -> String {
    let mut options = Options::empty();
    options.insert(Options::ENABLE_TABLES);
    let mut body = String::new();
    html::push_html(&mut body, Parser::new_ext(markdown, options).map(guarded));
    // Invisible characters prevent references in comments. Here they would only be copied along.
    let body = body.replace('\u{200b}', "");
    let title = escaped(&pipeline_io::plain_line(title).replace('`', ""));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// Makes everything text that a report does not contain: other tags, other links, images.
fn guarded(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(tags) if !are_ours(&tags) => Event::Text(tags),
        Event::InlineHtml(tags) if !are_ours(&tags) => Event::Text(tags),
        Event::Start(Tag::Link { dest_url, .. }) if !is_web(&dest_url) => text(),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => text(),
        event => event,
    }
}

fn text() -> Event<'static> {
    Event::Text(CowStr::Borrowed(""))
}

fn are_ours(html: &str) -> bool {
    let mut tags = html.split('<').skip(1);
    tags.all(|tag| TAGS.iter().any(|ours| tag.starts_with(ours)))
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
