//! What a verdict tells of the paths that were tried.

use super::*;
use crate::{
    identity::Level,
    names,
    verdict::{CheckOutcome, FORMAT, PathAccount, Reached},
};

/// A leaf under an intermediate that has an expired twin.
fn twins() -> Verdict {
    let root = Party::root(&root_template());
    let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
    let mut old = intermediate_template();
    old.not_after = at(NOW - 1);
    let old = root.certify(&old, &key);
    let intermediate = Party { der: root.certify(&intermediate_template(), &key), key };
    let leaf = intermediate.issue(&leaf_template());
    let server = ServerName::try_from("www.example.org").unwrap();
    let chain = [leaf.der, old, intermediate.der];
    judge(&Presented::new(&chain, Purpose::Server(&server)), &anchors(&[&root]), at(NOW))
}

#[test]
fn each_path_is_told_the_best_first() {
    let verdict = twins();
    assert_trusted(&verdict);
    assert_eq!((verdict.paths.len(), verdict.tried), (2, 2));
    let [best, other] = verdict.paths.as_slice() else { panic!("two paths") };
    assert!(best.is_trusted() && best.reached == Reached::Anchor);
    let rules: Vec<_> = other.failures.iter().map(|failure| (failure.rule, failure.link)).collect();
    assert_eq!((other.reached, rules), (Reached::Anchor, vec![(Rule::Expired, 1)]));
    let held = |check: &&verdict::Check| check.outcome == CheckOutcome::Held;
    for certificate in &best.certificates {
        assert!(certificate.checks.iter().filter(held).count() > 10, "{}", certificate.subject);
        assert!(certificate.checks.iter().all(|check| !matches!(check.outcome, CheckOutcome::Failed { .. })));
    }
}

#[test]
fn the_path_that_was_decided_on_is_the_first() {
    // The root is trusted, and so is another that signed it too: the longer way is as good.
    let (root, other) = (
        Party::root(&root_template()),
        Party::root(&current(CertificateTemplate::authority(named("Other"), None))),
    );
    let crossed = other.certify(&root_template(), &root.key);
    let leaf = root.issue(&leaf_template());
    let server = ServerName::try_from("www.example.org").unwrap();
    let chain = [leaf.der, crossed];
    let verdict =
        judge(&Presented::new(&chain, Purpose::Server(&server)), &anchors(&[&root, &other]), at(NOW));
    assert_trusted(&verdict);
    assert_eq!((verdict.path.len(), verdict.paths.len()), (2, 2));
    assert!(verdict.paths.iter().all(PathAccount::is_trusted));
    assert_eq!(verdict.paths[0].certificates.len(), 2);
}

#[test]
fn the_account_is_a_stable_document() {
    let json = serde_json::to_value(twins()).unwrap();
    assert_eq!(json["format"], FORMAT);
    assert_eq!(json["paths"][1]["reached"], "anchor");
    let checks = json["paths"][1]["certificates"][1]["checks"].as_array().unwrap();
    let of = |rule: &str| checks.iter().find(|check| check["rule"] == rule).unwrap();
    assert_eq!(of("expired")["outcome"], "failed");
    assert!(of("expired")["mend"].as_str().unwrap().contains("Renew"));
    assert_eq!(of("not-an-authority")["outcome"], "held");
    assert_eq!(of("wrong-name")["outcome"], "not-applicable");
    assert_eq!(json["identity"]["level"], "private");
}

#[test]
fn the_account_is_text_and_a_drawing() {
    let verdict = twins();
    let text = verdict.to_string();
    for words in ["trusted\n", "identity: vouched for by a private authority", "path 2 of 2", "expired: "] {
        assert!(text.contains(words), "{text}\nlacks {words}");
    }
    let refused = Case { server: "other.example", ..Case::new() }.verdict();
    assert!(refused.to_string().starts_with("not trusted: wrong-name: "), "{refused}");
    let drawing = refused.drawing();
    let lines: Vec<&str> = drawing.lines().collect();
    assert_eq!(lines[0], "trusted root: CN=Root,O=Test");
    assert_eq!(lines[2], "└─ intermediate: CN=Intermediate,O=Test");
    assert_eq!(lines[4], "   └─ leaf: www.example.org");
    assert!(lines[6].starts_with("      ✗ wrong-name: "), "{drawing}");
}

#[test]
fn an_account_of_a_maze_is_short() {
    let authority = |name: usize| current(CertificateTemplate::authority(named(&name.to_string()), None));
    let parties: Vec<Party> = (0..6).map(|name| Party::root(&authority(name))).collect();
    let mut chain = vec![parties[0].issue(&leaf_template()).der];
    for (name, subject) in parties.iter().enumerate() {
        chain.extend(parties.iter().map(|issuer| issuer.certify(&authority(name), &subject.key)));
    }
    let server = ServerName::try_from("www.example.org").unwrap();
    let verdict = judge(&Presented::new(&chain, Purpose::Server(&server)), &anchors(&[]), at(NOW));
    assert!(verdict.paths.len() <= 8);
    let checks: usize =
        verdict.paths.iter().flat_map(|path| &path.certificates).map(|it| it.checks.len()).sum();
    assert!(checks <= 4_000, "{checks}");
    assert!(serde_json::to_string(&verdict).unwrap().len() < 1 << 20);
}

#[test]
fn an_identity_has_the_names_of_a_client() {
    let root = Party::root(&root_template());
    let mut template = current(CertificateTemplate::new());
    template.subject = Subject::new().country("DE").organization("Example GmbH").common_name("A client");
    template.purposes = vec![KeyPurpose::ClientAuth];
    template.names = vec![Name::Dns("client.example.org".into())];
    let chain = [root.issue(&template).der];
    let verdict = judge(&Presented::new(&chain, Purpose::Client), &anchors(&[&root]), at(NOW));
    let identity = verdict.identity.unwrap();
    assert_eq!(identity.level, Level::Private);
    assert_eq!(identity.servers, ["client.example.org"]);
    assert_eq!(identity.to_string(), "vouched for by a private authority, Example GmbH [DE]");
    assert_eq!(identity.address_bar().of_2017, None);
}

#[test]
fn a_sip_domain_is_named_by_a_uri_or_a_domain_name() {
    let root = Party::root(&root_template());
    let leaf = root.issue(&current(CertificateTemplate::server(vec![
        Name::Dns("example.org".into()),
        Name::Dns("*.example.org".into()),
    ])));
    let certificate = Certificate::parse(&leaf.der).unwrap();
    assert!(names::matches_sip(&certificate, "EXAMPLE.org"));
    // RFC 5922 section 7.2: no wildcard counts.
    assert!(!names::matches_sip(&certificate, "sip.example.org"));
    let chain = [leaf.der.clone()];
    let judge_for =
        |domain| judge(&Presented::new(&chain, Purpose::SipServer(domain)), &anchors(&[&root]), at(NOW));
    assert_trusted(&judge_for("example.org"));
    assert_refused(&judge_for("other.example"), Rule::WrongName, 0, &["not for other.example"]);
}
