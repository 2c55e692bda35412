/**
 * The constructs in Python, as a project of Python gets them: a wheel, installed into a virtual environment with cdk8s from PyPI.
 * `npm run test:python` runs it; needs Python 3.10 or newer with venv, and PyPI.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { read } from '../docs/markdown';
import { generatePackage, run, versionOf, yamlOf, yamlOfTheReadme } from '../support/jsii-package';

const EXAMPLE = read('docs/python.md').blocks.find(({ language }) => language === 'python')!.text;

jest.setTimeout(120_000);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'python-'));
  // jsii unpacks itself here, and leaves some of it when it ends.
  mkdirSync(join(folder, 'tmp'));
  const sources = generatePackage('python', folder);
  run('python3', ['-m', 'venv', 'venv'], { cwd: folder });
  pip('wheel', '--no-deps', '--wheel-dir', folder, sources);
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'))!;
  const packages = ['cdk8s', 'cdk8s-plus-28', 'constructs'].map((name) => `${name}==${versionOf(name)}`);
  pip('install', wheel, ...packages, `jsii==${versionOf('jsii-pacmak')}`);
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the example is synthesized to the YAML of the README's example, byte by byte", () => {
  expect(synthesize(EXAMPLE)).toEqual(yamlOfTheReadme(folder));
});

test('an example that differs has another YAML', () => {
  expect(synthesize(EXAMPLE.replace('weight=10', 'weight=11'))).not.toEqual(yamlOfTheReadme(folder));
});

test('a mistake is told in the words of the constructs', () => {
  expect(() => synthesize(EXAMPLE.replace('weight=10', 'weight=101'))).toThrow("[shop/catalog] 'weight' is 101: together the added versions take more than 100");
});

test('a dict in a list keeps its names, which are not those of the constructs', () => {
  const withDict = EXAMPLE.replace('ContainerProps(image="ghcr.io/acme/web:9.0.1", port_number=3000)', '{"image": "ghcr.io/acme/web:9.0.1", "port_number": 3000}');
  expect(() => synthesize(withDict)).toThrow("[shop/web] 'containers[0].portNumber' is missing");
});

test('a name that is reserved in Python has an underscore behind it', () => {
  const gateway = 'Gateway(shop, "edge", proxy_protocol=ProxyProtocolOptions(from_=["10.0.0.0/8"])).route("*", web)';
  const program = EXAMPLE.replace('app.synth()', `from cdk8s_mesh import Gateway, ProxyProtocolOptions\n${gateway}\napp.synth()`);
  expect(synthesize(program)['shop.k8s.yaml']).toContain('10.0.0.0/8');
});

test('the command comes with the package', () => {
  let checked = '';
  yamlOf(folder, (outdir) => {
    python(EXAMPLE, outdir);
    checked = run(join(folder, 'venv/bin/cdk8s-mesh'), ['check', outdir], { cwd: folder, env: { TMPDIR: join(folder, 'tmp') } });
  });
  expect(checked).toMatch(/^nothing found \(3 workloads/);
});

function synthesize(program: string): Record<string, string> {
  return yamlOf(folder, (outdir) => python(program, outdir));
}

function python(program: string, outdir: string): void {
  writeFileSync(join(folder, 'main.py'), `${program}\n`);
  run(join(folder, 'venv/bin/python'), ['main.py'], { cwd: folder, env: { CDK8S_OUTDIR: outdir, TMPDIR: join(folder, 'tmp') } });
}

function pip(...args: string[]): void {
  run(join(folder, 'venv/bin/python'), ['-m', 'pip', '--quiet', '--disable-pip-version-check', ...args], { cwd: folder });
}
