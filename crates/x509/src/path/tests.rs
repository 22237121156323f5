//! Each rule broken once, beside the same chain mended.

mod account;
mod altered;
mod known;
mod policies;

use crate::{
    build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey},
    certificate::{Certificate, KeyPurpose, KeyUsage, Subtree},
    names::IpSubnet,
    signatures::KnownSignatures,
    trust::TrustAnchors,
    verdict::{self, Effort, Place, Presented, Purpose, Role, Rule, Verdict, verify},
};
use bulla_crypto::{private_key::PrivateKey, signature::KeyKind};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::time::Duration;

/// 2026-01-01 00:00 UTC.
const NOW: u64 = 1_767_225_600;
const DAY: u64 = 86_400;

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// The verdict, which a memory of signatures must not change, be it empty or full.
fn judge(presented: &Presented<'_>, anchors: &TrustAnchors, now: UnixTime) -> Verdict {
    let verdict = verdict::judge(presented, anchors, now);
    let known = KnownSignatures::new();
    for memory in ["empty", "full"] {
        let other = verdict::judge(&presented.with_known_signatures(&known), anchors, now);
        assert_eq!(format!("{other:?}"), format!("{verdict:?}"), "with a memory that is {memory}");
    }
    verdict
}

/// A certificate and its key.
struct Party {
    der: CertificateDer<'static>,
    key: PrivateKey,
}

impl Party {
    fn root(template: &CertificateTemplate) -> Self {
        Self::root_with(template, KeyKind::EcP256)
    }

    fn root_with(template: &CertificateTemplate, kind: KeyKind) -> Self {
        let key = PrivateKey::generate(kind).unwrap();
        Self { der: template.self_signed(&key).unwrap(), key }
    }

    fn issue(&self, template: &CertificateTemplate) -> Self {
        let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
        Self { der: self.certify(template, &key), key }
    }

    fn certify(&self, template: &CertificateTemplate, key: &PrivateKey) -> CertificateDer<'static> {
        let own = Certificate::parse(&self.der).unwrap();
        let issuer = Issuer::new(&own, &self.key).unwrap();
        template.issue(&issuer, &SubjectPublicKey::of(key).unwrap()).unwrap()
    }
}

fn named(name: &str) -> Subject {
    Subject::new().organization("Test").common_name(name)
}

fn current(mut template: CertificateTemplate) -> CertificateTemplate {
    (template.not_before, template.not_after) = (at(NOW - DAY), at(NOW + 90 * DAY));
    template
}

fn root_template() -> CertificateTemplate {
    current(CertificateTemplate::authority(named("Root"), None))
}

fn intermediate_template() -> CertificateTemplate {
    current(CertificateTemplate::authority(named("Intermediate"), Some(0)))
}

fn leaf_template() -> CertificateTemplate {
    current(CertificateTemplate::server(vec![
        Name::Dns("www.example.org".into()),
        Name::Dns("*.api.example.org".into()),
        Name::Ip([192, 0, 2, 7].into()),
    ]))
}

/// A root, an intermediate and a leaf from three templates, and the verdict on them.
#[derive(Clone)]
struct Case {
    root: CertificateTemplate,
    intermediate: CertificateTemplate,
    leaf: CertificateTemplate,
    server: &'static str,
    now: u64,
}

impl Case {
    fn new() -> Self {
        Self {
            root: root_template(),
            intermediate: intermediate_template(),
            leaf: leaf_template(),
            server: "www.example.org",
            now: NOW,
        }
    }

    fn verdict(&self) -> Verdict {
        let root = Party::root(&self.root);
        let intermediate = root.issue(&self.intermediate);
        let leaf = intermediate.issue(&self.leaf);
        judge_chain(&[&leaf, &intermediate], &[&root], self.server, self.now)
    }
}

fn judge_chain(chain: &[&Party], roots: &[&Party], server: &str, now: u64) -> Verdict {
    let chain: Vec<_> = chain.iter().map(|party| party.der.clone()).collect();
    let server = ServerName::try_from(server).unwrap();
    judge(&Presented::new(&chain, Purpose::Server(&server)), &anchors(roots), at(now))
}

fn anchors(roots: &[&Party]) -> TrustAnchors {
    let mut anchors = TrustAnchors::new();
    for root in roots {
        anchors.add_certificate(&root.der).unwrap();
    }
    anchors
}

fn assert_trusted(verdict: &Verdict) {
    assert!(verdict.is_trusted(), "{}", verdict.failure.as_ref().unwrap());
}

