// Servers made on the spot, each with its own chain: whether the browser opens it, or the code by which it refuses.

import { readFileSync } from "node:fs";
import https from "node:https";

/** A code of either browser, or the kind of Firefox's page for errors before there is a certificate to judge. */
const CODE = /\b((?:ERR|SSL_ERROR|SEC_ERROR|MOZILLA_PKIX_ERROR)_\w+)|about:neterror\?e=(\w+)/;

/** A case for each server: `{ name, host, certificates, key }`, the last two files. */
export function verdicts(servers) {
  return servers.map((server) => [server.name, ({ browser }) => asked(browser, server)]);
}

async function asked(browser, { host, certificates, key }) {
  // What the browser is to judge may be weaker than OpenSSL would serve by itself.
  const options = { cert: readFileSync(certificates), key: readFileSync(key), ciphers: "DEFAULT:@SECLEVEL=0" };
  const server = https.createServer(options, (_, answer) => answer.end("<!doctype html><title>opened</title>"));
  server.on("tlsClientError", () => {});
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await browser.open();
    await browser.visit(`https://${host}:${server.address().port}/`);
    return "opened";
  } catch (error) {
    return error.message.match(CODE)?.slice(1).find(Boolean) ?? error.message;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
