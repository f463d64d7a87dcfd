//! Decides which revisions can be deregistered: old ones that are unused and that a rollback will
//! not need.

use std::collections::BTreeSet;

use ecs_model::TaskDefinitionRef;

/// The revisions that must stay registered.
#[derive(Debug, Default)]
pub struct RevisionsInUse {
    /// Revisions that a service or a task uses, in any cluster.
    pub used: BTreeSet<String>,
    /// Revisions of successful deployments, newest first; may contain duplicates.
    pub successful: Vec<String>,
}

/// The revisions of a family to deregister: oldest first, at most `limit`. Never the newest one,
/// one that is used, or one that is newer than the oldest of the last `keep` successful ones,
/// because it may still be tried.
pub fn revisions_to_deregister(
    family: &[String],
    in_use: &RevisionsInUse,
    keep: usize,
    limit: usize,
) -> Vec<String> {
    let mut kept: Vec<&String> = Vec::new();
    for arn in &in_use.successful {
        if kept.len() < keep && !kept.contains(&arn) {
            kept.push(arn);
        }
    }
    let mut revisions: Vec<(u32, &String)> = family
        .iter()
        .filter_map(|arn| Some((revision(arn)?, arn)))
        .collect();
    revisions.sort_unstable();
    let newest = revisions.last().map(|r| r.0);
    // If fewer deployments succeeded than are to be kept, any revision may be one of them.
    let oldest_kept = if kept.len() == keep {
        kept.iter().filter_map(|arn| revision(arn)).min().or(newest)
    } else {
        None
    };
    revisions
        .into_iter()
        .filter(|(number, arn)| {
            Some(*number) < oldest_kept && Some(*number) != newest && !in_use.used.contains(*arn)
        })
        .map(|(_, arn)| arn.clone())
        .take(limit)
        .collect()
}

/// The revision number, e.g. 41 for `…/web:41`.
fn revision(arn: &str) -> Option<u32> {
    TaskDefinitionRef::try_from(arn).ok()?.revision
}

#[cfg(test)]
mod tests {
    use super::{RevisionsInUse, revisions_to_deregister};

    fn web(numbers: &[u32]) -> Vec<String> {
        numbers.iter().map(|n| format!("web:{n}")).collect()
    }

    #[test]
    fn what_is_used_successful_or_new_stays() {
        let family = web(&[10, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        for (what, used, successful, keep, gone) in [
            (
                "the last three successes",
                &[][..],
                &[9, 7, 5, 3][..],
                3,
                &[1, 2, 3, 4][..],
            ),
            ("a service elsewhere", &[2], &[9, 7, 5], 3, &[1, 3, 4]),
            (
                "a success twice counts once",
                &[],
                &[9, 9, 7, 5, 2],
                3,
                &[1, 2, 3, 4],
            ),
            ("fewer successes than are to be kept", &[], &[9, 7], 3, &[]),
            ("no success at all", &[], &[], 1, &[]),
            (
                "keeping none keeps the newest",
                &[9],
                &[9],
                0,
                &[1, 2, 3, 4, 5, 6, 7, 8],
            ),
        ] {
            let in_use = RevisionsInUse {
                used: web(used).into_iter().collect(),
                successful: web(successful),
            };
            assert_eq!(
                revisions_to_deregister(&family, &in_use, keep, 100),
                web(gone),
                "{what}"
            );
        }
        let in_use = RevisionsInUse {
            successful: web(&[9]),
            ..RevisionsInUse::default()
        };
        assert_eq!(
            revisions_to_deregister(&family, &in_use, 1, 2),
            web(&[1, 2]),
            "no more than the limit"
        );
    }
}