/// The rule, the index of the certificate, and words that must stand in the message.
fn assert_refused(verdict: &Verdict, rule: Rule, link: usize, words: &[&str]) {
    let failure = verdict.failure.as_ref().unwrap_or_else(|| panic!("trusted, not {rule}"));
    assert_eq!((failure.rule, failure.link), (rule, link), "{failure}\nothers: {:?}", verdict.others);
    assert!(words.iter().all(|word| failure.to_string().contains(word)), "{failure}\nlacks one of {words:?}");
}

#[test]
fn a_sound_chain_is_trusted_and_described() {
    let verdict = Case::new().verdict();
    assert_trusted(&verdict);
    let parts: Vec<_> =
        verdict.path.iter().map(|link| (link.role, link.place, link.subject.as_str())).collect();
    let expected = [
        (Role::Leaf, Place::Presented(0), "www.example.org"),
        (Role::Intermediate, Place::Presented(1), "CN=Intermediate,O=Test"),
        (Role::Root, Place::Anchor, "CN=Root,O=Test"),
    ];
    assert_eq!(parts, expected);
    assert_eq!(verdict.path[0].names, ["www.example.org", "*.api.example.org", "192.0.2.7"]);
    assert_eq!(verdict.path[0].key, "ECDSA P-256");
    assert_eq!(verdict.path[0].signature, "ECDSA with SHA-256");
    assert_eq!(verdict.into_result().unwrap().reason(), "verified");
}

#[test]
fn the_order_after_the_leaf_does_not_matter_nor_do_surplus_certificates() {
    let (root, stranger) = (Party::root(&root_template()), Party::root(&root_template()));
    let upper = root.issue(&current(CertificateTemplate::authority(named("Upper"), None)));
    let lower = upper.issue(&intermediate_template());
    let leaf = lower.issue(&leaf_template());
    for chain in
        [[&leaf, &lower, &upper, &root], [&leaf, &stranger, &upper, &lower], [&leaf, &upper, &upper, &lower]]
    {
        assert_trusted(&judge_chain(&chain, &[&root], "www.example.org", NOW));
    }
}

#[test]
fn names_are_matched() {
    for server in ["www.example.org", "WWW.example.ORG", "v1.api.example.org", "192.0.2.7"] {
        assert_trusted(&Case { server, ..Case::new() }.verdict());
    }
    for server in ["example.org", "api.example.org", "a.b.api.example.org", "192.0.2.8", "2001:db8::1"] {
        let verdict = Case { server, ..Case::new() }.verdict();
        assert_refused(
            &verdict,
            Rule::WrongName,
            0,
            &["www.example.org, *.api.example.org, 192.0.2.7", server],
        );
    }
}

#[test]
fn common_names_do_not_count() {
    let mut case = Case::new();
    case.leaf.names.clear();
    case.leaf.subject = Subject::new().common_name("www.example.org");
    assert_refused(&case.verdict(), Rule::NoNames, 0, &["www.example.org", "does not count"]);
}

#[test]
fn validity_counts_to_the_second_on_each_link() {
    let mut case = Case::new();
    case.leaf.not_after = at(NOW);
    case.leaf.not_before = at(NOW - 1);
    assert_trusted(&case.verdict());
    case.now = NOW + 1;
    assert_refused(
        &case.verdict(),
        Rule::Expired,
        0,
        &["2026-01-01 00:00:00 UTC", "1 second before now", "Renew"],
    );
    case.now = NOW - 2;
    assert_refused(&case.verdict(), Rule::NotYetValid, 0, &["1 second after now", "clock"]);

    let mut case = Case::new();
    case.intermediate.not_after = at(NOW - DAY / 2);
    assert_refused(&case.verdict(), Rule::Expired, 1, &["CN=Intermediate,O=Test", "12 hours"]);
    let mut case = Case::new();
    case.root.not_after = at(NOW - DAY / 2);
    assert_refused(&case.verdict(), Rule::Expired, 2, &["CN=Root,O=Test"]);
}

