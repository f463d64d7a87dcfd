//! CPU and memory sizes, in the notations of ECS and of people.

/// Parses CPU units, e.g. `"256"`, `".25 vCPU"` or `"1 vcpu"`.
pub fn cpu_units(text: &str) -> Option<u64> {
    let text = text.trim();
    match strip_unit(text, "vcpu") {
        Some(cpus) => thousandths(cpus, 1024),
        None => whole(text),
    }
}

/// Parses mebibytes, e.g. `"512"`, `"0.5GB"`, `"1 GB"` or `"2gb"`.
pub fn memory_mebibytes(text: &str) -> Option<u64> {
    let text = text.trim();
    match strip_unit(text, "gb") {
        Some(gigabytes) => thousandths(gigabytes, 1024),
        None => whole(text),
    }
}

fn strip_unit<'t>(text: &'t str, unit: &str) -> Option<&'t str> {
    let at = text.len().checked_sub(unit.len())?;
    let (number, end) = text.split_at_checked(at)?;
    end.eq_ignore_ascii_case(unit).then(|| number.trim_end())
}

fn whole(text: &str) -> Option<u64> {
    let is_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_digits.then(|| text.parse().ok()).flatten()
}

/// A decimal number with up to four places, times `factor`, if the product is a whole number.
fn thousandths(text: &str, factor: u64) -> Option<u64> {
    let (ones, part) = text.split_once('.').unwrap_or((text, ""));
    if (ones.is_empty() && part.is_empty()) || part.len() > 4 {
        return None;
    }
    let ones = if ones.is_empty() { 0 } else { whole(ones)? };
    let mut scaled = if part.is_empty() { 0 } else { whole(part)? };
    for _ in part.len()..4 {
        scaled *= 10;
    }
    let ten_thousandths = ones.checked_mul(10_000)?.checked_add(scaled)?;
    let product = ten_thousandths.checked_mul(factor)?;
    product.is_multiple_of(10_000).then_some(product / 10_000)
}

#[cfg(test)]
mod tests {
    use super::{cpu_units, memory_mebibytes};

    #[test]
    fn sizes_are_parsed_in_all_notations() {
        for (text, units) in [
            ("256", Some(256)),
            (".25 vCPU", Some(256)),
            ("0.25vcpu", Some(256)),
            ("1 vCPU", Some(1024)),
            ("16 vCPU", Some(16384)),
            ("0.3 vCPU", None),
            ("x", None),
            ("", None),
            ("vCPU", None),
            ("-1", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(cpu_units(text), units, "{text}");
        }
        for (text, mebibytes) in [
            ("512", Some(512)),
            ("0.5GB", Some(512)),
            ("1 GB", Some(1024)),
            ("2gb", Some(2048)),
            ("120 GB", Some(122_880)),
            ("1 GiB", None),
            ("1024 MB", None),
            ("ü", None),
        ] {
            assert_eq!(memory_mebibytes(text), mebibytes, "{text}");
        }
    }
}
