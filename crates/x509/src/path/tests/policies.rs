//! Policies along a path: that the graph of RFC 9618 stays small. NIST's suite has the rest (`cargo xtask pkits`).

use super::*;
use crate::{
    model::{
        certificate::Signed, certificate::TbsCertificate, extension::Extension, list::List, oid, policy::*,
    },
    policy::{PolicyId, PolicyInput},
    profile::PATHS,
};
use asn1::{BitString, ObjectIdentifier};

fn policy(number: usize) -> ObjectIdentifier {
    ObjectIdentifier::from_string(&format!("1.3.6.1.4.1.99999.{number}")).unwrap()
}

/// The certificate with the policies 1 to `count`, each mapped to each when asked.
fn with_policies(der: &[u8], key: &PrivateKey, count: usize, mapped: bool) -> CertificateDer<'static> {
    let all: Vec<ObjectIdentifier> = (1..=count).map(policy).collect();
    let named: Vec<_> = all.iter().map(|id| PolicyInformation { id: id.clone(), qualifiers: None }).collect();
    let named = asn1::write_single(&List::<'_, _, 1>::Built(&named)).unwrap();
    let pairs: Vec<_> = all
        .iter()
        .flat_map(|issuer| {
            all.iter().map(|subject| PolicyMapping { issuer: issuer.clone(), subject: subject.clone() })
        })
        .collect();
    let pairs = asn1::write_single(&List::<'_, _, 1>::Built(&pairs)).unwrap();
    let mut content: TbsCertificate<'_> =
        asn1::parse_single::<Signed<'_>>(der).unwrap().content.parse().unwrap();
    let mut extensions: Vec<Extension<'_>> = content.extensions.as_ref().unwrap().iter().collect();
    extensions.push(Extension { id: oid::CERTIFICATE_POLICIES, critical: false, value: &named });
    if mapped {
        extensions.push(Extension { id: oid::POLICY_MAPPINGS, critical: true, value: &pairs });
    }
    content.extensions = Some(List::Built(&extensions));
    let content = asn1::write_single(&content).unwrap();
    let (algorithm, identifier) = crate::certificate::key::signing_algorithm(key.kind());
    let signature = key.sign(algorithm, &content).unwrap();
    let signed = Signed {
        content: asn1::parse_single(&content).unwrap(),
        algorithm: identifier,
        signature: BitString::new(&signature, 0).unwrap(),
    };
    asn1::write_single(&signed).unwrap().into()
}

#[test]
fn every_policy_mapped_to_every_other_takes_no_time() {
    const DEPTH: usize = 10;
    const COUNT: usize = 8;
    let root = Party::root(&root_template());
    let trusted = anchors(&[&root]);
    let mut above = root;
    let mut chain = Vec::new();
    // A tree of policies would have 8 to the tenth leaves.
    for level in 0..DEPTH {
        let template = current(CertificateTemplate::authority(named(&format!("Level {level}")), None));
        let next = above.issue(&template);
        let der = with_policies(&next.der, &above.key, COUNT, true);
        chain.insert(0, der.clone());
        above = Party { der, key: next.key };
    }
    let leaf = above.issue(&leaf_template());
    chain.insert(0, with_policies(&leaf.der, &above.key, COUNT, false));
    let judge_for = |acceptable: &[PolicyId]| {
        let policies = PolicyInput { acceptable, require_explicit: true, ..PolicyInput::default() };
        let presented = Presented::new(&chain, Purpose::Any).under(&PATHS).with_policies(policies);
        let begun = std::time::Instant::now();
        let verdict = judge(&presented, &trusted, at(NOW));
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        verdict
    };
    assert_trusted(&judge_for(&[]));
    assert_trusted(&judge_for(&[PolicyId(policy(3))]));
    let refused = judge_for(&[PolicyId(policy(COUNT + 1))]);
    assert_refused(&refused, Rule::NoValidPolicy, 0, &["1.3.6.1.4.1.99999.9"]);
}
