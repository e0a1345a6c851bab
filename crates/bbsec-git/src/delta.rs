//! Git's delta instructions: copies from a base and inserted bytes.
//!
//! Format: `gitformat-pack(5)`, section "Deltified representation".

use crate::Damage;

/// One stretch of a result, in order. Neighbouring instructions that continue each other are one stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeltaOp {
    /// The same bytes as in the base.
    Copy {
        /// Where in the base.
        from: u32,
        /// Where in the result.
        to: u32,
        /// How many bytes.
        len: u32,
    },
    /// New bytes.
    Insert {
        /// Where in the result.
        to: u32,
        /// How many bytes.
        len: u32,
    },
}

/// Most that is set aside for a result before its bytes are there; a lying size costs no more than this.
const SET_ASIDE: u64 = 1 << 20;

/// The sizes of base and result that a delta declares, and where its instructions begin.
pub(crate) fn sizes(delta: &[u8]) -> Result<(u64, u64, usize), Damage> {
    let mut at = 0;
    let base = varint(delta, &mut at)?;
    let result = varint(delta, &mut at)?;
    Ok((base, result, at))
}

fn varint(data: &[u8], at: &mut usize) -> Result<u64, Damage> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let byte = *data.get(*at).ok_or(Damage::Delta)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Damage::Delta)
}

/// Applies `delta` to `base`. `ops`, when wanted, receives the stretches of the result.
pub(crate) fn apply(
    base: &[u8],
    delta: &[u8],
    out: &mut Vec<u8>,
    max: u64,
    ops: Option<&mut Vec<DeltaOp>>,
) -> Result<(), Damage> {
    let (base_size, size, start) = sizes(delta)?;
    if base_size != base.len() as u64 {
        return Err(Damage::Delta);
    }
    if size > max {
        return Err(Damage::TooLarge { size });
    }
    out.clear();
    out.reserve(size.min(SET_ASIDE.max(base_size)) as usize);
    let code = delta.get(start..).unwrap_or_default();
    match ops {
        Some(ops) => {
            ops.clear();
            run(base, code, out, size, |op| push(ops, op))?;
        }
        None => run(base, code, out, size, |_| {})?,
    }
    if out.len() as u64 == size { Ok(()) } else { Err(Damage::Delta) }
}

#[inline]
fn run(
    base: &[u8],
    mut code: &[u8],
    out: &mut Vec<u8>,
    size: u64,
    mut note: impl FnMut(DeltaOp),
) -> Result<(), Damage> {
    while let Some((&op, rest)) = code.split_first() {
        code = rest;
        let to = out.len() as u32;
        let piece = if op & 0x80 == 0 {
            if op == 0 {
                return Err(Damage::Delta);
            }
            let (piece, rest) = code.split_at_checked(usize::from(op)).ok_or(Damage::Delta)?;
            code = rest;
            note(DeltaOp::Insert { to, len: u32::from(op) });
            piece
        } else {
            let from = operand(op, 0, 4, &mut code)?;
            let len = match operand(op >> 4, 0, 3, &mut code)? {
                0 => 0x1_0000,
                len => len,
            };
            let start = from as usize;
            let piece = base.get(start..start.saturating_add(len as usize)).ok_or(Damage::Delta)?;
            note(DeltaOp::Copy { from, to, len });
            piece
        };
        if (out.len() + piece.len()) as u64 > size {
            return Err(Damage::Delta);
        }
        out.extend_from_slice(piece);
    }
    Ok(())
}

/// The bytes of an operand, least significant first; only those whose bit is set are there.
#[inline]
fn operand(bits: u8, mut value: u32, width: u8, code: &mut &[u8]) -> Result<u32, Damage> {
    for k in 0..width {
        if bits & (1 << k) != 0 {
            let (&byte, rest) = code.split_first().ok_or(Damage::Delta)?;
            *code = rest;
            value |= u32::from(byte) << (8 * k);
        }
    }
    Ok(value)
}

