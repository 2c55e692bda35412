import { createServer, Server } from 'node:net';
import { Network, openNetwork } from '../../../src/cli/up/network';

const networks: Network[] = [];
const servers: Server[] = [];

async function open(strategy: 'auto' | 'per-pod' | 'shared', random?: () => number): Promise<Network> {
  const network = await openNetwork(strategy, random);
  networks.push(network);
  return network;
}

async function listen(address: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    servers.push(createServer().once('error', reject).listen({ host: address, port, exclusive: true }, resolve));
  });
}

afterEach(async () => {
  await Promise.all([
    ...networks.splice(0).map((network) => network.close()),
    ...servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
  ]);
});

const WANTED = {
  own: [15006, 15020],
  outbound: [{ address: '127.64.1.2', port: 8080 }, { address: '127.64.1.3', port: 8080 }],
  app: { port: 9090, foreign: false },
};

describe('per-pod addresses (Linux)', () => {
  test('every pod and every service that it calls has an address of its own, outside of the reserved ranges', async () => {
    const network = await open('per-pod');
    const pods = [network.newPod(), network.newPod()];
    await Promise.all(pods.map((pod) => pod.reserve(WANTED)));
    const addresses = pods.flatMap((pod) => [pod.ip, pod.adminLoopback, ...WANTED.outbound.map((place) => pod.outbound(place).address)]);
    expect(new Set(addresses).size).toBe(8);
    for (const address of addresses) {
      const second = Number(address.split('.')[1]);
      expect(address).toMatch(/^127\./);
      expect(second !== 0 && second !== 53 && (second < 64 || second > 127)).toBe(true);
    }
  });

  test('ports stay as they are in the YAML', async () => {
    const pod = (await open('per-pod')).newPod();
    await pod.reserve(WANTED);
    expect([pod.own(15006), pod.own(15020), pod.outbound(WANTED.outbound[0]!).port]).toEqual([15006, 15020, 8080]);
    expect(pod.app(9090)).toEqual({ address: pod.ip, port: 9090 });
  });

  test('what has a place keeps it when more is wanted', async () => {
    const pod = (await open('per-pod')).newPod();
    await pod.reserve(WANTED);
    const before = WANTED.outbound.map((place) => pod.outbound(place));
    await listen(before[0]!.address, before[0]!.port);
    await pod.reserve({ own: [15006, 7000], outbound: [{ address: '127.64.9.9', port: 8080 }, ...WANTED.outbound] });
    expect(WANTED.outbound.map((place) => pod.outbound(place))).toEqual(before);
    expect(before.map(({ address }) => address)).not.toContain(pod.outbound({ address: '127.64.9.9', port: 8080 }).address);
  });

  test("the user's own program has a port that nobody else has, on localhost", async () => {
    const network = await open('per-pod');
    const pods = [network.newPod(), network.newPod()];
    for (const pod of pods) await pod.reserve({ own: [], outbound: [], app: { port: 8080, foreign: true } });
    const [first, second] = pods.map((pod) => pod.app(8080));
    expect(first!.address).toBe('127.0.0.1');
    expect(first!.port).not.toBe(second!.port);
  });

  test('two runs on one machine never share addresses', async () => {
    const [first, second] = [await open('per-pod', () => 0.5), await open('per-pod', () => 0.5)];
    expect(first.host).not.toBe(second.host);
  });

  test('a released address is not given to the next pod but comes back later', async () => {
    const network = await open('per-pod');
    const first = network.newPod();
    first.release();
    expect(network.newPod().ip).not.toBe(first.ip);
    for (let pods = 2; pods < 254; pods++) network.newPod();
    expect(network.newPod().ip).toBe(first.ip);
    expect(() => network.newPod()).toThrow('run fewer replicas');
  });

  test('a port that another program has is named, with what to do', async () => {
    const pod = (await open('per-pod')).newPod();
    await listen(pod.ip, 15020);
    await expect(pod.reserve(WANTED)).rejects.toThrow(`port 15020 of ${pod.ip} is in use by another program`);
    await expect(pod.reserve(WANTED)).rejects.toThrow('--addresses shared');
  });
});

describe('one shared address (systems that have no other)', () => {
  test('every socket has a free port of its own on 127.0.0.1, and the admin page another loopback address', async () => {
    const network = await open('shared');
    const pods = [network.newPod(), network.newPod()];
    for (const pod of pods) await pod.reserve(WANTED);
    const ports = pods.flatMap((pod) =>
      [pod.own(15006), pod.own(15020), ...WANTED.outbound.map((place) => pod.outbound(place).port), pod.app(9090).port]);
    expect(new Set(ports).size).toBe(10);
    for (const pod of pods) {
      expect(pod.ip).toBe('127.0.0.1');
      expect(pod.outbound(WANTED.outbound[0]!).address).toBe('127.0.0.1');
      expect(pod.adminLoopback).not.toBe('127.0.0.1');
    }
  });

  test('what has a place keeps it', async () => {
    const pod = (await open('shared')).newPod();
    await pod.reserve(WANTED);
    const before = pod.own(15006);
    await pod.reserve(WANTED);
    expect(pod.own(15006)).toBe(before);
  });
});
