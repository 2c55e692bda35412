/** Stand-ins that share a process, over real sockets: each behaves, fails and ends by itself, and all end with the process. */
import { connect, Socket } from 'node:net';
import { PROMPT } from '../../../../src/cli/stand-in/behaviour';
import { StandInHost } from '../../../../src/cli/up/processes/stand-in-host';
import type { Program } from '../../../../src/cli/up/processes/program';
import { Reaper } from '../../../../src/cli/up/processes/reaper';
import { freePort } from '../../../support/proxy';
import { PROGRAMS, until } from '../programs';

let reaper: Reaper;
let host: StandInHost;
beforeEach(() => {
  reaper = new Reaper(PROGRAMS.cli);
  host = new StandInHost(PROGRAMS.cli, reaper, () => undefined);
});
afterEach(async () => {
  await host.close();
  await reaper.dismiss();
});

interface Opened { readonly standIn: Program; readonly port: number }

function connected(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ host: '127.0.0.1', port }, () => resolve(socket)).on('error', () => resolve(undefined));
  });
}

/** Settles when it accepts connections. */
async function open(pod: string, speaks: 'http1' | 'tcp' = 'http1', behaviour = PROMPT): Promise<Opened> {
  const port = await freePort();
  const standIn = host.open({ service: 'web', version: 'v1', pod }, speaks, { address: '127.0.0.1', port }, behaviour);
  let isOpen = false;
  const look = (): void => void connected(port).then((socket) => {
    socket?.destroy();
    isOpen ||= socket !== undefined;
    if (!isOpen) setImmediate(look);
  });
  look();
  await until(() => isOpen, () => `${pod} does not listen`);
  return { standIn, port };
}

const statusOf = async (port: number): Promise<number | undefined> => fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } }).then(({ status }) => status, () => undefined);

test('each says who it is, behaves as it is told, and is killed without the others', async () => {
  const [one, other] = [await open('web-1'), await open('web-2')];
  expect(await (await fetch(`http://127.0.0.1:${one.port}/`)).json()).toMatchObject({ pod: 'web-1' });
  one.standIn.send({ type: 'behave', behaviour: { ...PROMPT, failureRate: 1 } });
  let failing: number | undefined;
  const ask = (): void => void statusOf(one.port).then((status) => { failing = status; if (status === 200) setImmediate(ask); });
  ask();
  await until(() => failing === 500, () => 'it does not fail');
  expect(await statusOf(other.port)).toBe(200);

  const client = (await connected(one.port))!;
  const gone = new Promise((resolve) => { client.on('close', resolve).on('error', () => undefined).resume(); });
  one.standIn.signal('SIGKILL');
  expect(await one.standIn.exited).toEqual({ code: undefined, signal: 'SIGKILL' });
  await gone;
  expect(one.standIn.running).toBe(false);
  expect(await connected(one.port)).toBeUndefined();
  expect(await statusOf(other.port)).toBe(200);
});

test('one that is stopped ends in good order, also while a connection is kept', async () => {
  const { standIn, port } = await open('web-1', 'tcp');
  const client = (await connected(port))!;
  const ended = new Promise((resolve) => { client.on('close', resolve).on('error', () => undefined); });
  // It says who it is once it has taken the connection, which until then is the kernel's.
  await new Promise((resolve) => { client.once('data', resolve); });
  expect(await standIn.stop(10_000)).toEqual({ code: 0, signal: undefined });
  await ended;
  expect(await connected(port)).toBeUndefined();
});

test('one that can\'t listen says so', async () => {
  const { port } = await open('web-1', 'tcp');
  const second = host.open({ service: 'web', version: 'v1', pod: 'web-2' }, 'tcp', { address: '127.0.0.1', port }, PROMPT);
  const exit = await second.exited;
  expect(exit.code).toBe(1);
  expect(second.failure('the app of web-2', exit).message).toContain(`port ${port} of 127.0.0.1 is in use by another program`);
});

test('all end with their process, and the next one gets a new process', async () => {
  const [one, other] = [await open('web-1'), await open('web-2', 'tcp')];
  await host.close();
  for (const { standIn } of [one, other]) {
    const exit = await standIn.exited;
    expect(standIn.failure('the app', exit).message).toContain('the process of the stand-ins has ended');
  }
  const { port } = await open('web-3');
  expect(await statusOf(port)).toBe(200);
});
