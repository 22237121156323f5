//! The servers that are judged: what each shows, and why browsers may see it otherwise.

use std::path::Path;

use bulla_crypto::signature::KeyKind;
use bulla_x509::build::{CertificateTemplate, Name, Subject};
use bulla_x509::certificate::{KeyPurpose, KeyUsage, Subtree};
use bulla_x509::names::IpSubnet;
use rustls_pki_types::CertificateDer;

use super::maker::{Entity, authority, day, server};
use crate::failure::Failure;

/// A server: its name here, the host it is asked for, what it sends, and its key in PEM.
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) host: String,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: String,
}

/// All servers, and who issues their certificates.
pub(super) struct World<'a> {
    pub(super) root: Entity,
    usual: Entity,
    folder: &'a Path,
    pub(super) servers: Vec<Server>,
}

const P256: KeyKind = KeyKind::EcP256;

impl<'a> World<'a> {
    pub(super) fn new(folder: &'a Path) -> Result<Self, Failure> {
        let root = Entity::root("root")?;
        let usual = root.issue(&authority("intermediate", Some(0)), P256)?;
        let mut world = Self { root, usual, folder, servers: Vec::new() };
        world.sound()?;
        world.arranged()?;
        world.out_of_time()?;
        world.misnamed()?;
        world.untrusted()?;
        world.misused()?;
        world.constrained()?;
        world.weak()?;
        Ok(world)
    }

    fn push(
        &mut self,
        name: &'static str,
        host: &str,
        leaf: &Entity,
        others: &[&Entity],
    ) -> Result<(), Failure> {
        let chain =
            std::iter::once(leaf).chain(others.iter().copied()).map(|entity| entity.der.clone()).collect();
        self.servers.push(Server { name, host: host.to_owned(), chain, key: leaf.key_pem()? });
        Ok(())
    }

    /// A leaf below the usual intermediate, which is sent.
    fn usual(
        &mut self,
        name: &'static str,
        host: &str,
        template: &CertificateTemplate,
    ) -> Result<(), Failure> {
        self.of_kind(name, host, template, P256)
    }

    fn of_kind(
        &mut self,
        name: &'static str,
        host: &str,
        template: &CertificateTemplate,
        kind: KeyKind,
    ) -> Result<(), Failure> {
        let leaf = self.usual.issue(template, kind)?;
        let chain = vec![leaf.der.clone(), self.usual.der.clone()];
        self.servers.push(Server { name, host: host.to_owned(), chain, key: leaf.key_pem()? });
        Ok(())
    }

    /// A leaf below an intermediate of its own.
    fn below(&mut self, name: &'static str, intermediate: &CertificateTemplate) -> Result<(), Failure> {
        let above = self.root.issue(intermediate, P256)?;
        let leaf = above.issue(&server("below.localhost"), P256)?;
        self.push(name, "below.localhost", &leaf, &[&above])
    }

    fn sound(&mut self) -> Result<(), Failure> {
        let host = "good.localhost";
        self.usual("good", host, &server(host))?;
        for (name, kind) in [
            ("good, RSA 2048", KeyKind::Rsa),
            ("good, ECDSA P-384", KeyKind::EcP384),
            ("ECDSA P-521", KeyKind::EcP521),
            ("Ed25519", KeyKind::Ed25519),
        ] {
            self.of_kind(name, host, &server(host), kind)?;
        }
        self.usual("good, by address", "127.0.0.1", &server("127.0.0.1"))?;
        self.usual("good, wildcard", "a.wild.localhost", &server("*.wild.localhost"))?;
        self.usual("good, in capitals", host, &server("GOOD.LocalHost"))?;
        let mut nameless = server(host);
        nameless.subject = Subject::new();
        self.usual("good, empty subject", host, &nameless)?;
        let mut many = server(host);
        many.names.extend((0..100).map(|number| Name::Dns(format!("n{number}.localhost"))));
        self.usual("good, 101 names", host, &many)?;
        let mut long = server(host);
        (long.not_before, long.not_after) = (day(-10), day(2900));
        self.usual("eight years, private root", host, &long)?;
        let mut any = server(host);
        any.purposes = Vec::new();
        self.usual("good, for no purpose in particular", host, &any)?;
        Ok(())
    }

