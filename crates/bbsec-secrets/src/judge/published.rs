//! Values that stand in public samples and documentation: real in form, and nobody's secret.
//!
//! Kept as the first eight bytes of their SHA-256, so that this file sets off no scanner. Sources: the sample projects of
//! Android and Firebase, whose keys gitleaks and betterleaks list as known (rule `gcp-api-key`).

use sha2::{Digest, Sha256};

const KNOWN: &[u64] = &[
    0x2037_abca_ffb2_b777,
    0x27a9_a429_31df_f7eb,
    0x37f8_f09b_df12_c2f2,
    0x3a8b_61d0_f636_b007,
    0x3f37_0c9d_d822_5c63,
    0x49f7_77db_995e_8260,
    0x4c98_242d_cadc_8b29,
    0x8731_261c_b72d_8626,
    0xa19f_89ab_3555_eac1,
    0xa6c8_14bc_555a_e62c,
    0xdc0f_cf04_6c61_640c,
    0xe4a5_542b_b7fd_7b67,
    0xea9b_b108_2cf9_5663,
    0xeb54_0d2b_6ee2_a0a4,
];

/// Whether a value is one of them.
pub(super) fn published(value: &[u8]) -> bool {
    let digest = Sha256::digest(value);
    let head = digest.first_chunk().map(|head| u64::from_be_bytes(*head));
    head.is_some_and(|head| KNOWN.binary_search(&head).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_holds_no_other_value() {
        assert!(KNOWN.is_sorted());
        assert!(!published(b"AIzaSyB4sU8lU15bR_87qNb7eUVQN72_vv8mpbU"));
    }
}
