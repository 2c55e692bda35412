/**
 * The worked example of docs/add-an-algorithm.md, written into three files of a copy of the sources and nowhere else: the generators do the
 * rest, all of it compiles, the registry makes its picker, and a stack has it in its document.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const [contract, algorithm, factory] = [...readFileSync(join(ROOT, 'docs/add-an-algorithm.md'), 'utf8').matchAll(/^```\n([^]*?)^```$/gm)].map(([, code]) => code!);

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'cdk8s-mesh-algorithm-'));
  for (const path of ['src', 'tsconfig.json', 'tsconfig.proxy.json', 'package.json']) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Puts a text into a file, before a line that must be there. */
function write(file: string, text: string, before?: string): void {
  const path = join(copy, file);
  if (before === undefined) {
    writeFileSync(path, text);
    return;
  }
  const old = readFileSync(path, 'utf8');
  if (old.split(before).length !== 2) throw new Error(`${file} doesn't have "${before}" once`);
  writeFileSync(path, old.replace(before, () => `${text}${before}`));
}

function run(script: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: copy, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

test('GIVEN an algorithm in three files THEN the rest is generated, and it runs', () => {
  write('src/contract/load-balancing-config.ts', '  | LeastUtilizedConfig\n', '  | AdaptiveConfig;\n');
  write('src/contract/load-balancing-config.ts', `${contract}\n`, '/** Each endpoint in turn; weights are not looked at. */\n');
  write('src/balancing/policies/least-utilized.ts', algorithm!);
  write('src/constructs/policies/load-balancing.ts', `${factory!.replace(/^/gm, '  ').trimEnd()}\n\n`, '  private constructor(private readonly balancing: Balancing) {}\n');

  run(`
    import { writeFileSync } from 'node:fs';
    import { generateSchema, generateValidator, VALIDATOR_FILE } from ${JSON.stringify(join(ROOT, 'scripts/schema.mjs'))};
    import { writeSettings } from ${JSON.stringify(join(ROOT, 'scripts/settings.mjs'))};
    const schema = generateSchema();
    writeFileSync(VALIDATOR_FILE, generateValidator(schema));
    writeSettings(schema);`);
  for (const project of ['tsconfig.json', 'tsconfig.proxy.json']) {
    const { status, stdout } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project, '--noEmit'], { cwd: copy, encoding: 'utf8' });
    expect({ project, status, stdout }).toEqual({ project, status: 0, stdout: '' });
  }

  const answer = run(`
    import { buildSync } from 'esbuild';
    import { createRequire } from 'node:module';
    const parts = ['balancing', 'constructs/policies/load-balancing', 'proxy/config/decode'];
    const stdin = { contents: parts.map((file) => \`export * from './src/\${file}';\`).join('\\n'), resolveDir: process.cwd(), loader: 'ts' };
    buildSync({ stdin, bundle: true, outfile: 'lib/bundle.cjs', format: 'cjs', platform: 'node', target: 'node20', packages: 'external' });
    const { createPicker, decodeConfig, LoadBalancing, POLICIES } = createRequire(process.cwd() + '/')('./lib/bundle.cjs');
    const endpoint = (key, utilization) => ({ key, weight: 1, stats: { reported: { utilization } } });
    const endpoints = [endpoint('busy', 0.9), endpoint('idle', 0.1), endpoint('middling', 0.5)];
    const { loadBalancing } = LoadBalancing.leastUtilized()._toClusterConfig(false);
    const decoded = decodeConfig(JSON.stringify({
      version: 'v1', node: { service: 'web', namespace: 'shop', version: 'v1' }, listeners: [],
      clusters: [{ name: 'catalog', discovery: { type: 'static', endpoints: [] }, loadBalancing }],
    }));
    const picker = createPicker(endpoints, loadBalancing, { now: () => 0, random: () => 0 });
    console.log(JSON.stringify({ known: POLICIES.includes('leastUtilized'), loadBalancing, decoded: decoded.ok, picked: picker.pick().key }));`);
  expect(JSON.parse(answer)).toEqual({ known: true, loadBalancing: { type: 'leastUtilized' }, decoded: true, picked: 'idle' });
}, 120_000);
