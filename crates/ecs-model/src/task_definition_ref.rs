//! References of task definitions: `FAMILY`, `FAMILY:REVISION` or an ARN.

use crate::arn::{Arn, is_arn, short_name};

/// A family, and a revision if the text contains one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskDefinitionRef<'t> {
    pub family: &'t str,
    /// `None` means the newest active revision.
    pub revision: Option<u32>,
}

/// Why a text is not the reference of a task definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a task definition: expected FAMILY, FAMILY:REVISION or its ARN")]
pub struct ParseTaskDefinitionRefError(pub String);

impl<'t> TryFrom<&'t str> for TaskDefinitionRef<'t> {
    type Error = ParseTaskDefinitionRefError;

    fn try_from(text: &'t str) -> Result<Self, ParseTaskDefinitionRefError> {
        read(text).ok_or_else(|| ParseTaskDefinitionRefError(text.to_owned()))
    }
}

fn read(text: &str) -> Option<TaskDefinitionRef<'_>> {
    let name = if is_arn(text) {
        let arn = Arn::try_from(text).ok()?;
        let is_ours = arn.service == "ecs" && arn.kind() == Some("task-definition");
        is_ours.then(|| arn.rest())?
    } else {
        text
    };
    let (family, revision) = match name.split_once(':') {
        Some((family, revision)) => (family, Some(revision.parse().ok()?)),
        None => (name, None),
    };
    let is_family = !family.is_empty()
        && family
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    is_family.then_some(TaskDefinitionRef { family, revision })
}

/// The family of a task definition: `web` for `…:task-definition/web:41` and for `web:41`. Any other
/// text is its own family, so it differs from all others.
pub fn family_of(name: &str) -> &str {
    match TaskDefinitionRef::try_from(name) {
        Ok(read) => read.family,
        Err(_) => short_name(name),
    }
}

#[cfg(test)]
mod tests {
    use super::{TaskDefinitionRef, family_of};

    #[test]
    fn all_three_forms_are_parsed() {
        for (text, family, revision) in [
            ("web", "web", None),
            ("web:41", "web", Some(41)),
            (
                "arn:aws:ecs:eu-west-1:1:task-definition/web:41",
                "web",
                Some(41),
            ),
            (
                "arn:aws:ecs:eu-west-1:1:task-definition/a_b-c",
                "a_b-c",
                None,
            ),
        ] {
            let read = TaskDefinitionRef::try_from(text).expect(text);
            assert_eq!((read.family, read.revision), (family, revision), "{text}");
            assert_eq!(family_of(text), family);
        }
    }

    #[test]
    fn other_texts_are_rejected() {
        for text in [
            "",
            ":1",
            "web:",
            "web:latest",
            "web.json",
            "./web",
            "arn:aws:ecs:eu-west-1:1:service/prod/web",
            "arn:aws:iam::1:role/task-definition",
            "arn:aws:ecs:eu-west-1:1:task-definition/a/b:1",
        ] {
            let error = TaskDefinitionRef::try_from(text).expect_err(text);
            assert!(
                error.to_string().contains("is not a task definition"),
                "{text}"
            );
        }
    }
}
