//! Scalars: numbers keep their exact notation, and what JSON cannot represent is an error.

use serde_json::{Number, Value};

/// Parses a JSON number and keeps its notation: `1.50` stays `1.50`, and thirty digits stay thirty.
pub(super) fn json_number(text: &str) -> Option<Number> {
    let is_number = text.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        && text.parse::<Number>().is_ok();
    // Parsing and printing would change `1E5` to `1e+5`.
    is_number.then(|| Number::from_string_unchecked(text.to_owned()))
}

/// The value of a plain YAML scalar in the core schema, or why JSON cannot represent it.
pub(super) fn plain_yaml(text: &str) -> Result<Value, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    if let Some(number) = json_number(text) {
        return Ok(Value::Number(number));
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(format!(
            "JSON cannot represent the number {text}; quote it if it is text"
        ));
    }
    if is_yaml_number(text, unsigned) {
        return Err(format!(
            "{text} is a number in YAML, in a notation that JSON does not have; \
             quote it if it is text, or write it in decimal digits"
        ));
    }
    Ok(Value::String(text.to_owned()))
}

/// Whether it is a number of the core schema that JSON does not allow: `007`, `+1`, `0x1F`, `0o17`,
/// `.5`, `5.`
fn is_yaml_number(text: &str, unsigned: &str) -> bool {
    if let Some(hex) = text.strip_prefix("0x") {
        return !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit());
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return !octal.is_empty() && octal.bytes().all(|b| (b'0'..=b'7').contains(&b));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let exponent_is_right = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['-', '+']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    let mantissa_is_right = match mantissa.split_once('.') {
        Some((whole, part)) => {
            !(whole.is_empty() && part.is_empty()) && digits(whole) && digits(part)
        }
        None => !mantissa.is_empty() && digits(mantissa),
    };
    exponent_is_right && mantissa_is_right
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{json_number, plain_yaml};

    #[test]
    fn a_number_keeps_its_digits() {
        for text in [
            "0",
            "-0",
            "1.50",
            "1E5",
            "1e400",
            "123456789012345678901234567890",
        ] {
            assert_eq!(
                json_number(text).map(|n| n.to_string()).as_deref(),
                Some(text)
            );
        }
        for text in [
            "", "-", "01", "+1", ".5", "1.", "1e", "NaN", "Infinity", "0x1", " 1", "1 ",
        ] {
            assert!(json_number(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        for (text, value) in [
            ("~", Value::Null),
            ("True", json!(true)),
            ("yes", json!("yes")),
            ("on", json!("on")),
            ("8080", json!(8080)),
            ("1_000", json!("1_000")),
            ("12:30", json!("12:30")),
            ("2026-01-01", json!("2026-01-01")),
            ("1.2.3", json!("1.2.3")),
            ("e5", json!("e5")),
            (".", json!(".")),
            ("0xZZ", json!("0xZZ")),
        ] {
            assert_eq!(plain_yaml(text), Ok(value), "{text}");
        }
        for text in [
            "012345678901",
            "+1",
            ".5",
            "5.",
            "0x1F",
            "0o17",
            "-.inf",
            ".nan",
            "1.e5",
        ] {
            assert!(plain_yaml(text).is_err(), "{text}");
        }
    }
}
