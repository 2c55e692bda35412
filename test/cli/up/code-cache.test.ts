/** The compiled code that the proxies of a run share, by programs of Node. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { withCodeCache } from '../../../src/cli/up/processes/code-cache';

let folder: string;
let program: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'code-cache-'));
  program = join(folder, 'program.js');
  // It waits until its code is kept, or for what is said.
  writeFileSync(program, `#!/usr/bin/env node
const { existsSync } = require('node:fs');
console.log(JSON.stringify([process.argv.slice(2), __filename, __dirname, typeof module, this === exports]));
const end = setInterval(() => { if (process.argv[2] === 'short' || existsSync(${JSON.stringify(join(folder, 'code.cache'))})) clearInterval(end); }, 5);
`);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(flags: readonly string[], argument: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, program, argument], { encoding: 'utf8', timeout: 20_000 });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

test('a program runs as it would, and leaves its code to the next, which takes it', () => {
  const flags = withCodeCache(folder, program);
  const plain = run([], 'short');
  expect(run(flags, 'short')).toBe(plain);
  expect(existsSync(join(folder, 'code.cache'))).toBe(false);
  expect(run(flags, 'long')).toBe(plain.replace('short', 'long'));
  const kept = readFileSync(join(folder, 'code.cache'));
  expect(kept.length).toBeGreaterThan(0);
  expect(run(flags, 'short')).toBe(plain);
  expect(readFileSync(join(folder, 'code.cache')).equals(kept)).toBe(true);
});

test.each([['something else', 'nothing that V8 knows'], ['nothing', '']])('a file with %s in it harms nobody', (_, content) => {
  const flags = withCodeCache(folder, program);
  writeFileSync(join(folder, 'code.cache'), content);
  expect(run(flags, 'short')).toBe(run([], 'short'));
});

test('a mistake is told where it is', () => {
  writeFileSync(program, '\n\nthrow new Error("here");\n');
  const { stderr, status } = spawnSync(process.execPath, [...withCodeCache(folder, program), program], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain(`${program}:3`);
});
