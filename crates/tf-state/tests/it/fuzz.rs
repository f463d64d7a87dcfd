//! Reads mutated texts: the parser returns outputs or an error, and never panics.
//!
//! `FUZZ_CASES=10000000 cargo test --release -p tf-state fuzz` tries as many cases as
//! you like. The seed is fixed and printed; `FUZZ_SEED` sets another one.

use serde_json::{Map, Value, json};
use tf_state::read;

const CORPUS: [&str; 7] = [
    include_str!("fixtures/terraform-1.11.tfstate"),
    include_str!("fixtures/terraform-1.11-output.json"),
    r#"{"version":4,"outputs":{"a":{"value":"x","type":"string","sensitive":true}},"resources":[{"a":[1,2,{"b":"\u00e9\n"}]}]}"#,
    r#"{"encrypted_data":"c2VjcmV0","encryption_version":"v0","meta":{}}"#,
    r#"{"format_version":"1.0","values":{"outputs":{}}}"#,
    r#"{"a":{"value":{"$serde_json::private::Number":"1"}}}"#,
    "[command]terraform output\n{\"n\":{\"value\":-1.5e+300}}",
];

/// xorshift64*, which is repeatable and much faster than the parser.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound.max(1)
    }

    fn mutate(&mut self, text: &mut Vec<u8>) {
        const PIECES: [&[u8]; 16] = [
            b"{",
            b"}",
            b"[",
            b"]",
            b"\"",
            b":",
            b",",
            b"null",
            b"1e999",
            b"\"version\":4",
            b"\\u0000",
            b"\"value\":",
            b"\xFF",
            b"\n",
            b"\"outputs\":{",
            b"\\ud83d",
        ];
        let at = self.below(text.len() + 1);
        match self.below(6) {
            0 if at < text.len() => text[at] = self.below(256) as u8,
            1 if at < text.len() => text[at] ^= 1 << self.below(8),
            2 => text.truncate(at),
            3 => {
                let end = (at + self.below(40)).min(text.len());
                text.drain(at..end);
            }
            4 => {
                let end = (at + self.below(40)).min(text.len());
                let copy = text[at..end].to_vec();
                let to = self.below(text.len() + 1);
                text.splice(to..to, copy);
            }
            _ => {
                let piece = PIECES[self.below(PIECES.len())];
                text.splice(at..at, piece.iter().copied());
            }
        }
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "a test's output is shown when it fails"
)]
fn fuzz_the_parser() {
    let (seed, cases) = (setting("FUZZ_SEED", 0x5EED), setting("FUZZ_CASES", 20_000));
    // Both are needed to repeat a failure.
    println!("FUZZ_SEED={seed} FUZZ_CASES={cases}");
    let mut random = Random(seed);
    let (mut read_whole, mut refused) = (0_u64, 0_u64);
    for _ in 0..cases {
        let mut text = CORPUS[random.below(CORPUS.len())].as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            random.mutate(&mut text);
        }
        match read(text.as_slice()) {
            Ok(document) => {
                read_whole += 1;
                let entries: Map<String, Value> = document
                    .outputs
                    .iter()
                    .map(|(name, output)| {
                        let entry = json!({"value": output.value, "sensitive": output.sensitive});
                        (name.clone(), entry)
                    })
                    .collect();
                let again = json!({"version": 4, "outputs": entries}).to_string();
                assert_eq!(read(again.as_bytes()).unwrap().outputs, document.outputs);
            }
            Err(error) => {
                refused += 1;
                assert!(error.to_string().len() < 500, "{error}");
            }
        }
    }
    assert!(
        read_whole > 0 && refused > 0,
        "{read_whole} read, {refused} refused"
    );
}
