// What is checked in every browser. A case returns what was seen, or fails.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import https from "node:https";

import { agree, fromPage, fromReport, inWords } from "./connection.mjs";
import * as page from "./page.mjs";

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
/** WCAG 2.2, 1.4.10: as narrow as a page must still fit. */
const NARROW = { width: 320, height: 568 };
const SCHEMES = ["light", "dark"];
const HYBRID = "X25519MLKEM768";

/** WCAG 2.2, 1.4.11: what shows the focus stands out at least this much. */
const CONTRAST = 3;

/** Cases of a browser that trusts the root. */
export const trusted = [
  ["opens over HTTP/2 without a warning", opens],
  ["what the browser says of the connection is what the page and connection.json say", agrees],
  [`key exchange ${HYBRID}`, hybrid],
  ["opens by its address, 127.0.0.1", opensByAddress],
  ["plain HTTP leads to HTTPS", led],
  ["another name is refused", refusesAnotherName],
  ...SCHEMES.flatMap((scheme) => [
    [`fits and is pictured at 1280, 390 and 320 px, ${scheme}`, (visit) => pictured(visit, scheme)],
    [`axe-core finds nothing, ${scheme}`, (visit) => accessible(visit, scheme)],
    [`Tab reaches everything, the focus shows, ${scheme}`, (visit) => focusShows(visit, scheme)],
  ]),
  ["works by keyboard: skip link, fingerprint, JSON", worksByKeyboard],
  ["whole without JavaScript", wholeWithoutScripts],
];

/** Cases of a browser that does not know the root. */
export const refused = [["without the root it is refused, as the page foretells", foretold]];

async function opens({ browser, task }) {
  await browser.open();
  await browser.visit(task.page);
  const { trusted, state, alpn } = await browser.connection();
  assert.ok(trusted, `the browser does not call it secure: ${state}`);
  assert.equal(alpn, "h2");
  assert.equal(await browser.evaluate(page.protocol), "h2");
  return `${alpn}, secure`;
}

async function agrees({ browser, task }) {
  await browser.open();
  await browser.visit(task.page);
  const first = await browser.connection();
  const shown = fromPage(await browser.evaluate(page.facts));
  agree(first, shown);
  await browser.visit(new URL("/connection.json", task.page).href);
  const report = fromReport(JSON.parse(await browser.evaluate(() => document.body.textContent)));
  agree(await browser.connection(), report);
  assert.equal(report.peer, shown.peer, "the page and connection.json came over two connections");
  return inWords(first);
}

async function hybrid({ browser, task }) {
  await browser.open();
  await browser.visit(task.page);
  const { version, group } = await browser.connection();
  assert.equal(group, HYBRID);
  return `${version}, ${group}`;
}

async function opensByAddress({ browser, task }) {
  await browser.open();
  await browser.visit(task.address);
  const { trusted, state } = await browser.connection();
  assert.ok(trusted, `the browser does not call it secure: ${state}`);
  const { rows } = await browser.evaluate(page.facts);
  assert.equal(rows["Server name"], "none");
  return "secure; no server name is sent";
}

async function led({ browser, task }) {
  await browser.open();
  await browser.visit(task.plain);
  assert.equal(await browser.address(), task.page);
  return "ends at the page";
}

async function refusesAnotherName({ browser, task }) {
  const codes = { chromium: "ERR_CERT_COMMON_NAME_INVALID", firefox: "SSL_ERROR_BAD_CERT_DOMAIN" };
  await browser.open();
  return refuses(browser, task.page.replace("localhost", "another.localhost"), codes[task.browser]);
}

async function pictured({ browser, task, keep }, scheme) {
  for (const size of [DESKTOP, PHONE, NARROW]) {
    await browser.open({ ...size, scheme });
    await browser.visit(task.page);
    assert.ok(await browser.evaluate(page.isShownIn, scheme), `not shown ${scheme}`);
    const { there, takes } = await browser.evaluate(page.widths);
    assert.deepEqual({ there, takes }, { there: size.width, takes: size.width }, "does not fit");
    keep(`${size.width}-${scheme}`, await browser.picture({ whole: true }));
    keep(`${size.width}-${scheme}-first`, await browser.picture());
  }
  return "nothing to scroll sideways";
}

async function accessible({ browser, task }, scheme) {
  const axe = readFileSync(`${task.modules}/node_modules/axe-core/axe.min.js`, "utf8");
  const judge = `async (spoil) => {
    ${axe}
    if (spoil) (${page.spoil})();
    return (${page.violations})();
  }`;
  for (const size of [DESKTOP, PHONE]) {
    await browser.open({ ...size, scheme });
    await browser.visit(task.page);
    const found = await browser.evaluate(judge, false);
    assert.deepEqual(found, [], `at ${size.width} px: ${found.join("; ")}`);
  }
  const planted = await browser.evaluate(judge, true);
  assert.match(planted.join(), /^image-alt/, "axe-core does not find a planted fault");
  return "no violation at 1280 and 390 px; a planted one is found";
}

