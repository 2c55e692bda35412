/**
 * Load in slices of a fraction of a second. Several processes take turns with them on one machine whose speed goes up and down within
 * seconds, so each gets the same share of every phase: ratios between them repeat within a few percent, where rounds of a second and more
 * differ by tens. Connections stay open, and requests are small GETs, so that this process is not what is measured.
 */
import { connect } from 'node:net';
import { HOST } from './processes.mjs';

const TICK_MS = 1;
const HEAD_END = '\r\n\r\n';

/** Connections to one port, on which slices of load run one after the other. */
export class SliceLoad {
  /** @param {number} port @param {string} path */
  constructor(port, path) {
    this.port = port;
    this.message = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    this.buffer = Buffer.allocUnsafe(64 * 1024);
    /** @type {any[]} */
    this.all = [];
    /** @type {any[]} */
    this.idle = [];
    /** When requests were due that wait for a connection. @type {number[]} */
    this.queue = [];
    /** @type {number[]} */
    this.latencies = [];
    this.responseBytes = 0;
    this.left = 0;
    this.wanted = 0;
    this.closed = false;
    /** @type {(latencies: number[]) => void} */
    this.done = () => {};
    /** @type {(error: Error) => void} */
    this.failed = () => {};
    /** What went wrong first. @type {Error | undefined} */
    this.problem = undefined;
  }

  async open(connections) {
    while (this.all.length < connections) {
      const onread = { buffer: this.buffer, callback: (/** @type {number} */ bytes) => this.#onData(connection, bytes) };
      const socket = connect({ port: this.port, host: HOST, noDelay: true, onread });
      const connection = { socket, received: 0, began: 0 };
      socket.on('error', (error) => this.#fail(error));
      socket.on('close', () => this.#fail(new Error(`port ${this.port}: a connection was closed`)));
      await new Promise((connected) => { socket.once('connect', () => connected(undefined)); });
      this.all.push(connection);
    }
    this.idle = [...this.all];
    await this.run(1);
  }

  /**
   * So many requests: as fast as they are answered, or at a rate a second, as they are due.
   *
   * @param {number} requests
   * @param {number} [rate]
   * @returns {Promise<number[]>} milliseconds of each request, from when it was due
   */
  run(requests, rate = 0) {
    this.latencies = [];
    this.wanted = requests;
    this.left = rate === 0 ? requests : 0;
    return new Promise((done, failed) => {
      this.done = done;
      this.failed = failed;
      if (this.problem) return failed(this.problem);
      const began = performance.now();
      if (rate === 0) {
        while (this.left > 0 && this.idle.length > 0) this.#send(this.idle.pop(), performance.now());
        return;
      }
      let sent = 0;
      const timer = setInterval(() => {
        const due = Math.min(requests, Math.floor((performance.now() - began) * rate / 1_000));
        for (; sent < due; sent += 1) {
          const at = began + sent * 1_000 / rate;
          const connection = this.idle.pop();
          if (connection) this.#send(connection, at);
          else this.queue.push(at);
        }
        if (sent === requests) clearInterval(timer);
      }, TICK_MS);
    });
  }

  close() {
    this.closed = true;
    for (const { socket } of this.all) socket.destroy();
  }

  #send(connection, dueAt) {
    this.left -= 1;
    connection.began = dueAt;
    connection.socket.write(this.message);
  }

  #onData(connection, bytes) {
    if (connection.received === 0) this.#check(bytes);
    connection.received += bytes;
    if (connection.received > this.responseBytes) this.#fail(new Error(`port ${this.port}: an answer of ${connection.received} bytes in place of ${this.responseBytes}`));
    if (connection.received < this.responseBytes) return true;
    connection.received = 0;
    this.latencies.push(performance.now() - connection.began);
    if (this.left > 0) this.#send(connection, performance.now());
    else if (this.queue.length > 0) this.#send(connection, this.queue.shift());
    else this.idle.push(connection);
    if (this.latencies.length === this.wanted) this.done(this.latencies);
    return true;
  }

  /** The slice under way fails, and those after it. */
  #fail(error) {
    if (this.closed || this.problem) return;
    this.problem = error;
    this.failed(error);
  }

  /** All answers have the length of the first. */
  #check(bytes) {
    const head = this.buffer.toString('latin1', 0, this.responseBytes === 0 ? bytes : 12);
    if (!head.startsWith('HTTP/1.1 200')) return this.#fail(new Error(`port ${this.port} answered ${head.slice(0, 40)}`));
    if (this.responseBytes > 0) return;
    const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1];
    if (length === undefined) return this.#fail(new Error(`port ${this.port}: an answer without a length`));
    this.responseBytes = head.indexOf(HEAD_END) + HEAD_END.length + Number(length);
  }
}