#[test]
fn unknown_authorities_are_told_apart() {
    let (root, other) = (
        Party::root(&root_template()),
        Party::root(&current(CertificateTemplate::authority(named("Other"), None))),
    );
    let intermediate = root.issue(&intermediate_template());
    let leaf = intermediate.issue(&leaf_template());
    let check = |chain: &[&Party], roots: &[&Party]| judge_chain(chain, roots, "www.example.org", NOW);

    let verdict = check(&[&leaf, &intermediate], &[&other]);
    assert_refused(&verdict, Rule::UnknownAuthority, 1, &["issued by \"CN=Root,O=Test\"", "not sent"]);
    let verdict = check(&[&leaf, &intermediate, &root], &[&other]);
    assert_refused(&verdict, Rule::UnknownAuthority, 2, &["the chain ends at \"CN=Root,O=Test\""]);
    assert_eq!(verdict.path.len(), 3);
    assert_eq!(verdict.path[2].place, Place::Presented(2));
    let verdict = check(&[&leaf], &[&root]);
    assert_refused(
        &verdict,
        Rule::MissingIntermediate,
        0,
        &["sends its certificate alone", "CN=Intermediate,O=Test"],
    );
    let verdict = check(&[&leaf, &root], &[&root]);
    assert_refused(&verdict, Rule::MissingIntermediate, 0, &["sends 2 certificates"]);
    let namesake = Party::root(&root_template());
    let verdict = check(&[&leaf, &intermediate], &[&namesake]);
    assert_refused(
        &verdict,
        Rule::UnknownAuthority,
        1,
        &["authority of that name is trusted, but with another key"],
    );
    assert_trusted(&check(&[&leaf, &intermediate], &[&other, &namesake, &root]));
    assert_refused(&check(&[], &[&root]), Rule::NoCertificate, 0, &[]);
}

#[test]
fn a_self_signed_leaf_counts_only_as_anchor() {
    let leaf = Party::root(&leaf_template());
    assert_refused(
        &judge_chain(&[&leaf], &[], "www.example.org", NOW),
        Rule::SelfSigned,
        0,
        &["vouches for itself"],
    );
    let verdict = judge_chain(&[&leaf], &[&leaf], "www.example.org", NOW);
    assert_trusted(&verdict);
    assert_eq!((verdict.path[0].role, verdict.path[0].place), (Role::Leaf, Place::Anchor));
    assert_refused(&judge_chain(&[&leaf], &[&leaf], "other.example", NOW), Rule::WrongName, 0, &[]);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let leaf = Party::root(&leaf_template());
    let verdict = judge_chain(&[&leaf], &[], "other.example", NOW + 365 * DAY);
    assert_refused(&verdict, Rule::SelfSigned, 0, &[]);
    let others: Vec<_> = verdict.others.iter().map(|failure| failure.rule).collect();
    assert_eq!(others, [Rule::WrongName, Rule::Expired]);
}

#[test]
fn an_unreadable_intermediate_is_mentioned() {
    let root = Party::root(&root_template());
    let leaf = root.issue(&intermediate_template()).issue(&leaf_template());
    let server = ServerName::try_from("www.example.org").unwrap();
    let chain = [leaf.der, CertificateDer::from(vec![0x30, 0x01, 0x00])];
    let verdict = judge(&Presented::new(&chain, Purpose::Server(&server)), &anchors(&[&root]), at(NOW));
    assert_refused(&verdict, Rule::MissingIntermediate, 0, &["does not parse", "byte 2"]);
}

#[test]
fn a_heap_of_certificates_is_refused() {
    let root = Party::root(&root_template());
    let leaf = root.issue(&leaf_template());
    assert_trusted(&judge_chain(&[&leaf; 64], &[&root], "www.example.org", NOW));
    assert_refused(
        &judge_chain(&[&leaf; 65], &[&root], "www.example.org", NOW),
        Rule::BudgetExhausted,
        0,
        &["64"],
    );
}

#[test]
fn forged_signatures_are_refused() {
    let root = Party::root(&root_template());
    let mut leaf = root.issue(&leaf_template());
    let mut bytes = leaf.der.to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    leaf.der = bytes.into();
    let verdict = judge_chain(&[&leaf], &[&root], "www.example.org", NOW);
    assert_refused(&verdict, Rule::BadSignature, 0, &["is not that of \"CN=Root,O=Test\""]);
}

#[test]
fn each_kind_of_key_signs() {
    let classical = [KeyKind::EcP256, KeyKind::EcP384, KeyKind::EcP521, KeyKind::Ed25519, KeyKind::Rsa];
    let ml_dsa = [KeyKind::MlDsa44, KeyKind::MlDsa65, KeyKind::MlDsa87];
    for kind in classical.into_iter().chain(ml_dsa) {
        let root = Party::root_with(&root_template(), kind);
        let leaf = root.issue(&leaf_template());
        assert_trusted(&judge_chain(&[&leaf], &[&root], "www.example.org", NOW));
    }
}

