//! Numbers by their value.

use serde_json::Number;

/// One text per value: `5`, `5.0` and `0.5e1` are the same. Digits are never lost.
pub(crate) fn canonical_number(number: &Number) -> String {
    let text = number.to_string();
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.as_str()),
    };
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let Ok(exponent) = exponent.trim_start_matches('+').parse::<i64>() else {
        return text;
    };
    let digits = format!("{whole}{part}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return "0".to_owned();
    }
    let trailing = digits.len() - digits.trim_end_matches('0').len();
    let shift = i64::try_from(trailing).unwrap_or(0) - i64::try_from(part.len()).unwrap_or(0);
    match exponent.saturating_add(shift) {
        zeros @ 0..=30 => {
            let zeros = "0".repeat(usize::try_from(zeros).unwrap_or(0));
            format!("{sign}{significant}{zeros}")
        }
        exponent => format!("{sign}{significant}e{exponent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical_number;

    #[test]
    fn equal_numbers_have_one_text() {
        for (text, worth) in [
            ("5", "5"),
            ("5.0", "5"),
            ("0.5e1", "5"),
            ("50", "50"),
            ("5E+1", "50"),
            ("-0", "0"),
            ("0.10", "1e-1"),
            ("1.25", "125e-2"),
            ("1e400", "1e400"),
            ("10e399", "1e400"),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
        ] {
            let number = serde_json::from_str(text).expect("a number");
            assert_eq!(canonical_number(&number), worth, "{text}");
        }
    }
}
