//! Reads the members of the top-level object as a stream: objects and scalars are kept, lists are
//! skipped.
//!
//! A state has all its large parts in lists (`resources`, `check_results`, `modules` of version 3) and
//! its outputs in an object. So the order of the members does not matter. What the members mean is
//! decided in `classify`.

use std::fmt;
use std::io::Read;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::StateError;
use crate::budget::ByteBudget;

/// The members of an object, or the kind of the value that was found instead.
#[derive(Debug)]
pub enum TopLevel {
    Object(Vec<(String, Member)>),
    Other(&'static str),
}

/// The part of a member's value that is kept.
#[derive(Debug)]
pub enum Member {
    Object(Map<String, Value>),
    Scalar(Value),
    List,
    /// Not read: its name shows that it is large and not an output.
    Skipped,
}

/// Reads the whole text.
///
/// # Errors
/// The text is not JSON, is too large, or cannot be read.
pub fn members(source: impl Read, budget: &ByteBudget) -> Result<TopLevel, StateError> {
    let mut parser = serde_json::Deserializer::from_reader(source);
    let top = TopLevelSeed(budget)
        .deserialize(&mut parser)
        .map_err(StateError::from_json)?;
    budget
        .uncounted(|| parser.end())
        .map_err(StateError::from_json)?;
    Ok(top)
}

struct TopLevelSeed<'a>(&'a ByteBudget);

impl<'de> DeserializeSeed<'de> for TopLevelSeed<'_> {
    type Value = TopLevel;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<TopLevel, D::Error> {
        from.deserialize_any(self)
    }
}

// Every kind is accepted here and checked later, because serde's own error about a wrong kind would
// contain the value.
impl<'de> Visitor<'de> for TopLevelSeed<'_> {
    type Value = TopLevel;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<TopLevel, E> {
        Ok(TopLevel::Other("a single true or false"))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<TopLevel, E> {
        Ok(TopLevel::Other(SINGLE_NUMBER))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<TopLevel, E> {
        Ok(TopLevel::Other(SINGLE_NUMBER))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<TopLevel, E> {
        Ok(TopLevel::Other(SINGLE_NUMBER))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<TopLevel, E> {
        Ok(TopLevel::Other("a single string"))
    }

    fn visit_unit<E: Error>(self) -> Result<TopLevel, E> {
        Ok(TopLevel::Other("a single null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<TopLevel, A::Error> {
        skip_list(self.0, list)?;
        Ok(TopLevel::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TopLevel, A::Error> {
        let mut members = Vec::new();
        let mut scalars = false;
        while let Some(name) = map.next_key::<String>()? {
            if name == NUMBER_MEMBER {
                map.next_value::<IgnoredAny>()?;
                return Ok(TopLevel::Other(SINGLE_NUMBER));
            }
            // `output -json` has no scalars at the top level. After one, these names are not outputs.
            let member = if scalars && LARGE_MEMBERS.contains(&name.as_str()) {
                self.0.uncounted(|| map.next_value::<IgnoredAny>())?;
                Member::Skipped
            } else {
                map.next_value_seed(MemberSeed(self.0))?
            };
            scalars |= matches!(member, Member::Scalar(_));
            members.push((name, member));
        }
        Ok(TopLevel::Object(members))
    }
}

const SINGLE_NUMBER: &str = "a single number";

/// If a number does not fit an integer, serde_json (with `arbitrary_precision`) presents it as an
/// object whose only member has this name.
const NUMBER_MEMBER: &str = "$serde_json::private::Number";

/// The large members of an encrypted state and of `terraform show -json`. Both formats are rejected,
/// which does not require their contents.
const LARGE_MEMBERS: [&str; 7] = [
    "encrypted_data",
    "values",
    "planned_values",
    "prior_state",
    "configuration",
    "resource_changes",
    "output_changes",
];

struct MemberSeed<'a>(&'a ByteBudget);

impl<'de> DeserializeSeed<'de> for MemberSeed<'_> {
    type Value = Member;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Member, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MemberSeed<'_> {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Member, E> {
        Ok(Member::Scalar(Value::Bool(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Member, E> {
        Ok(Member::Scalar(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Member, E> {
        Ok(Member::Scalar(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Member, E> {
        Ok(Member::Scalar(value.into()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Scalar(Value::String(text.to_owned())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Member, E> {
        Ok(Member::Scalar(Value::String(text)))
    }

    fn visit_unit<E: Error>(self) -> Result<Member, E> {
        Ok(Member::Scalar(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Member, A::Error> {
        skip_list(self.0, list)?;
        Ok(Member::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Member, A::Error> {
        // A number may arrive as an object (see NUMBER); serde_json's own reader distinguishes them.
        match Value::deserialize(MapAccessDeserializer::new(map))? {
            Value::Object(members) => Ok(Member::Object(members)),
            number => Ok(Member::Scalar(number)),
        }
    }
}

fn skip_list<'de, A: SeqAccess<'de>>(budget: &ByteBudget, mut list: A) -> Result<(), A::Error> {
    budget.uncounted(|| {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    })
}
