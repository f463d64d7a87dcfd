//! AWS's service model of definitions: their members, the types of these, and which are required.
//! It serves to warn and to convert; it never decides what is sent.
//!
//! `cargo xtask regenerate` writes the table. A structure is parsed when it is used first, because
//! most documents need only a few of them.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Which request a document describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// The request of RegisterTaskDefinition.
    TaskDefinition,
    /// The request of CreateService.
    CreateService,
    /// The request of UpdateService.
    UpdateService,
    /// The request of RunTask.
    RunTask,
}

impl DocumentKind {
    fn root(self) -> &'static str {
        match self {
            Self::TaskDefinition => "RegisterTaskDefinitionRequest",
            Self::CreateService => "CreateServiceRequest",
            Self::UpdateService => "UpdateServiceRequest",
            Self::RunTask => "RunTaskRequest",
        }
    }

    /// The type of the whole document.
    pub fn whole(self) -> Type {
        Type::Structure(self.root())
    }

    /// The top-level members, in the model's order.
    pub fn members(self) -> &'static [Member] {
        members(self.root())
    }

    /// The top-level members that a file of this kind may have. A service definition serves for
    /// CreateService and UpdateService, and flags may supply the members that these require.
    pub(crate) fn accepted(self) -> Vec<Member> {
        let mut accepted = self.members().to_vec();
        if self == Self::CreateService {
            let more = Self::UpdateService.members().iter();
            accepted.extend(more.filter(|m| !self.has(m.name)).cloned());
        }
        if self != Self::TaskDefinition {
            accepted
                .iter_mut()
                .for_each(|member| member.required = false);
        }
        accepted
    }

    /// Whether there is a top-level member of this name.
    pub fn has(self, name: &str) -> bool {
        self.members().iter().any(|m| m.name == name)
    }
}

/// Members of a described task definition that RegisterTaskDefinition does not accept, e.g.
/// `taskDefinitionArn`, `revision` and `status`.
pub fn read_only_members() -> impl Iterator<Item = &'static str> {
    members("TaskDefinition")
        .iter()
        .map(|m| m.name)
        .filter(|name| !DocumentKind::TaskDefinition.has(name))
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    String,
    Integer,
    Number,
    Boolean,
    Timestamp,
    /// Any JSON value.
    Any,
    List(Box<Type>),
    /// An object with arbitrary names and values of one type.
    Map(Box<Type>),
    /// An object whose members are those of [`members`] for this name.
    Structure(&'static str),
    /// One of these strings.
    Enumeration(&'static [&'static str]),
}

impl Type {
    /// A value of this type in words, e.g. `a list`.
    pub fn words(&self) -> &'static str {
        match self {
            Self::String | Self::Enumeration(_) => "a string",
            Self::Integer => "a whole number",
            Self::Number | Self::Timestamp => "a number",
            Self::Boolean => "true or false",
            Self::Any => "any value",
            Self::List(_) => "a list",
            Self::Map(_) | Self::Structure(_) => "an object",
        }
    }

    /// The type of a member or element, if the model knows it.
    pub fn inside(&self, token: &str) -> Option<&Self> {
        match self {
            Self::List(of) | Self::Map(of) => Some(of),
            Self::Structure(name) => members(name)
                .iter()
                .find(|m| m.name == token)
                .map(|m| &m.kind),
            _ => None,
        }
    }
}

/// A member of a structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub name: &'static str,
    pub kind: Type,
    pub required: bool,
}

/// The members of a structure; empty if the model does not have it.
pub fn members(structure: &str) -> &'static [Member] {
    let table = table();
    table.structures.get(structure).map_or(&[], |structure| {
        structure.members.get_or_init(|| table.read(structure.text))
    })
}

struct Table {
    structures: HashMap<&'static str, Structure>,
    /// The strings of each, separated by spaces.
    enumerations: HashMap<&'static str, &'static str>,
}