#[inline]
fn push(ops: &mut Vec<DeltaOp>, op: DeltaOp) {
    match (ops.last_mut(), op) {
        (Some(DeltaOp::Insert { len, .. }), DeltaOp::Insert { len: more, .. }) => *len += more,
        (Some(DeltaOp::Copy { from, len, .. }), DeltaOp::Copy { from: next, len: more, .. })
            if from.checked_add(*len) == Some(next) =>
        {
            *len += more;
        }
        _ => ops.push(op),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size(mut value: usize, out: &mut Vec<u8>) {
        while value >= 0x80 {
            out.push((value as u8 & 0x7f) | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    }

    /// Writes instructions as git does, from what they mean.
    fn encode(base: &[u8], ops: &[(bool, usize, Vec<u8>)]) -> (Vec<u8>, Vec<u8>) {
        let (mut code, mut result) = (Vec::new(), Vec::new());
        for (copy, from, bytes) in ops {
            if *copy && !base.is_empty() {
                let from = from % base.len();
                let len = (bytes.len() + 1).min(base.len() - from);
                let (mut op, mut operands) = (0x80_u8, Vec::new());
                for k in 0..4 {
                    let byte = (from >> (8 * k)) as u8;
                    if byte != 0 {
                        op |= 1 << k;
                        operands.push(byte);
                    }
                }
                for k in 0..3 {
                    let byte = (len >> (8 * k)) as u8;
                    if byte != 0 {
                        op |= 0x10 << k;
                        operands.push(byte);
                    }
                }
                code.push(op);
                code.extend(operands);
                result.extend_from_slice(&base[from..from + len]);
            } else if !bytes.is_empty() {
                code.push(bytes.len() as u8);
                code.extend(bytes);
                result.extend(bytes);
            }
        }
        let mut delta = Vec::new();
        size(base.len(), &mut delta);
        size(result.len(), &mut delta);
        delta.extend(code);
        (delta, result)
    }

    fn ops() -> impl Strategy<Value = Vec<(bool, usize, Vec<u8>)>> {
        prop::collection::vec(
            (any::<bool>(), 0..5000_usize, prop::collection::vec(any::<u8>(), 0..127)),
            0..30,
        )
    }

    proptest! {
        #[test]
        fn a_delta_builds_what_it_says_and_its_stretches_cover_the_result(
            base in prop::collection::vec(any::<u8>(), 0..3000), ops in ops()
        ) {
            let (delta, expected) = encode(&base, &ops);
            let (mut out, mut stretches) = (Vec::new(), Vec::new());
            apply(&base, &delta, &mut out, 1 << 20, Some(&mut stretches)).unwrap();
            prop_assert_eq!(&out, &expected);
            let mut end = 0;
            for op in stretches {
                match op {
                    DeltaOp::Copy { from, to, len } => {
                        prop_assert_eq!(to, end);
                        prop_assert_eq!(&base[from as usize..(from + len) as usize], &out[to as usize..(to + len) as usize]);
                        end += len;
                    }
                    DeltaOp::Insert { to, len } => {
                        prop_assert_eq!(to, end);
                        end += len;
                    }
                }
            }
            prop_assert_eq!(end as usize, out.len());
        }

        #[test]
        fn a_damaged_delta_is_an_error_or_keeps_its_declared_size(
            base in prop::collection::vec(any::<u8>(), 0..300), ops in ops(), at in any::<usize>(), bits in 1..=255_u8
        ) {
            let (mut delta, _) = encode(&base, &ops);
            let at = at % delta.len();
            delta[at] ^= bits;
            let mut out = Vec::new();
            if apply(&base, &delta, &mut out, 1 << 16, None).is_ok() {
                prop_assert_eq!(out.len() as u64, sizes(&delta).unwrap().1);
            }
        }

        #[test]
        fn noise_is_no_delta_or_a_bounded_one(base in prop::collection::vec(any::<u8>(), 0..50), delta in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut out = Vec::new();
            let _ = apply(&base, &delta, &mut out, 1 << 16, None);
            prop_assert!(out.len() <= 1 << 16);
        }
    }
}
