//! How random a value looks.

/// Shannon entropy in bits per byte.
pub(crate) fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    for &byte in value {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = value.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|&count| {
            let share = f64::from(count) / total;
            -share * share.log2()
        })
        .sum()
}

/// Whether a value looks like it was drawn at random rather than written by a person.
pub(crate) fn random(value: &[u8]) -> bool {
    let length = value.len();
    if length < 14 {
        return false;
    }
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = value.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let bits = entropy(value);
    if value.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-') {
        return length >= 16 && bits >= 2.9 && digits >= 3 && letters >= 1;
    }
    if letters == 0 {
        return false;
    }
    // The most that a value of this length can have, less what random strings of it lack.
    let most = (length.min(62) as f64).log2();
    if bits < (most * 0.82).min(3.9) {
        return false;
    }
    let changes = changes(value);
    if digits == 0 {
        // Letters alone: only a restless mixture of cases, or few vowels, is random.
        return length >= 20 && changes * 3 >= length && (vowels(value) * 4 < letters || mixed_case(value));
    }
    changes * 5 >= length
}

/// How often neighbouring characters are of different classes.
fn changes(value: &[u8]) -> usize {
    let class = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    value.iter().zip(value.iter().skip(1)).filter(|(a, b)| class(**a) != class(**b)).count()
}

fn vowels(value: &[u8]) -> usize {
    value.iter().filter(|b| matches!(b.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u')).count()
}

fn mixed_case(value: &[u8]) -> bool {
    let upper = value.iter().filter(|b| b.is_ascii_uppercase()).count();
    upper * 5 >= value.len() && upper * 5 <= value.len() * 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_are_told_from_words() {
        for value in
            ["951bc382db9abad29c68634761dd6e19", "q8Zr2LxW0vB5nTjK", "dBpXUZS34Rhg6WUKTLLj3E9yWGY6IJgV"]
        {
            assert!(random(value.as_bytes()), "{value}");
        }
        for value in [
            "getAuthenticationTokenForUser",
            "authentication_token_manager",
            "aaaaaaaaaaaaaaaaaaaa",
            "00000000000000000000000000000000",
            "version-1.2.3",
            "short1",
        ] {
            assert!(!random(value.as_bytes()), "{value}");
        }
    }
}
