//! The members of manifests and indexes that a push needs, as tolerant as other tools read them:
//! writers in Go write `null` for an empty list, and some platforms in an index are incomplete.
//!
//! Never here: whether a document may be pushed.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::platform::Platform;

/// Any document, before its kind is known.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnyDocument {
    pub schema_version: Option<Value>,
    pub media_type: Option<String>,
    pub artifact_type: Option<String>,
    pub config: Option<DescriptorMembers>,
    #[serde(default, deserialize_with = "present_list")]
    pub layers: Option<Vec<DescriptorMembers>>,
    #[serde(default, deserialize_with = "present_list")]
    pub manifests: Option<Vec<DescriptorMembers>>,
    pub subject: Option<Box<DescriptorMembers>>,
    pub fs_layers: Option<IgnoredAny>,
}

/// An image manifest, or the manifest of an artifact.
#[derive(Debug, Clone)]
pub struct ImageManifest {
    pub config: DescriptorMembers,
    pub layers: Vec<DescriptorMembers>,
    pub subject: Option<Box<DescriptorMembers>>,
    pub artifact_type: Option<String>,
}

/// An index, which Docker calls a manifest list.
#[derive(Debug, Clone)]
pub struct ImageIndex {
    pub manifests: Vec<DescriptorMembers>,
    pub subject: Option<Box<DescriptorMembers>>,
    pub artifact_type: Option<String>,
}

/// A reference to a blob or manifest, before its digest and size are checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescriptorMembers {
    pub media_type: String,
    pub digest: String,
    pub size: i64,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub urls: Vec<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub annotations: BTreeMap<String, String>,
    platform: Option<PlatformMembers>,
}

impl DescriptorMembers {
    /// The platform, or `None` if there is none or if it is incomplete.
    pub fn platform(&self) -> Option<Platform> {
        let members = self.platform.as_ref()?;
        let complete = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Some(Platform {
            os: complete(&members.os)?,
            architecture: complete(&members.architecture)?,
            variant: complete(&members.variant),
        })
    }
}

#[derive(Debug, Clone, Deserialize)]
struct PlatformMembers {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
}

/// Reads `null` as an empty list or map.
pub(crate) fn null_as_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a list that exists, also as `null`. The default, `None`, means that it does not exist.
fn present_list<'de, D>(deserializer: D) -> Result<Option<Vec<DescriptorMembers>>, D::Error>
where
    D: Deserializer<'de>,
{
    null_as_empty(deserializer).map(Some)
}
