/**
 * The layering is a rule only if its checks fire: both get a sound tree and a broken one and must tell them apart. Every
 * breach is a file of its own in the broken tree, so that each check starts once for all of them.
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
  'src/proxy/clock.ts': 'export const now = () => Date.now();\n',
  'src/proxy/main.ts': "import { createServer } from 'node:net';\nimport { now } from './clock';\nexport const start = () => [createServer(), now()];\n",
  'src/cli/main.ts': "import { parse } from 'yaml';\nimport { now } from '../proxy/clock';\nexport const run = () => parse(`at: ${now()}`);\n",
  'examples/shop/main.ts': "import { Mesh } from 'cdk8s-mesh';\nexport const mesh = Mesh;\n",
};

interface Breach { readonly name: string; readonly file: string; readonly text: string; readonly graph: string; readonly lint: string }

/** Imports that both checks must refuse, with what the graph check and lint must say. */
const BREACHES: Breach[] = [
  {
    name: 'constructs import the proxy',
    file: 'src/constructs/a.ts',
    text: "export { now } from '../proxy/clock';\n",
    graph: 'src/constructs may not import src/proxy',
    lint: 'src/constructs may import src/contract, src/planning',
  },
  {
    name: 'the proxy imports constructs',
    file: 'src/proxy/a.ts',
    text: "import { Both } from '../constructs';\nexport type A = Both;\n",
    graph: 'src/proxy may not import src/constructs',
    lint: 'src/proxy may import src/contract, src/balancing',
  },
  {
    name: 'the command imports constructs',
    file: 'src/cli/a.ts',
    text: "import { Both } from '../constructs';\nexport type A = Both;\n",
    graph: 'src/cli may not import src/constructs',
    lint: 'so it needs no construct',
  },
  {
    name: 'the contract imports another part',
    file: 'src/contract/a.ts',
    text: "import { Picker } from '../balancing/picker';\nexport type A = Picker;\n",
    graph: 'src/contract may not import src/balancing',
    lint: 'src/contract may import nothing',
  },
  {
    name: "the contract imports a module of node's",
    file: 'src/contract/b.ts',
    text: "export { join } from 'node:path';\n",
    graph: "src/contract may not import node's modules",
    lint: "src/contract may not import node's modules",
  },
  {
    name: 'balancing keeps an import of the contract at run time',
    file: 'src/balancing/a.ts',
    text: "import { ProxyConfig } from '../contract';\nexport type A = ProxyConfig;\n",
    graph: "src/balancing may import types of src/contract only ('import type')",
    lint: "src/balancing may import types of src/contract only ('import type')",
  },
  {
    name: 'the proxy imports a package',
    file: 'src/proxy/b.ts',
    text: "export { parse } from 'yaml';\n",
    graph: "src/proxy may not import the package 'yaml'",
    lint: 'src/proxy may import nothing from npm',
  },
  {
    name: 'the proxy imports a package by import = require()',
    file: 'src/proxy/c.ts',
    text: "import yaml = require('yaml');\nexport const a = yaml;\n",
    graph: "src/proxy may not import the package 'yaml'",
    lint: 'src/proxy may import nothing from npm',
  },
  {
    name: 'a second construct names the Kubernetes version',
    file: 'src/constructs/b.ts',
    text: "export { Pod } from 'cdk8s-plus-28';\n",
    graph: 'only src/constructs/kubernetes/kplus.ts names cdk8s-plus-28',
    lint: 'Only src/constructs/kubernetes/kplus.ts names cdk8s-plus-28',
  },
  {
    name: 'the index exports the proxy',
    file: 'src/index.ts',
    text: "export * from './proxy/main';\n",
    graph: 'src/index may not import src/proxy',
    lint: 'src/index may import src/constructs',
  },
];

