//! Address ranges: just enough to say whether one holds an address.

use std::net::IpAddr;

/// Reads `10.0.0.0/8`, `2001:db8::/32` or a bare address.
pub(crate) fn parse(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = if let Some((address, bits)) = text.split_once('/') {
        (address.parse::<IpAddr>().ok()?, bits.parse::<u8>().ok()?)
    } else {
        let address = text.parse::<IpAddr>().ok()?;
        (address, if address.is_ipv4() { 32 } else { 128 })
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some((address, bits))
}

/// The range in full, for AWS: `192.0.2.7` becomes `192.0.2.7/32`.
pub(crate) fn full(text: &str) -> Option<String> {
    parse(text).map(|(address, bits)| format!("{address}/{bits}"))
}

/// Whether `range` holds `address`. Families never hold each other.
pub(crate) fn holds(range: &str, address: &str) -> bool {
    let (Some((net, bits)), Some((address, _))) = (parse(range), parse(address)) else { return false };
    match (net, address) {
        (IpAddr::V4(net), IpAddr::V4(address)) => {
            let shift = 32u32.saturating_sub(u32::from(bits));
            shift == 32 || (u32::from(net) >> shift) == (u32::from(address) >> shift)
        }
        (IpAddr::V6(net), IpAddr::V6(address)) => {
            let shift = 128u32.saturating_sub(u32::from(bits));
            shift == 128 || (u128::from(net) >> shift) == (u128::from(address) >> shift)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_their_addresses_only() {
        for (range, address, expected) in [
            ("0.0.0.0/0", "10.1.2.3", true),
            ("::/0", "10.1.2.3", false),
            ("10.1.2.3/32", "10.1.2.3", true),
            ("10.1.2.3/32", "10.1.2.4", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/128", "2001:db8::1", false),
            ("10.0.0.0/33", "10.0.0.1", false),
            ("nonsense", "10.0.0.1", false),
        ] {
            assert_eq!(holds(range, address), expected, "{range} {address}");
        }
        assert_eq!(full("192.0.2.7").as_deref(), Some("192.0.2.7/32"));
    }
}
