//! AWS's times: seconds since 1970 with fractions in responses, ISO 8601 in documents of the CLI.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Deserializes an optional time in either format. Anything else counts as absent, because no
/// verdict may depend on the format of a time.
pub(crate) fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(read(&Value::deserialize(from)?))
}

pub(crate) fn read(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(seconds) => {
            let millis = seconds.as_f64()? * 1000.0;
            Timestamp::from_millisecond(millis.round() as i64).ok()
        }
        // The service model describes "yyyy-MM-dd HH:mm:ss.SSSSSS"; jiff accepts both separators.
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn both_formats_are_parsed() {
        for (value, expected) in [
            (json!(1498106130.107), "2017-06-22T04:35:30.107Z"),
            (
                json!("2024-10-31T08:03:30.917000-04:00"),
                "2024-10-31T12:03:30.917Z",
            ),
            (json!(1520250699), "2018-03-05T11:51:39Z"),
        ] {
            assert_eq!(read(&value).expect("a time").to_string(), expected);
        }
        for value in [json!(null), json!("soon"), json!({"a": 1}), json!(1e300)] {
            assert_eq!(read(&value), None, "{value}");
        }
    }
}
