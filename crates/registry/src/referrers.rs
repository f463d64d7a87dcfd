//! Lists referrers in registries that do not list them: the fallback of the specification, which is
//! an index under the tag `sha256-<digest>`.

use serde_json::{Value, json};

use crate::client::Client;
use crate::digest::Digest;
use crate::error::Error;
use crate::image::Manifest;
use oci_client::manifest::OCI_IMAGE_INDEX_MEDIA_TYPE;

/// Adds a manifest to the list of referrers of `subject`, unless the list contains it.
pub(crate) async fn list_by_tag(
    client: &Client,
    subject: &Digest,
    referrer: &Manifest,
) -> Result<(), Error> {
    let tag = subject.as_str().replace(':', "-");
    let now = client.manifest(&tag).await?;
    let Some(index) = with(now.as_ref().map(|m| &m.bytes[..]), referrer) else {
        return Ok(());
    };
    let manifest = Manifest {
        digest: Digest::of(&index),
        media_type: OCI_IMAGE_INDEX_MEDIA_TYPE.to_owned(),
        bytes: index.into(),
        references: Vec::new(),
        subject: None,
        artifact_type: None,
    };
    client.put_manifest(&manifest, &tag).await.map(|_| ())
}

/// Pure: the list with this referrer, or `None` if the list already contains it.
fn with(now: Option<&[u8]>, referrer: &Manifest) -> Option<Vec<u8>> {
    let mut index: Value = now
        .and_then(|bytes| serde_json::from_slice(bytes).ok())
        .filter(|index: &Value| index["manifests"].is_array())
        .unwrap_or_else(|| {
            json!({
                "schemaVersion": 2,
                "mediaType": OCI_IMAGE_INDEX_MEDIA_TYPE,
                "manifests": [],
            })
        });
    let list = index["manifests"].as_array_mut()?;
    if list
        .iter()
        .any(|entry| entry["digest"] == referrer.digest.as_str())
    {
        return None;
    }
    let mut entry = json!({
        "mediaType": referrer.media_type,
        "digest": referrer.digest,
        "size": referrer.bytes.len(),
    });
    if let Some(kind) = &referrer.artifact_type {
        entry["artifactType"] = json!(kind);
    }
    let document: Option<Value> = serde_json::from_slice(&referrer.bytes).ok();
    if let Some(annotations) = document.and_then(|d| d.get("annotations").cloned()) {
        entry["annotations"] = annotations;
    }
    list.push(entry);
    Some(index.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::with;
    use crate::digest::Digest;
    use crate::image::Manifest;

    #[test]
    fn a_referrer_is_added_once_and_others_are_kept() {
        let referrer = |text: &'static str| Manifest {
            digest: Digest::of(text.as_bytes()),
            media_type: "application/vnd.oci.image.manifest.v1+json".into(),
            bytes: text.into(),
            references: Vec::new(),
            subject: None,
            artifact_type: Some("application/spdx+json".into()),
        };
        let one = with(None, &referrer(r#"{"annotations":{"a":"b"}}"#)).expect("a list");
        let two = with(Some(&one), &referrer("{}")).expect("a longer list");
        assert_eq!(with(Some(&two), &referrer("{}")), None);
        let list: Value = serde_json::from_slice(&two).expect("JSON");
        assert_eq!(list["manifests"].as_array().map(Vec::len), Some(2));
        assert_eq!(list["manifests"][0]["annotations"]["a"], "b");
        assert_eq!(
            list["manifests"][1]["artifactType"],
            "application/spdx+json"
        );
    }
}
