//! Parses `WWW-Authenticate` (RFC 9110 11.6.1): any number of headers, each with any number of
//! challenges. A comma separates both challenges and their parameters.
//!
//! Decided here: which challenges a registry offers, and which one is preferred. Never here: the
//! credentials for it.

/// A challenge that this client can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    Basic,
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

/// The challenges of all headers that this client can answer, the preferred one first: a registry
/// that offers a token service may accept passwords only there.
pub(super) fn supported<'h>(headers: impl IntoIterator<Item = &'h str>) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = headers
        .into_iter()
        .flat_map(parse)
        .filter_map(known)
        .collect();
    found.sort_by_key(|challenge| *challenge == Challenge::Basic);
    found
}

/// A challenge of any scheme.
struct AnyChallenge<'h> {
    scheme: &'h str,
    parameters: Vec<(String, String)>,
}

fn known(challenge: AnyChallenge<'_>) -> Option<Challenge> {
    if challenge.scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    if !challenge.scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let parameter = |name: &str| {
        let mut all = challenge.parameters.iter();
        let found = all.find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    };
    Some(Challenge::Bearer {
        realm: parameter("realm")?,
        service: parameter("service"),
        scope: parameter("scope"),
    })
}

/// Reads as much as can be understood. A challenge with an unclosed quote is not returned.
fn parse(header: &str) -> Vec<AnyChallenge<'_>> {
    let mut found: Vec<AnyChallenge<'_>> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        if rest.is_empty() {
            return found;
        }
        let (token, after) = rest.split_at(rest.find(|c| !is_token(c)).unwrap_or(rest.len()));
        let next = after.trim_start_matches([' ', '\t']);
        rest = match (token, next.strip_prefix('='), found.last_mut()) {
            // Not a token: skip to the next element of the list.
            ("", ..) => rest.split_once(',').map_or("", |(_, next)| next),
            (_, Some(value), Some(challenge)) => {
                let Some((value, next)) = read_value(value) else {
                    found.pop();
                    return found;
                };
                challenge.parameters.push((token.to_owned(), value));
                next
            }
            // A parameter without a scheme before it.
            (_, Some(value), None) => match read_value(value) {
                Some((_, next)) => next,
                None => return found,
            },
            (scheme, None, _) => {
                found.push(AnyChallenge {
                    scheme,
                    parameters: Vec::new(),
                });
                skip_token68(next)
            }
        };
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// Reads a value and returns what follows it. Unquoted values may contain what only quoted ones
/// should, e.g. a URL. `None` if a quote is not closed.
fn read_value(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start_matches([' ', '\t']);
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

/// Skips the data of schemes that have no parameters, e.g. `Negotiate`.
fn skip_token68(text: &str) -> &str {
    let is_data = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    let after = text.trim_start_matches(is_data).trim_start_matches('=');
    let after = after.trim_start_matches([' ', '\t']);
    if after.is_empty() || after.starts_with(',') {
        after
    } else {
        text
    }
}

#[cfg(test)]
#[path = "challenge_tests.rs"]
mod tests;
