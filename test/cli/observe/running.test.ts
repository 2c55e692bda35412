/** How the commands find what runs, and what is meant by their arguments. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chosenRun, chosenServices } from '../../../src/cli/observe/running';
import { readRunRecords, RUN_FOLDER_PREFIX, RunProxy, writeRunRecord } from '../../../src/cli/up/run-record';

const PROXIES: RunProxy[] = [{ namespace: 'shop', pod: 'web-a', address: '127.9.1.1', admin: { address: '127.9.1.2', port: 15020 } }];

describe('records of runs', () => {
  let parent: string;
  beforeEach(() => { parent = mkdtempSync(join(tmpdir(), 'run-record-')); });
  afterEach(() => rmSync(parent, { recursive: true }));

  function folder(name: string): string {
    const path = join(parent, `${RUN_FOLDER_PREFIX}${name}`);
    mkdirSync(path, { mode: 0o700 });
    return path;
  }

  test('what was written last is read', () => {
    const run = folder('a');
    writeRunRecord(run, []);
    writeRunRecord(run, PROXIES);
    expect(readRunRecords(parent)).toEqual([{ pid: process.pid, cwd: process.cwd(), proxies: PROXIES }]);
  });

  test('a run that has ended, one that only starts, and a link to another folder are none', () => {
    writeFileSync(join(folder('ended'), 'run.json'), JSON.stringify({ pid: 2 ** 30, cwd: '/', proxies: PROXIES }));
    folder('starts');
    const elsewhere = join(parent, 'elsewhere');
    mkdirSync(elsewhere);
    writeRunRecord(elsewhere, PROXIES);
    symlinkSync(elsewhere, join(parent, `${RUN_FOLDER_PREFIX}link`));
    expect(readRunRecords(parent)).toEqual([]);
  });

  test('a folder that others may write to is none', () => {
    const run = folder('open');
    writeRunRecord(run, PROXIES);
    chmodSync(run, 0o777);
    expect(readRunRecords(parent)).toEqual([]);
  });
});

test('the only run is meant; of several, one must be named', () => {
  const [a, b] = [101, 102].map((pid) => ({ pid, cwd: '/home/me', proxies: PROXIES }));
  expect(chosenRun(undefined, [a])).toBe(a);
  expect(chosenRun(102, [a, b])).toBe(b);
  expect(() => chosenRun(undefined, [])).toThrow("no 'cdk8s-mesh up' of yours runs on this machine; start one: cdk8s-mesh up dist/. For a cluster, say which namespace: --namespace NAME");
  expect(() => chosenRun(undefined, [a, b])).toThrow("several 'cdk8s-mesh up' run on this machine; say which:\n  --pid 101  in /home/me, 1 pod\n  --pid 102  in /home/me, 1 pod");
  expect(() => chosenRun(7, [a])).toThrow("--pid 7 is no 'cdk8s-mesh up' that runs on this machine; there are:\n  --pid 101  in /home/me, 1 pod");
});

test('a service is named alone, with its namespace, or by its id', () => {
  const known = ['shop/catalog', 'shop/web', 'db'];
  for (const name of ['catalog', 'catalog.shop', 'shop/catalog']) expect(known.filter(chosenServices([name], known))).toEqual(['shop/catalog']);
  expect(known.filter(chosenServices([], known))).toEqual(known);
  expect(() => chosenServices(['catalgo'], known)).toThrow("the mesh has no service 'catalgo'. Did you mean 'catalog'? There are shop/catalog, shop/web, db");
});
