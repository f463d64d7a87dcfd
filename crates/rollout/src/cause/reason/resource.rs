//! The resource that a text names.

use ecs_model::Arn;

use super::operation::Operation;

/// The resource of a failed operation, in the text's own spelling.
pub(super) fn of(original: &str, text: &str, operation: Operation) -> Option<String> {
    let words = Words { original, text };
    match operation {
        Operation::PullImage
        | Operation::PullFromDockerHub
        | Operation::PullFromLibrary
        | Operation::PullFromEcr
        | Operation::PullFromOther
        | Operation::PullLayers => words.image().or_else(|| words.image_of_url()),
        Operation::ReadSecret => words.arn("secretsmanager"),
        Operation::ReadParameter => words
            .arn("ssm")
            .or_else(|| words.after("invalid parameters:"))
            .or_else(|| words.after("invalid ssm parameters:")),
        Operation::ReadEnvFile => words
            .arn("s3")
            .or_else(|| words.starting_with("s3://"))
            .or_else(|| words.after("env file:")),
        Operation::Log => words.log_group(),
        Operation::MountEfs => words.starting_with("fsap-").or_else(|| words.file_system()),
        Operation::AttachEbs | Operation::CreateVolume => words
            .starting_with("vol-")
            .or_else(|| words.starting_with("snap-")),
        Operation::AttachNetwork => words
            .starting_with("subnet-")
            .or_else(|| words.starting_with("sg-")),
        Operation::Place => words
            .after("resource:")
            .or_else(|| words.after("has insufficient ")),
        Operation::AssumeRole
        | Operation::AssumeInfrastructureRole
        | Operation::AssumeServiceLinkedRole => words.arn("iam"),
        Operation::RegisterInCloudMap => words
            .arn("servicediscovery")
            .or_else(|| words.starting_with("srv-")),
        Operation::RegisterTargets => words.arn("elasticloadbalancing"),
        Operation::RegistryLogin
        | Operation::Prepare
        | Operation::ConnectServices
        | Operation::StartContainer
        | Operation::StopContainer => None,
    }
}

/// The host that could not be reached or resolved.
pub(super) fn host(original: &str, text: &str) -> Option<String> {
    Words { original, text }.host()
}

/// A text in its own spelling and in its plain form, which have the same length.
struct Words<'a> {
    original: &'a str,
    text: &'a str,
}

impl Words<'_> {
    /// The word that starts at a byte.
    fn word_at(&self, start: usize) -> Option<String> {
        let rest = self.original.get(start..)?;
        let rest = rest.trim_start_matches([' ', '"', '\'', '(']);
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ')' | '(' | ']');
        let word = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        let word = word.trim_end_matches(['.', ':', ';']);
        let is_placeholder = word.starts_with(['<', '{']) || word.contains("...");
        (!word.is_empty() && !is_placeholder).then(|| word.to_owned())
    }

    fn after(&self, marker: &str) -> Option<String> {
        self.word_at(self.text.find(marker)? + marker.len())
    }

    fn starting_with(&self, prefix: &str) -> Option<String> {
        let is_inside = |at: usize| {
            let before = self.text[..at].chars().next_back();
            before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        let (at, _) = self
            .text
            .match_indices(prefix)
            .find(|(at, _)| !is_inside(*at))?;
        self.word_at(at).filter(|word| word.len() > prefix.len())
    }

    /// The first ARN of a service.
    fn arn(&self, service: &str) -> Option<String> {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ')' | '(' | ']');
        let words = self.original.split(is_end);
        let arns = words.map(|word| word.trim_end_matches(['.', ':', ';']));
        let mut arns = arns.filter(|word| Arn::try_from(*word).is_ok_and(|a| a.service == service));
        arns.next().map(str::to_owned)
    }

    fn file_system(&self) -> Option<String> {
        let word = self.starting_with("fs-")?;
        word.split(['.', ':', '/']).next().map(str::to_owned)
    }

    /// The name of a log group: of its ARN, or of the text before or after the words.
    fn log_group(&self) -> Option<String> {
        if let Some(arn) = self.arn("logs") {
            let resource = Arn::try_from(arn.as_str()).ok()?.rest();
            let name = resource.split_once(':').map_or(resource, |(name, _)| name);
            return (!name.is_empty()).then(|| name.to_owned());
        }
        [
            "log group does not exist:",
            "log group '",
            "log group \"",
            "log group /",
        ]
        .into_iter()
        .find_map(|marker| {
            let start = self.text.find(marker)?;
            let keep = usize::from(marker.ends_with('/'));
            self.word_at(start + marker.len() - keep)
        })
    }

    /// The image reference, in the places where runtimes and ECS write it.
    fn image(&self) -> Option<String> {
        const MARKERS: [&str; 13] = [
            "failed to resolve reference ",
            "failed to resolve ref ",
            "pull access denied for ",
            "manifest for ",
            "the task cannot pull ",
            "failed to pull image ",
            "failed to pull and unpack image ",
            "failed to normalize image reference ",
            "no such image: ",
            "invalid reference format: ",
            "unable to find image ",
            "pull image ",
            "for image ",
        ];
        let is_image = |word: &String| {
            word.contains(['/', ':', '.']) || self.text.contains(&format!("denied for {word}"))
        };
        MARKERS
            .iter()
            .find_map(|marker| self.after(marker).filter(is_image))
    }

    /// The image of a registry's URL: `https://HOST/v2/NAME/manifests/REFERENCE`.
    fn image_of_url(&self) -> Option<String> {
        let (host, path) = self
            .after("https://")?
            .split_once("/v2/")
            .map(|(host, path)| (host.to_owned(), path.to_owned()))?;
        let (name, reference) = path.split_once("/manifests/")?;
        let separator = if reference.contains(':') { '@' } else { ':' };
        Some(format!("{host}/{name}{separator}{reference}"))
    }

    /// The host of a URL, or of a failed look-up.
    fn host(&self) -> Option<String> {
        let from_url = ["https://", "http://"].into_iter().find_map(|scheme| {
            let url = self.after(scheme)?;
            url.split(['/', ':', '?']).next().map(str::to_owned)
        });
        from_url
            .or_else(|| self.after("lookup "))
            .filter(|host| host.contains('.'))
    }
}
