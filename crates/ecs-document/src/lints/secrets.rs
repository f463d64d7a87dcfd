//! Secrets in plain variables, commands and labels. Messages name what was found, and never show it.

use super::code::LintCode;
use super::context::{LintContext, elements, text};
use crate::pointer;

/// Prefixes of well-known keys, and what they are.
const PREFIXES: [(&str, &str); 19] = [
    ("AKIA", "an AWS access key"),
    ("ASIA", "an AWS session's access key"),
    ("ghp_", "a GitHub token"),
    ("gho_", "a GitHub token"),
    ("ghs_", "a GitHub token"),
    ("github_pat_", "a GitHub token"),
    ("glpat-", "a GitLab token"),
    ("xoxb-", "a Slack token"),
    ("xoxp-", "a Slack token"),
    ("sk_live_", "a Stripe key"),
    ("rk_live_", "a Stripe key"),
    ("sk-ant-", "an API key"),
    ("sk-proj-", "an API key"),
    ("AIza", "a Google API key"),
    ("npm_", "an npm token"),
    ("hf_", "a Hugging Face token"),
    ("dop_v1_", "a DigitalOcean token"),
    ("SG.", "a SendGrid key"),
    ("-----BEGIN", "a private key"),
];

/// Words in a variable's name that suggest a secret.
const SECRET_WORDS: [&str; 9] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "PRIVATEKEY",
    "CREDENTIALS",
    "ACCESSKEY",
];
/// Last words of a name that do not suggest a secret.
const HARMLESS_ENDS: [&str; 18] = [
    "ARN",
    "NAME",
    "ID",
    "FILE",
    "PATH",
    "DIR",
    "URL",
    "URI",
    "ENDPOINT",
    "TTL",
    "EXPIRY",
    "EXPIRATION",
    "LENGTH",
    "HOST",
    "REGION",
    "ENABLED",
    "TYPE",
    "HEADER",
];
/// Parts of names whose values are random, but public.
const PUBLIC_PARTS: [&str; 9] = [
    "SHA", "COMMIT", "VERSION", "HASH", "DIGEST", "REVISION", "BUILD", "PUBLIC", "CLIENTID",
];

pub(super) fn check(context: &mut LintContext<'_>) {
    for container in context.containers() {
        for (index, variable) in elements(container.value, "environment").iter().enumerate() {
            let (Some(name), Some(value)) = (text(variable, "name"), text(variable, "value"))
            else {
                continue;
            };
            if let Some(what) = by_form(value)
                .or_else(|| by_name(name, value))
                .or_else(|| by_chance(name, value))
            {
                let at = pointer::join(&container.pointer("environment"), &index.to_string());
                let message = format!("the variable {name} of container {} {what}", container.name);
                context.report(LintCode::PlainSecret, at, message);
            }
        }
        for member in ["command", "entryPoint"] {
            for (index, word) in elements(container.value, member).iter().enumerate() {
                if let Some(what) = word.as_str().and_then(by_words) {
                    let at = pointer::join(&container.pointer(member), &index.to_string());
                    let message = format!("the {member} of container {} {what}", container.name);
                    context.report(LintCode::PlainSecret, at, message);
                }
            }
        }
        let labels = container.value["dockerLabels"]
            .as_object()
            .into_iter()
            .flatten();
        for (label, value) in labels {
            if let Some(what) = value.as_str().and_then(by_form) {
                let at = pointer::join(&container.pointer("dockerLabels"), label);
                let message = format!("the label {label} of container {} {what}", container.name);
                context.report(LintCode::PlainSecret, at, message);
            }
        }
    }
}

fn by_words(text: &str) -> Option<String> {
    text.split([' ', '=', '"', '\'']).find_map(by_form)
}

/// A secret that its format gives away.
fn by_form(value: &str) -> Option<String> {
    let value = value.trim();
    if let Some((prefix, what)) = PREFIXES.iter().find(|(p, _)| value.starts_with(p)) {
        let rest = &value[prefix.len()..];
        let is_long =
            rest.len() >= 16 && !rest.starts_with(" PUBLIC") && !rest.starts_with(" CERT");
        let is_private = *prefix != "-----BEGIN" || rest.contains("PRIVATE KEY");
        if is_long && is_private {
            return Some(format!("looks like {what}"));
        }
    }
    let mut parts = value.split('.');
    let is_jwt = value.starts_with("eyJ")
        && parts.clone().count() == 3
        && parts.all(|p| p.len() >= 10 && p.bytes().all(is_base64));
    if is_jwt {
        return Some("looks like a signed token".to_owned());
    }
    let (scheme, rest) = value.split_once("://")?;
    let (login, _) = rest.split_once('@')?;
    let (_, password) = login.split_once(':')?;
    let is_login = !login.contains(['/', '?', '#', ' ']);
    let is_scheme = scheme
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    (is_login && is_scheme && !password.is_empty() && !password.starts_with('$'))
        .then(|| "contains a URL with a password".to_owned())
}

