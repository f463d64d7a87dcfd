//! Signature version 4, computed anew from what arrived: in the Authorization header, or in a
//! presigned query.

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use sha2::{Digest as _, Sha256};

use crate::query::Form;
use crate::wire::{Request, header};

/// HMAC with SHA-256.
pub(crate) fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Percent-encodes everything except letters, digits and `-_.~`, and `/` if it is kept.
fn encoded(text: &str, keep_slash: bool) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            b'/' if keep_slash => "/".into(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// The parts of a signature.
struct Claim {
    /// `DATE/REGION/SERVICE/aws4_request`.
    scope: String,
    signed_headers: String,
    signature: String,
    date: String,
    presigned: bool,
}

fn claim(request: &Request) -> Option<Claim> {
    let query = Form::parse(request.uri.query().unwrap_or_default().as_bytes());
    if let Some(credential) = query.get("X-Amz-Credential") {
        return Some(Claim {
            scope: credential.split_once('/')?.1.to_owned(),
            signed_headers: query.get("X-Amz-SignedHeaders")?.to_owned(),
            signature: query.get("X-Amz-Signature")?.to_owned(),
            date: query.get("X-Amz-Date")?.to_owned(),
            presigned: true,
        });
    }
    let authorization = header(request, "authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let field = |name: &str| {
        let mut fields = authorization.split(',').map(str::trim);
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
    };
    Some(Claim {
        scope: field("Credential")?.split_once('/')?.1.to_owned(),
        signed_headers: field("SignedHeaders")?.to_owned(),
        signature: field("Signature")?.to_owned(),
        date: header(request, "x-amz-date")?.to_owned(),
        presigned: false,
    })
}

/// The request in the form that is signed.
fn canonical(request: &Request, claim: &Claim) -> Option<String> {
    let service = claim.scope.split('/').nth(2)?;
    let path = request.uri.path();
    // S3 signs the path as it is, the others encode it once more.
    let path = match service {
        "s3" => path.to_owned(),
        _ => encoded(path, true),
    };
    let mut query: Vec<(String, String)> = request
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("X-Amz-Signature="))
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let plain = |text: &str| crate::query::decoded(&text.replace('+', "%2B"));
            (encoded(&plain(name), false), encoded(&plain(value), false))
        })
        .collect();
    query.sort();
    let query: Vec<String> = query
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut headers = String::new();
    for name in claim.signed_headers.split(';') {
        let value = match header(request, name) {
            Some(value) => value,
            None if name == "host" => request.uri.authority()?.as_str(),
            None => return None,
        };
        let value: Vec<&str> = value.split_whitespace().collect();
        headers.push_str(&format!("{name}:{}\n", value.join(" ")));
    }
    let payload = match header(request, "x-amz-content-sha256") {
        Some(stated) => stated.to_owned(),
        None if claim.presigned => "UNSIGNED-PAYLOAD".to_owned(),
        None => hex(&Sha256::digest(&request.body)),
    };
    Some(format!(
        "{}\n{path}\n{}\n{headers}\n{}\n{payload}",
        request.method,
        query.join("&"),
        claim.signed_headers
    ))
}

/// Whether a request has the signature that this secret produces, and the body whose hash it names.
pub(crate) fn fits(request: &Request, secret: &str) -> bool {
    let Some(claim) = claim(request) else {
        return false;
    };
    let stated = header(request, "x-amz-content-sha256");
    let plain = stated.is_some_and(|stated| stated.len() == 64);
    if plain
        && request.method != Method::GET
        && stated != Some(&hex(&Sha256::digest(&request.body)))
    {
        return false;
    }
    let Some(canonical) = canonical(request, &claim) else {
        return false;
    };
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{}\n{}",
        claim.date,
        claim.scope,
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let key = claim
        .scope
        .split('/')
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| {
            hmac_sha256(&key, part.as_bytes())
        });
    hex(&hmac_sha256(&key, text.as_bytes())) == claim.signature
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of AWS's own documentation of signature version 4.
    #[test]
    fn aws_own_examples() {
        let listed = Request::new(
            Method::GET,
            "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
        )
        .header("host", "iam.amazonaws.com")
        .header(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )
        .header("x-amz-date", "20150830T123600Z")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        );
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        assert!(fits(&listed, secret));
        assert!(!fits(&listed, "another"));
        assert!(!fits(&listed.clone().body("changed"), secret));
        let presigned = "https://examplebucket.s3.amazonaws.com/test.txt\
            ?X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
            &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
            &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        assert!(fits(&Request::new(Method::GET, presigned), secret));
        let other = presigned.replace("test.txt", "test2.txt");
        assert!(!fits(&Request::new(Method::GET, &other), secret));
    }
}
