//! JSON, with comments where they are allowed.
//!
//! A library's scanner finds the tokens and their places; value and places are built from them at
//! once, without a tree between. Strings with escapes and numbers are read again from the text
//! itself, strictly, since the scanner takes more than JSON has.

use std::borrow::Cow;
use std::ops::Range;

use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};
use serde_json::{Map, Value};

use super::refused::{Refused, twice};
use super::scalar::json_number;
use crate::span::{Inside, Span};

/// How deep a definition may nest. ECS's own nest some ten levels.
const MAX_DEPTH: usize = 100;

pub(super) fn parse(text: &str, comments: bool) -> Result<(Value, Span), Refused> {
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
        return Err(Refused::new(0, "there is nothing but comments and blanks"));
    };
    let whole = reader.value(first, 0)?;
    match reader.next()? {
        None => Ok(whole),
        Some(_) => Err(reader.refuse("more stands after the value's end")),
    }
}

struct Reader<'t> {
    text: &'t str,
    comments: bool,
    scanner: Scanner<'t>,
    /// Elements and members (elements have no name) of the lists and objects that are open, so
    /// that each is made once, as large as it will be.
    unplaced: Vec<(String, Value, Span)>,
}

impl<'t> Reader<'t> {
    /// The next token that is no comment.
    fn next(&mut self) -> Result<Option<Token<'t>>, Refused> {
        loop {
            let scanned = self.scanner.scan().map_err(|error| {
                let at = error.range().start;
                Refused::new(at, sentence(&error.kind().to_string(), self.text, at))
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

    /// Refuses the token that was read last.
    fn refuse(&self, why: &str) -> Refused {
        let at = self.scanner.token_start();
        Refused::new(at, sentence(why, self.text, at))
    }

    fn range(&self) -> Range<usize> {
        self.scanner.token_start()..self.scanner.token_end()
    }

    /// The value that begins with this token, which was read last.
    fn value(&mut self, token: Token<'t>, depth: usize) -> Result<(Value, Span), Refused> {
        let range = self.range();
        if depth > MAX_DEPTH {
            return Err(Refused::new(
                range.start,
                format!("nested more than {MAX_DEPTH} levels deep"),
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
                    let why = format!("{digits} is not a number as JSON writes it");
                    return Err(Refused::new(range.start, why));
                }
            },
            _ => return Err(self.refuse("expected a value")),
        };
        Ok((value, Span::scalar(range)))
    }

    fn array(&mut self, start: usize, depth: usize) -> Result<(Value, Span), Refused> {
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

    fn object(&mut self, start: usize, depth: usize) -> Result<(Value, Span), Refused> {
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

    /// The first token of the next element or member of what began at `start`; none at its end.
    fn inside(
        &mut self,
        before: usize,
        start: usize,
        close: &Token<'_>,
        what: &str,
    ) -> Result<Option<Token<'t>>, Refused> {
        let is_first = self.unplaced.len() == before;
        let end = self.scanner.token_end();
        let mut token = self.next()?;
        if !is_first && token.as_ref() != Some(close) {
            if token.is_some() && token != Some(Token::Comma) {
                return Err(Refused::new(
                    end,
                    sentence("expected a comma", self.text, end),
                ));
            }
            let comma = self.scanner.token_start();
            token = self.next()?;
            if token.as_ref() == Some(close) && !self.comments {
                return Err(Refused::new(
                    comma,
                    "a comma after the last one is not allowed",
                ));
            }
        }
        match token {
            None => Err(Refused::new(start, format!("this {what} has no end"))),
            Some(token) if token == *close => Ok(None),
            token => Ok(token),
        }
    }

    /// The string that was read last.
    fn string(&self, content: Cow<'t, str>) -> Result<String, Refused> {
        match content {
            Cow::Borrowed(plain) if !plain.bytes().any(|b| b < b' ') => Ok(plain.to_owned()),
            _ => {
                let range = self.range();
                let start = range.start;
                let written = self.text.get(range).unwrap_or_default();
                serde_json::from_str(written).map_err(|error| {
                    let said = error.to_string();
                    let said = said.split(" at line").next().unwrap_or_default();
                    Refused::new(start, format!("not a JSON string: {said}"))
                })
            }
        }
    }
}

/// What is wrong as a fragment, with the text that was stumbled over.
fn sentence(said: &str, text: &str, at: usize) -> String {
    let mut chars = said.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    let said: String = first.into_iter().chain(chars).collect();
    let here: String = text
        .get(at..)
        .unwrap_or_default()
        .chars()
        .take_while(|c| !c.is_whitespace() && *c != ',')
        .take(20)
        .collect();
    if here.is_empty() {
        said
    } else {
        format!("{said}, at {here:?}")
    }
}

/// The last of these members has the name of one before it.
fn refuse_twice(at: usize, spans: &[(String, Span)], text: &str) -> Refused {
    let name = spans.last().map_or("", |(name, _)| name);
    let first = spans.iter().find(|(known, _)| known == name);
    let first = first.and_then(|(_, span)| span.name.clone());
    Refused::new(at, twice(name, text, first.map_or(at, |range| range.start)))
}