#[test]
fn only_authorities_sign() {
    let root = Party::root(&root_template());
    let mut template = leaf_template();
    template.subject = named("Not an authority");
    template.key_usage = None;
    let middle = root.issue(&template);
    let leaf = middle.issue(&leaf_template());
    let verdict = judge_chain(&[&leaf, &middle], &[&root], "www.example.org", NOW);
    assert_refused(&verdict, Rule::NotAnAuthority, 1, &["Not an authority"]);
    template.key_usage = Some(KeyUsage::DIGITAL_SIGNATURE);
    let middle = root.issue(&template);
    let leaf = middle.issue(&leaf_template());
    let verdict = judge_chain(&[&leaf, &middle], &[&root], "www.example.org", NOW);
    assert_eq!(verdict.failure.unwrap().rule, Rule::NotAnAuthority);
    assert!(
        verdict.others.iter().any(|failure| failure.rule == Rule::AuthorityMayNotSign && failure.link == 1)
    );
}

#[test]
fn authorities_are_no_leaves() {
    let mut case = Case::new();
    (case.leaf.authority, case.leaf.key_usage) = (true, None);
    case.leaf.subject = named("CA as server");
    assert_refused(&case.verdict(), Rule::LeafIsAuthority, 0, &["CA as server"]);
    case.leaf.authority = false;
    assert_trusted(&case.verdict());
}

#[test]
fn paths_have_a_length() {
    let root = Party::root(&root_template());
    let upper = |limit| root.issue(&current(CertificateTemplate::authority(named("Upper"), limit)));
    for (limit, allowed) in [(Some(0), false), (Some(1), true), (None, true)] {
        let upper = upper(limit);
        let lower = upper.issue(&intermediate_template());
        let leaf = lower.issue(&leaf_template());
        let verdict = judge_chain(&[&leaf, &lower, &upper], &[&root], "www.example.org", NOW);
        match allowed {
            true => assert_trusted(&verdict),
            false => assert_refused(
                &verdict,
                Rule::PathTooLong,
                2,
                &["allows 0 intermediates below it; here are 1"],
            ),
        }
    }
}

#[test]
fn a_self_issued_intermediate_is_not_counted() {
    let root = Party::root(&current(CertificateTemplate::authority(named("Root"), Some(1))));
    let rolled = root.issue(&current(CertificateTemplate::authority(named("Root"), Some(1))));
    let lower = rolled.issue(&intermediate_template());
    let leaf = lower.issue(&leaf_template());
    assert_trusted(&judge_chain(&[&leaf, &lower, &rolled], &[&root], "www.example.org", NOW));
}

#[test]
fn key_usage_binds() {
    let mut case = Case::new();
    case.leaf.key_usage = Some(KeyUsage::KEY_ENCIPHERMENT);
    assert_refused(&case.verdict(), Rule::WrongKeyUsage, 0, &["keyEncipherment only", "digitalSignature"]);
    case.leaf.key_usage = Some(KeyUsage::KEY_ENCIPHERMENT.and(KeyUsage::DIGITAL_SIGNATURE));
    assert_trusted(&case.verdict());
    case.leaf.key_usage = None;
    assert_trusted(&case.verdict());
}

#[test]
fn purposes_bind_and_nest() {
    let mut case = Case::new();
    case.leaf.purposes = vec![KeyPurpose::ClientAuth, KeyPurpose::EmailProtection];
    assert_refused(&case.verdict(), Rule::WrongPurpose, 0, &["clientAuth, emailProtection", "serverAuth"]);
    case.leaf.purposes = vec![KeyPurpose::Any];
    assert_refused(&case.verdict(), Rule::AnyPurposeOnly, 0, &["anyExtendedKeyUsage"]);
    case.leaf.purposes = vec![KeyPurpose::ClientAuth, KeyPurpose::ServerAuth];
    assert_trusted(&case.verdict());
    case.intermediate.purposes = vec![KeyPurpose::ClientAuth];
    assert_refused(
        &case.verdict(),
        Rule::PurposeNotNested,
        1,
        &["CN=Intermediate,O=Test", "clientAuth only"],
    );
    case.intermediate.purposes = vec![KeyPurpose::Any];
    assert_trusted(&case.verdict());
}

