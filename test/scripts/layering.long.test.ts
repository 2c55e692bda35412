/**
 * The layering is a rule only if its check fires, and so are the bans of lint: both get a sound tree and a broken one and must tell
 * them apart. Every breach is a file of its own in the broken tree, so that each check starts once for all of them.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const REPOSITORY = resolve(__dirname, '../..');

type Tree = Record<string, string>;

const SOUND: Tree = {
  'src/index.ts': "export * from './constructs';\n",
  'src/contract/index.ts': 'export interface ProxyConfig { readonly version: string }\n',
  'src/constructs/index.ts': "export * from './mesh';\n",
  'src/constructs/mesh.ts': "import { Chart } from './kubernetes/kplus';\nimport { ProxyConfig } from '../contract';\nexport type Both = [Chart, ProxyConfig];\n",
  'src/constructs/kubernetes/kplus.ts': "export { Chart } from 'cdk8s';\nexport * from 'cdk8s-plus-28';\n",
  'src/balancing/picker.ts': "import type { ProxyConfig } from '../contract';\nexport type Picker = ProxyConfig;\n",
  'src/balancing/policies/round-robin.ts': "import type { Hash } from '../tables/hash';\nexport type Round = Hash;\n",
  'src/balancing/tables/hash.ts': 'export type Hash = number;\n',
  'src/proxy/runtime/clock.ts': 'export const now = () => Date.now();\n',
  'src/proxy/main.ts': "import { createServer } from 'node:net';\nimport { now } from './runtime/clock';\nexport const start = () => [createServer(), now()];\n",
  'src/cli/main.ts': "import { parse } from 'yaml';\nimport { now } from '../proxy/runtime/clock';\nexport const run = () => parse(`at: ${now()}`);\n",
  'examples/shop/main.ts': "import { Mesh } from 'cdk8s-mesh';\nexport const mesh = Mesh;\n",
};

interface Breach { readonly name: string; readonly file: string; readonly text: string; readonly rule: string }

/** Imports that must be refused, with the rule that refuses them. */
const BREACHES: Breach[] = [
  { name: 'constructs import the proxy', file: 'src/constructs/a.ts', text: "export { now } from '../proxy/runtime/clock';\n", rule: 'constructs-parts' },
  { name: 'the proxy imports constructs', file: 'src/proxy/a.ts', text: "import { Both } from '../constructs';\nexport type A = Both;\n", rule: 'proxy-parts' },
  { name: 'the command imports constructs', file: 'src/cli/a.ts', text: "import { Both } from '../constructs';\nexport type A = Both;\n", rule: 'cli-parts' },
  { name: 'the contract imports another part', file: 'src/contract/a.ts', text: "import { Picker } from '../balancing/picker';\nexport type A = Picker;\n", rule: 'contract-parts' },
  { name: "the contract imports a module of node's", file: 'src/contract/b.ts', text: "export { join } from 'node:path';\n", rule: 'contract-node' },
  { name: 'balancing keeps an import of the contract at run time', file: 'src/balancing/a.ts', text: "import { ProxyConfig } from '../contract';\nexport type A = ProxyConfig;\n", rule: 'balancing-types' },
  { name: 'routing imports the proxy', file: 'src/routing/a.ts', text: "export { now } from '../proxy/runtime/clock';\n", rule: 'routing-parts' },
  { name: 'authorization imports the proxy', file: 'src/authorization/a.ts', text: "export { now } from '../proxy/runtime/clock';\n", rule: 'authorization-parts' },
  { name: 'a room of balancing imports one that it may not', file: 'src/balancing/tables/a.ts', text: "import type { Round } from '../policies/round-robin';\nexport type A = Round;\n", rule: 'balancing-tables' },
  { name: 'a room of balancing imports a file of the part itself', file: 'src/balancing/policies/a.ts', text: "import type { Picker } from '../picker';\nexport type A = Picker;\n", rule: 'balancing-policies' },
  { name: 'a room of balancing is not in the table', file: 'src/balancing/cellar/a.ts', text: "import type { Round } from '../policies/round-robin';\nexport type A = Round;\n", rule: 'balancing-rooms' },
  { name: 'the proxy imports a package', file: 'src/proxy/b.ts', text: "export { parse } from 'yaml';\n", rule: 'proxy-packages' },
  { name: 'the proxy imports a package by import = require()', file: 'src/proxy/c.ts', text: "import yaml = require('yaml');\nexport const a = yaml;\n", rule: 'proxy-packages' },
  { name: 'a second construct names the Kubernetes version', file: 'src/constructs/b.ts', text: "export { Pod } from 'cdk8s-plus-28';\n", rule: 'kubernetes-version' },
  { name: 'the index exports the proxy', file: 'src/index.ts', text: "export * from './proxy/main';\n", rule: 'index.ts-parts' },
  { name: 'a package is imported when called for', file: 'src/proxy/d.ts', text: "export const a = () => import('yaml');\n", rule: 'proxy-packages' },
  { name: 'a package is required', file: 'src/proxy/e.ts', text: "export const a = require('yaml');\n", rule: 'proxy-packages' },
  { name: 'a generated file requires a package', file: 'src/proxy/f.generated.js', text: "module.exports = require('yaml');\n", rule: 'proxy-packages' },
  { name: 'a type is imported in place', file: 'src/proxy/g.ts', text: "export type A = import('../constructs').Both;\n", rule: 'proxy-parts' },
  { name: 'a folder is not in the table', file: 'src/extras/a.ts', text: 'export const a = 1;\n', rule: 'unknown-part-alone' },
  { name: 'a module that costs memory is imported from the start', file: 'src/proxy/j.ts', text: "export { createHash } from 'node:crypto';\n", rule: 'on-demand' },
  { name: 'an import leads nowhere', file: 'src/proxy/h.ts', text: "export * from './gone';\n", rule: 'leads-nowhere' },
  { name: 'an import leads out of src', file: 'src/proxy/i.ts', text: "export * from '../../examples/shop/main';\n", rule: 'outside' },
];

