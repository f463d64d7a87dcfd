//! Which revisions may go: old ones that nothing uses and that nobody would go back to.

use std::collections::BTreeSet;

use ecs_model::TaskDefinitionRef;

/// What must stay.
#[derive(Debug, Default)]
pub struct Needed {
    /// Revisions that a service or a task uses, in any cluster.
    pub used: BTreeSet<String>,
    /// Revisions of successful deployments, the newest first, repeats allowed.
    pub successful: Vec<String>,
}

/// The revisions of a family to deregister, the oldest first, at most `limit`. Never the newest
/// one, never what is needed, never one as new as the oldest of the last `keep` successful ones:
/// what lies between them is still being tried.
pub fn prune(family: &[String], needed: &Needed, keep: usize, limit: usize) -> Vec<String> {
    let mut kept: Vec<&String> = Vec::new();
    for arn in &needed.successful {
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
    // With fewer successes than are to be kept, all that is known may be one of them.
    let oldest_kept = if kept.len() == keep {
        kept.iter().filter_map(|arn| revision(arn)).min().or(newest)
    } else {
        None
    };
    revisions
        .into_iter()
        .filter(|(number, arn)| {
            Some(*number) < oldest_kept && Some(*number) != newest && !needed.used.contains(*arn)
        })
        .map(|(_, arn)| arn.clone())
        .take(limit)
        .collect()
}

/// 41 of `…/web:41`.
fn revision(arn: &str) -> Option<u32> {
    TaskDefinitionRef::try_from(arn).ok()?.revision
}

#[cfg(test)]
mod tests {
    use super::{Needed, prune};

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
            let needed = Needed {
                used: web(used).into_iter().collect(),
                successful: web(successful),
            };
            assert_eq!(prune(&family, &needed, keep, 100), web(gone), "{what}");
        }
        let needed = Needed {
            successful: web(&[9]),
            ..Needed::default()
        };
        assert_eq!(
            prune(&family, &needed, 1, 2),
            web(&[1, 2]),
            "no more than the limit"
        );
    }
}