#[test]
fn clients_need_no_name_but_their_purpose() {
    let root = Party::root(&root_template());
    let mut template = current(CertificateTemplate::new());
    template.subject = named("A client");
    for (purpose, trusted) in [(KeyPurpose::ClientAuth, true), (KeyPurpose::ServerAuth, false)] {
        template.purposes = vec![purpose];
        let chain = [root.issue(&template).der];
        let verdict = judge(&Presented::new(&chain, Purpose::Client), &anchors(&[&root]), at(NOW));
        match trusted {
            true => assert_trusted(&verdict),
            false => assert_refused(&verdict, Rule::WrongPurpose, 0, &["TLS client", "clientAuth"]),
        }
    }
}

fn subnet(text: &str) -> Subtree<'static> {
    let (address, prefix) = text.split_once('/').unwrap();
    Subtree::Ip(IpSubnet::new(address.parse().unwrap(), prefix.parse().unwrap()).unwrap())
}

#[test]
fn permitted_names_bind_on_every_authority() {
    let broad = || vec![Subtree::Dns("example.org".into()), subnet("192.0.2.0/24")];
    let mut case = Case::new();
    case.root.permitted = broad();
    case.intermediate.permitted = broad();
    assert_trusted(&case.verdict());
    case.root.permitted = vec![Subtree::Dns("localhost".into()), subnet("192.0.2.0/24")];
    assert_refused(
        &case.verdict(),
        Rule::NameNotPermitted,
        2,
        &["only localhost, 192.0.2.0/24", "www.example.org"],
    );
    case.root.permitted = vec![Subtree::Dns("example.org".into()), subnet("192.0.2.0/30")];
    assert_refused(&case.verdict(), Rule::NameNotPermitted, 2, &["192.0.2.7"]);
    case.root.permitted = broad();
    case.intermediate.permitted = vec![Subtree::Dns("example.com".into())];
    assert_refused(&case.verdict(), Rule::NameNotPermitted, 1, &["CN=Intermediate,O=Test"]);
}

#[test]
fn a_kind_of_name_that_is_not_constrained_is_free() {
    let mut case = Case::new();
    case.root.permitted = vec![subnet("192.0.2.0/24")];
    assert_trusted(&case.verdict());
}

#[test]
fn excluded_names_are_refused_wildcards_included() {
    let mut case = Case::new();
    case.root.excluded = vec![Subtree::Dns("example.com".into()), subnet("192.0.3.0/24")];
    assert_trusted(&case.verdict());
    for (excluded, name) in [
        (Subtree::Dns("example.org".into()), "www.example.org"),
        (Subtree::Dns("secret.api.example.org".into()), "*.api.example.org"),
        (subnet("192.0.0.0/16"), "192.0.2.7"),
        (Subtree::Dns("".into()), "www.example.org"),
    ] {
        case.root.excluded = vec![excluded];
        assert_refused(&case.verdict(), Rule::NameExcluded, 2, &[name]);
    }
}

#[test]
fn an_expired_twin_does_not_hide_the_good_one() {
    let root = Party::root(&root_template());
    let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
    let mut old = intermediate_template();
    old.not_after = at(NOW - 1);
    let (old, good) = (root.certify(&old, &key), root.certify(&intermediate_template(), &key));
    let intermediate = Party { der: good, key };
    let leaf = intermediate.issue(&leaf_template());
    let server = ServerName::try_from("www.example.org").unwrap();
    let check = |chain: &[CertificateDer<'_>]| {
        judge(&Presented::new(chain, Purpose::Server(&server)), &anchors(&[&root]), at(NOW))
    };
    assert_trusted(&check(&[leaf.der.clone(), old.clone(), intermediate.der.clone()]));
    assert_refused(&check(&[leaf.der.clone(), old]), Rule::Expired, 1, &[]);
}

#[test]
fn cross_signed_loops_end() {
    // A and B sign each other; the loop is left only through the root that signed B.
    let root = Party::root(&root_template());
    let authority = |name| current(CertificateTemplate::authority(named(name), None));
    let (a, b) = (Party::root(&authority("A")), Party::root(&authority("B")));
    let a_by_b = b.certify(&authority("A"), &a.key);
    let b_by_a = a.certify(&authority("B"), &b.key);
    let b_by_root = root.certify(&authority("B"), &b.key);
    let leaf = a.issue(&leaf_template());
    let server = ServerName::try_from("www.example.org").unwrap();
    let check = |chain: &[CertificateDer<'_>]| {
        judge(&Presented::new(chain, Purpose::Server(&server)), &anchors(&[&root]), at(NOW))
    };
    assert_trusted(&check(&[leaf.der.clone(), b_by_a.clone(), a_by_b.clone(), b_by_root]));
    assert_refused(&check(&[leaf.der.clone(), b_by_a, a_by_b]), Rule::UnknownAuthority, 2, &[]);
}

