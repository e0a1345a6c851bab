//! The generator's own random numbers: xoshiro256**, seeded through splitmix64.
//!
//! Own code, because a scenario must have the same bytes for years and crates change their streams. Every part of the
//! scenario draws from a stream of its own name, so that a new part moves nothing in the others.

use sha2::{Digest, Sha256};

/// Letters and digits, in the order that base62 checksums use.
pub const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The alphabet of base32 (RFC 4648), as AWS key ids use it.
pub const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Lower-case hex.
pub const HEX: &str = "0123456789abcdef";
/// Lower-case letters and digits.
pub const BASE36: &str = "0123456789abcdefghijklmnopqrstuvwxyz";

/// One deterministic stream.
#[derive(Debug, Clone)]
pub struct Rng([u64; 4]);

impl Rng {
    /// The stream of that name under a seed.
    pub fn new(seed: u64, stream: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_be_bytes());
        hash.update(stream.as_bytes());
        let mut state = hash.finalize().iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        let mut splitmix = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        Self([splitmix(), splitmix(), splitmix(), splitmix()])
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        let [s0, s1, s2, s3] = &mut self.0;
        let result = s1.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *s1 << 17;
        *s2 ^= *s0;
        *s3 ^= *s1;
        *s1 ^= *s2;
        *s0 ^= *s3;
        *s2 ^= shifted;
        *s3 = s3.rotate_left(45);
        result
    }

    /// A number below `end` (0 for an `end` of 0).
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.draw()) * u128::from(end)) >> 64) as u64
    }

    /// A number from `low` up to and without `high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low))
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the items; there must be one.
    #[expect(clippy::indexing_slicing, reason = "the index is below the length; an empty list is a bug here")]
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// `length` characters of an ASCII alphabet.
    pub fn text(&mut self, alphabet: &str, length: usize) -> String {
        (0..length).map(|_| char::from(*self.pick(alphabet.as_bytes()))).collect()
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.below(256) as u8)
    }

    /// A decimal number of exactly `digits` digits.
    pub fn digits(&mut self, digits: usize) -> String {
        format!("{}{}", self.between(1, 10), self.text("0123456789", digits.saturating_sub(1)))
    }

    /// A version 4 UUID.
    pub fn uuid(&mut self) -> String {
        let variant = *self.pick(&['8', '9', 'a', 'b']);
        format!(
            "{}-{}-4{}-{variant}{}-{}",
            self.text(HEX, 8),
            self.text(HEX, 4),
            self.text(HEX, 3),
            self.text(HEX, 3),
            self.text(HEX, 12)
        )
    }

    /// A number around `typical`, now and then far above: how sizes and durations are spread.
    pub fn skewed(&mut self, typical: u64) -> u64 {
        let spread = self.between(30, 200);
        let factor = if self.chance(5) { self.between(3, 20) } else { 1 };
        (typical * spread / 100).max(1) * factor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_fixed_forever_and_independent() {
        let mut first = Rng::new(1, "a");
        assert_eq!(first.draw(), Rng::new(1, "a").draw());
        assert_ne!(Rng::new(1, "a").draw(), Rng::new(1, "b").draw());
        assert_ne!(Rng::new(1, "a").draw(), Rng::new(2, "a").draw());
        assert!((0..1000).all(|_| first.below(7) < 7));
    }
}
