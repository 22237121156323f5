// Node as a client (node.mjs VERB NAME PORT ROOT OPTION) and as a server (node.mjs serve PORT CHAIN KEY GROUPS
// VERSION).
// Prints what it saw; any surprise ends it with an error.

import assert from "node:assert";
import crypto from "node:crypto";
import fs from "node:fs";
import http2 from "node:http2";
import https from "node:https";
import tls from "node:tls";

const [verb, name, port, root, option] = process.argv.slice(2);
const MIB = 1 << 20;

const connection = (more = {}) => ({
  host: "127.0.0.1",
  port,
  servername: name,
  ca: fs.readFileSync(root),
  minVersion: "TLSv1.3",
  ...more,
});

function get(agent, more, path = "/") {
  return new Promise((resolve, reject) => {
    const request = https.get({ ...connection(more), agent, path, headers: { host: name } }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => {
        assert.equal(answer.statusCode, 200);
        resolve({ text: Buffer.concat(chunks).toString(), reused: request.reusedSocket, socket: request.socket });
      });
    });
    request.on("error", reject);
  });
}

const verbs = {
  async page() {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    let suite;
    for (let i = 0; i < 10; i++) {
      const { text, reused, socket } = await get(agent);
      assert.equal(reused, i > 0, `request ${i} on a ${reused ? "used" : "new"} connection`);
      assert.ok(socket.authorized || i > 0);
      suite ??= socket.getCipher().standardName;
      assert.ok(text.includes(suite), `the page does not name ${suite}`);
    }
    agent.destroy();
    return `${suite}, 10 answers; the page names the same suite`;
  },

  async http2() {
    const session = http2.connect(`https://${name}:${port}`, connection());
    await new Promise((resolve, reject) => session.once("connect", resolve).once("error", reject));
    assert.equal(session.alpnProtocol, "h2");
    const one = () =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ":path": "/" });
        let text = "";
        stream.setEncoding("utf8");
        stream.on("response", (headers) => assert.equal(headers[":status"], 200));
        stream.on("data", (chunk) => (text += chunk));
        stream.on("end", () => resolve(text)).on("error", reject);
      });
    for (const text of await Promise.all(Array.from({ length: 10 }, one))) {
      assert.ok(text.includes("</html>") && text.includes("h2"));
    }
    session.close();
    return "10 streams on one connection";
  },

  async refuse() {
    const refused = get(undefined, { ca: [] });
    await assert.rejects(refused, (fault) => /SELF_SIGNED|UNABLE_TO/.test(fault.code));
    return "refused; not in its store";
  },

  async group() {
    const { text } = await get(undefined, { ecdhCurve: option }, "/connection.json");
    const { group, hello_retried } = JSON.parse(text).connection;
    const offered = option.split(":");
    assert.equal(group.toLowerCase(), offered.at(-1).toLowerCase());
    assert.equal(hello_retried, offered.length > 1);
    return `the server says ${group}, ${hello_retried ? "after a" : "no"} HelloRetryRequest`;
  },

  // Against our bare engine, which sends everything back; OPTION is the one group offered, or empty.
  async echo() {
    const socket = tls.connect(connection(option ? { ecdhCurve: option } : {}));
    await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
    assert.ok(socket.authorized);
    const back = new Promise((resolve, reject) => socket.once("data", resolve).once("error", reject));
    socket.write("from Node");
    assert.equal(String(await back), "from Node");
    const { publicKey } = socket.getPeerX509Certificate();
    socket.destroy();
    return `9 bytes there and back; a key for ${publicKey.asymmetricKeyType}`;
  },

  async bulk() {
    const sent = crypto.randomBytes(32 * MIB);
    const socket = tls.connect(connection());
    await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
    const got = crypto.createHash("sha256");
    let remaining = sent.length;
    const back = new Promise((resolve, reject) => {
      socket.on("error", reject).on("end", resolve);
      socket.on("data", (chunk) => {
        got.update(chunk);
        remaining -= chunk.length;
      });
    });
    socket.end(sent);
    await back;
    assert.equal(remaining, 0, `${remaining} bytes missing`);
    assert.deepEqual(got.digest(), crypto.createHash("sha256").update(sent).digest());
    return "32 MiB each way, closed by both";
  },

  // OPTION is the one version. The second connection brings back the session of the first.
  async resume() {
    let session, version;
    for (const reused of [false, true]) {
      const socket = tls.connect(connection({ minVersion: option, maxVersion: option, session }));
      const given = new Promise((resolve) => socket.once("session", resolve));
      await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
      assert.equal(socket.isSessionReused(), reused);
      const back = new Promise((resolve, reject) => socket.once("data", resolve).once("error", reject));
      socket.write("from Node");
      assert.equal(String(await back), "from Node");
      version = socket.getProtocol();
      session ??= await given;
      socket.destroy();
    }
    return `${version}, a new session, then the same resumed`;
  },

  async serve() {
    const [, port, chain, key, groups, version = "TLSv1.3"] = process.argv.slice(2);
    const [cert, versions] = [fs.readFileSync(chain), { minVersion: version, maxVersion: version }];
    const settings = { cert, key: fs.readFileSync(key), ecdhCurve: groups, ...versions };
    const server = https.createServer(settings, (request, answer) => answer.end("hello\n"));
    await new Promise((resolve) => server.listen(Number(port), "127.0.0.1", resolve));
    return "listening";
  },
};

verbs[verb]().then(
  (seen) => console.log(seen),
  (fault) => {
    console.error(fault);
    process.exit(1);
  },
);
