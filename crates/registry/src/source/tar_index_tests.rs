#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use tar::{Builder, EntryType, Header};

use super::super::error::{SourceError, SourceName};
use super::TarIndex;

fn source_name() -> SourceName {
    SourceName("image.tar".to_owned())
}

fn file_of(bytes: &[u8]) -> Arc<File> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Arc::new(file)
}

fn index(bytes: &[u8]) -> Result<TarIndex, SourceError> {
    TarIndex::read(file_of(bytes), &source_name())
}

/// An entry that the tar crate would not write.
fn raw_entry(name: &[u8], kind: EntryType, link: &[u8], body: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(body.len() as u64);
    header.set_mode(0o644);
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.as_old_mut().linkname[..link.len()].copy_from_slice(link);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(body);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = entries.concat();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn plain(name: &str, body: &[u8]) -> Vec<u8> {
    raw_entry(name.as_bytes(), EntryType::Regular, b"", body)
}

fn pax(kind: EntryType, records: &str) -> Vec<u8> {
    raw_entry(b"pax", kind, b"", records.as_bytes())
}

fn read(index: &TarIndex, name: &str) -> Vec<u8> {
    let content = index.find(name, &source_name()).unwrap().unwrap();
    content.read_all(1 << 20).unwrap().to_vec()
}

#[test]
fn files_are_found_at_their_offsets() {
    let mut builder = Builder::new(Vec::new());
    let long = format!("{}/layer.tar", "d".repeat(200));
    for (name, body) in [
        ("./manifest.json", "[]"),
        (long.as_str(), "layer"),
        ("empty", ""),
    ] {
        let mut header = Header::new_gnu();
        header.set_size(body.len() as u64);
        builder
            .append_data(&mut header, name, body.as_bytes())
            .unwrap();
    }
    let index = index(&builder.into_inner().unwrap()).unwrap();
    assert_eq!(read(&index, "manifest.json"), b"[]");
    assert_eq!(read(&index, &long), b"layer");
    assert_eq!(read(&index, "empty"), b"");
    assert!(index.find("other", &source_name()).unwrap().is_none());
}

#[test]
fn extended_headers_set_names_and_sizes() {
    let big = archive(&[
        pax(EntryType::XHeader, "15 path=a/b/cd\n9 size=3\n"),
        raw_entry(b"short", EntryType::Regular, b"", b"xyz"),
        plain("next", b"n"),
    ]);
    let index = index(&big).unwrap();
    assert_eq!(read(&index, "a/b/cd"), b"xyz");
    assert_eq!(read(&index, "next"), b"n");
    assert!(!index.has("short"));
}

#[test]
fn malicious_archives_are_rejected_with_the_reason() {
    let link = |target: &[u8]| raw_entry(b"blobs/x", EntryType::Symlink, target, b"");
    let far = {
        let mut header = Header::new_gnu();
        header.set_path("far").unwrap();
        header.set_size(1 << 40);
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    let endless_name = {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::GNULongName);
        header.set_size(80 << 10);
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.resize(bytes.len() + (80 << 10), b'x');
        bytes
    };
    let mut damaged = archive(&[plain("a", b"1"), plain("b", b"2")]);
    damaged[1024 + 20] ^= 1;
    for (bytes, reason) in [
        (
            archive(&[plain("../etc/passwd", b"x")]),
            "the name \"../etc/passwd\" leads out of the archive",
        ),
        (
            archive(&[plain("a/../../b", b"x")]),
            "leads out of the archive",
        ),
        (
            archive(&[plain("/etc/passwd", b"x")]),
            "leads out of the archive",
        ),
        (
            archive(&[pax(EntryType::XHeader, "11 path=..\n"), plain("a", b"x")]),
            "leads out of the archive",
        ),
        (
            archive(&[plain("a", b"1"), plain("./a", b"2")]),
            "it contains two different files a,",
        ),
        (
            archive(&[
                plain("a", b"1"),
                raw_entry(b"a", EntryType::Symlink, b"b", b""),
            ]),
            "it contains two different files a,",
        ),
        (
            archive(&[
                pax(EntryType::XGlobalHeader, "10 path=a\n"),
                plain("b", b"2"),
            ]),
            "a global header sets the path of all entries",
        ),
        (
            archive(&[pax(EntryType::XHeader, "11 size=-1\n"), plain("b", b"2")]),
            "the size \"-1\" of an entry is invalid",
        ),
        (
            archive(&[endless_name]),
            "a name in it has 81920 bytes, but the limit is 65536",
        ),
        (far, "is truncated: far needs bytes up to"),
        (
            archive(&[plain("a", &[7; 2000])])[..1600].to_vec(),
            "is truncated: a needs bytes up to 2512, but the file ends at 1600",
        ),
        (damaged, "it is damaged: no tar header at byte 1024"),
        (
            b"PK\x03\x04 not a tar".repeat(100),
            "it is not a tar archive",
        ),
        (Vec::new(), "it is not a tar archive, or it is empty"),
        (vec![0; 10240], "it is not a tar archive, or it is empty"),
    ] {
        let message = index(&bytes).unwrap_err().to_string();
        assert!(message.contains(reason), "{message}, not {reason}");
        assert!(message.starts_with("image.tar is"), "{message}");
    }
    for target in [&b"/etc/passwd"[..], b"../../../etc/passwd", b"y"] {
        let index = index(&archive(&[link(target)])).unwrap();
        let message = index
            .find("blobs/x", &source_name())
            .unwrap_err()
            .to_string();
        assert!(message.contains("blobs/x is a link to"), "{message}");
    }
    let device = archive(&[raw_entry(b"dev", EntryType::Char, b"", b"")]);
    let message = index(&device)
        .unwrap()
        .find("dev", &source_name())
        .unwrap_err()
        .to_string();
    assert!(message.contains("dev is not a regular file"), "{message}");
}

#[test]
fn a_repeated_file_is_one_file_if_its_bytes_are_equal() {
    let long = vec![7; 200_000];
    let mut changed = long.clone();
    changed[150_000] = 8;
    for (second, is_accepted) in [
        (&long, true),
        (&changed, false),
        (&long[1..].to_vec(), false),
    ] {
        let bytes = archive(&[plain("a", &long), plain("b", b"1"), plain("./a", second)]);
        match index(&bytes) {
            Ok(index) => assert!(is_accepted && read(&index, "a") == long),
            Err(error) => {
                assert!(!is_accepted, "{error}");
                let message = error.to_string();
                assert!(
                    message.contains("it contains two different files a,"),
                    "{message}"
                );
            }
        }
    }
    let link = |target: &[u8]| raw_entry(b"link", EntryType::Symlink, target, b"");
    index(&archive(&[plain("a", b"1"), link(b"a"), link(b"a")])).unwrap();
    index(&archive(&[plain("a", b"1"), link(b"a"), link(b"b")])).unwrap_err();
}

#[test]
fn a_value_with_line_breaks_is_not_a_record() {
    let value = "user::rw-\n11 path=evil\n9 size=1\n";
    let record = format!("{} SCHILY.acl.access={value}\n", value.len() + 22);
    assert_eq!(record.len(), value.len() + 22);
    let bytes = archive(&[
        pax(EntryType::XHeader, &record),
        plain("a", b"xyz"),
        plain("b", b"next"),
    ]);
    let index = index(&bytes).unwrap();
    assert_eq!(read(&index, "a"), b"xyz");
    assert_eq!(read(&index, "b"), b"next");
    assert!(!index.has("evil"));
}

#[test]
fn sparse_files_are_rejected_by_their_name() {
    let records = "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n\
                   24 GNU.sparse.name=blob\n28 GNU.sparse.realsize=1000\n";
    let bytes = archive(&[
        pax(EntryType::XHeader, records),
        plain("GNUSparseFile.0/blob", b"1\n0\n1000\n"),
        plain("other", b"1"),
    ]);
    let index_of_pax = index(&bytes).unwrap();
    let message = index_of_pax
        .find("blob", &source_name())
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("blob is stored as a sparse file"),
        "{message}"
    );
    assert_eq!(read(&index_of_pax, "other"), b"1");

    let mut header = Header::new_gnu();
    header.set_path("blob").unwrap();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_size(0);
    header.as_gnu_mut().unwrap().isextended = [1];
    header.set_cksum();
    let message = index(&archive(&[header.as_bytes().to_vec()]))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("blob is stored as a sparse file"),
        "{message}"
    );
}

