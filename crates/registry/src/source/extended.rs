//! Extended headers of a tar archive, which apply to the next entry: long names of GNU tar, and
//! records of PAX (POSIX.1-2001): `LENGTH KEY=VALUE` and a line break.
//!
//! The length decides where a record ends. Values may contain line breaks (e.g. ACLs and binary
//! attributes) and even text that looks like a record.

use std::fs::File;
use std::os::unix::fs::FileExt;

use tar::EntryType;

use super::error::{SourceError, SourceName};

/// The size limit of a name or of extended headers, in bytes.
const NAME_LIMIT: u64 = 64 << 10;
/// Extended headers, which apply to the next entry.
#[derive(Default)]
pub(super) struct ExtendedHeaders {
    pub path: Option<String>,
    /// The path of a sparse file, whose header has another one.
    pub sparse_path: Option<String>,
    pub link: Option<String>,
    pub size: Option<u64>,
    pub is_sparse: bool,
}

impl ExtendedHeaders {
    /// Reads the data of an extension.
    pub fn read(
        &mut self,
        file: &File,
        kind: EntryType,
        at: u64,
        size: u64,
        source_name: &SourceName,
    ) -> Result<(), SourceError> {
        let bytes = read_extension(file, at, size, source_name)?;
        self.extend(kind, &bytes, source_name)
    }

    /// Adds the data of an extension.
    fn extend(
        &mut self,
        kind: EntryType,
        bytes: &[u8],
        source_name: &SourceName,
    ) -> Result<(), SourceError> {
        let text = |bytes: &[u8]| {
            let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
            String::from_utf8_lossy(&bytes[..end]).into_owned()
        };
        if kind.is_gnu_longname() {
            self.path = Some(text(bytes));
            return Ok(());
        }
        if kind.is_gnu_longlink() {
            self.link = Some(text(bytes));
            return Ok(());
        }
        let records = records(bytes)
            .ok_or_else(|| source_name.not_an_image("it has a malformed extended header"))?;
        for (key, value) in records {
            if kind.is_pax_global_extensions() {
                if matches!(key, "path" | "linkpath" | "size") {
                    return Err(source_name
                        .refused(format!("a global header sets the {key} of all entries")));
                }
                continue;
            }
            let text =
                || Some(String::from_utf8_lossy(value).into_owned()).filter(|t| !t.is_empty());
            match key {
                "path" => self.path = text(),
                "linkpath" => self.link = text(),
                "size" => self.size = text().map(|text| size_of(&text, source_name)).transpose()?,
                "GNU.sparse.name" => self.sparse_path = text(),
                _ => {}
            }
            self.is_sparse |= key.starts_with("GNU.sparse.");
        }
        Ok(())
    }
}

/// Whether an entry only contains extended headers.
pub(super) fn is_extension(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

fn read_extension(
    file: &File,
    at: u64,
    size: u64,
    source_name: &SourceName,
) -> Result<Vec<u8>, SourceError> {
    if size > NAME_LIMIT {
        return Err(source_name.refused(format!(
            "a name in it has {size} bytes, but the limit is {NAME_LIMIT}"
        )));
    }
    let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
    file.read_exact_at(&mut bytes, at)
        .map_err(|e| source_name.read("an extended header", e))?;
    Ok(bytes)
}

fn size_of(text: &str, source_name: &SourceName) -> Result<u64, SourceError> {
    text.parse()
        .map_err(|_| source_name.refused(format!("the size {text:?} of an entry is invalid")))
}

/// A key and its value.
type Record<'b> = (&'b str, &'b [u8]);

/// Reads all records, or returns `None` if they are malformed.
fn records(mut bytes: &[u8]) -> Option<Vec<Record<'_>>> {
    let mut found = Vec::new();
    // Some writers fill the rest of the header with zeros.
    while bytes.iter().any(|byte| *byte != 0) {
        let (record, rest) = first(bytes)?;
        found.push(record);
        bytes = rest;
    }
    Some(found)
}

fn first(bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let digits = bytes.iter().position(|byte| *byte == b' ')?;
    let length = std::str::from_utf8(&bytes[..digits]).ok()?;
    if !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (record, rest) = bytes.split_at_checked(length.parse().ok()?)?;
    let record = record.get(digits + 1..)?.strip_suffix(b"\n")?;
    let end_of_key = record.iter().position(|byte| *byte == b'=')?;
    let key = std::str::from_utf8(&record[..end_of_key]).ok()?;
    let is_valid = !key.is_empty() && !key.contains('\0');
    is_valid.then_some(((key, &record[end_of_key + 1..]), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::records;

    /// Writes a record: its length includes the digits of the length.
    fn record(key: &str, value: &[u8]) -> Vec<u8> {
        let without_digits = key.len() + value.len() + 3;
        let mut length = without_digits + 1;
        while length != without_digits + length.to_string().len() {
            length += 1;
        }
        [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
    }

    #[test]
    fn the_length_decides_where_a_record_ends() {
        for (bytes, expected) in [
            (&b""[..], Some(vec![])),
            (b"\0\0\0", Some(vec![])),
            (b"9 size=3\n", Some(vec![("size", &b"3"[..])])),
            (b"9 size=3\n\0\0", Some(vec![("size", &b"3"[..])])),
            (b"8 path=\n", Some(vec![("path", &b""[..])])),
            (b"7 a==b\n", Some(vec![("a", &b"=b"[..])])),
            (
                b"21 x=1\n11 path=evil\n\n9 size=3\n",
                Some(vec![("x", &b"1\n11 path=evil\n"[..]), ("size", b"3")]),
            ),
            (b"9 size=3", None),
            (b"8 size=3\n", None),
            (b"99 size=3\n", None),
            (b"-9 size=3\n", None),
            (b"+9 size=3\n", None),
            (b" size=3\n", None),
            (b"0 size=3\n", None),
            (b"2 size=3\n", None),
            (b"99999999999999999999999 size=3\n", None),
            (b"7 size\n", None),
            (b"5 =3\n", None),
        ] {
            assert_eq!(
                records(bytes),
                expected,
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read(
            written in proptest::collection::vec(
                ("[a-zA-Z.]{1,20}", proptest::collection::vec(any::<u8>(), 0..120)),
                0..5,
            ),
        ) {
            let bytes: Vec<u8> =
                written.iter().flat_map(|(key, value)| record(key, value)).collect();
            let expected: Vec<(&str, &[u8])> =
                written.iter().map(|(key, value)| (key.as_str(), &value[..])).collect();
            prop_assert_eq!(records(&bytes), Some(expected));
        }

        #[test]
        fn noise_ends(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            records(&bytes);
        }
    }
}