    fn arranged(&mut self) -> Result<(), Failure> {
        let host = "chain.localhost";
        let direct = self.root.issue(&server(host), P256)?;
        self.push("good, below the root itself", host, &direct, &[])?;
        let upper = self.root.issue(&authority("upper", Some(1)), P256)?;
        let lower = upper.issue(&authority("lower", Some(0)), P256)?;
        let leaf = lower.issue(&server(host), P256)?;
        self.push("good, two intermediates", host, &leaf, &[&lower, &upper])?;
        self.push("intermediates in wrong order", host, &leaf, &[&upper, &lower])?;
        self.push("an intermediate twice", host, &leaf, &[&lower, &lower, &upper])?;
        let stranger = Entity::root("stranger")?;
        self.push("an unrelated certificate sent too", host, &leaf, &[&stranger, &lower, &upper])?;
        let root = Entity { der: self.root.der.clone(), key: super::maker::key(P256)? };
        self.push("the root sent too", host, &leaf, &[&lower, &upper, &root])
    }

    fn out_of_time(&mut self) -> Result<(), Failure> {
        let host = "time.localhost";
        for (name, days) in [("expired", (-90, -2)), ("not yet valid", (2, 90)), ("last day", (-89, 1))] {
            let mut template = server(host);
            (template.not_before, template.not_after) = (day(days.0), day(days.1));
            self.usual(name, host, &template)?;
        }
        for (name, days) in [("expired intermediate", (-90, -2)), ("intermediate not yet valid", (2, 90))] {
            let mut above = authority(name, Some(0));
            (above.not_before, above.not_after) = (day(days.0), day(days.1));
            self.below(name, &above)?;
        }
        Ok(())
    }

    fn misnamed(&mut self) -> Result<(), Failure> {
        let host = "name.localhost";
        self.usual("wrong name", host, &server("other.localhost"))?;
        self.usual("wrong address", "127.0.0.1", &server("127.0.0.2"))?;
        self.usual("a name, asked for by address", "127.0.0.1", &server(host))?;
        let mut common_name = server(host);
        common_name.names = vec![];
        common_name.subject = Subject::new().common_name(host);
        self.usual("common name alone", host, &common_name)?;
        self.usual("wildcard, two levels", "a.b.wild.localhost", &server("*.wild.localhost"))?;
        self.usual("wildcard, its own parent", "wild.localhost", &server("*.wild.localhost"))?;
        self.usual("a subdomain's certificate", "wild.localhost", &server("a.wild.localhost"))
    }

    fn untrusted(&mut self) -> Result<(), Failure> {
        let host = "trust.localhost";
        let alone = Entity::self_signed(&server(host))?;
        self.push("self-signed", host, &alone, &[])?;
        let stranger = Entity::root("a root that no one knows")?;
        let leaf = stranger.issue(&server(host), P256)?;
        self.push("unknown authority", host, &leaf, &[&stranger])?;
        let namesake = Entity::root("root")?;
        let leaf = namesake.issue(&server(host), P256)?;
        self.push("a namesake of the root", host, &leaf, &[&namesake])?;
        // An intermediate that no other server sends: Firefox keeps those that it has seen.
        let unseen = self.root.issue(&authority("unseen", Some(0)), P256)?;
        let leaf = unseen.issue(&server(host), P256)?;
        self.push("missing intermediate", host, &leaf, &[])?;
        let forger = Entity { der: self.usual.der.clone(), key: super::maker::key(P256)? };
        let same_name = Entity::self_signed(&authority("intermediate", Some(0)))?;
        let leaf = same_name.issue(&server(host), P256)?;
        self.push("signed by another key of that name", host, &leaf, &[&forger])?;
        let mut altered = self.usual.issue(&server(host), P256)?;
        let mut der = altered.der.to_vec();
        // The last byte of the signature.
        if let Some(last) = der.last_mut() {
            *last ^= 1;
        }
        altered.der = der.into();
        self.push("altered signature", host, &altered, &[&forger])
    }

