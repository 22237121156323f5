//! Addresses and ranges of them, as certificates write them.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Four or sixteen octets.
pub(super) fn from_octets(octets: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(octets) {
        return Some(Ipv4Addr::from(octets).into());
    }
    <[u8; 16]>::try_from(octets).ok().map(|octets| Ipv6Addr::from(octets).into())
}

/// A range of addresses: an address and how many of its leading bits count (RFC 4632 notation).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpSubnet {
    address: IpAddr,
    prefix: u8,
}

impl IpSubnet {
    /// The range of all addresses that share the first `prefix` bits with `address`; the other bits are
    /// dropped. `None` when there are fewer bits than that.
    ///
    /// ```
    /// let subnet = bulla_x509::names::IpSubnet::new("192.0.2.7".parse().unwrap(), 24).unwrap();
    /// assert_eq!(subnet.to_string(), "192.0.2.0/24");
    /// assert!(subnet.contains("192.0.2.200".parse().unwrap()));
    /// ```
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let width = if address.is_ipv4() { 32 } else { 128 };
        let mask = mask(prefix);
        let address = match address {
            IpAddr::V4(v4) => {
                let mask = u32::try_from(mask.checked_shr(96)?).ok()?;
                Ipv4Addr::from_bits(v4.to_bits() & mask).into()
            }
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & mask).into(),
        };
        (prefix <= width).then_some(Self { address, prefix })
    }

    /// The first address of the range.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// How many leading bits count.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether the range holds an address.
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4() && Self::new(address, self.prefix) == Some(*self)
    }

    /// RFC 5280 section 4.2.1.10: the address followed by its mask, eight octets for IPv4, thirty-two for
    /// IPv6. `None` for another length and for a mask with holes.
    pub(crate) fn from_octets(octets: &[u8]) -> Option<Self> {
        let (address, mask) = octets.split_at_checked(octets.len().div_euclid(2))?;
        let ones = mask.iter().map(|byte| byte.count_ones()).sum::<u32>();
        let leading = mask.iter().map(|byte| byte.leading_ones()).take_while(|ones| *ones > 0);
        let mut run = 0u32;
        for byte in leading {
            run = run.saturating_add(byte);
            if byte < 8 {
                break;
            }
        }
        let prefix = u8::try_from(ones).ok().filter(|_| ones == run)?;
        (address.len() == mask.len()).then_some(())?;
        Self::new(from_octets(address)?, prefix)
    }

    /// The inverse of reading.
    pub(crate) fn to_octets(self) -> Vec<u8> {
        match self.address {
            IpAddr::V4(v4) => {
                let mask = mask(self.prefix).to_be_bytes().into_iter().take(4);
                v4.octets().into_iter().chain(mask).collect()
            }
            IpAddr::V6(v6) => v6.octets().into_iter().chain(mask(self.prefix).to_be_bytes()).collect(),
        }
    }
}

/// As many leading ones.
fn mask(prefix: u8) -> u128 {
    let zeros = 128u32.saturating_sub(u32::from(prefix));
    u128::MAX.checked_shl(zeros).unwrap_or(0)
}

impl fmt::Display for IpSubnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn subnet(text: &str) -> IpSubnet {
        let (address, prefix) = text.split_once('/').unwrap();
        IpSubnet::new(address.parse().unwrap(), prefix.parse().unwrap()).unwrap()
    }

    #[test]
    fn ranges_hold_what_shares_their_bits() {
        for (range, address, expected) in [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("127.0.0.0/8", "127.255.1.2", true),
            ("10.1.2.3/32", "10.1.2.3", true),
            ("10.1.2.3/32", "10.1.2.2", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "8.8.8.8", false),
            ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fe00::1", false),
            ("::1/128", "::1", true),
            ("2001:db8::/33", "2001:db8:8000::", false),
        ] {
            assert_eq!(subnet(range).contains(address.parse().unwrap()), expected, "{address} in {range}");
        }
    }

    #[test]
    fn masks_with_holes_and_other_lengths_are_none() {
        assert!(IpSubnet::from_octets(&[10, 0, 0, 0, 255, 0, 255, 0]).is_none());
        assert!(IpSubnet::from_octets(&[10, 0, 0, 0, 0, 0, 0, 1]).is_none());
        assert!(IpSubnet::from_octets(&[10, 0, 0, 0]).is_none());
        assert!(IpSubnet::from_octets(&[10, 0, 0, 0, 255, 0, 0]).is_none());
        assert!(IpSubnet::new([10, 0, 0, 1].into(), 33).is_none());
    }

    proptest! {
        #[test]
        fn octets_come_back(v6: bool, bits: u128, prefix in 0u8..=128) {
            let address: IpAddr = if v6 {
                Ipv6Addr::from_bits(bits).into()
            } else {
                Ipv4Addr::from_bits((bits >> 96).try_into().unwrap()).into()
            };
            let prefix = if v6 { prefix } else { prefix.min(32) };
            let subnet = IpSubnet::new(address, prefix).unwrap();
            prop_assert!(subnet.contains(address));
            prop_assert_eq!(IpSubnet::from_octets(&subnet.to_octets()), Some(subnet));
        }
    }
}
