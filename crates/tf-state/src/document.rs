//! The members of the top-level object, as a stream: objects and scalars are kept, lists are
//! skipped. A state keeps everything bulky in lists (`resources`, `check_results`, version 3's
//! `modules`), and its outputs in an object, so this needs no knowledge of the members' order.

use std::fmt;
use std::io::Read;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::StateError;
use crate::budget::Budget;

/// What was found: an object's members, or the kind of thing that stood there instead.
#[derive(Debug)]
pub enum Top {
    Object(Vec<(String, Member)>),
    Other(&'static str),
}

/// A member's value, as far as it is kept.
#[derive(Debug)]
pub enum Member {
    Object(Map<String, Value>),
    Scalar(Value),
    List,
    /// Not looked at: the name alone says that it is bulk and no output.
    Skipped,
}

/// Reads the whole text.
pub fn members(source: impl Read, budget: &Budget) -> Result<Top, StateError> {
    let mut parser = serde_json::Deserializer::from_reader(source);
    let top = TopSeed(budget)
        .deserialize(&mut parser)
        .map_err(StateError::from_json)?;
    budget
        .free(|| parser.end())
        .map_err(StateError::from_json)?;
    Ok(top)
}

struct TopSeed<'a>(&'a Budget);

impl<'de> DeserializeSeed<'de> for TopSeed<'_> {
    type Value = Top;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Top, D::Error> {
        from.deserialize_any(self)
    }
}

// Every kind is accepted, and judged later: serde's own complaint about a wrong kind would repeat
// the value.
impl<'de> Visitor<'de> for TopSeed<'_> {
    type Value = Top;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Top, E> {
        Ok(Top::Other("a single true or false"))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Top, E> {
        Ok(Top::Other(SINGLE_NUMBER))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Top, E> {
        Ok(Top::Other(SINGLE_NUMBER))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Top, E> {
        Ok(Top::Other(SINGLE_NUMBER))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Top, E> {
        Ok(Top::Other("a single string"))
    }

    fn visit_unit<E: Error>(self) -> Result<Top, E> {
        Ok(Top::Other("a single null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Top, A::Error> {
        skip_list(self.0, list)?;
        Ok(Top::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top, A::Error> {
        let mut members = Vec::new();
        let mut scalars = false;
        while let Some(name) = map.next_key::<String>()? {
            if name == NUMBER {
                map.next_value::<IgnoredAny>()?;
                return Ok(Top::Other(SINGLE_NUMBER));
            }
            // `output -json` has no scalar at its top: after one, these names are no outputs.
            let member = if scalars && BULK.contains(&name.as_str()) {
                self.0.free(|| map.next_value::<IgnoredAny>())?;
                Member::Skipped
            } else {
                map.next_value_seed(MemberSeed(self.0))?
            };
            scalars |= matches!(member, Member::Scalar(_));
            members.push((name, member));
        }
        Ok(Top::Object(members))
    }
}

const SINGLE_NUMBER: &str = "a single number";

/// serde_json (with `arbitrary_precision`) hands over a number that fits no integer as an object of
/// one member with this name.
const NUMBER: &str = "$serde_json::private::Number";

/// The large members of an encrypted state and of `terraform show -json`: both are refused by name,
/// and need not be held for that.
const BULK: [&str; 7] = [
    "encrypted_data",
    "values",
    "planned_values",
    "prior_state",
    "configuration",
    "resource_changes",
    "output_changes",
];

struct MemberSeed<'a>(&'a Budget);

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
        // A number may arrive as an object (see NUMBER): serde_json's own reader tells them apart.
        match Value::deserialize(MapAccessDeserializer::new(map))? {
            Value::Object(members) => Ok(Member::Object(members)),
            number => Ok(Member::Scalar(number)),
        }
    }
}

fn skip_list<'de, A: SeqAccess<'de>>(budget: &Budget, mut list: A) -> Result<(), A::Error> {
    budget.free(|| {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    })
}
