//! Parses JSON, with comments if they are allowed.
//!
//! The scanner of a library finds the tokens. Value and locations are built from them directly,
//! without a tree in between. Strings with escapes and numbers are parsed again, strictly, because
//! the scanner accepts more than JSON allows.

use std::borrow::Cow;
use std::ops::Range;

use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};
use serde_json::{Map, Value};

use super::scalar::json_number;
use super::syntax_error::{SyntaxError, twice};
use crate::span::{Inside, Span};

/// The maximum nesting depth. Definitions of ECS have about ten levels.
const MAX_DEPTH: usize = 100;

pub(super) fn parse(text: &str, comments: bool) -> Result<(Value, Span), SyntaxError> {
    let options = ScannerOptions {
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let mut reader = Reader {
        text,
        comments,
        scanner: Scanner::new(text, &options),
        unplaced: Vec::new(),
    };
    let Some(first) = reader.next()? else {
        return Err(SyntaxError::new(
            0,
            "the text is empty except for comments and spaces",
        ));
    };
    let whole = reader.value(first, 0)?;
    match reader.next()? {
        None => Ok(whole),
        Some(_) => Err(reader.refuse("unexpected text after the end of the value")),
    }
}

struct Reader<'t> {
    text: &'t str,
    comments: bool,
    scanner: Scanner<'t>,
    /// Elements (with an empty name) and members of the open lists and objects, so that each list
    /// and object is allocated once with its final size.
    unplaced: Vec<(String, Value, Span)>,
}

