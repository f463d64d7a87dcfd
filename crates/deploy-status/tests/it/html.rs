//! The report as a web page.

use deploy_status::page;
use proptest::prelude::*;

use crate::scene::{Scene, crashed, github, run};

/// The tags of a page, as a browser would read them.
fn tags(page: &str) -> Vec<&str> {
    let tags = page.split('<').skip(1);
    tags.map(|tag| tag.split('>').next().unwrap_or_default())
        .collect()
}

#[test]
fn the_page_is_complete_and_loads_nothing() {
    let scene = Scene::new().push().render().deploy();
    let scene = scene.wait("failed", 5, crashed());
    let file = scene.path().join("pages/deployment.html");
    let (results, html) = (scene.path().to_str().unwrap(), file.to_str().unwrap());
    let output = run(
        &["--results", results, "--html", html, "--comment-logs"],
        &[],
    );
    assert!(output.status.success(), "{output:?}");
    let page = std::fs::read_to_string(&file).unwrap();
    for shown in [
        "<title>web:43 failed",
        "DATABASE_URL is not set",
        "<table>",
        "default-src 'none'",
        "color-scheme",
        "<details",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    for secret in ["hunter2", "ghp_0123456789abcdef0123"] {
        assert!(!page.contains(secret), "{page}");
    }
    for tag in tags(&page) {
        let name = tag.split(' ').next().unwrap();
        assert!(!["script", "img", "iframe", "link", "object"].contains(&name));
        assert!(!tag.contains(" src=") && !tag.contains(" on"), "{tag}");
    }
}

#[test]
fn a_tag_that_no_report_contains_is_text() {
    for hostile in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<details ontoggle=alert(1) open>",
        "a <b onclick=x>b</b>",
        "<details><script>alert(1)</script></details>",
        "![x](https://example.com/pixel.png)",
        "[x](javascript:alert(1))",
        "<javascript:alert(1)>",
        "</main></body><svg/onload=alert(1)>",
        "<!--x--><style>body{display:none}</style>",
    ] {
        let page = page(hostile, "</title><script>x</script>");
        let body = page.split_once("<body>").unwrap().1;
        let expected = ["main", "p", "/p", "/main", "/body", "/html", "/a"];
        for tag in tags(body) {
            assert!(expected.contains(&tag), "{hostile}: <{tag}> in {body}");
        }
        assert_eq!(page.matches("</title>").count(), 1, "{page}");
    }
}

proptest! {
    /// Text of containers and of AWS in every place of a report.
    #[test]
    fn hostile_text_adds_no_tag(text in r#"[<>&"'`\\|/a-z:=\n\[\]()!*_ -]{0,60}"#) {
        let hostile = format!("{text}<script>alert(1)</script><img src=x onerror=alert(1)>{text}");
        let mut data = crashed();
        data["cause"]["summary"] = hostile.clone().into();
        data["cause"]["groups"][0]["stoppedReason"] = hostile.clone().into();
        data["cause"]["groups"][0]["logs"][0]["lines"] = serde_json::json!([hostile]);
        data["cause"]["events"][0]["message"] = hostile.clone().into();
        data["service"] = hostile.into();
        let scene = Scene::new().deploy().wait("failed", 5, data);
        let mut context = github();
        context.with_logs = true;
        let page = page(&scene.markdown(&context), "x");
        for tag in tags(page.split_once("<body>").unwrap().1) {
            prop_assert!(!tag.contains("script") && !tag.contains("img") && !tag.contains("onerror"), "{tag}");
        }
    }
}
