//! Removes everything that looks like a credential from untrusted text. CI systems mask known secrets
//! in logs, but not in comments.

/// Replaces a secret.
const REDACTED: &str = "***";

/// Prefixes of tokens that are valid at least as long as a deployment runs.
const TOKEN_PREFIXES: [&str; 16] = [
    "AKIA",
    "ASIA",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "glcbt-",
    "gldt-",
    "xoxb-",
    "xoxp-",
    "npm_",
    "eyJ",
    "sk_live_",
];

/// Minimum length of a token, in bytes. A shorter word with the same prefix is not a token.
const MIN_TOKEN_LENGTH: usize = 16;

/// Names whose values are secrets, in `name=value`, `name: value` and `"name":"value"`.
const SECRET_NAMES: [&str; 9] = [
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "access_key",
    "authorization",
];

/// What the next word can be.
#[derive(Clone, Copy, PartialEq)]
enum NextWord {
    Word,
    /// The value after the name of a secret.
    Value,
    /// The word after `Bearer` or `Basic`: a credential, or the next word of a sentence.
    Credential,
}

/// Replaces everything in the text that looks like a credential. All other characters stay.
pub fn redact(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let mut next = NextWord::Word;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
        if !word.is_empty() {
            let is_scheme =
                word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic");
            // `arn:aws:secretsmanager:…:secret:NAME` is the name of a secret, not its value.
            let is_name = is_secret_name(word) && !clean.ends_with(':') && begins_value(after);
            let is_secret = match next {
                NextWord::Value => !is_scheme,
                NextWord::Credential => word.len() >= MIN_TOKEN_LENGTH,
                NextWord::Word => false,
            };
            clean.push_str(if is_secret || is_token(word) {
                REDACTED
            } else {
                word
            });
            next = match (is_name, is_scheme, next) {
                (true, _, _) | (_, true, NextWord::Value) => NextWord::Value,
                (_, true, _) => NextWord::Credential,
                _ => NextWord::Word,
            };
        }
        let (gap, following) = after.split_at(after.find(is_part).unwrap_or(after.len()));
        if gap.contains(['\n', ',', '&', ';']) {
            next = NextWord::Word;
        }
        clean.push_str(gap);
        rest = match following.strip_prefix("//") {
            Some(address) if gap.ends_with(':') => {
                clean.push_str("//");
                without_password(&mut clean, address)
            }
            _ => following,
        };
    }
    clean
}

/// Appends the user of a URL without the password, and returns the rest of the text.
fn without_password<'a>(clean: &mut String, address: &'a str) -> &'a str {
    let end = address
        .find(['/', ' ', '"', '\n', '?'])
        .unwrap_or(address.len());
    let parts = address[..end].rsplit_once('@');
    match parts.and_then(|(user, host)| user.split_once(':').map(|(name, _)| (name, host))) {
        Some((name, host)) => {
            clean.push_str(&format!("{name}:{REDACTED}@"));
            &address[end - host.len()..]
        }
        None => address,
    }
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(
            c,
            '_' | '-' | '.' | '+' | '/' | '~' | '$' | '!' | '%' | '^' | '*'
        )
}

fn is_token(word: &str) -> bool {
    word.len() >= MIN_TOKEN_LENGTH && TOKEN_PREFIXES.iter().any(|start| word.starts_with(start))
}

fn is_secret_name(word: &str) -> bool {
    let word = word
        .trim_start_matches('-')
        .to_ascii_lowercase()
        .replace('-', "_");
    SECRET_NAMES.iter().any(|name| word.ends_with(name))
}

/// Whether a value follows the name, after `=`, `:`, `"=` or `" : "`.
fn begins_value(after: &str) -> bool {
    let after = after.trim_start_matches(['"', '\'', ' ']);
    let Some(value) = after.strip_prefix(['=', ':']) else {
        return false;
    };
    !value.starts_with("//")
}
