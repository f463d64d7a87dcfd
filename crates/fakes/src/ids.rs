//! Identifiers in the format of AWS's own, reproducible by seed.

/// A small seeded generator (splitmix64). Good enough for identifiers, not for secrets.
#[derive(Clone)]
pub(crate) struct Ids(u64);

impl Ids {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.bits() % limit }
    }

    /// Lowercase hexadecimal digits: task ids have 32, ENI ids 17, target group ids 16.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.pick(length, b"0123456789abcdef")
    }

    /// The 19-digit number that a deployment (`ecs-svc/N`) and its service revision share.
    pub(crate) fn revision_number(&mut self) -> u64 {
        1_000_000_000_000_000_000 + self.below(8_000_000_000_000_000_000)
    }

    /// The last part of a service deployment's ARN: 21 characters, URL-safe.
    pub(crate) fn deployment_id(&mut self) -> String {
        self.pick(
            21,
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        )
    }

    /// Letters and digits, as in access keys and request tokens.
    pub(crate) fn upper(&mut self, length: usize) -> String {
        self.pick(length, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    }

    /// Letters and digits of both cases.
    pub(crate) fn token(&mut self, length: usize) -> String {
        self.pick(
            length,
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        )
    }

    /// A UUID of version 4, e.g. for request IDs and event IDs.
    pub(crate) fn uuid(&mut self) -> String {
        let hex = self.hex(30);
        let variant = ["8", "9", "a", "b"][self.below(4) as usize];
        format!(
            "{}-{}-4{}-{variant}{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..15],
            &hex[15..18],
            &hex[18..30]
        )
    }

    fn pick(&mut self, length: usize, alphabet: &[u8]) -> String {
        (0..length)
            .map(|_| alphabet[self.below(alphabet.len() as u64) as usize] as char)
            .collect()
    }
}