async function focusShows({ browser, task }, scheme) {
  await browser.open({ ...DESKTOP, scheme });
  await browser.visit(task.page);
  const wanted = await browser.evaluate(page.operable);
  assert.ok(wanted.length > 0, "nothing to operate");
  let faintest = Infinity;
  for (const label of wanted) {
    await browser.press("Tab");
    const focus = await settled(browser);
    assert.equal(focus.label, label, "the order is not the document's");
    assert.ok(focus.inView, `${label}: out of view`);
    assert.ok(focus.outline >= 2, `${label}: an outline of ${focus.outline} px`);
    assert.ok(focus.contrast >= CONTRAST, `${label}: the outline has a contrast of ${focus.contrast.toFixed(1)}`);
    assert.ok(await isPainted(browser), `${label}: its outline is not painted`);
    faintest = Math.min(faintest, focus.contrast);
  }
  return `${wanted.length} elements, contrast of the focus at least ${faintest.toFixed(1)}`;
}

/** What has the focus, once the page has stopped scrolling to it. */
async function settled(browser) {
  const deadline = Date.now() + 5_000;
  let before;
  for (;;) {
    const focus = await browser.evaluate(page.focused);
    if ((focus.inView && focus.top === before) || Date.now() > deadline) return focus;
    before = focus.top;
    await pause();
  }
}

/** Whether the picture changes with the outline. */
async function isPainted(browser) {
  const outlined = await browser.picture();
  await browser.evaluate(page.outline, "none");
  const bare = await browser.picture();
  await browser.evaluate(page.outline, "");
  return !outlined.equals(bare);
}

async function worksByKeyboard({ browser, task }) {
  await browser.open();
  await browser.visit(task.page);
  const labels = await browser.evaluate(page.operable);
  await browser.press("Tab");
  await browser.press("Enter");
  assert.equal((await browser.evaluate(page.place)).focus, "facts", "the skip link does not lead to the facts");
  await browser.press("Tab");
  assert.match((await browser.evaluate(page.focused)).label, /fingerprint/, "after the facts comes the chain");
  await browser.press("Enter");
  assert.ok((await browser.evaluate(page.place)).open, "Enter does not open the fingerprint");
  await browser.press("Space");
  assert.ok(!(await browser.evaluate(page.place)).open, "Space does not close it again");
  for (const _ of labels.slice(2)) await browser.press("Tab");
  await browser.press("Enter");
  await arrives(browser, "/connection.json");
  return "Enter and Space do what they should";
}

/** Between two pages there may be none to ask. */
async function arrives(browser, path) {
  const deadline = Date.now() + 10_000;
  while ((await browser.evaluate(page.place).catch(() => null))?.path !== path) {
    assert.ok(Date.now() < deadline, `Enter on the last link does not lead to ${path}`);
    await pause();
  }
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

async function wholeWithoutScripts({ browser, task }) {
  const seen = async (scripts) => {
    await browser.open({ scripts });
    await browser.visit("data:text/html,<title>off</title><p>Does a script run?<script>document.title='on'</script>");
    assert.equal(await browser.title(), scripts ? "on" : "off", "the switch for scripts does not work");
    await browser.visit(task.page);
    // Each visit may come over a connection of its own.
    return (await browser.evaluate(page.text)).replace(/127\.0\.0\.1:\d+/, "the visitor");
  };
  const [without, along] = [await seen(false), await seen(true)];
  assert.equal(without, along);
  return `${without.length} characters, the same as with it`;
}

async function foretold({ browser, task, keep }) {
  const codes = { chromium: "ERR_CERT_AUTHORITY_INVALID", firefox: "SEC_ERROR_UNKNOWN_ISSUER" };
  await browser.open();
  const code = await refuses(browser, task.page, codes[task.browser]);
  keep("refused", await browser.picture());
  const html = await fetched(task);
  const words = await browser.refusal();
  assert.ok(words.shown.includes(code), `the browser does not show ${code}`);
  for (const line of [code, words.title, words.says]) {
    assert.ok(html.includes(line), `the page does not foretell “${line}”`);
  }
  return `${code}: “${words.title}”`;
}

async function refuses(browser, url, code) {
  const refusal = await browser.visit(url).then(
    () => assert.fail("the browser opened it"),
    (error) => error.message,
  );
  assert.equal(refusal, code);
  return code;
}

/** The page as a client sees it that trusts the root. */
function fetched({ page, root }) {
  return new Promise((resolve, reject) => {
    const request = https.get(page, { ca: readFileSync(root) }, async (answer) => {
      const parts = await answer.toArray();
      resolve(Buffer.concat(parts).toString());
    });
    request.on("error", reject);
  });
}
