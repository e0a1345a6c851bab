//! Bytes as lower-case hexadecimal text: the form of every digest that we write.

const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

/// Two lower-case digits per byte.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('?');
    bytes.as_ref().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Bytes from hexadecimal text of either case; `None` when it is not that.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let nibbles: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    Some(
        nibbles?
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |byte, nibble| (byte << 4) | nibble))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_and_back() {
        assert_eq!(super::encode([0, 0x7f, 0xff]), "007fff");
        assert_eq!(super::decode("007FFf"), Some(vec![0, 0x7f, 0xff]));
        assert_eq!(super::decode("0"), None);
        assert_eq!(super::decode("zz"), None);
    }
}
