#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use proptest::prelude::*;
use tar::{Builder, EntryType, Header};

use super::super::error::{Named, SourceError};
use super::TarIndex;

fn named() -> Named {
    Named("image.tar".to_owned())
}

fn file_of(bytes: &[u8]) -> Arc<File> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Arc::new(file)
}

fn index(bytes: &[u8]) -> Result<TarIndex, SourceError> {
    TarIndex::read(file_of(bytes), &named())
}

/// An entry with a name that a well-behaved builder would not write.
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
    let content = index.find(name, &named()).unwrap().unwrap();
    content.read_all(1 << 20).unwrap().to_vec()
}

#[test]
fn files_are_found_where_they_lie() {
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
    assert!(index.find("other", &named()).unwrap().is_none());
}

#[test]
fn extended_headers_give_names_and_sizes() {
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
fn hostile_archives_are_refused_with_the_reason() {
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
            "the name \"../etc/passwd\" in it leads out of it",
        ),
        (archive(&[plain("a/../../b", b"x")]), "leads out of it"),
        (archive(&[plain("/etc/passwd", b"x")]), "leads out of it"),
        (
            archive(&[pax(EntryType::XHeader, "11 path=..\n"), plain("a", b"x")]),
            "leads out of it",
        ),
        (
            archive(&[plain("a", b"1"), plain("./a", b"2")]),
            "it has two files named a",
        ),
        (
            archive(&[
                plain("a", b"1"),
                raw_entry(b"a", EntryType::Symlink, b"b", b""),
            ]),
            "it has two files named a",
        ),
        (
            archive(&[
                pax(EntryType::XGlobalHeader, "10 path=a\n"),
                plain("b", b"2"),
            ]),
            "a global header gives every entry one path",
        ),
        (
            archive(&[pax(EntryType::XHeader, "11 size=-1\n"), plain("b", b"2")]),
            "an entry's size is \"-1\"",
        ),
        (archive(&[endless_name]), "a name in it takes 81920 bytes"),
        (far, "is cut short: far needs bytes up to"),
        (
            archive(&[plain("a", &[7; 2000])])[..1600].to_vec(),
            "is cut short: a needs bytes up to 2512, and the file ends at 1600",
        ),
        (damaged, "it is damaged: no tar header at byte 1024"),
        (
            b"PK\x03\x04 not a tar".repeat(100),
            "it is not a tar archive",
        ),
        (Vec::new(), "it is not a tar archive, or an empty one"),
        (vec![0; 10240], "it is not a tar archive, or an empty one"),
    ] {
        let said = index(&bytes).unwrap_err().to_string();
        assert!(said.contains(reason), "{said}, not {reason}");
        assert!(said.starts_with("image.tar is"), "{said}");
    }
    for target in [&b"/etc/passwd"[..], b"../../../etc/passwd", b"y"] {
        let index = index(&archive(&[link(target)])).unwrap();
        let said = index.find("blobs/x", &named()).unwrap_err().to_string();
        assert!(said.contains("blobs/x is a link to"), "{said}");
    }
    let device = archive(&[raw_entry(b"dev", EntryType::Char, b"", b"")]);
    let said = index(&device)
        .unwrap()
        .find("dev", &named())
        .unwrap_err()
        .to_string();
    assert!(said.contains("dev is not a regular file"), "{said}");
}

#[test]
fn a_link_inside_is_followed_once_where_that_is_asked_for() {
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
    let found = inside.find_through_link("two/layer.tar", &named()).unwrap();
    assert_eq!(found.unwrap().read_all(9).unwrap(), &b"layer"[..]);
    let said = inside
        .find_through_link("three/layer.tar", &named())
        .unwrap_err();
    assert!(said.to_string().contains("is a link"), "{said}");
    let outside = linked(b"../../../etc/passwd");
    let said = outside
        .find_through_link("two/layer.tar", &named())
        .unwrap_err();
    assert!(
        said.to_string().contains("outside of the archive"),
        "{said}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done to an archive's bytes, reading it ends, and what it finds lies inside.
    #[test]
    fn damage_is_never_more_than_an_error(
        at in 0..4096usize,
        byte in any::<u8>(),
        cut in 0..5000usize,
    ) {
        let mut bytes = archive(&[
            pax(EntryType::XHeader, "15 path=a/b/cd\n"),
            plain("short", &[1; 700]),
            raw_entry(b"link", EntryType::Symlink, b"short", b""),
            plain("last", b"2"),
        ]);
        if let Some(slot) = bytes.get_mut(at) {
            *slot = byte;
        }
        bytes.truncate(cut);
        let len = bytes.len() as u64;
        if let Ok(index) = index(&bytes) {
            for name in ["a/b/cd", "short", "link", "last"] {
                if let Ok(Some(content)) = index.find_through_link(name, &named()) {
                    prop_assert!(content.len() <= len);
                    content.read_all(1 << 20).unwrap();
                }
            }
        }
    }

    #[test]
    fn noise_is_no_archive(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let _ = index(&bytes);
    }
}
