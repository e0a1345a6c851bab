//! Parquet's hybrid of run-length and bit-packed encoding, in which levels and dictionary indices are written.
//!
//! Source: "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)" in Parquet's `Encodings.md`.

/// A repetition of at least this length is written as a run.
const WORTH_A_RUN: usize = 16;

/// How many bits numbers below `count` need; at least one, since not every reader takes a width of zero.
pub(crate) fn width(count: u32) -> u8 {
    u8::try_from(u32::BITS - count.saturating_sub(1).leading_zeros()).unwrap_or(32).max(1)
}

/// Appends the values, each of which needs at most `width` bits.
pub(crate) fn encode(values: &[u32], width: u8, out: &mut Vec<u8>) {
    let mut waiting = values;
    let mut taken = 0;
    while let Some(value) = waiting.get(taken) {
        let run = waiting.iter().skip(taken).take_while(|next| *next == value).count();
        // Packed values come in groups of eight: a run lends some of its own to fill the last group.
        let fill = taken.next_multiple_of(8) - taken;
        if run < fill + WORTH_A_RUN {
            taken += run;
            continue;
        }
        let (packed, rest) = waiting.split_at(taken + fill);
        pack(packed, width, out);
        repeat(*value, run - fill, width, out);
        waiting = rest.get(run - fill..).unwrap_or_default();
        taken = 0;
    }
    pack(waiting, width, out);
}

/// The same with the length in front, as levels are written in a data page.
pub(crate) fn with_length(values: &[u32], width: u8, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    encode(values, width, out);
    let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
    if let Some(room) = out.get_mut(start..start + 4) {
        room.copy_from_slice(&length.to_le_bytes());
    }
}

fn repeat(value: u32, count: usize, width: u8, out: &mut Vec<u8>) {
    varint((count as u64) << 1, out);
    out.extend(value.to_le_bytes().iter().take(usize::from(width).div_ceil(8)));
}

fn pack(values: &[u32], width: u8, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    let groups = values.len().div_ceil(8);
    varint(((groups as u64) << 1) | 1, out);
    out.reserve(groups * usize::from(width));
    let (mut bits, mut held) = (0_u64, 0_u32);
    let padding = groups * 8 - values.len();
    for value in values.iter().copied().chain(std::iter::repeat_n(0, padding)) {
        bits |= u64::from(value) << held;
        held += u32::from(width);
        if held >= 32 {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= 32;
            held -= 32;
        }
    }
    out.extend(bits.to_le_bytes().iter().take((held as usize).div_ceil(8)));
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Decodes as the specification says, one bit after the other.
    fn decode(mut bytes: &[u8], width: u8, count: usize) -> Vec<u32> {
        let mut values = Vec::new();
        while values.len() < count {
            let (mut head, mut shift) = (0_u64, 0);
            loop {
                let (byte, rest) = bytes.split_first().unwrap();
                bytes = rest;
                head |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            let wide = usize::from(width);
            let bit = |bytes: &[u8], at: usize| u32::from(bytes[at / 8] >> (at % 8) & 1);
            let number =
                |bytes: &[u8], from: usize| (0..wide).map(|at| bit(bytes, from + at) << at).sum::<u32>();
            if head & 1 == 0 {
                let value = number(bytes, 0);
                values.extend(std::iter::repeat_n(value, (head >> 1) as usize));
                bytes = &bytes[wide.div_ceil(8)..];
            } else {
                let groups = (head >> 1) as usize;
                values.extend((0..groups * 8).map(|at| number(bytes, at * wide)));
                bytes = &bytes[groups * wide..];
            }
        }
        assert!(bytes.is_empty());
        values.truncate(count);
        values
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_by_the_letter_of_the_specification(
            runs in proptest::collection::vec((any::<u32>(), prop_oneof![1..4_usize, 1..60_usize]), 0..40),
            width in 1..=32_u8,
        ) {
            let mask = u32::MAX >> (32 - width);
            let values: Vec<u32> = runs.iter().flat_map(|(value, run)| std::iter::repeat_n(value & mask, *run)).collect();
            let mut out = Vec::new();
            encode(&values, width, &mut out);
            prop_assert_eq!(decode(&out, width, values.len()), values);
        }
    }

    #[test]
    fn widths_fit() {
        assert_eq!([0, 1, 2, 3, 4, 5, 256, 257].map(width), [1, 1, 1, 2, 2, 3, 8, 9]);
    }
}
