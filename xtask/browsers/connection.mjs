// What a browser and the page say of one connection, in the same words: the registries' own names.

import assert from "node:assert/strict";

/** IANA's TLS SignatureScheme registry, as far as a browser offers it. */
export const SIGNATURES = new Map([
  [0x0403, "ecdsa_secp256r1_sha256"],
  [0x0503, "ecdsa_secp384r1_sha384"],
  [0x0603, "ecdsa_secp521r1_sha512"],
  [0x0804, "rsa_pss_rsae_sha256"],
  [0x0805, "rsa_pss_rsae_sha384"],
  [0x0806, "rsa_pss_rsae_sha512"],
]);

/** The facts that a browser and the page must agree on. */
const FACTS = ["version", "suite", "group", "signature", "alpn", "fingerprint"];

/** The page's own row for each fact; the leaf's fingerprint stands with the chain. */
const ROWS = {
  version: "Version",
  suite: "Cipher suite",
  group: "Key exchange",
  signature: "Signature",
  alpn: "Application protocol",
};

/** The facts out of the page's rows (see `rows` in page.mjs). */
export function fromPage({ rows, fingerprint }) {
  const named = Object.entries(ROWS).map(([fact, row]) => [fact, rows[row]]);
  return { ...Object.fromEntries(named), fingerprint, peer: rows.You };
}

/** The facts out of `connection.json`. */
export function fromReport({ connection, chain }) {
  return { ...connection, fingerprint: chain[0].fingerprint };
}

/** Fails unless every fact is told alike by all. */
export function agree(browser, ...others) {
  for (const fact of FACTS) {
    assert.ok(browser[fact], `the browser does not tell the ${fact}`);
    for (const other of others) {
      assert.equal(plain(other[fact]), plain(browser[fact]), `the ${fact} differs`);
    }
  }
}

/** The registry writes `x25519` and `X25519MLKEM768`; fingerprints come with and without colons. */
function plain(words) {
  return String(words).toLowerCase().replaceAll(":", "");
}

/** A connection in a few words. */
export function inWords({ version, suite, group, signature, alpn }) {
  return [version, suite, group, signature, alpn].join(", ");
}
