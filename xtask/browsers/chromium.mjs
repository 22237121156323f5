// Debian's Chromium, driven by playwright-core over the DevTools protocol.

import { createHash } from "node:crypto";
import { createRequire } from "node:module";

import { SIGNATURES } from "./connection.mjs";

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** DevTools names the AEAD alone; in TLS 1.3 each has exactly one hash beside it (RFC 9846 appendix B.4). */
const SUITES = {
  AES_128_GCM: "TLS_AES_128_GCM_SHA256",
  AES_256_GCM: "TLS_AES_256_GCM_SHA384",
  CHACHA20_POLY1305: "TLS_CHACHA20_POLY1305_SHA256",
};

export class Chromium {
  name = "Chromium";

  /** Starts a Chromium that trusts what the NSS database in the home folder trusts. */
  static async start({ program, home, modules }) {
    const { chromium } = createRequire(`${modules}/`)("playwright-core");
    const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
    const browser = await chromium.launch({ executablePath: program, args: QUIET, env });
    return new Chromium(browser);
  }

  constructor(browser) {
    this.browser = browser;
    this.version = browser.version();
  }

  /** Opens a fresh tab; the one before is closed. */
  async open({ width = 1280, height = 900, scheme = "light", scripts = true } = {}) {
    await this.context?.close();
    this.context = await this.browser.newContext({
      viewport: { width, height },
      colorScheme: scheme,
      javaScriptEnabled: scripts,
    });
    this.page = await this.context.newPage();
    this.devtools = await this.context.newCDPSession(this.page);
    this.devtools.on("Security.visibleSecurityStateChanged", (event) => {
      this.security = event.visibleSecurityState;
    });
    this.devtools.on("Network.responseReceived", ({ response, type }) => {
      if (type === "Document") this.response = response;
    });
    await this.devtools.send("Network.enable");
    await this.devtools.send("Security.enable");
  }

  /** Loads a page; fails with the browser's own code if it refuses. */
  async visit(url) {
    this.security = this.response = undefined;
    try {
      await this.page.goto(url);
    } catch (error) {
      throw new Error(error.message.match(/net::(ERR_\w+)/)?.[1] ?? error.message);
    }
  }

  /** What the browser itself says of the connection behind the page. */
  async connection() {
    const security = await this.#told(() => this.security);
    const response = await this.#told(() => this.response);
    const details = response.securityDetails;
    const certificate = Buffer.from(security.certificateSecurityState.certificate[0], "base64");
    return {
      trusted: security.securityState === "secure",
      state: security.securityState,
      version: details.protocol,
      suite: SUITES[details.cipher],
      group: details.keyExchangeGroup,
      signature: SIGNATURES.get(details.serverSignatureAlgorithm),
      alpn: response.protocol,
      fingerprint: createHash("sha256").update(certificate).digest("hex"),
    };
  }

  /** DevTools events come when they come. */
  async #told(value) {
    const deadline = Date.now() + 10_000;
    while (value() === undefined) {
      if (Date.now() > deadline) throw new Error("DevTools told nothing of the connection");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return value();
  }

  /** The words on the page that stands in the way. */
  async refusal() {
    const [title, says] = await this.page.locator("#main-message").evaluate((message) => {
      const [title, first] = [message.querySelector("h1"), message.querySelector("p")];
      // The link behind the sentence is no part of it.
      return [title.innerText, [...first.childNodes].filter((node) => node.nodeName !== "A")].map((part) =>
        Array.isArray(part) ? part.map((node) => node.textContent).join("") : part,
      );
    });
    return { title, says: says.trim(), shown: await this.page.locator("body").innerText() };
  }

  address() {
    return this.page.url();
  }

  title() {
    return this.page.title();
  }

  /** Runs a function in the page. */
  evaluate(run, ...given) {
    return this.page.evaluate(`(${run})(...${JSON.stringify(given)})`);
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  /** A picture of what is in view, or of the whole page. */
  picture({ whole = false } = {}) {
    return this.page.screenshot({ fullPage: whole, caret: "initial" });
  }

  async end() {
    await this.browser.close();
  }
}
