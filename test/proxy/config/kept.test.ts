import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTRACT_MINOR, ProxyConfig, withDefaults } from '../../../src/contract';
import { KEPT_FILE, KeptDocument } from '../../../src/proxy/config/kept';

const document: ProxyConfig = {
  version: 'v1',
  node: { service: 'web', namespace: 'shop', version: 'v1' },
  listeners: [{ name: 'catalog', direction: 'outbound', address: '127.64.0.1', port: 80, routes: [{ name: 'default', split: [{ cluster: 'catalog', weight: 1 }] }] }],
  clusters: [{ name: 'catalog', discovery: { type: 'static', endpoints: [{ address: '10.0.0.1', port: 15006 }] } }],
};
const kept = { text: JSON.stringify(document), config: withDefaults(document) };

let folder: string;
let problems: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-kept-'));
  problems = [];
});
afterEach(() => rmSync(folder, { recursive: true }));
const keeper = (path: string | undefined = folder): KeptDocument => new KeptDocument(path, (problem) => problems.push(problem));

test('the next process reads what the last one kept', async () => {
  const first = keeper();
  void first.save({ ...kept, text: 'older' });
  await first.save(kept);
  expect(keeper().read()).toEqual({ ...kept, config: { ...kept.config, minor: CONTRACT_MINOR } });
  expect(readdirSync(folder)).toEqual([KEPT_FILE]);
  expect(problems).toEqual([]);
});

test('there is nothing to read in a new pod, or without a folder', async () => {
  expect(keeper().read()).toBeUndefined();
  const homeless = new KeptDocument(undefined, (problem) => problems.push(problem));
  await homeless.save(kept);
  expect(homeless.read()).toBeUndefined();
  expect(problems).toEqual([]);
});

test.each([
  ['cut short', (text: string) => text.slice(0, -10), /can't be used: .*JSON/],
  ['empty', () => '', /can't be used: .*JSON/],
  ['of another form', () => '{"text":"{}","config":{"version":"v9"}}', /can't be used: .*\/version: must be "v1", got "v9"/],
  ['without a document', () => '{}', /can't be used: it holds no document/],
])('a file that is %s is told of and passed over', async (_, damage, expected) => {
  await keeper().save(kept);
  const path = join(folder, KEPT_FILE);
  writeFileSync(path, damage(readFileSync(path, 'utf8')));
  expect(keeper().read()).toBeUndefined();
  expect(problems).toEqual([expect.stringMatching(expected)]);
});

test('a folder that can\'t be written to is told of, and nothing else happens', async () => {
  await keeper(join(folder, 'nowhere')).save(kept);
  expect(problems).toEqual([expect.stringMatching(/in-force\.json can't be written: ENOENT/)]);
});
