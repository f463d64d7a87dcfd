#![allow(clippy::unwrap_used)]

use std::io::Read;

use proptest::prelude::*;

use super::{BLOCK, Compression, check, pack};
use crate::content::Content;
use crate::digest::Digest;
use crate::image::Packing;

fn packed(bytes: &[u8], compression: Compression, workers: usize) -> super::Packed {
    let content = Content::bytes(bytes.to_vec());
    pack(&content, compression, workers, |_| true).unwrap()
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 7u32;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Half of the bits: it compresses, but not to nothing.
            (state >> 28) as u8
        })
        .collect()
}

const GZIP: Compression = Compression::Gzip { level: 1 };
const ZSTD: Compression = Compression::Zstd { level: 3 };

#[test]
fn the_digest_does_not_depend_on_the_number_of_threads() {
    let bytes = noise(3 * BLOCK + 17);
    for compression in [GZIP, ZSTD] {
        let one = packed(&bytes, compression, 1);
        for workers in [2, 3, 6, 64] {
            let many = packed(&bytes, compression, workers);
            assert_eq!(many.digest, one.digest, "{compression:?} {workers}");
        }
        assert_eq!(one.diff_id, Digest::of(&bytes));
    }
}

/// The bytes are part of what is promised: a rerun on another machine, or after an update,
/// must not send a layer again. A change here is a change of every layer's digest.
#[test]
fn the_digests_are_the_ones_of_earlier_versions() {
    let bytes = noise(2 * BLOCK + 1000);
    let digests = [GZIP, Compression::Gzip { level: 6 }, ZSTD]
        .map(|compression| packed(&bytes, compression, 2).digest.short().to_owned());
    assert_eq!(digests, ["ba067dcab350", "6eea389c2257", "d87fa8939b67"]);
}

#[test]
fn what_is_compressed_already_is_stored() {
    let once = packed(&noise(6 * BLOCK), GZIP, 2).content;
    let once = once.read_all(once.len()).unwrap();
    let twice = packed(&once, GZIP, 2);
    assert_eq!(twice.diff_id, Digest::of(&once));
    let grown = twice.content.len() - once.len() as u64;
    assert!(grown < once.len() as u64 / 5000, "{grown}");
    let (digest, diff_id) = check(&twice.content, Packing::Gzip, |_| true).unwrap();
    assert_eq!((digest, diff_id), (twice.digest, twice.diff_id));

    for (bytes, dense) in [
        (&once[..BLOCK], true),
        (&once[..1000], false),
        (&noise(BLOCK)[..], false),
        (&b"text that is read ".repeat(BLOCK / 18)[..], false),
        // Numbers whose low bytes are chance, and whose high ones are not.
        (
            &once[..BLOCK / 2]
                .iter()
                .flat_map(|byte| [*byte, 0])
                .collect::<Vec<u8>>()[..],
            false,
        ),
    ] {
        assert_eq!(super::is_dense(bytes), dense, "{:?}", &bytes[..20]);
    }
}

#[test]
fn nothing_is_a_stream_too() {
    for (compression, packing) in [(GZIP, Packing::Gzip), (ZSTD, Packing::Zstd)] {
        let nothing = packed(b"", compression, 4);
        assert!(!nothing.content.is_empty());
        let (digest, diff_id) = check(&nothing.content, packing, |_| true).unwrap();
        assert_eq!((digest, diff_id), (nothing.digest, Digest::of(b"")));
    }
}

#[test]
fn compressing_ends_when_nobody_waits_for_it() {
    let content = Content::bytes(noise(8 * BLOCK));
    let error = pack(&content, GZIP, 2, |_| false).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::Interrupted);
}

#[test]
fn what_is_not_compressed_after_all_is_an_error() {
    for packing in [Packing::Gzip, Packing::Zstd] {
        let content = Content::bytes(b"plain text".to_vec());
        check(&content, packing, |_| true).unwrap_err();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_packed_unpacks_to_the_same(
        len in prop_oneof![0..4096usize, (BLOCK - 2)..(BLOCK + 2), BLOCK..(3 * BLOCK)],
        workers in 1..5usize,
    ) {
        let bytes = noise(len);
        for (compression, packing) in [(GZIP, Packing::Gzip), (ZSTD, Packing::Zstd)] {
            let packed = packed(&bytes, compression, workers);
            let reader = packed.content.open().unwrap();
            let mut back = Vec::new();
            match packing {
                Packing::Gzip => flate2::read::MultiGzDecoder::new(reader).read_to_end(&mut back),
                _ => zstd::stream::read::Decoder::new(reader).unwrap().read_to_end(&mut back),
            }
            .unwrap();
            prop_assert!(back == bytes);
            let (digest, diff_id) = check(&packed.content, packing, |_| true).unwrap();
            prop_assert_eq!(digest, packed.digest);
            prop_assert_eq!(diff_id, packed.diff_id);
        }
    }
}