impl<'t> Reader<'t> {
    /// The next token that is not a comment.
    fn next(&mut self) -> Result<Option<Token<'t>>, SyntaxError> {
        loop {
            let scanned = self.scanner.scan().map_err(|error| {
                let at = error.range().start;
                SyntaxError::new(at, sentence(&error.kind().to_string(), self.text, at))
            })?;
            match scanned {
                Some(Token::CommentLine(_) | Token::CommentBlock(_)) if self.comments => {}
                Some(Token::CommentLine(_) | Token::CommentBlock(_)) => {
                    return Err(self.refuse("comments are not allowed"));
                }
                token => return Ok(token),
            }
        }
    }

    /// An error at the last token.
    fn refuse(&self, why: &str) -> SyntaxError {
        let at = self.scanner.token_start();
        SyntaxError::new(at, sentence(why, self.text, at))
    }

    fn range(&self) -> Range<usize> {
        self.scanner.token_start()..self.scanner.token_end()
    }

    /// Parses the value that starts with this token, which is the last one.
    fn value(&mut self, token: Token<'t>, depth: usize) -> Result<(Value, Span), SyntaxError> {
        let range = self.range();
        if depth > MAX_DEPTH {
            return Err(SyntaxError::new(
                range.start,
                format!("more than {MAX_DEPTH} levels of nesting"),
            ));
        }
        let value = match token {
            Token::OpenBrace => return self.object(range.start, depth),
            Token::OpenBracket => return self.array(range.start, depth),
            Token::String(content) => Value::String(self.string(content)?),
            Token::Boolean(value) => Value::Bool(value),
            Token::Null => Value::Null,
            Token::Number(digits) => match json_number(digits) {
                Some(number) => Value::Number(number),
                None => {
                    let why = format!("{digits} is not a valid JSON number");
                    return Err(SyntaxError::new(range.start, why));
                }
            },
            _ => return Err(self.refuse("expected a value")),
        };
        Ok((value, Span::scalar(range)))
    }

    fn array(&mut self, start: usize, depth: usize) -> Result<(Value, Span), SyntaxError> {
        let before = self.unplaced.len();
        while let Some(first) = self.inside(before, start, &Token::CloseBracket, "list")? {
            let (element, span) = self.value(first, depth + 1)?;
            self.unplaced.push((String::new(), element, span));
        }
        let count = self.unplaced.len() - before;
        let mut elements = Vec::with_capacity(count);
        let mut spans = Vec::with_capacity(count);
        for (_, element, span) in self.unplaced.drain(before..) {
            elements.push(element);
            spans.push(span);
        }
        let mut span = Span::scalar(start..self.scanner.token_end());
        span.inside = Inside::Elements(spans);
        Ok((Value::Array(elements), span))
    }

    fn object(&mut self, start: usize, depth: usize) -> Result<(Value, Span), SyntaxError> {
        let before = self.unplaced.len();
        while let Some(first) = self.inside(before, start, &Token::CloseBrace, "object")? {
            let Token::String(content) = first else {
                return Err(self.refuse("expected a name in double quotes"));
            };
            let name_range = self.range();
            let name = self.string(content)?;
            if self.next()? != Some(Token::Colon) {
                return Err(self.refuse("expected a colon after the name"));
            }
            let Some(first) = self.next()? else {
                return Err(self.refuse("expected a value"));
            };
            let (member, mut span) = self.value(first, depth + 1)?;
            span.name = Some(name_range);
            self.unplaced.push((name, member, span));
        }
        let end = self.scanner.token_end();
        let count = self.unplaced.len() - before;
        let mut members = Map::with_capacity(count);
        let mut spans: Vec<(String, Span)> = Vec::with_capacity(count);
        for (name, member, span) in self.unplaced.drain(before..) {
            let at = span.name.as_ref().map_or(start, |range| range.start);
            spans.push((name.clone(), span));
            if members.insert(name, member).is_some() {
                return Err(refuse_twice(at, &spans, self.text));
            }
        }
        let mut span = Span::scalar(start..end);
        span.inside = Inside::Members(spans);
        Ok((Value::Object(members), span))
    }

    /// The first token of the next element or member of the list or object that starts at `start`;
    /// `None` at its end.
    fn inside(
        &mut self,
        before: usize,
        start: usize,
        close: &Token<'_>,
        what: &str,
    ) -> Result<Option<Token<'t>>, SyntaxError> {
        let is_first = self.unplaced.len() == before;
        let end = self.scanner.token_end();
        let mut token = self.next()?;
        if !is_first && token.as_ref() != Some(close) {
            if token.is_some() && token != Some(Token::Comma) {
                return Err(SyntaxError::new(
                    end,
                    sentence("expected a comma", self.text, end),
                ));
            }
            let comma = self.scanner.token_start();
            token = self.next()?;
            if token.as_ref() == Some(close) && !self.comments {
                return Err(SyntaxError::new(comma, "a trailing comma is not allowed"));
            }
        }
        match token {
            None => Err(SyntaxError::new(
                start,
                format!("this {what} is not closed"),
            )),
            Some(token) if token == *close => Ok(None),
            token => Ok(token),
        }
    }

    /// The string of the last token.
    fn string(&self, content: Cow<'t, str>) -> Result<String, SyntaxError> {
        match content {
            Cow::Borrowed(plain) if !plain.bytes().any(|b| b < b' ') => Ok(plain.to_owned()),
            _ => {
                let range = self.range();
                let start = range.start;
                let written = self.text.get(range).unwrap_or_default();
                serde_json::from_str(written).map_err(|error| {
                    let message = error.to_string();
                    let message = message.split(" at line").next().unwrap_or_default();
                    SyntaxError::new(start, format!("not a JSON string: {message}"))
                })
            }
        }
    }
}

/// Words of other languages, which people write instead of values of JSON.
const FOREIGN_WORDS: [&str; 6] = ["NaN", "Infinity", "None", "True", "False", "undefined"];

/// The message as a fragment, with the token at fault if it cannot be secret. The file may be
/// another one than intended, e.g. one with passwords, so that any other token stays hidden.
fn sentence(message: &str, text: &str, at: usize) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    let message: String = first.into_iter().chain(chars).collect();
    let rest = text.get(at..).unwrap_or_default();
    let word = FOREIGN_WORDS.iter().find(|word| {
        let after = rest.strip_prefix(**word);
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    });
    let punctuation = rest.chars().next().filter(|c| "{}[]:,".contains(*c));
    match (word, punctuation) {
        (Some(word), _) => format!("{message}, at {word:?}"),
        (None, Some(c)) => format!("{message}, at \"{c}\""),
        (None, None) => message,
    }
}

/// The error if the last of these members has the name of an earlier one.
fn refuse_twice(at: usize, spans: &[(String, Span)], text: &str) -> SyntaxError {
    let name = spans.last().map_or("", |(name, _)| name);
    let first = spans.iter().find(|(known, _)| known == name);
    let first = first.and_then(|(_, span)| span.name.clone());
    SyntaxError::new(at, twice(name, text, first.map_or(at, |range| range.start)))
}
