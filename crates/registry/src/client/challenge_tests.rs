use proptest::prelude::*;

use super::{Challenge, supported};

fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
    Challenge::Bearer {
        realm: realm.to_owned(),
        service: service.map(str::to_owned),
        scope: scope.map(str::to_owned),
    }
}

#[test]
fn challenges_of_all_forms_are_parsed() {
    let realm = "https://auth.test/token";
    let plain = || bearer(realm, None, None);
    let full = || {
        bearer(
            realm,
            Some("registry.test"),
            Some("repository:app:pull,push"),
        )
    };
    for (headers, expected) in [
        (vec![], vec![]),
        (vec![""], vec![]),
        (vec![" , ,"], vec![]),
        (vec!["Basic realm=\"x\""], vec![Challenge::Basic]),
        (vec!["basic"], vec![Challenge::Basic]),
        (
            vec!["Basic realm=\"a, Bearer realm=b\""],
            vec![Challenge::Basic],
        ),
        (
            vec![
                "Bearer realm=\"https://auth.test/token\",service=\"registry.test\",scope=\"repository:app:pull,push\"",
            ],
            vec![full()],
        ),
        (
            vec![
                "bearer service=registry.test , SCOPE=\"repository:app:pull,push\",, realm = \"https://auth.test/token\"",
            ],
            vec![full()],
        ),
        (vec!["Bearer realm=https://auth.test/token"], vec![plain()]),
        (
            vec!["Bearer realm=https://auth.test/token service=s"],
            vec![bearer(realm, Some("s"), None)],
        ),
        (
            vec!["Bearer realm=\"a\\\"b\\\\\",error=\"invalid_token\""],
            vec![bearer("a\"b\\", None, None)],
        ),
        // Several challenges: the token service is preferred, wherever it is.
        (
            vec!["Basic realm=\"x\", Bearer realm=\"https://auth.test/token\""],
            vec![plain(), Challenge::Basic],
        ),
        (
            vec![
                "Basic realm=\"x\"",
                "Bearer realm=\"https://auth.test/token\"",
            ],
            vec![plain(), Challenge::Basic],
        ),
        (
            vec!["Negotiate, Bearer realm=\"https://auth.test/token\""],
            vec![plain()],
        ),
        (
            vec![
                "Negotiate YIIabc/+==, NTLM, Basic realm=\"x\", Bearer realm=\"https://auth.test/token\"",
            ],
            vec![plain(), Challenge::Basic],
        ),
        (
            vec!["Digest qop=\"auth, auth-int\", nonce=n, Basic realm=\"x\""],
            vec![Challenge::Basic],
        ),
        // What cannot be understood does not hide the rest.
        (vec!["Bearer service=\"x\""], vec![]),
        (vec!["Bearer realm=\"unclosed"], vec![]),
        (
            vec!["Basic realm=\"x\", Bearer realm=\"unclosed"],
            vec![Challenge::Basic],
        ),
        (vec!["realm=\"x\", Basic"], vec![Challenge::Basic]),
        (vec!["\"?\", Basic"], vec![Challenge::Basic]),
        (vec!["Negotiate"], vec![]),
    ] {
        assert_eq!(supported(headers.iter().copied()), expected, "{headers:?}");
    }
}

/// A challenge and one of the ways to write it.
fn written() -> impl Strategy<Value = (Option<Challenge>, String)> {
    let text = "[ -~]{0,12}";
    let space = "[ \t]{0,2}";
    let quoted = |text: &str| {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{escaped}\"")
    };
    prop_oneof![
        Just((None, "Negotiate".to_owned())),
        "[a-z/+]{1,8}={0,2}".prop_map(|data| (None, format!("Negotiate {data}"))),
        text.prop_map(move |realm| {
            (
                Some(Challenge::Basic),
                format!("bAsIc realm={}", quoted(&realm)),
            )
        }),
        (text, text, proptest::option::of(text), space).prop_map(
            move |(realm, service, scope, space)| {
                let mut written = format!(
                    "Bearer{space} service{space}={}{space},realm=\t{}",
                    quoted(&service),
                    quoted(&realm)
                );
                if let Some(scope) = &scope {
                    written.push_str(&format!(" ,\t Scope={}", quoted(scope)));
                }
                let challenge = Challenge::Bearer {
                    realm,
                    service: Some(service),
                    scope,
                };
                (Some(challenge), written)
            }
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_header_stops_the_program(headers in proptest::collection::vec(".{0,40}|[a-zB= ,\"\\\\]{0,40}", 0..3)) {
        supported(headers.iter().map(String::as_str));
    }

    /// However challenges are written and divided into headers, they are all found.
    #[test]
    fn every_challenge_is_found(
        challenges in proptest::collection::vec((written(), any::<bool>()), 0..6),
    ) {
        let mut headers: Vec<String> = vec![String::new()];
        for ((_, written), starts_header) in &challenges {
            match headers.last_mut() {
                Some(last) if !*starts_header => {
                    last.push_str(", ");
                    last.push_str(written);
                }
                _ => headers.push(written.clone()),
            }
        }
        let all = || challenges.iter().filter_map(|((challenge, _), _)| challenge.clone());
        let mut expected: Vec<Challenge> = all().filter(|c| *c != Challenge::Basic).collect();
        expected.extend(all().filter(|c| *c == Challenge::Basic));
        prop_assert_eq!(supported(headers.iter().map(String::as_str)), expected);
    }
}
