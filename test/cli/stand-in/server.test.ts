import { connect, Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { parseLatency, PROMPT } from '../../../src/cli/stand-in/behaviour';
import { StandIn } from '../../../src/cli/stand-in/server';
import { eventually } from '../../support/eventually';

async function started(): Promise<{ standIn: StandIn; port: number }> {
  const standIn = new StandIn({ service: 'catalog', version: 'v1', pod: 'catalog-1' }, () => PROMPT, () => 0.5);
  await new Promise<void>((resolve) => { standIn.server.listen(0, '127.0.0.1', resolve); });
  return { standIn, port: (standIn.server.address() as AddressInfo).port };
}

test('closes at once though a connection is open that was never used', async () => {
  const { standIn, port } = await started();
  const accepted = new Promise<void>((resolve) => { standIn.server.once('connection', () => resolve()); });
  const socket: Socket = connect(port, '127.0.0.1');
  const ended = new Promise((resolve) => socket.once('close', resolve));
  await accepted;
  await standIn.close();
  await ended;
});

test('closes at once though a connection is kept that was used', async () => {
  const { standIn, port } = await started();
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  expect(answer.headers.get('connection')).toBe('keep-alive');
  expect(await answer.json()).toMatchObject({ service: 'catalog', version: 'v1', pod: 'catalog-1' });
  await standIn.close();
});

test('answers after the time that it is told to take', async () => {
  const waiting: { readonly ms: number; readonly task: () => void }[] = [];
  const standIn = new StandIn(
    { service: 'catalog', version: 'v1', pod: 'catalog-1' }, () => ({ ...PROMPT, latency: parseLatency('100ms..300ms') }), () => 0.5,
    (ms, task) => waiting.push({ ms, task }),
  );
  await new Promise<void>((resolve) => { standIn.server.listen(0, '127.0.0.1', resolve); });
  let answered = false;
  const answer = fetch(`http://127.0.0.1:${(standIn.server.address() as AddressInfo).port}/`).finally(() => { answered = true; });
  await eventually('the request', () => waiting.length === 1);
  expect([waiting[0]!.ms, answered]).toEqual([200, false]);
  waiting[0]!.task();
  expect((await answer).status).toBe(200);
  await standIn.close();
});