jest.setTimeout(60_000);

let folder: string;

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'mesh-layering-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(tree: Tree): void {
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

describe('npm run layers', () => {
  function layers(tree: Tree): { status: number | null; output: string } {
    write(tree);
    cpSync(join(REPOSITORY, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(REPOSITORY, 'scripts/layers.mjs'), folder], { encoding: 'utf8' });
    return { status, output: (stdout + stderr).replace(/\s+/g, ' ') };
  }

  test('passes a sound tree', () => {
    expect(layers(SOUND)).toEqual({ status: 0, output: expect.stringContaining('no dependency violations') });
  });

  test('fails when there is nothing to check', () => {
    expect(layers({})).toEqual({ status: 1, output: expect.stringContaining('no folder src') });
  });

  test('fails on every import against the direction, and says which and why', () => {
    const { status, output } = layers({ ...SOUND, ...Object.fromEntries(BREACHES.map(({ file, text }) => [file, text])) });
    expect(BREACHES.filter(({ file, rule }) => !output.includes(`error ${rule}: ${file}`)).map(({ name }) => name)).toEqual([]);
    expect(output).toContain('constructs and proxy meet in the contract only');
    expect(status).toBe(1);
  });

  test('fails on circles, also of types alone', () => {
    const { status, output } = layers({
      ...SOUND,
      'src/proxy/a.ts': "import { b } from './b';\nexport const a = (): unknown => b;\n",
      'src/proxy/b.ts': "import { a } from './a';\nexport const b = (): unknown => a;\n",
      'src/proxy/c.ts': "import type { D } from './deep/d';\nexport interface C { readonly d: D }\n",
      'src/proxy/deep/d.ts': "import type { C } from '../c';\nexport interface D { readonly c: C }\n",
    });
    expect(output).toContain('error circle: src/proxy/a.ts');
    expect(output).toContain('error circle-of-types: src/proxy/c.ts');
    expect(output).not.toContain('error circle: src/proxy/c.ts');
    expect(status).toBe(1);
  });
});

