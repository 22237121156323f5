//! Files of keys and certificates, both ways: what others write is read by `bulla cert`, what `bulla cert` writes is
//! read by them.
//!
//! A case is a list of command lines in one folder; where two files must agree, `same` compares them. What OpenSSL
//! prints of a key's public half and of certificates is the common measure.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::bulla::Binaries;
use super::process;
use super::table::{Peer, Table};
use crate::failure::Failure;

const READ: &str = "we read";
const WRITTEN: &str = "we write";

/// Who reads and writes files with us.
pub(crate) struct Peers {
    pub(crate) openssl: Peer,
    pub(crate) certtool: Peer,
    pub(crate) pk12util: Peer,
}

/// Kinds of keys, and how OpenSSL makes them.
const KEYS: [(&str, &str); 6] = [
    ("ECDSA P-256", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
    ("ECDSA P-384", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384"),
    ("ECDSA P-521", "-algorithm EC -pkeyopt ec_paramgen_curve:P-521"),
    ("Ed25519", "-algorithm ED25519"),
    ("RSA 2048", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
    ("RSA 3072", "-algorithm RSA -pkeyopt rsa_keygen_bits:3072"),
];

/// Ways in which OpenSSL encrypts a key.
const ENCRYPTIONS: [(&str, &str); 5] = [
    ("PBKDF2 with SHA-256, AES-256", "-v2 aes-256-cbc -v2prf hmacWithSHA256"),
    ("PBKDF2 with SHA-512, AES-192", "-v2 aes-192-cbc -v2prf hmacWithSHA512"),
    ("PBKDF2 with SHA-1, AES-128", "-v2 aes-128-cbc -v2prf hmacWithSHA1"),
    ("PBKDF2 with SHA-1, triple DES", "-v2 des3 -v2prf hmacWithSHA1"),
    ("scrypt, AES-256", "-v2 aes-256-cbc -scrypt"),
];

/// Ways in which OpenSSL writes PKCS#12.
const CONTAINERS: [(&str, &str); 6] = [
    ("PBES2 with AES-256", ""),
    ("RC2 and triple DES", "-legacy"),
    ("triple DES, SHA-1", "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1"),
    ("certificates in the open", "-certpbe NONE"),
    ("a checksum by SHA-512", "-macalg sha512"),
    ("no checksum", "-nomac"),
];

/// All cases.
pub(crate) fn cases(folder: &Path, binaries: &Binaries, peers: &Peers, table: &mut Table) {
    let desk = Desk { folder: folder.join("files"), bulla: binaries.cert() };
    table.case(&peers.openssl, READ, "a chain that it issued, in any order", || {
        desk.furnish()?;
        desk.run(&[
            "bulla cert chain root.pem leaf.pem int.pem --ca root.pem --out sorted.pem",
            "same sorted.pem chain.pem",
        ])
    });
    table.case(&peers.openssl, READ, "the same verdicts on that chain", || {
        desk.run(&[
            "openssl verify -CAfile root.pem -untrusted int.pem leaf.pem",
            "bulla cert verify chain.pem --ca root.pem",
            "! openssl verify -CAfile root.pem leaf.pem",
            "! bulla cert verify leaf.pem --ca root.pem",
        ])
    });
    keys(&desk, &peers.openssl, table);
    containers(&desk, &peers.openssl, table);
    bags(&desk, &peers.openssl, table);
    gnutls(&desk, &peers.certtool, table);
    nss(&desk, &peers.pk12util, table);
}

fn keys(desk: &Desk, peer: &Peer, table: &mut Table) {
    for (name, made) in KEYS {
        table.case(peer, READ, &format!("an {name} key, plain, old style, encrypted"), || {
            let old = if name == "Ed25519" { "" } else { "-traditional" };
            desk.run(&[
                &format!("openssl genpkey {made} -out k.pem"),
                "openssl pkey -in k.pem -pubout -out k.pub",
                &format!("openssl pkey -in k.pem {old} -out old.pem"),
                "openssl pkey -in k.pem -outform DER -out k.der",
                "openssl pkcs8 -topk8 -in k.pem -passout file:pass -out sealed.pem",
                "bulla cert convert old.pem --to key --force --out a.pem",
                "bulla cert convert k.der --to key --force --out b.pem",
                "bulla cert convert sealed.pem --passphrase-file pass --to key --force --out c.pem",
                "openssl pkey -in a.pem -pubout -out a.pub",
                "openssl pkey -in b.pem -pubout -out b.pub",
                "openssl pkey -in c.pem -pubout -out c.pub",
                "same a.pub k.pub",
                "same b.pub k.pub",
                "same c.pub k.pub",
            ])
        });
        table.case(peer, WRITTEN, &format!("an {name} key, encrypted"), || {
            desk.run(&[
                "bulla cert convert k.pem --to key --encrypt --new-passphrase-file pass --force --out d.pem",
                "openssl pkey -in d.pem -passin file:pass -pubout -out d.pub",
                "same d.pub k.pub",
                "! openssl pkey -in d.pem -passin pass:wrong -noout",
            ])
        });
    }
    for (name, options) in ENCRYPTIONS {
        table.case(peer, READ, &format!("a key encrypted by {name}"), || {
            desk.run(&[
                &format!("openssl pkcs8 -topk8 -in leaf.key -passout file:pass {options} -out e.pem"),
                "bulla cert convert e.pem --passphrase-file pass --to key --force --out e.key",
                "same e.key leaf.key",
                "! bulla cert convert e.pem --passphrase-file wrong --to key --force --out e.key",
            ])
        });
    }
}

fn containers(desk: &Desk, peer: &Peer, table: &mut Table) {
    for (name, options) in CONTAINERS {
        table.case(peer, READ, &format!("PKCS#12: {name}"), || {
            desk.run(&[
                &format!(
                    "openssl pkcs12 -export -inkey leaf.key -in leaf.pem -certfile int.pem -passout file:pass {options} -out o.p12"
                ),
                "bulla cert convert o.p12 --passphrase-file pass --to pem --force --out all.pem",
                "same all.pem whole.pem",
                "! bulla cert convert o.p12 --passphrase-file wrong --to pem --force --out all.pem",
            ])
        });
    }
    table.case(peer, READ, "PKCS#12: an empty passphrase", || {
        desk.run(&[
            "openssl pkcs12 -export -inkey leaf.key -in leaf.pem -certfile int.pem -passout pass: -out o.p12",
            "bulla cert convert o.p12 --to pem --force --out all.pem",
            "same all.pem whole.pem",
        ])
    });
    table.case(peer, WRITTEN, "PKCS#12", || {
        desk.run(&[
            WRITE_PKCS12,
            "openssl pkcs12 -in ours.p12 -passin file:pass -nodes -out back.pem",
            "openssl pkey -in back.pem -out back.key",
            "same back.key leaf.key",
            "bulla cert convert back.pem --to certificates --force --out back.crt",
            "same back.crt chain.pem",
            "! openssl pkcs12 -in ours.p12 -passin pass:wrong -nodes -out back.pem",
        ])
    });
}

const WRITE_PKCS12: &str =
    "bulla cert convert leaf.key chain.pem --to pkcs12 --new-passphrase-file pass --force --out ours.p12";

fn bags(desk: &Desk, peer: &Peer, table: &mut Table) {
    for (name, options) in [("binary", "-outform DER"), ("text", "")] {
        table.case(peer, READ, &format!("PKCS#7, {name}"), || {
            desk.run(&[
                &format!("openssl crl2pkcs7 -nocrl -certfile chain.pem {options} -out o.p7b"),
                "bulla cert convert o.p7b --to certificates --force --out bag.pem",
                "same bag.pem chain.pem",
            ])
        });
    }
    table.case(peer, READ, "PKCS#7, streamed in BER", || {
        desk.run(&[
            "openssl cms -sign -in pass -signer leaf.pem -inkey leaf.key -certfile int.pem -nodetach -stream -outform DER -out o.p7m",
            "bulla cert convert o.p7m --to certificates --force --out bag.pem",
            "same bag.pem chain.pem",
        ])
    });
    table.case(peer, WRITTEN, "PKCS#7", || {
        desk.run(&[
            "bulla cert convert chain.pem --to pkcs7 --force --out ours.p7b",
            "openssl pkcs7 -inform DER -in ours.p7b -print_certs -out bag.txt",
            "bulla cert convert bag.txt --to certificates --force --out bag.pem",
            "same bag.pem chain.pem",
        ])
    });
    table.case(peer, WRITTEN, "a certificate and a request in DER", || {
        desk.run(&[
            "bulla cert convert leaf.pem --to der --force --out leaf.der",
            "openssl x509 -inform DER -in leaf.der -out leaf2.pem",
            "same leaf2.pem leaf.pem",
            "bulla cert convert leaf.csr --to der --force --out csr.der",
            "openssl req -inform DER -in csr.der -verify -noout",
        ])
    });
}

fn gnutls(desk: &Desk, peer: &Peer, table: &mut Table) {
    for cipher in ["aes-256", "3des"] {
        table.case(peer, READ, &format!("PKCS#12 and an encrypted key, {cipher}"), || {
            desk.run(&[
                &format!(
                    "certtool --to-p12 --load-privkey leaf.key --load-certificate leaf.pem --load-ca-certificate int.pem \
                     --p12-name shop --password sesame --pkcs-cipher {cipher} --outder --outfile g.p12"
                ),
                "bulla cert convert g.p12 --passphrase-file pass --to pem --force --out all.pem",
                "same all.pem whole.pem",
                &format!("certtool --to-p8 --load-privkey leaf.key --password sesame --pkcs-cipher {cipher} --outfile g.p8"),
                "bulla cert convert g.p8 --passphrase-file pass --to key --force --out g.key",
                "same g.key leaf.key",
            ])
        });
    }
    table.case(peer, READ, "PKCS#7", || {
        desk.run(&[
            "certtool --p7-generate --load-certificate leaf.pem --load-ca-certificate int.pem --outder --outfile g.p7b",
            "bulla cert show g.p7b",
        ])
    });
    table.case(peer, WRITTEN, "PKCS#12", || {
        desk.run(&[WRITE_PKCS12, "certtool --p12-info --inder --infile ours.p12 --password sesame"])
    });
    table.case(peer, WRITTEN, "an encrypted key", || {
        desk.run(&[
            "bulla cert convert leaf.key --to key --encrypt --new-passphrase-file pass --force --out d.pem",
            "certtool --key-info --infile d.pem --password sesame",
            "! certtool --key-info --infile d.pem --password wrong",
        ])
    });
    table.case(peer, WRITTEN, "PKCS#7", || {
        desk.run(&[
            "bulla cert convert chain.pem --to pkcs7 --force --out ours.p7b",
            "certtool --p7-info --inder --infile ours.p7b",
        ])
    });
}

fn nss(desk: &Desk, peer: &Peer, table: &mut Table) {
    table.case(peer, WRITTEN, "PKCS#12, into a browser's database", || {
        let database = desk.folder.join("nss");
        fs::create_dir_all(&database).map_err(|error| Failure::at(&database, &error))?;
        desk.run(&[
            "certutil -N -d nss --empty-password",
            "bulla cert convert leaf.key chain.pem --to pkcs12 --new-passphrase-file pass --force --out n.p12",
            "pk12util -i n.p12 -d nss -w pass -k empty",
        ])
    });
    table.case(peer, READ, "PKCS#12 in BER, out of a browser's database", || {
        desk.run(&[
            "pk12util -o nss.p12 -d nss -n CN=shop.example -w pass -k empty",
            "bulla cert convert nss.p12 --passphrase-file pass --to key --force --out nss.key",
            "same nss.key leaf.key",
            "! bulla cert convert nss.p12 --passphrase-file wrong --to key --force --out nss.key",
        ])
    });
}

/// A folder to work in, and our program.
struct Desk {
    folder: PathBuf,
    bulla: PathBuf,
}

/// How OpenSSL makes a root, an intermediate and a leaf.
const FURNISH: &[&str] = &[
    "openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -subj /O=Example/CN=Root -days 3650 \
     -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign",
    "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout int.key -out int.csr -subj /O=Example/CN=Intermediate",
    "openssl x509 -req -in int.csr -CA root.pem -CAkey root.key -days 1800 -extfile int.ext -out int.pem",
    "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -out leaf.csr -subj /CN=shop.example",
    "openssl x509 -req -in leaf.csr -CA int.pem -CAkey int.key -days 90 -extfile leaf.ext -out leaf.pem",
];

impl Desk {
    fn furnish(&self) -> Result<(), Failure> {
        fs::create_dir_all(&self.folder).map_err(|error| Failure::at(&self.folder, &error))?;
        let identifiers = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
        let authority =
            "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n";
        let leaf = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n\
                    subjectAltName=DNS:shop.example\n";
        self.write("int.ext", &format!("{authority}{identifiers}"))?;
        self.write("leaf.ext", &format!("{leaf}{identifiers}"))?;
        self.write("pass", "sesame\n")?;
        self.write("wrong", "barley\n")?;
        self.write("empty", "\n")?;
        self.run(FURNISH)?;
        let read = |name: &str| fs::read_to_string(self.folder.join(name)).map_err(Failure::from);
        let chain = read("leaf.pem")? + &read("int.pem")?;
        self.write("chain.pem", &chain)?;
        self.write("whole.pem", &(read("leaf.key")? + &chain))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.folder.join(name);
        fs::write(&path, text).map_err(|error| Failure::at(&path, &error))
    }

    /// Runs command lines one after the other; one that begins with `!` must fail.
    fn run(&self, lines: &[&str]) -> Result<String, Failure> {
        for line in lines {
            self.line(line).map_err(|failure| Failure::new(format!("`{line}`: {failure}")))?;
        }
        Ok(format!("{} steps", lines.len()))
    }

    fn line(&self, line: &str) -> Result<(), Failure> {
        let (must_fail, line) = match line.strip_prefix("! ") {
            Some(line) => (true, line),
            None => (false, line),
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["same", one, other] => self.same(one, other),
            [program, arguments @ ..] => {
                let program = if *program == "bulla" { self.bulla.as_path() } else { Path::new(program) };
                let mut command = Command::new(program);
                let finished = process::run(command.args(arguments).current_dir(&self.folder), Vec::new())?;
                match (must_fail, finished.code) {
                    (false, _) => finished.succeeded().map(drop),
                    (true, Some(0) | None) => Err(Failure::new("did not fail as it should")),
                    (true, Some(_)) => Ok(()),
                }
            }
            [] => Ok(()),
        }
    }

    fn same(&self, one: &str, other: &str) -> Result<(), Failure> {
        let read = |name: &str| {
            let path = self.folder.join(name);
            fs::read(&path).map_err(|error| Failure::at(&path, &error))
        };
        if read(one)? == read(other)? { Ok(()) } else { Err(Failure::new("they differ")) }
    }
}
