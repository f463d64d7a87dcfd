//! Blocks and values out of HCL, with the places where they stand.

use std::ops::Range;
use std::path::Path;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Body, Structure};
use pipeline_io::SourceLocation;
use serde_json::{Map, Number, Value};

use super::block::Block;
use super::error::BackendError;

/// The `backend` and `cloud` blocks of a file's `terraform` blocks.
pub fn blocks(path: &Path, text: &str) -> Result<Vec<Block>, BackendError> {
    let source = Source { path, text };
    let mut blocks = Vec::new();
    let body = source.parse()?;
    let terraform = body.get_blocks("terraform");
    for inner in terraform.flat_map(|block| block.body.iter().filter_map(Structure::as_block)) {
        let kind = match (inner.ident.as_str(), inner.labels.first()) {
            ("backend", Some(label)) => label.as_str().to_owned(),
            ("cloud", _) => "cloud".to_owned(),
            _ => continue,
        };
        blocks.push(Block {
            kind,
            values: source.values(&inner.body)?,
            place: Some(source.place(inner.span())),
        });
    }
    Ok(blocks)
}

/// The values of a file that is given as `--backend-config`.
pub fn values(path: &Path, text: &str) -> Result<Map<String, Value>, BackendError> {
    let source = Source { path, text };
    source.values(&source.parse()?)
}

struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn parse(&self) -> Result<Body, BackendError> {
        hcl_edit::parser::parse_body(self.text).map_err(|error| {
            let location = error.location();
            BackendError::Syntax {
                place: SourceLocation {
                    file: self.path.display().to_string(),
                    line: location.line(),
                    column: location.column(),
                },
                // The parser's own text quotes the line; its last line says what was expected.
                problem: format!("not HCL: {}", error.message()),
            }
        })
    }

    /// Attributes and nested blocks, both as members of an object.
    fn values(&self, body: &Body) -> Result<Map<String, Value>, BackendError> {
        let mut values = Map::new();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let name = attribute.key.as_str();
                    values.insert(name.to_owned(), self.literal(name, &attribute.value)?);
                }
                Structure::Block(block) => {
                    let inner = self.values(&block.body)?;
                    values.insert(block.ident.as_str().to_owned(), Value::Object(inner));
                }
            }
        }
        Ok(values)
    }

    fn literal(&self, name: &str, expression: &Expression) -> Result<Value, BackendError> {
        let not_literal = || BackendError::NotLiteral {
            place: self.place(expression.span()),
            name: name.to_owned(),
        };
        Ok(match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(flag) => Value::Bool(*flag.value()),
            Expression::Number(number) => {
                let number: Number = number
                    .value()
                    .to_string()
                    .parse()
                    .map_err(|_| not_literal())?;
                Value::Number(number)
            }
            Expression::String(text) => Value::String(text.value().clone()),
            Expression::Parenthesis(inner) => self.literal(name, inner.inner())?,
            Expression::Array(items) => {
                let items = items.iter().map(|item| self.literal(name, item));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Expression::Object(members) => {
                let mut values = Map::new();
                for (key, member) in members {
                    let key = match key {
                        ObjectKey::Ident(ident) => ident.as_str().to_owned(),
                        ObjectKey::Expression(Expression::String(text)) => text.value().clone(),
                        ObjectKey::Expression(_) => return Err(not_literal()),
                    };
                    values.insert(key, self.literal(name, member.expr())?);
                }
                Value::Object(values)
            }
            Expression::HeredocTemplate(_)
            | Expression::StringTemplate(_)
            | Expression::Variable(_)
            | Expression::Conditional(_)
            | Expression::FuncCall(_)
            | Expression::Traversal(_)
            | Expression::UnaryOp(_)
            | Expression::BinaryOp(_)
            | Expression::ForExpr(_) => return Err(not_literal()),
        })
    }

    fn place(&self, span: Option<Range<usize>>) -> SourceLocation {
        let before = span
            .and_then(|span| self.text.get(..span.start))
            .unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        SourceLocation {
            file: self.path.display().to_string(),
            line,
            column,
        }
    }
}
