//! What AWS's service model says of definitions: which members there are, of which type, which
//! must be given. It warns and converts; it never decides what is sent.
//!
//! The table is made by `cargo xtask service-model`, and read at the first question.

use std::collections::HashMap;
use std::sync::OnceLock;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What RegisterTaskDefinition takes.
    TaskDefinition,
    /// What CreateService takes.
    CreateService,
    /// What UpdateService takes.
    UpdateService,
    /// What RunTask takes.
    RunTask,
}

impl Kind {
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

    /// The members that ECS takes, in the model's order.
    pub fn members(self) -> &'static [Member] {
        members(self.root())
    }

    /// Whether ECS takes a member of this name at the top.
    pub fn has(self, name: &str) -> bool {
        self.members().iter().any(|m| m.name == name)
    }
}

/// Members of a described task definition that RegisterTaskDefinition does not take:
/// `taskDefinitionArn`, `revision`, `status` and the like.
pub fn read_only_members() -> impl Iterator<Item = &'static str> {
    members("TaskDefinition")
        .iter()
        .map(|m| m.name)
        .filter(|name| !Kind::TaskDefinition.has(name))
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    String,
    Integer,
    Number,
    Boolean,
    Timestamp,
    /// Any JSON at all.
    Any,
    List(Box<Type>),
    /// An object whose names are free, all its values of one type.
    Map(Box<Type>),
    /// An object whose members are [`members`] of this name.
    Structure(&'static str),
    /// One of these words.
    Enumeration(&'static [&'static str]),
}

impl Type {
    /// What a value of this type is, with its article.
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

    /// The type of a member or element, where the model knows it.
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

/// A structure's members; none for a name that the model does not have.
pub fn members(structure: &str) -> &'static [Member] {
    table()
        .structures
        .get(structure)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

struct Table {
    structures: HashMap<&'static str, Vec<Member>>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| read(include_str!("model/table.txt")))
}

fn read(text: &'static str) -> Table {
    let mut enumerations: HashMap<&str, &'static [&'static str]> = HashMap::new();
    for line in text.lines() {
        if let Some(words) = line.strip_prefix("enum ") {
            let mut words = words.split(' ');
            let name = words.next().unwrap_or_default();
            // Read once in a process and kept to its end.
            enumerations.insert(name, Vec::leak(words.collect()));
        }
    }
    let mut structures: HashMap<&str, Vec<Member>> = HashMap::new();
    let mut current = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("struct ") {
            current = name;
            structures.insert(current, Vec::new());
        } else if let Some(member) = line.strip_prefix("  ") {
            let (name, kind) = member.split_once(' ').unwrap_or((member, "any"));
            let (kind, required) = match kind.strip_suffix('!') {
                Some(kind) => (kind, true),
                None => (kind, false),
            };
            structures.entry(current).or_default().push(Member {
                name,
                kind: type_of(kind, &enumerations),
                required,
            });
        }
    }
    Table { structures }
}

fn type_of(text: &'static str, enumerations: &HashMap<&str, &'static [&'static str]>) -> Type {
    let within = |open, close| text.strip_prefix(open)?.strip_suffix(close);
    if let Some(of) = within('[', ']') {
        return Type::List(Box::new(type_of(of, enumerations)));
    }
    if let Some(of) = within('{', '}') {
        return Type::Map(Box::new(type_of(of, enumerations)));
    }
    match text {
        "string" => Type::String,
        "integer" => Type::Integer,
        "number" => Type::Number,
        "boolean" => Type::Boolean,
        "timestamp" => Type::Timestamp,
        "any" => Type::Any,
        name => match enumerations.get(name) {
            Some(words) => Type::Enumeration(words),
            None => Type::Structure(name),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Type, members, read_only_members, table};

    #[test]
    fn the_table_knows_the_members_that_matter() {
        let containers = Kind::TaskDefinition
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
        assert!(Kind::CreateService.has("launchType") && !Kind::UpdateService.has("launchType"));
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
        table()
            .structures
            .values()
            .flatten()
            .for_each(|m| check(&m.kind));
        assert!(table().structures.len() > 60);
    }

    #[test]
    fn read_only_is_what_describing_adds() {
        let mut names: Vec<_> = read_only_members().collect();
        names.sort_unstable();
        assert!(names.contains(&"taskDefinitionArn") && names.contains(&"registeredAt"));
        assert!(!names.contains(&"family") && !names.contains(&"containerDefinitions"));
    }
}
