#![allow(clippy::unwrap_used)]

use std::io::Read;

use proptest::prelude::*;

use super::{BLOCK, Compression, check, compress};
use crate::content::Content;
use crate::digest::Digest;
use crate::image::CompressionFormat;

fn compressed(bytes: &[u8], compression: Compression, workers: usize) -> super::CompressedLayer {
    let content = Content::bytes(bytes.to_vec());
    compress(&content, compression, workers, |_| true).unwrap()
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 7u32;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Half of the bits, so that the data can be compressed, but only to half.
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
        let one = compressed(&bytes, compression, 1);
        for workers in [2, 3, 6, 64] {
            let many = compressed(&bytes, compression, workers);
            assert_eq!(many.digest, one.digest, "{compression:?} {workers}");
        }
        assert_eq!(one.diff_id, Digest::of(&bytes));
    }
}

/// A repeated push from another machine, or with another version, must not send a layer again. If
/// this test changes, the digest of every layer changes.
#[test]
fn the_digests_are_those_of_earlier_versions() {
    let bytes = noise(2 * BLOCK + 1000);
    let digests = [GZIP, Compression::Gzip { level: 6 }, ZSTD]
        .map(|compression| compressed(&bytes, compression, 2).digest.short().to_owned());
    assert_eq!(digests, ["ba067dcab350", "6eea389c2257", "d87fa8939b67"]);
}

#[test]
fn compressed_data_is_stored() {
    let once = compressed(&noise(6 * BLOCK), GZIP, 2).content;
    let once = once.read_all(once.len()).unwrap();
    let twice = compressed(&once, GZIP, 2);
    assert_eq!(twice.diff_id, Digest::of(&once));
    let grown = twice.content.len() - once.len() as u64;
    assert!(grown < once.len() as u64 / 5000, "{grown}");
    let (digest, diff_id) = check(&twice.content, CompressionFormat::Gzip, |_| true).unwrap();
    assert_eq!((digest, diff_id), (twice.digest, twice.diff_id));

    for (bytes, dense) in [
        (&once[..BLOCK], true),
        (&once[..1000], false),
        (&noise(BLOCK)[..], false),
        (&b"text that is read ".repeat(BLOCK / 18)[..], false),
        // Numbers with random low bytes and equal high bytes.
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
fn an_empty_layer_is_a_stream() {
    for (compression, format) in [
        (GZIP, CompressionFormat::Gzip),
        (ZSTD, CompressionFormat::Zstd),
    ] {
        let nothing = compressed(b"", compression, 4);
        assert!(!nothing.content.is_empty());
        let (digest, diff_id) = check(&nothing.content, format, |_| true).unwrap();
        assert_eq!((digest, diff_id), (nothing.digest, Digest::of(b"")));
    }
}

#[test]
fn compression_can_be_stopped() {
    let content = Content::bytes(noise(8 * BLOCK));
    let error = compress(&content, GZIP, 2, |_| false).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::Interrupted);
}

#[test]
fn uncompressed_data_in_a_compressed_layer_is_an_error() {
    for format in [CompressionFormat::Gzip, CompressionFormat::Zstd] {
        let content = Content::bytes(b"plain text".to_vec());
        check(&content, format, |_| true).unwrap_err();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn compressed_data_decompresses_to_the_same(
        len in prop_oneof![0..4096usize, (BLOCK - 2)..(BLOCK + 2), BLOCK..(3 * BLOCK)],
        workers in 1..5usize,
    ) {
        let bytes = noise(len);
        for (compression, format) in [(GZIP, CompressionFormat::Gzip), (ZSTD, CompressionFormat::Zstd)] {
            let compressed = compressed(&bytes, compression, workers);
            let reader = compressed.content.open().unwrap();
            let mut back = Vec::new();
            match format {
                CompressionFormat::Gzip => flate2::read::MultiGzDecoder::new(reader).read_to_end(&mut back),
                _ => zstd::stream::read::Decoder::new(reader).unwrap().read_to_end(&mut back),
            }
            .unwrap();
            prop_assert!(back == bytes);
            let (digest, diff_id) = check(&compressed.content, format, |_| true).unwrap();
            prop_assert_eq!(digest, compressed.digest);
            prop_assert_eq!(diff_id, compressed.diff_id);
        }
    }
}
