/** Peers that are silent while requests are under way: those that answer pings are waited for, the others are gone. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import { FrameType } from '../../../src/proxy/http2/frames';
import { cleanupsAfterEach } from '../../support/cleanups';
import { EchoClient, echoServer, ended } from '../../support/grpc';
import { block, Frame, frame, FrameEnd } from '../../support/http2-frames';
import { sampleOf } from '../../support/prometheus';
import { startProxy, TestProxy } from '../../support/proxy';
import { until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();
const ACK = 1;
const WHOLE = 5;
const QUICK = { pingIntervalMs: 50, pingTimeoutMs: 50 };
const POST = [
  [':method', 'POST'], [':scheme', 'http'], [':path', '/mesh.test.Echo/Down'], [':authority', 'catalog'], ['content-type', 'application/grpc'], ['te', 'trailers'],
] as const;

async function proxyTo(port: number, limits = QUICK, cluster = {}): Promise<TestProxy> {
  const proxy = await startProxy([port], { protocol: 'http2', cluster: { protocol: 'http2', ...cluster }, route: { timeoutMs: 0, retry: { maxRetries: 0 } }, limits });
  cleanups.push(() => proxy.proxy.close());
  return proxy;
}

/** A peer of frames that takes requests and answers nothing. */
async function silentServer(): Promise<{ readonly port: number; readonly ends: FrameEnd[] }> {
  const ends: FrameEnd[] = [];
  const server = createServer((socket) => ends.push(FrameEnd.at(socket)));
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => { for (const end of ends) end.close(); server.close(); });
  return { port: (server.address() as AddressInfo).port, ends };
}

const pingsOf = (end: FrameEnd): readonly Frame[] => end.of(FrameType.PING).filter(({ flags }) => (flags & ACK) === 0);
const reached = ({ metrics }: TestProxy): number => sampleOf(metrics(), 'mesh_limit_reached_total{limit="pingTimeoutMs"}') ?? 0;

it('an endpoint that answers no ping is gone, and its calls have failed', async () => {
  const { port, ends } = await silentServer();
  const proxy = await proxyTo(port);
  const client = new EchoClient(cleanups, proxy.port);
  expect(await client.once('')).toMatchObject({ code: grpc.status.UNAVAILABLE, details: expect.stringMatching(/a ping was not answered/) });
  expect(pingsOf(ends[0]!)).toHaveLength(1);
  await until('its connection is closed', () => ends[0]!.closed);
  expect(sampleOf(proxy.metrics(), 'mesh_upstream_limit_reached_total{cluster="backend",limit="pingTimeoutMs"}')).toBe(1);
});

it('one that answers them is waited for', async () => {
  const { port, ends } = await silentServer();
  const proxy = await proxyTo(port);
  const end = ended(new EchoClient(cleanups, proxy.port).down(''));
  await until('it has the request', () => ends[0]?.of(FrameType.HEADERS).length === 1);
  for (let answered = 0; answered < 4; answered += 1) {
    await until('a ping', () => pingsOf(ends[0]!).length > answered);
    ends[0]!.send(frame(FrameType.PING, ACK, 0, pingsOf(ends[0]!)[answered]!.payload));
  }
  ends[0]!.send(frame(FrameType.HEADERS, WHOLE, 1, block([[':status', '200'], ['content-type', 'application/grpc'], ['grpc-status', '0']])));
  expect((await end).code).toBe(grpc.status.OK);
});

it('a client that answers no ping is gone, and the endpoint is told', async () => {
  let cancelled = false;
  const { port } = await echoServer(cleanups, { Down: (call) => { call.on('cancelled', () => { cancelled = true; }); } });
  const proxy = await proxyTo(port);
  const client = await FrameEnd.to(proxy.port);
  cleanups.push(() => client.close());
  client.send(frame(FrameType.HEADERS, 4, 1, block(POST)), frame(FrameType.DATA, 1, 1, Buffer.alloc(5)));
  await until('it is asked, and gone', () => pingsOf(client).length === 1 && client.closed);
  await until('the endpoint is told', () => cancelled);
  expect(reached(proxy)).toBe(1);
});

it('nobody is asked while nothing is under way, or where pings are off', async () => {
  const { port, ends } = await silentServer();
  const proxy = await proxyTo(port);
  const idle = await FrameEnd.to(proxy.port);
  cleanups.push(() => idle.close());
  const off = await proxyTo(port, { ...QUICK, pingIntervalMs: 0 });
  const waiting = new EchoClient(cleanups, off.port).down('');
  waiting.on('error', () => {});
  await until('it has the request', () => ends[0]?.of(FrameType.HEADERS).length === 1);
  // The other proxy asks several times meanwhile.
  const asked = await silentServer();
  const end = ended(new EchoClient(cleanups, (await proxyTo(asked.port)).port).down(''));
  expect((await end).code).toBe(grpc.status.UNAVAILABLE);
  expect([pingsOf(idle), pingsOf(ends[0]!), idle.closed]).toEqual([[], [], false]);
  waiting.cancel();
});

it('one that gives nothing until a call is given up gets no more calls on that connection, until it answers a ping', async () => {
  const { port, ends } = await silentServer();
  const { port: at } = await proxyTo(port, { pingIntervalMs: 60_000, pingTimeoutMs: 60_000 }, { connectTimeoutMs: 40 });
  const client = new EchoClient(cleanups, at);
  const heads = (end: FrameEnd): readonly Frame[] => end.of(FrameType.HEADERS);
  const answer = (end: FrameEnd, call: number): void => {
    end.send(frame(FrameType.HEADERS, WHOLE, heads(end)[call]!.streamId, block([[':status', '200'], ['content-type', 'application/grpc'], ['grpc-status', '0']])));
  };
  const ask = async (end: number, call: number): Promise<{ readonly code: grpc.status }> => {
    const ending = ended(client.down(''));
    await until(`call ${call} on connection ${end}`, () => ends[end] !== undefined && heads(ends[end]).length === call + 1);
    answer(ends[end]!, call);
    return ending;
  };
  const giveUp = async (end: number, call: number): Promise<void> => {
    expect(await client.once('', { deadlineMs: 150 })).toMatchObject({ code: grpc.status.DEADLINE_EXCEEDED });
    expect(heads(ends[end]!)).toHaveLength(call + 1);
  };

  expect(await ask(0, 0)).toMatchObject({ code: grpc.status.OK });
  const waits = ended(client.down(''));
  await until('a call that goes on', () => heads(ends[0]!).length === 2);
  await giveUp(0, 2);
  await until('a ping asks whether it is there', () => pingsOf(ends[0]!).length === 1);
  expect(await ask(1, 0)).toMatchObject({ code: grpc.status.OK });
  ends[0]!.send(frame(FrameType.PING, ACK, 0, pingsOf(ends[0]!)[0]!.payload));
  answer(ends[0]!, 1);
  expect(await waits).toMatchObject({ code: grpc.status.OK });
});
