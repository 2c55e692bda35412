/** The stand-in as a process, used by hand. */
import { IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { CliRun, until } from '../up/programs';

async function started(...args: string[]): Promise<{ run: CliRun; url: string }> {
  const run = new CliRun(['stand-in', '--port', '0', ...args]);
  let url: string | undefined;
  await until(() => (url = /stands in on (\S+)/.exec(run.stdout)?.[1]) !== undefined, () => `it did not start: ${run.stderr}`);
  return { run, url: url! };
}

test('answers with who it is and what it was asked', async () => {
  const { run, url } = await started('--service', 'catalog', '--version', 'v2', '--pod', 'catalog-1');
  const answer = await fetch(`${url}/items?x=1`, { method: 'POST', body: '12345', headers: { 'x-beta': 'true' } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-mesh-pod')).toBe('catalog-1');
  expect(await answer.json()).toMatchObject({
    service: 'catalog', version: 'v2', pod: 'catalog-1', method: 'POST', path: '/items?x=1', bodyBytes: 5, headers: { 'x-beta': 'true' },
  });
  run.signal('SIGTERM');
  expect(await run.exited).toEqual({ code: 0, signal: null });
});

test('fails and takes its time as it is told, and answers what is under way before it ends', async () => {
  const { run, url } = await started('--latency', '300ms', '--fail', '100%');
  const first = await fetch(url);
  expect(first.status).toBe(500);
  await first.text();

  // The interim response says that the request has arrived; the signal comes while it is under way.
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers: { expect: '100-continue' } }, resolve).on('error', reject);
    sent.on('continue', () => {
      run.signal('SIGTERM');
      sent.end('body');
    });
  });
  answer.resume();
  expect([answer.statusCode, answer.headers.connection]).toEqual([500, 'close']);
  expect((await run.exited).code).toBe(0);
});

test('a port in use is named', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => { holder.listen(0, '127.0.0.1', resolve); });
  const { port } = holder.address() as AddressInfo;
  const run = new CliRun(['stand-in', '--port', String(port)]);
  expect((await run.exited).code).toBe(1);
  expect(run.stderr).toBe(`cdk8s-mesh: port ${port} of 127.0.0.1 is in use by another program; choose another with --port\n`);
  await new Promise((resolve) => holder.close(resolve));
});
