//! Durations in flags, e.g. `10m`, `1h30m` or `90s`.
//!
//! Errors do not contain the flag's name; the code that validates the flag adds it.

use jiff::SignedDuration;

/// Why a text is not a duration that a program can wait for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseDurationError {
    /// A number without a unit, which people may mean as seconds or as minutes.
    #[error("{0:?} has no unit: write 10m, 90s or 1h30m")]
    NoUnit(String),
    #[error("{0:?} is not a duration: write 10m, 90s or 1h30m")]
    NoDuration(String),
    /// Zero or negative.
    #[error("{0:?} is not longer than zero: write 10m, 90s or 1h30m")]
    NotPositive(String),
}

/// Parses a duration of hours, minutes and seconds, which is always longer than zero.
///
/// # Errors
/// If the text is anything else; see [`ParseDurationError`].
pub fn parse_duration(text: &str) -> Result<SignedDuration, ParseDurationError> {
    let trimmed = text.trim();
    match trimmed.parse::<SignedDuration>() {
        Ok(duration) if duration.is_positive() => Ok(duration),
        Ok(_) => Err(ParseDurationError::NotPositive(text.to_owned())),
        Err(_) if trimmed.parse::<f64>().is_ok_and(f64::is_finite) => {
            Err(ParseDurationError::NoUnit(text.to_owned()))
        }
        Err(_) => Err(ParseDurationError::NoDuration(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_duration;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("10m", 600),
            ("90s", 90),
            ("1h30m", 5400),
            ("1h 30m", 5400),
            (" 2 hours ", 7200),
        ] {
            assert_eq!(parse_duration(text).expect(text).as_secs(), seconds);
        }
    }

    #[test]
    fn each_mistake_has_one_message() {
        for (text, message) in [
            ("10", "\"10\" has no unit: write 10m, 90s or 1h30m"),
            ("1.5", "\"1.5\" has no unit: write 10m, 90s or 1h30m"),
            ("", "\"\" is not a duration: write 10m, 90s or 1h30m"),
            (
                "soon",
                "\"soon\" is not a duration: write 10m, 90s or 1h30m",
            ),
            ("inf", "\"inf\" is not a duration: write 10m, 90s or 1h30m"),
            (
                "0s",
                "\"0s\" is not longer than zero: write 10m, 90s or 1h30m",
            ),
            (
                "-5m",
                "\"-5m\" is not longer than zero: write 10m, 90s or 1h30m",
            ),
        ] {
            let error = parse_duration(text).expect_err(text);
            assert_eq!(error.to_string(), message);
        }
    }
}
