//! Untrusted text cannot break out: whatever it contains, the comment has no link, image, mention,
//! reference, HTML, heading or list from it. A parser for GitHub Flavored Markdown checks this.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::scene::{Scene, crashed, github, waited};

/// A comment in which every untrusted text is this text.
fn poisoned(text: &str) -> String {
    let mut data = crashed();
    poison(&mut data, text);
    let mut deploy = json!({
        "cluster": text, "service": text, "action": text,
        "taskDefinition": {"arn": text, "registered": true},
        "deployment": {"serviceDeploymentArn": text},
    });
    poison(&mut deploy, text);
    let error = json!({"message": text, "causes": [text], "hint": text, "location": {"file": text, "line": 1, "column": 1}});
    let scene = Scene::new()
        .step("tf-outputs", text, 0, 1.0, json!({"source": text, "names": [text], "omittedSensitive": [text]}))
        .step("ecr-push", text, 0, 1.0, json!({"image": text, "tags": [{"name": text}], "layers": [{"outcome": text}]}))
        .result("render-taskdef", text, 2, 1.0, error, json!({
            "family": text, "diff": text, "lints": [{"code": text, "severity": text, "message": text}],
        }))
        .step("ecs-deploy", text, 0, 1.0, deploy)
        .step("wait-healthy", text, 5, 1.0, data);
    let mut context = github();
    context.with_logs = true;
    context.commit = Some(text.to_owned());
    scene.markdown(&context)
}

fn poison(value: &mut Value, text: &str) {
    match value {
        Value::String(own) => text.clone_into(own),
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, text)),
        Value::Object(members) => members.values_mut().for_each(|member| poison(member, text)),
        _ => {}
    }
}

/// The tags of the comment itself. `<code>` contains only entities, which is checked separately.
const OWN_TAGS: [&str; 8] = [
    "<details><summary>",
    "<details open><summary>",
    "</details>",
    "</code></summary>",
    "</summary>",
    "<sub>",
    "</sub>",
    "<code>",
];

fn check(comment: &str) -> Result<(), String> {
    let arena = Arena::new();
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    let root = parse_document(&arena, comment, &options);
    let mut in_code_tag = false;
    for node in root.descendants() {
        check_node(node, &mut in_code_tag)?;
    }
    // GitLab executes lines that start with a slash, unless a fence protects them.
    let mut in_fence = false;
    for line in comment.lines() {
        if line.starts_with("```") {
            in_fence = !in_fence;
        }
        if !in_fence && line.trim_start().starts_with('/') {
            return Err(format!("a GitLab quick action: {line}"));
        }
    }
    if in_fence {
        return Err("an open fence".to_owned());
    }
    Ok(())
}

/// Whether a comment may contain this link: to the run, or to a service in the AWS console.
fn is_own_link(url: &str) -> bool {
    let hosts = [
        ".console.aws.amazon.com/ecs/v2/clusters/",
        ".console.amazonaws.cn/ecs/v2/clusters/",
        ".console.amazonaws-us-gov.com/ecs/v2/clusters/",
    ];
    let console = url.strip_prefix("https://").and_then(|rest| {
        let parts = hosts.iter().find_map(|host| rest.split_once(host));
        parts.filter(|(region, _)| !region.contains(['/', '.', '@', ':', '?', '#']))
    });
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_/?=".contains(c);
    url.starts_with("https://github.com/acme/web/actions/runs/")
        || console.is_some_and(|(_, path)| path.chars().all(is_plain))
}

fn check_node<'a>(node: &'a AstNode<'a>, in_code_tag: &mut bool) -> Result<(), String> {
    match &node.data.borrow().value {
        NodeValue::Link(link) if !is_own_link(&link.url) => {
            return Err(format!("a link to {}", link.url));
        }
        NodeValue::Image(image) => return Err(format!("an image {}", image.url)),
        NodeValue::FootnoteReference(_)
        | NodeValue::TaskItem(_)
        | NodeValue::Math(_)
        | NodeValue::BlockQuote
        | NodeValue::Strikethrough => {
            return Err(format!("{:?}", node.data.borrow().value));
        }
        NodeValue::Heading(_) | NodeValue::ThematicBreak => {
            let is_first = node.previous_sibling().is_none();
            if !is_first {
                return Err("a heading or rule in the middle".to_owned());
            }
        }
        NodeValue::HtmlInline(html) => match html.as_str() {
            "<code>" => *in_code_tag = true,
            "</code>" => *in_code_tag = false,
            html if OWN_TAGS.contains(&html) => {}
            html => return Err(format!("HTML {html}")),
        },
        NodeValue::HtmlBlock(block) => {
            let mut rest = block.literal.clone();
            for tag in OWN_TAGS {
                rest = rest.replace(tag, "");
            }
            if rest.contains('<') {
                return Err(format!("an HTML block {}", block.literal));
            }
        }
        NodeValue::Text(text) if !*in_code_tag => {
            if let Some(reference) = reference(text) {
                return Err(format!("a reference {reference:?} in {text:?}"));
            }
        }
        _ => {}
    }
    Ok(())
}

