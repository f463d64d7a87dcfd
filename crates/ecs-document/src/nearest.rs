//! Which known names a misspelled one may mean.

/// Up to three of `known` that are close to `wanted`, nearest first.
///
/// A name is close if at most a third of its letters differ, not counting case and the choice
/// between `-` and `_`, or if one name is a part of the other.
pub fn nearest<'k>(wanted: &str, known: impl IntoIterator<Item = &'k str>) -> Vec<&'k str> {
    let folded = fold(wanted);
    let mut close: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let candidate = fold(name);
            let distance = strsim::damerau_levenshtein(&folded, &candidate);
            let limit = (folded.chars().count().max(candidate.chars().count()) / 3).max(1);
            let is_part = folded.len().min(candidate.len()) >= 3
                && (folded.contains(&candidate) || candidate.contains(&folded));
            (distance <= limit || is_part).then_some((distance, name))
        })
        .collect();
    close.sort_unstable();
    close.dedup();
    close.into_iter().take(3).map(|(_, name)| name).collect()
}

/// How many letters of two names differ, not counting case and the choice between `-` and `_`.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    strsim::damerau_levenshtein(&fold(one), &fold(other))
}

fn fold(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn typos_are_close_and_other_names_are_not() {
        let known = ["image_uri", "vpc_id", "subnets", "log_group"];
        for (wanted, names) in [
            ("imge_uri", vec!["image_uri"]),
            ("image-uri", vec!["image_uri"]),
            ("Subnets", vec!["subnets"]),
            ("group", vec!["log_group"]),
            ("database", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(nearest(wanted, known), names, "{wanted}");
        }
    }
}