describe('npm run lint', () => {
  interface Finding { readonly file: string; readonly rule: string | null; readonly message: string }

  const CALLS: [string, string][] = [
    ['export const a = Date.now();', 'no-restricted-properties'],
    ['export const b = new Date();', 'no-restricted-syntax'],
    ['export const c = performance.now();', 'no-restricted-globals'],
    ['export const d = process.hrtime();', 'no-restricted-properties'],
    ['export const e = setTimeout(() => undefined, 1);', 'no-restricted-globals'],
    ['export const f = setInterval(() => undefined, 1);', 'no-restricted-globals'],
    ['export const g = setImmediate(() => undefined);', 'no-restricted-globals'],
    ['export const h = globalThis.setTimeout(() => undefined, 1);', 'no-restricted-globals'],
    ['export const i = Math.random();', 'no-restricted-properties'],
  ];
  const CALLS_TEXT = `${CALLS.map(([line]) => line).join('\n')}\n`;

  function lint(tree: Tree): Finding[] {
    write(tree);
    for (const file of ['eslint.config.mjs', 'tsconfig.json', 'tsconfig.proxy.json']) {
      cpSync(join(REPOSITORY, file), join(folder, file));
    }
    symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    const { stdout, stderr } = spawnSync(process.execPath, ['node_modules/eslint/bin/eslint.js', '--format', 'json', 'src', 'examples'], {
      cwd: folder, encoding: 'utf8',
    });
    if (!stdout.startsWith('[')) throw new Error(stdout + stderr);
    const results = JSON.parse(stdout) as { filePath: string; messages: { ruleId: string | null; message: string }[] }[];
    return results.flatMap(({ filePath, messages }) => messages.map(({ ruleId, message }) => ({
      file: filePath.slice(filePath.indexOf(folder) + folder.length + 1), rule: ruleId, message,
    })));
  }

  test('passes a sound tree, with clocks and chance in the command', () => {
    expect(lint({ ...SOUND, 'src/cli/calls.ts': CALLS_TEXT })).toEqual([]);
  });

  test('refuses injected things taken from the machine, and promises nobody waits for', () => {
    const findings = lint({
      ...SOUND,
      'src/proxy/calls.ts': CALLS_TEXT,
      'src/simulation/calls.ts': CALLS_TEXT,
      'src/proxy/timers.ts': "export { setTimeout } from 'node:timers/promises';\nimport { performance as p } from 'node:perf_hooks';\nexport const a = p;\n",
      'src/proxy/floating.ts': 'const work = async () => 1;\nexport function start(): void {\n  work();\n}\n',
      'examples/shop/main.ts': "import { Mesh } from '../../src/constructs/mesh/mesh';\nexport const a = Mesh;\n",
    });
    const of = (file: string) => findings.filter((finding) => finding.file === file);

    for (const file of ['src/proxy/calls.ts', 'src/simulation/calls.ts']) {
      expect(of(file).map(({ rule }) => rule)).toEqual(CALLS.map(([, rule]) => rule));
      expect(of(file).every(({ message }) => message.includes('injected'))).toBe(true);
    }
    expect(of('src/proxy/timers.ts').map(({ rule }) => rule)).toEqual(['no-restricted-syntax', 'no-restricted-syntax']);
    expect(of('src/proxy/floating.ts').map(({ rule }) => rule)).toEqual(['@typescript-eslint/no-floating-promises']);
    expect(of('examples/shop/main.ts')).toEqual([
      { file: 'examples/shop/main.ts', rule: 'no-restricted-imports', message: expect.stringContaining('by its name') },
    ]);
    expect(findings).toHaveLength(2 * CALLS.length + 4);
  });
});
