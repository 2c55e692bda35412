import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigFolder } from '../../../src/cli/up/config-folder';

let parent: string;
beforeEach(() => { parent = mkdtempSync(join(tmpdir(), 'config-folder-')); });
afterEach(() => rmSync(parent, { recursive: true }));

test('the document is a link through ..data, as the kubelet makes it', () => {
  const folder = new ConfigFolder(join(parent, 'pod'), 'proxy.json');
  folder.write('one');
  expect(readFileSync(folder.file, 'utf8')).toBe('one');
  expect(lstatSync(folder.file).isSymbolicLink()).toBe(true);
  expect(readlinkSync(folder.file)).toBe('..data/proxy.json');
});

test('an update swaps ..data, leaves the link alone and takes the old folder away', () => {
  const folder = new ConfigFolder(join(parent, 'pod'), 'proxy.json');
  folder.write('one');
  const before = readlinkSync(join(parent, 'pod', '..data'));
  const link = lstatSync(folder.file).ino;
  folder.write('two');
  expect(readFileSync(folder.file, 'utf8')).toBe('two');
  expect(lstatSync(folder.file).ino).toBe(link);
  expect(readdirSync(join(parent, 'pod'))).not.toContain(before);
});
