// Firefox's own remote protocol: `LENGTH:[0,id,command,parameters]` over TCP, answered by `LENGTH:[1,id,error,result]`.
// https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html

import net from "node:net";

/** An error that Firefox answered with. */
export class MarionetteError extends Error {
  constructor({ error, message }) {
    super(message ? `${error}: ${message}` : error);
    this.code = error;
  }
}

export class Marionette {
  #socket;
  #waiting = new Map();
  #received = Buffer.alloc(0);
  #last = 0;

  /** Connects to a Firefox that listens on this loopback port. */
  static async connect(port) {
    const socket = net.connect(port, "127.0.0.1");
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new Marionette(socket);
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.#take(bytes));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("Firefox closed the connection")));
  }

  /** Sends one command and returns its result. */
  command(name, parameters = {}) {
    const id = ++this.#last;
    const text = JSON.stringify([0, id, name, parameters]);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
  }

  close() {
    this.#socket.destroy();
  }

  #take(bytes) {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (;;) {
      const colon = this.#received.indexOf(":");
      if (colon < 0) return;
      const end = colon + 1 + Number(this.#received.subarray(0, colon));
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.subarray(colon + 1, end));
      this.#received = this.#received.subarray(end);
      // The greeting is an object, every answer an array.
      if (Array.isArray(message)) this.#answer(message);
    }
  }

  #answer([, id, error, result]) {
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) reject(new MarionetteError(error));
    else resolve(result && "value" in result ? result.value : result);
  }

  #fail(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