    fn misused(&mut self) -> Result<(), Failure> {
        let host = "use.localhost";
        for (name, purpose) in [
            ("for clients alone", KeyPurpose::ClientAuth),
            ("for signing code", KeyPurpose::CodeSigning),
            ("for any purpose, by name", KeyPurpose::Any),
        ] {
            let mut template = server(host);
            template.purposes = vec![purpose];
            self.usual(name, host, &template)?;
        }
        let mut both = server(host);
        both.purposes = vec![KeyPurpose::ServerAuth, KeyPurpose::ClientAuth];
        self.usual("good, for servers and clients", host, &both)?;
        let mut agreement = server(host);
        agreement.key_usage = Some(KeyUsage::KEY_AGREEMENT);
        self.usual("a key for agreement alone", host, &agreement)?;
        let mut clients = authority("for clients", Some(0));
        clients.purposes = vec![KeyPurpose::ClientAuth];
        self.below("intermediate for clients alone", &clients)?;
        let mut as_leaf = authority("an authority", None);
        as_leaf.names = vec![Name::Dns(host.into())];
        as_leaf.purposes = vec![KeyPurpose::ServerAuth];
        let leaf = self.root.issue(&as_leaf, P256)?;
        self.push("an authority as server", host, &leaf, &[])?;
        let end = self.root.issue(&server("end.localhost"), P256)?;
        let leaf = end.issue(&server(host), P256)?;
        self.push("signed by a server", host, &leaf, &[&end])?;
        let shallow = self.root.issue(&authority("shallow", Some(0)), P256)?;
        let deeper = shallow.issue(&authority("deeper", None), P256)?;
        let leaf = deeper.issue(&server(host), P256)?;
        self.push("path too long", host, &leaf, &[&deeper, &shallow])
    }

    fn constrained(&mut self) -> Result<(), Failure> {
        let dns = |name: &'static str| Subtree::Dns(name.into());
        for (name, permitted, excluded) in [
            ("good, within name constraints", vec![dns("localhost")], vec![]),
            ("outside name constraints", vec![dns("elsewhere.localhost")], vec![]),
            ("within excluded names", vec![], vec![dns("below.localhost")]),
        ] {
            let mut above = authority(name, Some(0));
            (above.permitted, above.excluded) = (permitted, excluded);
            self.below(name, &above)?;
        }
        let mut above = authority("addresses", Some(0));
        above.permitted = IpSubnet::new([10, 0, 0, 0].into(), 8).map(Subtree::Ip).into_iter().collect();
        let above = self.root.issue(&above, P256)?;
        let leaf = above.issue(&server("127.0.0.1"), P256)?;
        self.push("an address outside its constraints", "127.0.0.1", &leaf, &[&above])
    }

    /// What only OpenSSL writes.
    fn weak(&mut self) -> Result<(), Failure> {
        const EC: &str = "ec -pkeyopt ec_paramgen_curve:P-256";
        let base = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n\
                    subjectAltName=DNS:weak.localhost\nauthorityKeyIdentifier=keyid\n";
        let critical = format!("{base}1.2.3.4=critical,DER:0500\n");
        let partial = base.replace("DNS:weak", "DNS:w*k");
        let address = base.replace("DNS:weak.localhost", "DNS:127.0.0.1");
        for (name, host, made) in [
            ("RSA 1024", "weak.localhost", ("rsa:1024", base, "-sha256")),
            ("signed with SHA-1", "weak.localhost", (EC, base, "-sha1")),
            ("unknown critical extension", "weak.localhost", (EC, critical.as_str(), "-sha256")),
            ("wildcard within a label", "weak.localhost", (EC, partial.as_str(), "-sha256")),
            ("an address as a domain name", "127.0.0.1", (EC, address.as_str(), "-sha256")),
        ] {
            let (leaf, key) = self.usual.issue_by_openssl(self.folder, made)?;
            let chain = vec![leaf, self.usual.der.clone()];
            self.servers.push(Server { name, host: host.to_owned(), chain, key });
        }
        Ok(())
    }
}
