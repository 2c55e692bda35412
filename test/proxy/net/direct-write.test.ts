/** Writes past Node's streams: what arrives is the same, and so is what is said of backpressure, ends and errors. */
import { AddressInfo, connect, createServer, Socket } from 'node:net';
import * as fc from 'fast-check';
import { destroySoon, end, gather, gatherText, heldBytes, holdsBack, holdsBytes, write } from '../../../src/proxy/net/direct-write';
import { until } from '../../support/raw-http';

const MIB = 1_048_576;

const sockets: Socket[] = [];
afterEach(() => { for (const socket of sockets.splice(0)) socket.destroy(); });

/** An accepted socket, and its peer, which reads nothing until `read`. */
async function pair(highWaterMark = 65_536): Promise<{ socket: Socket; peer: Socket; read: () => Buffer[]; errors: string[] }> {
  const server = createServer({ highWaterMark, allowHalfOpen: true });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const accepting = new Promise<Socket>((resolve) => { server.once('connection', (socket) => { server.close(); resolve(socket); }); });
  const peer = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  peer.on('error', () => {});
  const socket = await accepting;
  const errors: string[] = [];
  socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? error.message));
  sockets.push(socket, peer);
  const read = (): Buffer[] => {
    const received: Buffer[] = [];
    peer.on('data', (chunk) => received.push(chunk));
    return received;
  };
  return { socket, peer, read, errors };
}

/** More than the kernel takes of a peer that does not read. */
function flood(socket: Socket): Buffer {
  const bytes = Buffer.alloc(32 * MIB, 'flood ');
  write(socket, bytes);
  return bytes;
}

test('a message that the kernel takes leaves at once, and the stream never had it', async () => {
  const { socket, read } = await pair();
  const received = read();
  expect(write(socket, Buffer.from('hello'))).toBe(true);
  expect(socket.bytesWritten).toBe(5);
  await until('it arrives', () => Buffer.concat(received).toString() === 'hello');
});

test('what the kernel does not take is held on this version of Node, and leaves before what is written after it', async () => {
  const { socket, read } = await pair();
  const bytes = flood(socket);
  expect([holdsBytes(socket), socket.writableLength]).toEqual([true, 0]);
  write(socket, Buffer.from('second'));
  socket.cork();
  write(socket, Buffer.from('third'));
  socket.uncork();
  const received = read();
  await until('all has left', () => !holdsBytes(socket));
  write(socket, Buffer.from('fourth'));
  const length = bytes.length + 'secondthirdfourth'.length;
  await until('all has arrived', () => received.reduce((sum, chunk) => sum + chunk.length, 0) === length);
  expect(Buffer.concat(received).equals(Buffer.concat([bytes, Buffer.from('secondthirdfourth')]))).toBe(true);
});

test('bytes arrive in order, however they are written and however slow the reader is', async () => {
  const step = fc.record({ length: fc.nat({ max: 300_000 }), how: fc.constantFrom('direct', 'direct', 'gathered', 'gathered', 'stream', 'corked'), pause: fc.boolean() });
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), fc.boolean(), async (steps, slow) => {
    const { socket, peer } = await pair();
    let at = 0;
    let wrong = false;
    peer.on('data', (chunk) => {
      for (const byte of chunk) {
        wrong ||= byte !== at % 251;
        at += 1;
      }
      if (!slow) return;
      peer.pause();
      setImmediate(() => peer.resume());
    });
    let written = 0;
    let gathered = false;
    for (const { length, how, pause } of steps) {
      const bytes = Buffer.from(Uint8Array.from({ length }, (_, i) => (written + i) % 251));
      written += length;
      if (how === 'corked') socket.cork();
      // The stream knows nothing of what was gathered in the same turn.
      if (how === 'stream' && !gathered) socket.write(bytes);
      else (how === 'gathered' ? gather : write)(socket, bytes);
      gathered = how === 'gathered' && !pause;
      if (how === 'corked') process.nextTick(() => socket.uncork());
      if (pause) await new Promise((resolve) => { setImmediate(resolve); });
    }
    await until('all has arrived', () => at >= written, 20_000);
    expect([at, wrong]).toEqual([written, false]);
    socket.destroy();
    peer.destroy();
  }), { numRuns: 25 });
});