/// Finds text that GitHub or GitLab would turn into a mention, a reference or a link.
fn reference(text: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let refers = chars.windows(2).find(|pair| {
        matches!(pair[0], '@' | '#' | '!' | '~' | '%' | '$' | '&' | '^')
            && (pair[1].is_alphanumeric() || matches!(pair[1], '"' | '_' | '{'))
    });
    let lower = text.to_lowercase();
    let links = ["://", "www.", "gh-"]
        .into_iter()
        .find(|link| lower.contains(link));
    refers
        .map(|pair| pair.iter().collect())
        .or(links.map(str::to_owned))
}

/// Texts that are known to break out of comments.
const HOSTILE: [&str; 26] = [
    "@octocat please look",
    "fixes #1, closes acme/web#2, GH-3",
    "see !4, ~bug, &5, %6, $7, ^8",
    "[click](https://evil.example)",
    "![x](https://evil.example/p.png)",
    "<img src=x onerror=alert(1)>",
    "<https://evil.example>",
    "https://evil.example/?q=1",
    "www.evil.example",
    "me@evil.example",
    "`code` ``more`` ```fence```",
    "```\n# heading\n```",
    "~~~\n/merge\n~~~",
    "/merge",
    "  /approve\n/close",
    "</summary></details><h1>x</h1>",
    "| a | b |\n|---|---|",
    "a\\|b|c\\\\|d",
    "- [ ] task",
    "> quote\n> more",
    "--- \n===",
    "<!-- fargate-pipeline deploy-status deployment -->",
    "&lt;b&gt; &#60;script&#62;",
    "\u{202e}txt.exe\u{1b}[31m",
    "[^1]: note",
    "1. one\n\n    indented <b>",
];

#[test]
fn known_tricks_do_not_break_out() {
    for text in HOSTILE {
        let comment = poisoned(text);
        check(&comment).unwrap_or_else(|problem| panic!("{text:?}: {problem}\n{comment}"));
    }
    let all = HOSTILE.join("\n");
    let comment = poisoned(&all);
    check(&comment).unwrap_or_else(|problem| panic!("{problem}\n{comment}"));
}

#[test]
fn the_check_itself_finds_every_trick() {
    for text in HOSTILE {
        if matches!(
            text,
            "\u{202e}txt.exe\u{1b}[31m"
                | "1. one\n\n    indented <b>"
                | "a\\|b|c\\\\|d"
                | "```\n# heading\n```"
                | "~~~\n/merge\n~~~"
        ) {
            continue;
        }
        let bare = format!("# Title\n\n{text}\n\nend\n");
        let is_harmless = check(&bare).is_ok();
        let may_be = ["`code`", "[^1]", "<!--", "| a |", "&lt;"]
            .iter()
            .any(|start| text.starts_with(start));
        assert!(!is_harmless || may_be, "{text:?} is not noticed");
    }
}

#[test]
fn a_marker_in_untrusted_text_stays_text() {
    let marker = "<!-- fargate-pipeline deploy-status deployment -->";
    let data = waited(json!({"summary": marker}));
    let comment = Scene::new()
        .deploy()
        .wait("succeeded", 0, data)
        .markdown(&github());
    assert!(!comment.contains("<!--"), "{comment}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_breaks_out(text in prop_oneof![
        any::<String>(),
        "[ -~\n]{0,60}",
        "[`|\\\\<>\\[\\]()!@#/_*~&;:.a1 \n-]{0,40}",
        prop::sample::subsequence(HOSTILE.to_vec(), 1..4).prop_map(|parts| parts.concat()),
    ]) {
        let comment = poisoned(&text);
        if let Err(problem) = check(&comment) {
            return Err(TestCaseError::fail(format!("{problem}\n{comment}")));
        }
    }
}
