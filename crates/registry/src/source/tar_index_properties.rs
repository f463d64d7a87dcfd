use std::collections::HashMap;
use std::io::Read;

use proptest::prelude::*;
use tar::{Builder, EntryType, Header};

use super::{archive, index, pax, plain, raw_entry, read, source_name};

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is changed in an archive, reading it ends, and its files are inside the archive.
    #[test]
    fn damaged_archives_are_errors(
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
                if let Ok(Some(content)) = index.find_through_link(name, &source_name()) {
                    prop_assert!(content.len() <= len);
                    content.read_all(1 << 20).unwrap();
                }
            }
        }
    }

    #[test]
    fn noise_is_not_an_archive(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let _ = index(&bytes);
    }

    /// The tar crate reads the same files, also after some bytes were changed.
    #[test]
    fn another_reader_finds_the_same_bytes(
        files in proptest::collection::btree_map(
            "[a-z]{1,9}(/[a-z]{1,120}){0,2}",
            proptest::collection::vec(any::<u8>(), 0..1500),
            1..5,
        ),
        is_pax in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut builder = Builder::new(Vec::new());
        for (name, body) in &files {
            if is_pax {
                builder.append_pax_extensions([("path", name.as_bytes())]).unwrap();
            }
            let mut header = Header::new_gnu();
            header.set_size(body.len() as u64);
            builder.append_data(&mut header, if is_pax { "short" } else { name }, &body[..]).unwrap();
        }
        let mut bytes = builder.into_inner().unwrap();
        for (at, byte) in &changes {
            let len = bytes.len();
            bytes[at.index(len)] = *byte;
        }
        let ours = index(&bytes);
        if changes.is_empty() {
            let ours = ours.as_ref().unwrap();
            for (name, body) in &files {
                prop_assert!(read(ours, name) == *body, "{}", name);
            }
        }
        let Ok(ours) = ours else { return Ok(()) };
        let mut theirs: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
        for entry in tar::Archive::new(&bytes[..]).entries().unwrap() {
            let Ok(mut entry) = entry else { return Ok(()) };
            let Ok(path) = entry.path().map(|path| path.display().to_string()) else { continue };
            let mut body = Vec::new();
            if entry.read_to_end(&mut body).is_err() {
                return Ok(());
            }
            theirs.entry(path).or_default().push(body);
        }
        for (name, bodies) in theirs {
            if let Ok(Some(content)) = ours.find(&name, &source_name()) {
                let found = content.read_all(1 << 20).unwrap().to_vec();
                prop_assert!(bodies.contains(&found), "{}", name);
            }
        }
    }
}