test('a socket that holds as much as it may says so, and once drained says that', async () => {
  const { socket, read } = await pair();
  let drains = 0;
  socket.on('drain', () => { drains += 1; });
  expect(write(socket, Buffer.alloc(32 * MIB))).toBe(false);
  expect([holdsBack(socket), write(socket, Buffer.from('more'))]).toEqual([true, false]);
  read();
  await until('it drains', () => drains > 0);
  expect([holdsBack(socket), holdsBytes(socket), write(socket, Buffer.from('more'))]).toEqual([false, false, true]);
  await new Promise((resolve) => { setImmediate(resolve); });
  expect(drains).toBe(1);
});

test('a socket that holds less than it may goes on taking bytes until it is as much, and owes no drain before', async () => {
  const { socket, read } = await pair(64 * MIB);
  let drains = 0;
  socket.on('drain', () => { drains += 1; });
  const bytes = Buffer.alloc(32 * MIB);
  expect([write(socket, bytes), holdsBack(socket)]).toEqual([true, false]);
  expect([write(socket, bytes), holdsBack(socket)]).toEqual([false, true]);
  read();
  await until('it drains', () => drains > 0);
  await until('all has left', () => !holdsBytes(socket));
  expect([drains, holdsBack(socket)]).toEqual([1, false]);
});

