use std::ffi::OsString;

use reqwest::Url;

use super::ProxyRules;
use crate::ClientError;

fn read(variables: &[(&str, &str)]) -> Result<ProxyRules, ClientError> {
    ProxyRules::read(|name| {
        let found = variables.iter().find(|(n, _)| *n == name);
        found.map(|(_, value)| OsString::from(value))
    })
}

fn proxy(variables: &[(&str, &str)], url: &str) -> Option<String> {
    let rules = read(variables).expect("the variables can be read");
    let url = Url::parse(url).expect("a URL");
    rules.proxy_for(&url).map(Url::to_string)
}

#[test]
fn each_scheme_has_its_proxy_and_all_proxy_is_the_default() {
    let variables = [
        ("HTTP_PROXY", "http://plain:1"),
        ("https_proxy", " tls:2 "),
        ("ALL_PROXY", "http://all:3"),
    ];
    for (variables, url, expected) in [
        (&variables[..], "http://h/", Some("http://plain:1/")),
        (&variables[..], "https://h/", Some("http://tls:2/")),
        (&variables[2..], "https://h/", Some("http://all:3/")),
        (&variables[..1], "https://h/", None),
        (&[("HTTP_PROXY", " ")], "http://h/", None),
        (
            &[("HTTP_PROXY", "http://plain:1"), ("REQUEST_METHOD", "GET")],
            "http://h/",
            None,
        ),
    ] {
        assert_eq!(proxy(variables, url).as_deref(), expected, "{url}");
    }
}

#[test]
fn no_proxy_has_many_forms() {
    for (list, url, is_direct) in [
        ("*", "http://127.0.0.1:5000/", true),
        ("*", "http://example.com/", true),
        ("example.com", "http://example.com/", true),
        ("example.com", "http://api.example.com/", true),
        (".example.com", "http://api.example.com/", true),
        ("*.example.com", "http://api.example.com/", true),
        ("EXAMPLE.com", "http://Example.COM./", true),
        ("example.com", "http://notexample.com/", false),
        ("example.com:8080", "http://example.com:8080/", true),
        ("example.com:8080", "http://example.com/", false),
        ("example.com:80", "http://example.com/", true),
        ("10.0.0.0/8", "http://10.1.2.3/", true),
        ("10.0.0.0/8", "http://11.1.2.3/", false),
        ("0.0.0.0/0", "http://11.1.2.3/", true),
        ("10.0.0.7", "http://10.0.0.7:5000/", true),
        ("10.0.0.7:5000", "http://10.0.0.7:5000/", true),
        ("10.0.0.7", "http://10.0.0.8/", false),
        ("::1", "http://[::1]:5000/", true),
        ("[::1]", "http://[::1]/", true),
        ("fd00::/8", "http://[fd12::1]/", true),
        ("10.0.0.0/8", "http://[::1]/", false),
        ("a.test, b.test", "http://b.test/", true),
        ("a.test b.test", "http://b.test/", true),
        ("a.test,,", "http://b.test/", false),
        ("10.0.0.0/many", "http://10.0.0.1/", false),
        ("", "http://a.test/", false),
    ] {
        let variables = [("HTTP_PROXY", "http://p:1"), ("NO_PROXY", list)];
        assert_eq!(
            proxy(&variables, url).is_none(),
            is_direct,
            "{list:?} {url}"
        );
    }
}

#[test]
fn a_value_that_cannot_be_read_is_an_error_that_names_only_the_variable() {
    for (value, reason) in [
        (
            "http://user:hunter2@127.0.0.1:notaport",
            "invalid port number",
        ),
        (
            "socks5://user:hunter2@127.0.0.1:1080",
            "socks5:// is not supported",
        ),
        ("http://", "empty host"),
    ] {
        let error = read(&[("https_proxy", value)]).expect_err("rejected");
        let message = error.to_string();
        assert!(
            message.starts_with("https_proxy is not the URL of a proxy: "),
            "{message}"
        );
        assert!(message.contains(reason), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn a_password_may_contain_any_character() {
    let variables = [("HTTP_PROXY", "http://us er:p@ss@proxy:9")];
    let shown = proxy(&variables, "http://h/");
    assert_eq!(shown.as_deref(), Some("http://us%20er:p%40ss@proxy:9/"));
    let rules = read(&variables).expect("the variables can be read");
    assert!(!format!("{rules:?}").contains("p%40ss"), "{rules:?}");
}
