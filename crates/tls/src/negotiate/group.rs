//! Groups: the registry's numbers against what bulla-crypto can do, and which one a server takes.

use bulla_crypto::exchange::Group;

use crate::error::{Error, Incompatibility};
use crate::wire::codec::List16;
use crate::wire::extension::key_share::ClientShares;
use crate::wire::registry::NamedGroup;

/// The group that bulla-crypto knows by this number.
pub(crate) fn known(group: NamedGroup) -> Option<Group> {
    match group {
        NamedGroup::X25519 => Some(Group::X25519),
        NamedGroup::SECP256R1 => Some(Group::P256),
        NamedGroup::SECP384R1 => Some(Group::P384),
        NamedGroup::SECP521R1 => Some(Group::P521),
        NamedGroup::MLKEM768 => Some(Group::MlKem768),
        NamedGroup::MLKEM1024 => Some(Group::MlKem1024),
        NamedGroup::SECP256R1_MLKEM768 => Some(Group::SecP256r1MlKem768),
        NamedGroup::X25519_MLKEM768 => Some(Group::X25519MlKem768),
        NamedGroup::SECP384R1_MLKEM1024 => Some(Group::SecP384r1MlKem1024),
        _ => None,
    }
}

/// The group that a server takes, and the client's share in it if it sent one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupChoice<'a> {
    pub(crate) id: NamedGroup,
    pub(crate) group: Group,
    pub(crate) share: Option<&'a [u8]>,
}

/// Takes the best group of `ours` that the client supports, but would rather take a lesser one than ask
/// again, unless that gave up the post-quantum part.
pub(crate) fn choose<'a>(
    ours: &[NamedGroup],
    offered: List16<'a, NamedGroup>,
    shares: ClientShares<'a>,
) -> Result<GroupChoice<'a>, Error> {
    let mut common = ours.iter().copied().filter(|group| offered.contains(*group)).filter_map(|id| {
        let share = shares.iter().find(|share| share.group == id).map(|share| share.key_exchange);
        known(id).map(|group| GroupChoice { id, group, share })
    });
    let best = common.next().ok_or(Incompatibility::Group)?;
    if best.share.is_some() || best.id.is_post_quantum() {
        return Ok(best);
    }
    Ok(common.find(|choice| choice.share.is_some()).unwrap_or(best))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::extension::key_share::KeyShareEntry;

    const OURS: [NamedGroup; 3] = [NamedGroup::X25519_MLKEM768, NamedGroup::X25519, NamedGroup::SECP256R1];

    fn chosen(offered: &[NamedGroup], shared: &[NamedGroup]) -> (NamedGroup, bool) {
        let shares: Vec<_> =
            shared.iter().map(|group| KeyShareEntry { group: *group, key_exchange: b"x" }).collect();
        let choice = choose(&OURS, List16::Values(offered), ClientShares::Values(&shares)).unwrap();
        (choice.id, choice.share.is_some())
    }

    #[test]
    fn a_second_hello_is_asked_for_only_where_it_is_worth_it() {
        use NamedGroup as G;
        assert_eq!(chosen(&[G::SECP256R1, G::X25519], &[G::SECP256R1]), (G::SECP256R1, true));
        assert_eq!(chosen(&[G::SECP256R1, G::X25519], &[]), (G::X25519, false));
        assert_eq!(chosen(&[G::X25519, G::X25519_MLKEM768], &[G::X25519]), (G::X25519_MLKEM768, false));
        assert!(choose(&OURS, List16::Values(&[G::X448]), ClientShares::Values(&[])).is_err());
    }
}