test('an end comes behind what is held', async () => {
  const { socket, peer, read } = await pair();
  const bytes = flood(socket);
  socket.end();
  const received = read();
  let ended = false;
  peer.on('end', () => { ended = true; });
  await until('the end', () => ended);
  expect(received.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(bytes.length);
});

test('what a peer has said before it reset is read, given a write that meets the reset first', async () => {
  const { socket, peer, errors } = await pair();
  const received: Buffer[] = [];
  socket.on('data', (chunk) => received.push(chunk));
  let closed = false;
  socket.on('close', () => { closed = true; });
  await until('it is connected', () => !peer.connecting);
  peer.write('too large');
  peer.resetAndDestroy();
  // Both have arrived, and nothing was read yet.
  for (let i = 0; i < 3; i += 1) write(socket, Buffer.from('more'));
  await until('it is closed', () => closed);
  expect(Buffer.concat(received).toString()).toBe('too large');
  expect(errors).toHaveLength(1);
});

test('an end waits for what is held, and for what is written before it', async () => {
  const { socket, peer, read } = await pair();
  const bytes = flood(socket);
  write(socket, Buffer.from('last'));
  let done = false;
  end(socket, () => { done = true; });
  expect(socket.writableEnded).toBe(false);
  const received = read();
  let ended = false;
  peer.on('end', () => { ended = true; });
  await until('the end', () => ended && done);
  expect(received.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(bytes.length + 4);
});

test('a socket that is to be destroyed soon is destroyed when what it holds has left', async () => {
  const { socket, peer, read } = await pair();
  const bytes = flood(socket);
  destroySoon(socket);
  expect(socket.destroyed).toBe(false);
  const received = read();
  let ended = false;
  peer.on('end', () => { ended = true; });
  await until('both are over', () => ended && socket.destroyed);
  expect(received.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(bytes.length);
});

test.each([['end', end], ['destroySoon', destroySoon]])('a socket that holds bytes can be reset behind %s', async (_, finish) => {
  const { socket, errors } = await pair();
  flood(socket);
  finish(socket);
  let closed = false;
  socket.on('close', () => { closed = true; });
  await new Promise((resolve) => { setImmediate(resolve); });
  socket.resetAndDestroy();
  await until('it is closed', () => closed && !holdsBytes(socket));
  expect(errors).toEqual([]);
});

test.each([['holds bytes', true], ['holds none', false]])('a peer that resets is told as an error and a close, given a socket that %s', async (_, holds) => {
  const { socket, peer, errors } = await pair();
  if (holds) flood(socket);
  peer.resetAndDestroy();
  let closed = false;
  socket.on('close', () => { closed = true; });
  await until('it is closed', () => {
    if (!closed) write(socket, Buffer.from('x'));
    return closed;
  });
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(/^(ECONNRESET|EPIPE)$/);
  expect([holdsBytes(socket), holdsBack(socket)]).toEqual([false, false]);
});

test('destroying a socket lets go of what it holds, and writing to it afterwards harms nobody', async () => {
  const { socket } = await pair();
  flood(socket);
  socket.destroy();
  expect(write(socket, Buffer.from('late'))).toBe(false);
  await until('it is let go of', () => !holdsBytes(socket));
  const other = await pair();
  const received = other.read();
  write(other.socket, Buffer.from('unharmed'));
  await until('it arrives', () => Buffer.concat(received).toString() === 'unharmed');
});

test('without the call of Node, sockets are written to as usual', async () => {
  const { binding } = process as unknown as { binding: unknown };
  Object.assign(process, { binding: () => { throw new Error('not permitted'); } });
  const plain = await (async () => {
    try {
      let module!: typeof import('../../../src/proxy/net/direct-write');
      jest.isolateModules(() => { module = jest.requireActual('../../../src/proxy/net/direct-write'); });
      return module;
    } finally {
      Object.assign(process, { binding });
    }
  })();
  const { socket, read } = await pair();
  expect(plain.write(socket, Buffer.alloc(32 * MIB))).toBe(false);
  expect(socket.writableLength).toBeGreaterThan(0);
  expect([plain.holdsBack(socket), plain.holdsBytes(socket)]).toEqual([true, true]);
  read();
  await until('it drains', () => !plain.holdsBytes(socket));
});

describe('what is gathered', () => {
  it('leaves in one write when the turn ends', async () => {
    const { socket, peer } = await pair();
    const writes: number[] = [];
    const handle = (socket as unknown as { _handle: { writeBuffer(request: unknown, bytes: Buffer): number } })._handle;
    const { writeBuffer } = handle;
    handle.writeBuffer = (request, bytes) => { writes.push(bytes.length); return writeBuffer.call(handle, request, bytes); };
    let received = '';
    peer.on('data', (chunk) => { received += chunk; });
    gather(socket, Buffer.from('head'));
    gatherText(socket, ' and ');
    gather(socket, Buffer.from('body'));
    expect([holdsBytes(socket), heldBytes(socket), writes]).toEqual([true, 13, []]);
    await until('it arrives', () => received === 'head and body');
    expect(writes).toEqual([13]);
  });

  it('is a copy: its source may change at once', async () => {
    const { socket, peer } = await pair();
    let received = '';
    peer.on('data', (chunk) => { received += chunk; });
    const bytes = Buffer.from('as it was');
    gather(socket, bytes);
    bytes.fill('x');
    await until('it arrives', () => received === 'as it was');
  });

  it('of several sockets is not mixed', async () => {
    const [one, two] = [await pair(), await pair()];
    const texts = ['', ''];
    [one, two].forEach(({ peer }, index) => peer.on('data', (chunk) => { texts[index] += chunk; }));
    for (const text of ['a', 'b', 'c']) for (const { socket } of [one, two]) gather(socket, Buffer.from(text));
    await until('all arrives', () => texts.every((text) => text === 'abc'));
  });

  it.each([
    ['end', (socket: Socket) => end(socket)],
    ['destroySoon', (socket: Socket) => destroySoon(socket)],
  ])('leaves before the end of the socket: %s', async (_, finish) => {
    const { socket, peer } = await pair();
    let received = '';
    let ended = false;
    peer.on('data', (chunk) => { received += chunk; }).on('end', () => { ended = true; });
    gather(socket, Buffer.from('last words'));
    finish(socket);
    await until('the end arrives', () => ended);
    expect(received).toBe('last words');
  });

  it('is dropped with a socket that is destroyed', async () => {
    const { socket, errors } = await pair();
    gather(socket, Buffer.from('nobody'));
    socket.destroy();
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(errors).toEqual([]);
  });

  it('says that the socket holds back', async () => {
    const { socket } = await pair();
    flood(socket);
    write(socket, Buffer.alloc(MIB));
    expect(gather(socket, Buffer.from('more'))).toBe(false);
  });
});
