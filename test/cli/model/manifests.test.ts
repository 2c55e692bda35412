import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifests } from '../../../src/cli/model/manifests';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'manifests-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const object = (kind: string, name: string): string => `kind: ${kind}\nmetadata: { name: ${name}, namespace: shop }\n`;

test('reads every document of a file, with its line', () => {
  const path = file('a.yaml', `# head\n${object('Service', 'web')}---\n${object('Job', 'once')}---\n`);
  expect(readManifests([path]).map(({ kind, name, namespace, where }) => [kind, name, namespace, where])).toEqual([
    ['Service', 'web', 'shop', `${path}:2`],
    ['Job', 'once', 'shop', `${path}:5`],
  ]);
});

test('reads folders in folders by name, YAML and JSON, and nothing else', () => {
  mkdirSync(join(folder, 'inner'));
  file('b.yml', object('Service', 'b'));
  file('a.k8s.yaml', object('Service', 'a'));
  file('inner/c.json', '{"kind":"Service","metadata":{"name":"c"}}');
  file('README.md', 'not: [yaml');
  expect(readManifests([folder]).map(({ name, namespace }) => `${namespace}/${name}`)).toEqual(['shop/a', 'shop/b', 'default/c']);
});

test('reads the objects in a List', () => {
  const path = file('a.json', '{"kind":"List","items":[{"kind":"Service","metadata":{"name":"a"}},{"kind":"Job","metadata":{"name":"b"}}]}');
  expect(readManifests([path]).map(({ kind, name }) => [kind, name])).toEqual([['Service', 'a'], ['Job', 'b']]);
});

test('names the line and column of what is not YAML, for every such place', () => {
  const path = file('a.yaml', `${object('Service', 'a')}---\nkind: Job\nmetadata: { name: [b\n---\nkind: "open\n`);
  expect(() => readManifests([path])).toThrow(new RegExp(`${path}:\\d+:\\d+: this is not YAML: .+\n${path}:\\d+:\\d+: this is not YAML: `));
});

test('names three such places of a document at most', () => {
  const path = file('a.ts', "const a = { b: 'c: d' };\n".repeat(10));
  expect(() => readManifests([path])).toThrow(/^(?:.+: this is not YAML: .+\n){3}.+a\.ts: \d+ more such errors$/);
});

test('names documents that are no Kubernetes objects', () => {
  const path = file('a.yaml', 'just text\n---\nkind: Job\n---\nkind: Job\nmetadata: { name: 5 }\n');
  expect(() => readManifests([path])).toThrow([
    `${path}:1: the document must be an object, got "just text" (a Kubernetes object needs kind and metadata.name)`,
    `${path}:3: metadata.name must be a text, it is missing (a Kubernetes object needs kind and metadata.name)`,
    `${path}:5: metadata.name must be a text, got 5 (a Kubernetes object needs kind and metadata.name)`,
  ].join('\n'));
});

test('refuses an object that is declared twice', () => {
  const path = file('a.yaml', `${object('Service', 'web')}---\n${object('Service', 'web')}`);
  expect(() => readManifests([path])).toThrow(`${path}:4: Service 'web' in namespace 'shop' is declared twice, first at ${path}:1; remove one`);
});

test('says what to do when there is nothing to read', () => {
  expect(() => readManifests([join(folder, 'dist')])).toThrow(`there is no file or folder '${join(folder, 'dist')}'; synthesize first`);
  expect(() => readManifests([folder])).toThrow(`folder '${folder}' holds no YAML file; synthesize first`);
});
