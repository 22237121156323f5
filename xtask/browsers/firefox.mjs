// Debian's Firefox ESR, driven over Marionette. Whoever starts this script has started Firefox already.

import { Marionette } from "./marionette.mjs";

/** nsITransportSecurityInfo's names in the registries' words. */
const VERSIONS = { 3: "TLS 1.2", 4: "TLS 1.3" };
const GROUPS = { mlkem768x25519: "X25519MLKEM768", x25519: "x25519", P256: "secp256r1", P384: "secp384r1" };
const SIGNATURES = {
  "ECDSA-P256-SHA256": "ecdsa_secp256r1_sha256",
  "ECDSA-P384-SHA384": "ecdsa_secp384r1_sha384",
  "ECDSA-P521-SHA512": "ecdsa_secp521r1_sha512",
  "RSA-PSS-SHA256": "rsa_pss_rsae_sha256",
  "RSA-PSS-SHA384": "rsa_pss_rsae_sha384",
  "RSA-PSS-SHA512": "rsa_pss_rsae_sha512",
};

/** WebDriver's code points for keys that have no character. */
const KEYS = { Tab: "\uE004", Enter: "\uE007", Space: " " };

/** Values of `layout.css.prefers-color-scheme.content-override`. */
const SCHEMES = { dark: 0, light: 1 };

export class Firefox {
  name = "Firefox";

  static async start({ marionette }) {
    const link = await Marionette.connect(marionette);
    const session = await link.command("WebDriver:NewSession", {
      capabilities: { alwaysMatch: { acceptInsecureCerts: false } },
    });
    return new Firefox(link, session.capabilities.browserVersion);
  }

  constructor(link, version) {
    this.link = link;
    this.version = version;
  }

  /** Empties the tab and gives it these properties. */
  async open({ width = 1280, height = 900, scheme = "light", scripts = true } = {}) {
    await this.visit("about:blank");
    await this.#inside(
      (width, height, scheme, scripts) => {
        const browser = gBrowser.selectedBrowser;
        Object.assign(browser.style, { flex: "none", minWidth: "0", width: `${width}px`, height: `${height}px` });
        browser.browsingContext.allowJavascript = scripts;
        Services.prefs.setIntPref("layout.css.prefers-color-scheme.content-override", scheme);
      },
      width,
      height,
      SCHEMES[scheme],
      scripts,
    );
  }

  /** Loads a page; fails with the browser's own code if it refuses. */
  async visit(url) {
    try {
      await this.link.command("WebDriver:Navigate", { url });
    } catch (error) {
      if (error.code !== "insecure certificate") throw error;
      throw new Error(await this.evaluate(() => document.wrappedJSObject.getFailedCertSecurityInfo().errorCodeString));
    }
  }

  /** What the browser itself says of the connection behind the page. */
  async connection() {
    const told = await this.#inside(() => {
      const { secInfo, state } = gBrowser.selectedBrowser.securityUI;
      return {
        state,
        trusted: (state & Ci.nsIWebProgressListener.STATE_IS_SECURE) !== 0,
        version: secInfo.protocolVersion,
        suite: secInfo.cipherName,
        group: secInfo.keaGroupName,
        signature: secInfo.signatureSchemeName,
        alpn: secInfo.negotiatedNPN,
        fingerprint: secInfo.serverCert.sha256Fingerprint,
        identity: document.getElementById("identity-box").className,
      };
    });
    const [version, group, signature] = [VERSIONS[told.version], GROUPS[told.group], SIGNATURES[told.signature]];
    const trusted = told.trusted && told.identity.includes("verifiedDomain");
    return { ...told, trusted, version, group, signature };
  }

  /** The words on the page that stands in the way; the code shows once "Advanced" is pressed. */
  async refusal() {
    return this.#script(
      async () => {
        const card = document.querySelector("net-error-card");
        const part = async (selector) => {
          const deadline = Date.now() + 10_000;
          for (;;) {
            const found = (card.openOrClosedShadowRoot ?? card).querySelector(selector);
            if (found?.textContent.trim()) return found;
            if (Date.now() > deadline) throw new Error(`the warning has no ${selector}`);
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        };
        const title = (await part("#error-title")).textContent.trim();
        const says = (await part("#error-intro")).textContent.trim();
        (await part("#advanced-button")).click();
        const code = await part("#errorCode");
        return { title, says, shown: code.textContent };
      },
      [],
      "system",
    );
  }

  address() {
    return this.link.command("WebDriver:GetCurrentURL");
  }

  title() {
    return this.link.command("WebDriver:GetTitle");
  }

  /** Runs a function in the page. */
  evaluate(run, ...given) {
    return this.#script(run, given, "default");
  }

  async press(key) {
    const value = KEYS[key];
    const actions = [{ type: "keyDown", value }, { type: "keyUp", value }];
    await this.link.command("WebDriver:PerformActions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  /** A picture of what is in view, or of the whole page. */
  async picture({ whole = false } = {}) {
    return Buffer.from(await this.link.command("WebDriver:TakeScreenshot", { full: whole }), "base64");
  }

  async end() {
    await this.link.command("Marionette:Quit", { flags: ["eForceQuit"] });
    this.link.close();
  }

  /** Runs a function with the browser's own rights. */
  async #inside(run, ...given) {
    await this.link.command("Marionette:SetContext", { value: "chrome" });
    try {
      return await this.#script(run, given, "system");
    } finally {
      await this.link.command("Marionette:SetContext", { value: "content" });
    }
  }

  #script(run, args, sandbox) {
    return this.link.command("WebDriver:ExecuteScript", { script: `return (${run})(...arguments)`, args, sandbox });
  }
}