#[test]
fn other_compressions_are_named_with_a_command() {
    for (first, name) in [
        (&b"\xfd7zXZ\0"[..], "xz"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"LZIP\x01", "lzip"),
    ] {
        for len in [first.len(), 4096] {
            let mut bytes = first.to_vec();
            bytes.resize(len, b'.');
            let error = index(&bytes).unwrap_err();
            let message = format!("it is compressed with {name}, which is not supported");
            assert!(error.to_string().ends_with(&message), "{error}");
            let command = format!("{name} -dc FILE | ecr-push --source -");
            assert!(
                error.hint().unwrap().contains(&command),
                "{:?}",
                error.hint()
            );
        }
    }
}

#[test]
fn a_link_inside_the_archive_is_followed_once() {
    let linked = |target: &[u8]| {
        let bytes = archive(&[
            plain("one/layer.tar", b"layer"),
            raw_entry(b"two/layer.tar", EntryType::Symlink, target, b""),
            raw_entry(
                b"three/layer.tar",
                EntryType::Symlink,
                b"../two/layer.tar",
                b"",
            ),
        ]);
        index(&bytes).unwrap()
    };
    let inside = linked(b"../one/layer.tar");
    let found = inside
        .find_through_link("two/layer.tar", &source_name())
        .unwrap();
    assert_eq!(found.unwrap().read_all(9).unwrap(), &b"layer"[..]);
    let message = inside
        .find_through_link("three/layer.tar", &source_name())
        .unwrap_err();
    assert!(message.to_string().contains("is a link"), "{message}");
    let outside = linked(b"../../../etc/passwd");
    let message = outside
        .find_through_link("two/layer.tar", &source_name())
        .unwrap_err();
    assert!(
        message.to_string().contains("outside of the archive"),
        "{message}"
    );
}

#[path = "tar_index_properties.rs"]
mod properties;
