import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOwnHosts } from '../../../src/proxy/hosts/own-hosts';
import { FakeClock } from '../../support/fake-clock';

const WHOLE = '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n10.0.0.5\tweb-0\n';

let folder: string;
let path: string;
let clock: FakeClock;
let missing: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-own-hosts-'));
  path = join(folder, 'hosts');
  clock = new FakeClock();
  missing = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (podIps: readonly string[]): Promise<string> => readOwnHosts(podIps, clock, () => { missing += 1; }, path);
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

test('what kubelet wrote is taken as it is', async () => {
  writeFileSync(path, WHOLE);
  expect(await read(['10.0.0.5', 'fd00::5'])).toBe(WHOLE);
  expect(await read([])).toBe(WHOLE);
});

test.each([['empty', ''], ['cut', WHOLE.slice(0, -2)], ['without the pod\'s address', '127.0.0.1 localhost\n']])('a file that is %s is read again', async (_, text) => {
  writeFileSync(path, text);
  const reading = read(['10.0.0.5']);
  clock.advance(50);
  await turn();
  writeFileSync(path, WHOLE);
  clock.advance(50);
  expect(await reading).toBe(WHOLE);
  expect(missing).toBe(0);
});

test('without one, the pod knows itself all the same', async () => {
  const reading = read(['10.0.0.5']);
  for (let i = 0; i < 400; i += 1) {
    clock.advance(5);
    await turn();
  }
  expect(await reading).toMatch(/^127\.0\.0\.1\tlocalhost\n::1\tlocalhost.*\n10\.0\.0\.5\t\S+\n$/);
  expect(missing).toBe(1);
});
