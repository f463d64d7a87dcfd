//! A last look for secrets in foreign text. CI systems hide what they know in logs, but not in
//! comments; what looks like a credential is taken out here, whatever wrote it.

/// What stands in a secret's place.
const GONE: &str = "***";

/// How tokens begin that are long-lived, or worth something while a deployment runs.
const STARTS: [&str; 16] = [
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

/// A token is longer than any word that begins the same.
const SHORTEST: usize = 16;

/// Names whose value is a secret, in `name=value`, `name: value` and `"name":"value"`.
const NAMES: [&str; 9] = [
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

/// What the next word may be.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    Word,
    /// The value of a secret's name.
    Value,
    /// What follows `Bearer` or `Basic`: a credential, or the next word of a sentence.
    Credential,
}

/// The text without what looks like a credential. Its other characters stay as they are.
pub fn redact(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let mut next = Next::Word;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
        if !word.is_empty() {
            let is_scheme =
                word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic");
            // `arn:aws:secretsmanager:…:secret:NAME` names a secret and holds none.
            let is_name = is_secret_name(word) && !clean.ends_with(':') && begins_value(after);
            let is_secret = match next {
                Next::Value => !is_scheme,
                Next::Credential => word.len() >= SHORTEST,
                Next::Word => false,
            };
            clean.push_str(if is_secret || is_token(word) {
                GONE
            } else {
                word
            });
            next = match (is_name, is_scheme, next) {
                (true, _, _) | (_, true, Next::Value) => Next::Value,
                (_, true, _) => Next::Credential,
                _ => Next::Word,
            };
        }
        let (gap, following) = after.split_at(after.find(is_part).unwrap_or(after.len()));
        if gap.contains(['\n', ',', '&', ';']) {
            next = Next::Word;
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

/// The user of an address without the password; gives what is left of the text.
fn without_password<'a>(clean: &mut String, address: &'a str) -> &'a str {
    let end = address
        .find(['/', ' ', '"', '\n', '?'])
        .unwrap_or(address.len());
    let parts = address[..end].rsplit_once('@');
    match parts.and_then(|(user, host)| user.split_once(':').map(|(name, _)| (name, host))) {
        Some((name, host)) => {
            clean.push_str(&format!("{name}:{GONE}@"));
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
    word.len() >= SHORTEST && STARTS.iter().any(|start| word.starts_with(start))
}

fn is_secret_name(word: &str) -> bool {
    let word = word
        .trim_start_matches('-')
        .to_ascii_lowercase()
        .replace('-', "_");
    NAMES.iter().any(|name| word.ends_with(name))
}

/// Whether what follows a name assigns: `=`, `:`, `"=`, `" : "`.
fn begins_value(after: &str) -> bool {
    let after = after.trim_start_matches(['"', '\'', ' ']);
    let Some(value) = after.strip_prefix(['=', ':']) else {
        return false;
    };
    !value.starts_with("//")
}
