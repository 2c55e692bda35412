/**
 * The constructs in Go, as a project of Go gets them: a module, compiled into a program. `npm run test:go` runs it; needs Go 1.25 or newer and
 * the Go module proxy. The modules of cdk8s, cdk8s-plus and constructs are made of the packages in node_modules, as their authors make them: so their
 * versions are those that the README's example is synthesized with, while Go would take newer ones of what it finds.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { read } from '../docs/markdown';
import { generatePackage, run, versionOf, yamlOf, yamlOfTheReadme } from '../support/jsii-package';

const EXAMPLE = read('docs/go.md').blocks.find(({ language }) => language === 'go')!.text;

/** Modules that are made here, by the folders that jsii gives them. */
const MODULES = {
  'github.com/cdk8s-mesh/cdk8s-mesh-go/cdk8smesh': 'cdk8smesh',
  'github.com/cdk8s-team/cdk8s-plus-go/cdk8splus28/v2': 'cdk8splus28',
  'github.com/cdk8s-team/cdk8s-core-go/cdk8s/v2': 'cdk8s',
  'github.com/aws/constructs-go/constructs/v10': 'constructs',
} as const;

const MODULE_FILE = `module example

go 1.25

require (
\tgithub.com/aws/jsii-runtime-go v${versionOf('jsii-pacmak')}
${Object.keys(MODULES).map((module) => `\t${module} ${versionLike(module)}`).join('\n')}
)

${Object.entries(MODULES).map(([module, folder]) => `replace ${module} => ./go/${folder}`).join('\n')}
`;

jest.setTimeout(300_000);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'go-'));
  // jsii unpacks itself here, and leaves some of it when it ends.
  mkdirSync(join(folder, 'tmp'));
  for (const dependency of ['constructs', 'cdk8s', 'cdk8s-plus-28']) generatePackage('go', folder, dependency);
  generatePackage('go', folder);
  writeFileSync(join(folder, 'go.mod'), MODULE_FILE);
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the example is synthesized to the YAML of the README's example, byte by byte", () => {
  expect(synthesize(EXAMPLE)).toEqual(yamlOfTheReadme(folder));
});

test('an example that differs has another YAML', () => {
  expect(synthesize(EXAMPLE.replace('jsii.Number(10)', 'jsii.Number(11)'))).not.toEqual(yamlOfTheReadme(folder));
});

test('a mistake is told in the words of the constructs', () => {
  expect(() => synthesize(EXAMPLE.replace('jsii.Number(10)', 'jsii.Number(101)'))).toThrow("[shop/catalog] 'weight' is 101: together the added versions take more than 100");
});

test('the example is formatted as Go is', () => {
  writeFileSync(join(folder, 'main.go'), `${EXAMPLE}\n`);
  expect(run('gofmt', ['-l', 'main.go'], { cwd: folder })).toBe('');
});

function synthesize(program: string): Record<string, string> {
  return yamlOf(folder, (outdir) => {
    writeFileSync(join(folder, 'main.go'), `${program}\n`);
    run('go', ['build', '-mod=mod', '-o', 'example', '.'], { cwd: folder });
    run(join(folder, 'example'), [], { cwd: folder, env: { CDK8S_OUTDIR: outdir, TMPDIR: join(folder, 'tmp') } });
    expect(readdirSync(outdir)).not.toEqual([]);
  });
}

/** Any version of the major version that a module's path ends in. */
function versionLike(module: string): string {
  const [, major = '0'] = /\/v(\d+)$/.exec(module) ?? [];
  return `v${major}.0.0`;
}
