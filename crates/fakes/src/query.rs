//! AWS's query protocol, which STS and Elastic Load Balancing use: a form in, XML out.

use std::fmt::Write as _;

use crate::wire::{ApiError, Response};

/// The fields of a form, decoded, in order.
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        Self(
            text.split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decoded(name), decoded(value))
                })
                .collect(),
        )
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The members of a list: `NAME.member.1`, `NAME.member.2`, …
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        (1..)
            .map_while(|index| self.get(&format!("{name}.member.{index}")))
            .collect()
    }
}

/// Decodes percent-encoding; `+` is a space.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, used) = match (first, tail) {
            (b'%', [high, low, ..]) => {
                let hex = [*high, *low];
                match std::str::from_utf8(&hex)
                    .ok()
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok())
                {
                    Some(byte) => (byte, 3),
                    None => (b'%', 1),
                }
            }
            (b'+', _) => (b' ', 1),
            (byte, _) => (*byte, 1),
        };
        bytes.push(byte);
        rest = &rest[used..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Writes an XML document; text is escaped, names are not.
#[derive(Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// `<name>` … `</name>` around what `inner` writes.
    pub(crate) fn element(&mut self, name: &str, inner: impl FnOnce(&mut Self)) -> &mut Self {
        let _ = write!(self.0, "<{name}>");
        inner(self);
        let _ = write!(self.0, "</{name}>");
        self
    }

    /// An element that holds only text.
    pub(crate) fn text(&mut self, name: &str, text: &str) -> &mut Self {
        let _ = write!(self.0, "<{name}>{}</{name}>", escaped(text));
        self
    }

    /// Text inside the element that is being written.
    pub(crate) fn raw(&mut self, text: &str) -> &mut Self {
        self.0.push_str(&escaped(text));
        self
    }

    /// One `<member>` for each item.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut inner: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.element(name, |xml| {
            for item in items {
                xml.element("member", |xml| inner(xml, item));
            }
        })
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// `<OPERATIONResponse><OPERATIONResult>…` with the request's id, status 200.
pub(crate) fn answer(namespace: &str, operation: &str, result: &str, request_id: &str) -> Response {
    Response::new(
        200,
        "text/xml",
        format!(
            "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{result}</{operation}Result>\
             <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
        ),
    )
    .with("x-amzn-requestid", request_id)
}

pub(crate) fn error(namespace: &str, error: &ApiError, request_id: &str) -> Response {
    let fault = if error.status < 500 {
        "Sender"
    } else {
        "Receiver"
    };
    Response::new(
        error.status,
        "text/xml",
        format!(
            "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{fault}</Type><Code>{}</Code>\
             <Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
            escaped(&error.code),
            escaped(&error.message)
        ),
    )
    .with("x-amzn-requestid", request_id)
}
