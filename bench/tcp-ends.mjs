/**
 * Both ends of the TCP benchmark, as a program: what answers, and the load. The first byte of a connection says what it is for, so that one port
 * serves all scenarios; `G` is the question by which the benchmark sees that a proxy is there.
 *
 *   node bench/tcp-ends.mjs serve PORT
 *   node bench/tcp-ends.mjs SCENARIO PORT CONNECTIONS SECONDS        prints { bytes, exchanges, seconds } as JSON
 */
import { connect, createServer } from 'node:net';
import { HOST } from './processes.mjs';

const CHUNK = Buffer.alloc(262_144, 'x');
const MESSAGE = Buffer.alloc(128, 'm');
const READY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

function serve(at) {
  createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', (first) => {
      const kind = String.fromCharCode(first[0]);
      if (kind === 'G') socket.end(READY);
      else if (kind === 'd') pour(socket);
      else if (kind === 'u') socket.resume();
      else answer(socket, first.length);
    });
  }).listen(at, HOST, 4096);
}

/** Sends as much as is taken. */
function pour(socket) {
  const more = () => { while (!socket.destroyed && socket.write(CHUNK)); };
  socket.on('drain', more);
  more();
}

/** Sends a message back for each. */
function answer(socket, first) {
  let length = first;
  const back = () => {
    for (; length >= MESSAGE.length; length -= MESSAGE.length) socket.write(MESSAGE);
  };
  socket.on('data', (bytes) => {
    length += bytes.length;
    back();
  });
  back();
}

function load(scenario, to, count, forSeconds) {
  const state = { bytes: 0, exchanges: 0, ended: false };
  const began = performance.now();
  const sockets = Array.from({ length: count }, () => LOADS[scenario](to, state));
  return new Promise((done) => {
    setTimeout(() => {
      state.ended = true;
      const result = { bytes: state.bytes, exchanges: state.exchanges, seconds: (performance.now() - began) / 1000 };
      for (const socket of sockets) socket?.destroy();
      done(result);
      setImmediate(() => process.exit(0)).unref();
    }, forSeconds * 1000);
  });
}

/** What is read is counted and left in one buffer, so that the load needs as little as it can. */
function reading(to, onBytes) {
  const buffer = Buffer.allocUnsafe(262_144);
  return connect({ port: to, host: HOST, noDelay: true, onread: { buffer, callback: (length) => { onBytes(length); return true; } } });
}

const LOADS = {
  download(to, state) {
    const socket = reading(to, (length) => { state.bytes += length; });
    socket.write('d');
    return failing(socket, state);
  },
  upload(to, state) {
    const socket = failing(connect({ port: to, host: HOST, noDelay: true }), state);
    socket.write('u');
    const before = () => socket.bytesWritten - socket.writableLength;
    let counted = 0;
    const more = () => {
      while (!state.ended && socket.write(CHUNK));
      state.bytes += before() - counted;
      counted = before();
    };
    socket.on('drain', more);
    more();
    return socket;
  },
  messages(to, state) {
    let length = 0;
    const socket = reading(to, (got) => {
      length += got;
      if (length < MESSAGE.length) return;
      length = 0;
      state.exchanges += 1;
      socket.write(MESSAGE);
    });
    socket.write(MESSAGE);
    return failing(socket, state);
  },
  /** Opened, one message each way, closed. */
  connections(to, state) {
    const next = () => {
      if (state.ended) return;
      let length = 0;
      const socket = reading(to, (got) => {
        length += got;
        if (length < MESSAGE.length) return;
        state.exchanges += 1;
        socket.end();
        next();
      });
      socket.write(MESSAGE);
      failing(socket, state);
    };
    next();
    return undefined;
  },
};

function failing(socket, state) {
  socket.on('error', (error) => { if (!state.ended) throw error; });
  return socket;
}

const [mode, port, connections, seconds] = process.argv.slice(2);
if (mode === 'serve') serve(Number(port));
else console.log(JSON.stringify(await load(mode, Number(port), Number(connections), Number(seconds))));
