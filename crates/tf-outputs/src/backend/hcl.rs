//! Reads backend blocks and their values from HCL, with their locations.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Body, Structure};
use pipeline_io::SourceLocation;
use serde_json::{Map, Number, Value};

use super::block::BackendBlock;
use super::error::BackendError;

/// Returns the `backend` and `cloud` blocks in the `terraform` blocks of a file.
pub fn blocks(path: &Path, text: &str) -> Result<Vec<BackendBlock>, BackendError> {
    let source = HclFile { path, text };
    let mut blocks = Vec::new();
    let body = source.parse()?;
    let terraform = body.get_blocks("terraform");
    for inner in terraform.flat_map(|block| block.body.iter().filter_map(Structure::as_block)) {
        let kind = match (inner.ident.as_str(), inner.labels.first()) {
            ("backend", Some(label)) => label.as_str().to_owned(),
            ("cloud", _) => "cloud".to_owned(),
            _ => continue,
        };
        let (values, expressions) = source.settings(&inner.body);
        blocks.push(BackendBlock {
            kind,
            values,
            expressions,
            location: Some(source.location(inner.span())),
        });
    }
    Ok(blocks)
}

/// Returns the values of a file that `--backend-config` names.
pub fn values(path: &Path, text: &str) -> Result<Map<String, Value>, BackendError> {
    let source = HclFile { path, text };
    source.values(&source.parse()?)
}

struct HclFile<'a> {
    path: &'a Path,
    text: &'a str,
}

impl HclFile<'_> {
    fn parse(&self) -> Result<Body, BackendError> {
        hcl_edit::parser::parse_body(self.text).map_err(|error| {
            let location = error.location();
            BackendError::Syntax {
                location: SourceLocation {
                    file: self.path.display().to_string(),
                    line: location.line(),
                    column: location.column(),
                },
                // The full text of the parser quotes the line; its message shows only what was expected.
                problem: format!("invalid HCL: {}", error.message()),
            }
        })
    }

    /// Returns the settings of a backend block, and where those are that are not literal values.
    fn settings(&self, body: &Body) -> (Map<String, Value>, BTreeMap<String, SourceLocation>) {
        let mut values = Map::new();
        let mut expressions = BTreeMap::new();
        for structure in body {
            let (name, value, span) = match structure {
                Structure::Attribute(attribute) => {
                    let name = attribute.key.as_str();
                    let value = self.literal(name, &attribute.value).ok();
                    (name, value, attribute.value.span())
                }
                Structure::Block(block) => {
                    let value = self.values(&block.body).ok().map(Value::Object);
                    (block.ident.as_str(), value, block.span())
                }
            };
            match value {
                Some(value) => drop(values.insert(name.to_owned(), value)),
                None => drop(expressions.insert(name.to_owned(), self.location(span))),
            }
        }
        (values, expressions)
    }

    /// Returns attributes and nested blocks, both as members of an object.
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
            location: self.location(expression.span()),
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

    fn location(&self, span: Option<Range<usize>>) -> SourceLocation {
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
