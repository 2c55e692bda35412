/**
 * Ports for a proxy that a test tells where to listen, and ports at which nobody listens. They lie below those that the kernel gives
 * to programs that ask for any port, so nobody gets one by chance between the choice and its use. Test processes claim a port by a
 * UDP socket at the same number, which only one of them can bind; it is held until the test file ends.
 */
import { createSocket, Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const LOWEST = 10_000;
/** Where the kernel's own begin unless it tells. */
const LINUX_EPHEMERAL = 32_768;
const ATTEMPTS = 100;

const span = firstEphemeral() - LOWEST;
const claims: Socket[] = [];
/** Each process begins elsewhere, or most claims would fail. */
let next = (process.pid * 7_919) % span;

// The fuzzer runs without jest, and ends with its process.
if (typeof afterAll === 'function') {
  afterAll(() => { for (const claim of claims.splice(0)) claim.close(); });
}

/** A port of the address that nobody listens at, and that nobody else gets before the test file ends. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = LOWEST + next;
    next = (next + 1) % span;
    const claim = await claimed(port);
    if (!claim) continue;
    claims.push(claim);
    if (await listens(port, host)) return port;
  }
  throw new Error(`none of ${ATTEMPTS} ports from ${LOWEST} on is free`);
}

function claimed(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').unref();
    socket.once('error', () => resolve(undefined));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(socket));
  });
}

/** Whether one can listen there: somebody who knows nothing of the claims may already do. */
function listens(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer((socket) => { socket.on('error', () => {}).destroy(); });
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function firstEphemeral(): number {
  try {
    const first = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').split(/\s/)[0]);
    return first > LOWEST ? first : LINUX_EPHEMERAL;
  } catch {
    return LINUX_EPHEMERAL;
  }
}
