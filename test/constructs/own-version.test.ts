/** Where the package finds itself, whatever folder its code or a bundle of it lies in. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { folderOfPackage, OWN_FOLDER, ownVersion } from '../../src/constructs/synthesis/own-version';

let root: string;
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'own-version-')); });
afterEach(() => rmSync(root, { recursive: true }));

test('the folder of the package is the one of its package.json', () => {
  expect(OWN_FOLDER).toBe(resolve(__dirname, '..', '..'));
  expect(ownVersion()).toBe(require('../../package.json').version);
});

test.each([[['lib']], [['lib', 'bin']], [['node_modules', 'other', 'bundle']]])('it is found from %p', (path) => {
  const from = join(root, ...path);
  mkdirSync(from, { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "name": "cdk8s-mesh", "version": "1.2.3" }');
  if (path.length === 3) writeFileSync(join(from, 'package.json'), '{ "name": "other" }');
  expect(folderOfPackage(from)).toBe(root);
});

test('a bundle outside of it is told what to do', () => {
  expect(() => folderOfPackage(root)).toThrow(`cdk8s-mesh finds no package.json of its own at or above ${root}; when you bundle your program, leave cdk8s-mesh outside`);
});