/// A secret that the variable's name gives away.
fn by_name(name: &str, value: &str) -> Option<String> {
    // Check the value first, which is faster than splitting the name.
    let is_setting = value.len() < 6
        || value.parse::<f64>().is_ok()
        || ["arn:", "/", "http://", "https://", "${", "ssm:"]
            .iter()
            .any(|p| value.starts_with(p))
        || ["disabled", "enabled", "optional", "required"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word));
    if is_setting {
        return None;
    }
    let joined = joined(name);
    if !SECRET_WORDS.iter().any(|word| joined.contains(word)) {
        return None;
    }
    let last = words(name).pop().unwrap_or_default();
    let is_harmless = HARMLESS_ENDS.contains(&last.as_str()) || is_public(&joined);
    (!is_harmless).then(|| "looks like a secret because of its name".to_owned())
}

/// A secret that looks random.
fn by_chance(name: &str, value: &str) -> Option<String> {
    let has = |is: fn(&u8) -> bool| value.bytes().any(|b| is(&b));
    let is_random = value.len() >= 24
        && value.bytes().all(is_base64)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
        && !value.starts_with('/')
        && entropy(value) >= 4.0;
    (is_random && !is_public(&joined(name))).then(|| "looks like a random key".to_owned())
}

fn is_public(joined: &str) -> bool {
    PUBLIC_PARTS.iter().any(|part| joined.contains(part))
}

/// The letters and digits of a name in capitals.
fn joined(name: &str) -> String {
    let parts = name.chars().filter(|c| c.is_alphanumeric());
    parts.flat_map(char::to_uppercase).collect()
}

/// The words of a name in capitals, the same for `dbPassword`, `DB_PASSWORD` and `db.password`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        let is_new = !c.is_alphanumeric() || (c.is_uppercase() && was_lower);
        if is_new && words.last().is_some_and(|w| !w.is_empty()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_uppercase());
        }
        was_lower = c.is_lowercase();
    }
    words
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte)
}

/// Shannon entropy in bits per character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    text.bytes().for_each(|b| counts[usize::from(b)] += 1);
    let length = text.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / length;
            -share * share.log2()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::{by_chance, by_form, by_name, by_words};

    #[test]
    fn secrets_are_known_and_settings_are_not() {
        let found = |name: &str, value: &str| {
            by_form(value)
                .or_else(|| by_name(name, value))
                .or_else(|| by_chance(name, value))
        };
        // Concatenated, so that secret scanners do not report this file.
        let aws = format!("AKIA{}", "IOSFODNN7EXAMPLE");
        let github = format!("ghp_{}", "0123456789abcdefghij0123456789abcdef");
        let key = format!("-----BEGIN {} KEY-----\nMIIE", "RSA PRIVATE");
        for (name, value) in [
            ("X", aws.as_str()),
            ("X", github.as_str()),
            ("X", key.as_str()),
            (
                "X",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r",
            ),
            ("DATABASE_URL", "postgres://app:hunter22@db:5432/app"),
            ("DB_PASSWORD", "hunter22"),
            ("dbPassword", "hunter22"),
            ("Auth:ClientSecret", "correct horse"),
            ("SESSION_API_KEY", "q8Zr1vKx"),
            ("SALT", "q8Zr1vKx0mPfT3wLbN7cYd5H"),
        ] {
            assert!(found(name, value).is_some(), "{name}");
        }
        for (name, value) in [
            ("DB_PASSWORD_FILE", "/run/secrets/db"),
            ("DB_PASSWORD", ""),
            ("TOKEN_TTL", "3600000"),
            (
                "SECRET_ARN",
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x",
            ),
            ("SECRET_NAME", "prod/database"),
            ("TOKEN_URL", "https://login.example.com/token"),
            ("GIT_SHA", "9fceb02d0ae598e95dc970b74767f19372d61af8"),
            ("TRACE_ID", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
            ("DATABASE_URL", "postgres://db:5432/app"),
            ("HOMEPAGE", "https://example.com/@user:name"),
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"),
            ("PUBLIC_KEY", "q8Zr1vKx0mPfT3wLbN7cYd5H"),
            ("FEATURE", "some-long-feature-name-with-words"),
            ("CERT", "-----BEGIN CERTIFICATE-----\nMIIE"),
            ("USE_TOKEN", "true"),
        ] {
            assert_eq!(found(name, value), None, "{name}");
        }
        assert!(by_words(&format!("curl -H Authorization={github}")).is_some());
    }
}