#[test]
fn a_maze_of_cross_signed_authorities_ends_within_the_budget() {
    let authority = |name: usize| current(CertificateTemplate::authority(named(&name.to_string()), None));
    let parties: Vec<Party> = (0..7).map(|name| Party::root(&authority(name))).collect();
    let mut old = leaf_template();
    old.not_after = at(NOW - 1);
    let mut chain = vec![parties[0].issue(&old).der];
    for (name, subject) in parties.iter().enumerate() {
        chain.extend(parties.iter().map(|issuer| issuer.certify(&authority(name), &subject.key)));
    }
    let server = ServerName::try_from("www.example.org").unwrap();
    let check = |roots: &[&Party]| {
        let verdict = judge(&Presented::new(&chain, Purpose::Server(&server)), &anchors(roots), at(NOW));
        let (effort, most) = (verdict.effort, Effort::MOST);
        assert!(effort.max(most) == most && effort.steps > 0, "{effort:?}");
        verdict.failure.unwrap().rule
    };
    // Without an anchor every path is a dead end; with one, each of hundreds is whole but for the old leaf.
    assert!(matches!(check(&[]), Rule::UnknownAuthority | Rule::BudgetExhausted));
    assert!(matches!(check(&[&parties[6]]), Rule::Expired | Rule::BudgetExhausted));
}

#[test]
fn too_many_comparisons_exhaust_the_budget() {
    let mut case = Case::new();
    let many = |tail: &str| (0..600).map(|n| format!("n{n}.{tail}")).collect::<Vec<_>>();
    case.root.excluded = many("example.com").into_iter().map(|name| Subtree::Dns(name.into())).collect();
    case.leaf.names.extend(many("example.org").into_iter().map(Name::Dns));
    let verdict = case.verdict();
    assert_refused(&verdict, Rule::BudgetExhausted, 0, &["250000"]);
    assert_eq!((verdict.effort.signatures, verdict.effort.comparisons), (2, Effort::MOST.comparisons));
}

#[test]
fn a_malformed_leaf_is_named_with_its_place() {
    let root = Party::root(&root_template());
    let leaf = root.issue(&leaf_template());
    let cut = CertificateDer::from(leaf.der[..leaf.der.len() - 1].to_vec());
    let server = ServerName::try_from("www.example.org").unwrap();
    let verdict = judge(&Presented::new(&[cut], Purpose::Server(&server)), &anchors(&[&root]), at(NOW));
    assert_refused(&verdict, Rule::Malformed, 0, &["at byte 0", "1 bytes are missing"]);
}

#[test]
fn verifying_says_in_short_what_judging_says_at_length() {
    let mut case = Case::new();
    case.intermediate.not_after = at(NOW + 5);
    let root = Party::root(&case.root);
    let intermediate = root.issue(&case.intermediate);
    let chain = [intermediate.issue(&case.leaf).der.clone(), intermediate.der.clone()];
    for (server, now) in [("www.example.org", NOW), ("other.example", NOW), ("www.example.org", NOW + 6)] {
        let name = ServerName::try_from(server).unwrap();
        let (presented, anchors) = (Presented::new(&chain, Purpose::Server(&name)), anchors(&[&root]));
        let verdict = judge(&presented, &anchors, at(now));
        match verify(&presented, &anchors, at(now)) {
            Ok(verified) => {
                assert_trusted(&verdict);
                assert_eq!(verified.until, at(NOW + 5));
            }
            Err(failure) => assert_eq!(Some(*failure), verdict.failure),
        }
    }
}

#[test]
fn the_verdict_is_a_stable_document() {
    let verdict = Case { server: "other.example", ..Case::new() }.verdict();
    let json = serde_json::to_value(&verdict).unwrap();
    assert_eq!(json["failure"]["rule"], "wrong-name");
    assert_eq!(json["failure"]["link"], 0);
    assert_eq!(json["path"][1]["place"]["presented"], 1);
    assert_eq!(json["path"][2]["place"], "anchor");
    assert_eq!(json["path"][2]["role"], "root");
    assert_eq!(json["path"][0]["not_before"], NOW - DAY);
}