struct Structure {
    /// The rest of the table, from the first member of the structure.
    text: &'static str,
    members: OnceLock<Vec<Member>>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::new(include_str!("model/table.txt")))
}

impl Table {
    fn new(text: &'static str) -> Self {
        let mut table = Self {
            structures: HashMap::new(),
            enumerations: HashMap::new(),
        };
        let mut rest = text;
        while let Some((line, text)) = rest.split_once('\n') {
            if let Some(name) = line.strip_prefix("struct ") {
                let members = OnceLock::new();
                table.structures.insert(name, Structure { text, members });
            } else if let Some((name, words)) =
                line.strip_prefix("enum ").and_then(|e| e.split_once(' '))
            {
                table.enumerations.insert(name, words);
            }
            rest = text;
        }
        table
    }

    fn read(&self, text: &'static str) -> Vec<Member> {
        let lines = text.lines().map_while(|line| line.strip_prefix("  "));
        let member = |line: &'static str| {
            let (name, kind) = line.split_once(' ').unwrap_or((line, "any"));
            let (kind, required) = match kind.strip_suffix('!') {
                Some(kind) => (kind, true),
                None => (kind, false),
            };
            Member {
                name,
                kind: self.type_of(kind),
                required,
            }
        };
        lines.map(member).collect()
    }

    fn type_of(&self, text: &'static str) -> Type {
        let within = |open, close| text.strip_prefix(open)?.strip_suffix(close);
        if let Some(of) = within('[', ']') {
            return Type::List(Box::new(self.type_of(of)));
        }
        if let Some(of) = within('{', '}') {
            return Type::Map(Box::new(self.type_of(of)));
        }
        match text {
            "string" => Type::String,
            "integer" => Type::Integer,
            "number" => Type::Number,
            "boolean" => Type::Boolean,
            "timestamp" => Type::Timestamp,
            "any" => Type::Any,
            name => match self.enumerations.get(name) {
                // A member is parsed once per process, and lives until its end.
                Some(words) => Type::Enumeration(Vec::leak(words.split(' ').collect())),
                None => Type::Structure(name),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DocumentKind, Type, members, read_only_members, table};

    #[test]
    fn the_table_has_the_types_of_important_members() {
        let containers = DocumentKind::TaskDefinition
            .whole()
            .inside("containerDefinitions")
            .cloned();
        assert_eq!(
            containers,
            Some(Type::List(Box::new(Type::Structure("ContainerDefinition"))))
        );
        for (structure, member, kind) in [
            ("ContainerDefinition", "cpu", Type::Integer),
            ("RegisterTaskDefinitionRequest", "cpu", Type::String),
            (
                "LogConfiguration",
                "options",
                Type::Map(Box::new(Type::String)),
            ),
            (
                "PortMapping",
                "protocol",
                Type::Enumeration(&["tcp", "udp"]),
            ),
        ] {
            let found = members(structure).iter().find(|m| m.name == member);
            assert_eq!(found.map(|m| &m.kind), Some(&kind), "{structure}.{member}");
        }
        assert!(
            DocumentKind::CreateService.has("launchType")
                && !DocumentKind::UpdateService.has("launchType")
        );
    }

    #[test]
    fn every_type_in_the_table_is_in_the_table() {
        fn check(kind: &Type) {
            match kind {
                Type::List(of) | Type::Map(of) => check(of),
                Type::Structure(name) => {
                    assert!(table().structures.contains_key(name), "{name}");
                }
                _ => {}
            }
        }
        for name in table().structures.keys() {
            assert!(!members(name).is_empty(), "{name}");
            members(name).iter().for_each(|m| check(&m.kind));
        }
        assert!(table().structures.len() > 60);
    }

    #[test]
    fn members_that_describing_adds_are_read_only() {
        let mut names: Vec<_> = read_only_members().collect();
        names.sort_unstable();
        assert!(names.contains(&"taskDefinitionArn") && names.contains(&"registeredAt"));
        assert!(!names.contains(&"family") && !names.contains(&"containerDefinitions"));
    }
}