/** What only the graph check can refuse. */
const GRAPH_ONLY: Omit<Breach, 'lint'>[] = [
  {
    name: 'a package is imported when called for',
    file: 'src/proxy/d.ts',
    text: "export const a = () => import('yaml');\n",
    graph: "src/proxy may not import the package 'yaml'",
  },
  {
    name: 'a package is required',
    file: 'src/proxy/e.ts',
    text: "export const a = require('yaml');\n",
    graph: "src/proxy may not import the package 'yaml'",
  },
  {
    name: 'a generated file requires a package',
    file: 'src/proxy/f.generated.js',
    text: "module.exports = require('yaml');\n",
    graph: "src/proxy may not import the package 'yaml'",
  },
  {
    name: 'a type is imported in place',
    file: 'src/proxy/g.ts',
    text: "export type A = import('../constructs').Both;\n",
    graph: 'src/proxy may not import src/constructs',
  },
  {
    name: 'a folder is not in the table',
    file: 'src/extras/a.ts',
    text: 'export const a = 1;\n',
    graph: 'src/extras is no part of the house',
  },
  {
    name: 'an import leads nowhere',
    file: 'src/proxy/h.ts',
    text: "export * from './gone';\n",
    graph: "'./gone' in src/proxy/h.ts leads to no source file",
  },
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

function filesOf(breaches: readonly { file: string; text: string }[]): Tree {
  return Object.fromEntries(breaches.map(({ file, text }) => [file, text]));
}

describe('npm run layers', () => {
  function layers(): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(REPOSITORY, 'scripts/layers.mjs'), folder], { encoding: 'utf8' });
    return { status, output: stdout + stderr };
  }

  test('passes a sound tree', () => {
    write(SOUND);
    expect(layers()).toEqual({ status: 0, output: expect.stringContaining('no cycle') });
  });

  test('fails when there is nothing to check', () => {
    expect(layers()).toEqual({ status: 1, output: expect.stringContaining('no source file') });
  });

  test('fails on every import against the direction, and says which and why', () => {
    const breaches = [...BREACHES, ...GRAPH_ONLY];
    write({ ...SOUND, ...filesOf(breaches) });
    const { status, output } = layers();
    const missed = breaches.filter(({ file, graph }) => !output.split(/\n(?=src\/)/).some((part) => part.includes(file) && part.includes(graph)));
    expect(missed.map(({ name }) => name)).toEqual([]);
    expect(output).toContain(`${breaches.length} breaches`);
    expect(status).toBe(1);
  });

  test('fails on a cycle that is left at run time, and on one of types over folders, and prints them', () => {
    write({
      ...SOUND,
      'src/proxy/a.ts': "import { b } from './b';\nexport const a = (): unknown => b;\n",
      'src/proxy/b.ts': "import { a } from './a';\nexport const b = (): unknown => a;\n",
      'src/proxy/c.ts': "import type { D } from './deep/d';\nexport interface C { readonly d: D }\n",
      'src/proxy/deep/d.ts': "import type { C } from '../c';\nexport interface D { readonly c: C }\n",
    });
    const { status, output } = layers();
    expect(output).toContain('cycle: src/proxy/a.ts -> src/proxy/b.ts -> src/proxy/a.ts');
    expect(output).toContain('cycle: src/proxy/c.ts -> src/proxy/deep/d.ts -> src/proxy/c.ts');
    expect(output).toContain('2 breaches');
    expect(status).toBe(1);
  });

  test('lets two files of one folder know each other by type', () => {
    write({
      ...SOUND,
      'src/proxy/a.ts': "import { B } from './b';\nexport class A { readonly b = new B(this); }\n",
      'src/proxy/b.ts': "import type { A } from './a';\nexport class B { constructor(readonly a: A) {} }\n",
    });
    expect(layers()).toEqual({ status: 0, output: expect.stringContaining('no cycle') });
  });

  test('prints the chain of imports from the entry point', () => {
    write({
      ...SOUND,
      'src/proxy/main.ts': "import './serve';\n",
      'src/proxy/serve.ts': "import './deep';\n",
      'src/proxy/deep.ts': "import 'undici';\n",
    });
    expect(layers().output).toContain('src/proxy/main.ts -> src/proxy/serve.ts -> src/proxy/deep.ts -> undici');
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
    for (const file of ['eslint.config.mjs', 'tsconfig.json', 'tsconfig.proxy.json', 'scripts/layering.mjs']) {
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

  test('refuses imports against the layering, injected things taken from the machine, and promises nobody waits for', () => {
    const findings = lint({
      ...SOUND,
      ...filesOf(BREACHES),
      'src/proxy/calls.ts': CALLS_TEXT,
      'src/simulation/calls.ts': CALLS_TEXT,
      'src/proxy/timers.ts': "export { setTimeout } from 'node:timers/promises';\nimport { performance as p } from 'node:perf_hooks';\nexport const a = p;\n",
      'src/proxy/floating.ts': 'const work = async () => 1;\nexport function start(): void {\n  work();\n}\n',
      'examples/shop/main.ts': "import { Mesh } from '../../src/constructs/mesh/mesh';\nexport const a = Mesh;\n",
    });
    const of = (file: string) => findings.filter((finding) => finding.file === file);

    for (const { file, lint: message } of BREACHES) {
      expect(of(file)).toEqual([{ file, rule: '@typescript-eslint/no-restricted-imports', message: expect.stringContaining(message) }]);
    }
    for (const file of ['src/proxy/calls.ts', 'src/simulation/calls.ts']) {
      expect(of(file).map(({ rule }) => rule)).toEqual(CALLS.map(([, rule]) => rule));
      expect(of(file).every(({ message }) => message.includes('injected'))).toBe(true);
    }
    expect(of('src/proxy/timers.ts').map(({ rule }) => rule)).toEqual(['no-restricted-syntax', 'no-restricted-syntax']);
    expect(of('src/proxy/floating.ts').map(({ rule }) => rule)).toEqual(['@typescript-eslint/no-floating-promises']);
    expect(of('examples/shop/main.ts')).toEqual([
      { file: 'examples/shop/main.ts', rule: 'no-restricted-imports', message: expect.stringContaining('by its name') },
    ]);
    expect(findings).toHaveLength(BREACHES.length + 2 * CALLS.length + 4);
  });
});
