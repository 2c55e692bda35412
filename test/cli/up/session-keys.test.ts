import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sessionKeyFile } from '../../../src/contract';
import { SessionKeys } from '../../../src/cli/up/session-keys';
import { callerConfig, workloadOf } from './support';

const root = mkdtempSync(join(tmpdir(), 'mesh-up-keys-'));
afterAll(() => rmSync(root, { recursive: true }));

const KEY_FILE = sessionKeyFile('session-keys', 'keys');

function callerWith(keyFile: string) {
  const config = callerConfig({ v1: 1 });
  return workloadOf('web', 'v1', {
    config: { ...config, listeners: config.listeners.map((listener) => ({ ...listener, routes: [{ ...listener.routes[0]!, session: { cookie: 'cart', keyFile } }] })) },
  });
}

let runs = 0;
const newKeys = (): SessionKeys => new SessionKeys(join(root, String(runs += 1)));
const secretsWith = (keys: string) => new Map([['shop/session-keys', { keys }]]);

test('keys of a Secret in the YAML are put where the proxies find them, and follow it', () => {
  const keys = newKeys();
  const workloads = [callerWith(KEY_FILE)];
  expect(keys.write({ workloads, secrets: secretsWith('one') })).toEqual([]);
  const file = keys.fileOf('shop', KEY_FILE);
  expect(readFileSync(file, 'utf8')).toBe('one');
  expect(keys.write({ workloads, secrets: secretsWith('two') })).toEqual([]);
  expect(readFileSync(file, 'utf8')).toBe('two');
});

test('keys of a Secret that is in no file are made up once for all pods, and it is said', () => {
  const keys = newKeys();
  const model = { workloads: [callerWith(KEY_FILE), callerWith(KEY_FILE)], secrets: new Map() };
  expect(keys.write(model)).toEqual([
    'the session keys \'keys\' of Secret \'session-keys\' in namespace \'shop\' are in none of the files; random ones take their place, so cookies are good for this run only',
  ]);
  const made = readFileSync(keys.fileOf('shop', KEY_FILE), 'utf8');
  expect(made.length).toBeGreaterThanOrEqual(32);
  expect(keys.write(model)).toEqual([]);
  expect(readFileSync(keys.fileOf('shop', KEY_FILE), 'utf8')).toBe(made);
});

test('no path of a document leads out of the folder', () => {
  const keys = newKeys();
  const inside = join(root, String(runs));
  for (const path of [sessionKeyFile('..', '..'), sessionKeyFile('a', '..'), '/etc/keys', '../../keys', `${KEY_FILE}/../../../../keys`, '/keys']) {
    keys.write({ workloads: [callerWith(path)], secrets: new Map() });
    expect(keys.fileOf('shop', path).startsWith(`${inside}/`)).toBe(true);
    expect(readFileSync(keys.fileOf('shop', path), 'utf8')).not.toBe('');
  }
});
