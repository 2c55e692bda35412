import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { main } from '../../../src/cli/main';

let root: string;
let said: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mesh-init-'));
  said = '';
  for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockImplementation((text) => { said += String(text); return true; });
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const init = (...args: string[]): Promise<number> => main(['init', ...args]);
const filesIn = (folder: string): string[] => readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const packageOf = (folder: string) => JSON.parse(read(folder, 'package.json')) as Record<'name' | 'version', string> & Record<'dependencies' | 'devDependencies', Record<string, string>>;

const FILES = [
  '.github/workflows/ci.yml', '.gitignore', 'README.md', 'cdk8s.yaml', 'jest-transform.js', 'jest.config.js', 'main.ts', 'package.json', 'services.test.ts',
  'services.ts', 'tsconfig.json',
];

test('writes an app into a new folder, and says what comes next', async () => {
  expect(await init(join(root, 'apps', 'shop'))).toBe(0);
  expect(filesIn(join(root, 'apps/shop'))).toEqual(FILES);
  expect(said).toContain("has the app 'shop': .github/workflows/ci.yml, ");
  expect(said).toMatch(/next:\n {2}cd .*shop\n {2}npm install\n {2}npm test\n {2}npm run synth\n {2}npm run up\n$/);
});

test('fills in the name everywhere, and versions of all packages', async () => {
  await init(join(root, 'shop'));
  const texts = FILES.map((file) => read('shop', file));
  expect(texts.filter((text) => /\{\{\w+\}\}/.test(text))).toEqual([]);
  expect(read('shop', 'services.ts')).toContain("namespace: 'shop'");
  const own = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8')) as Record<string, Record<string, string>> & { version: string };
  const { name, dependencies, devDependencies } = packageOf('shop');
  expect(name).toBe('shop');
  expect(dependencies).toEqual({ ...own['peerDependencies'], 'cdk8s-mesh': `^${own.version}` });
  for (const [each, version] of Object.entries(devDependencies)) expect(version).toMatch(new RegExp(`^[~^]${own['devDependencies']![each]}$`));
});

test('writes a workflow that is YAML and runs scripts that are there', async () => {
  await init(join(root, 'shop'));
  const { jobs } = parse(read('shop', '.github/workflows/ci.yml')) as { jobs: Record<string, { steps: { run?: string }[] }> };
  const scripts = (packageOf('shop') as unknown as { scripts: Record<string, string> }).scripts;
  const commands = jobs['test']!.steps.flatMap(({ run }) => run ?? []);
  expect(commands).toContain('npm ci');
  expect(commands.flatMap((command) => /^npm run (\S+)/.exec(command)?.[1] ?? []).filter((script) => !(script in scripts))).toEqual([]);
});

test.each([
  ['My Shop!', 'my-shop'],
  ['2nd_try', 'nd-try'],
  ['a'.repeat(80), 'a'.repeat(63)],
])("makes the name of an app in '%s' a DNS label: %s", async (folder, name) => {
  expect(await init(join(root, folder))).toBe(0);
  expect(packageOf(folder).name).toBe(name);
});

test('takes another name, and another cdk8s-mesh', async () => {
  expect(await init(join(root, 'shop'), '--name', 'store', '--package', 'file:../cdk8s-mesh-0.1.0.tgz')).toBe(0);
  expect(packageOf('shop')).toMatchObject({ name: 'store', dependencies: { 'cdk8s-mesh': 'file:../cdk8s-mesh-0.1.0.tgz' } });
});

test('writes beside files that are there already, also through a link to a folder', async () => {
  mkdirSync(join(root, 'real', '.github'), { recursive: true });
  writeFileSync(join(root, 'real', 'LICENSE'), 'mine');
  symlinkSync(join(root, 'real'), join(root, 'shop'));
  expect(await init(join(root, 'shop'))).toBe(0);
  expect(filesIn(join(root, 'real'))).toEqual([...FILES, 'LICENSE'].sort());
});

describe('writes nothing', () => {
  test('when it would replace files', async () => {
    mkdirSync(join(root, 'shop'));
    writeFileSync(join(root, 'shop', 'main.ts'), 'mine');
    symlinkSync('nowhere', join(root, 'shop', 'README.md'));
    expect(await init(join(root, 'shop'))).toBe(1);
    expect(said).toMatch(/has README\.md, main\.ts already, and init replaces no file; name a new folder, or move them away\n$/);
    expect(readdirSync(join(root, 'shop')).sort()).toEqual(['README.md', 'main.ts']);
    expect(read('shop', 'main.ts')).toBe('mine');
  });

  test.each(['shop', 'shop/.github'])('when a file is where a folder has to be: %s', async (path) => {
    if (path !== 'shop') mkdirSync(join(root, 'shop'));
    writeFileSync(join(root, path), 'mine');
    expect(await init(join(root, 'shop'))).toBe(1);
    expect(said).toContain(`${path} is a file, and the app needs a folder there`);
    expect(filesIn(root)).toEqual([path]);
  });

  test.each<[string, string[], string]>([
    ['two folders', ['one', 'two'], "init takes one folder, got 'one' and 'two'"],
    ['a name in capitals', ['shop', '--name', 'Shop'], "--name must be lower-case letters, digits and '-', begin with a letter, and have at most 63 of them, got 'Shop'"],
    ['a folder without a letter in its name', ['42'], "the folder's name '42' has no letter to make a name of; say one with --name NAME"],
    ['an empty package', ['shop', '--package', ''], '--package must be a version, a URL or a path'],
    ['a flag that is not there', ['shop', '--pakage', 'x'], "unknown flag '--pakage'. Did you mean '--package'?"],
  ])('given %s', async (_, [folder, ...rest], message) => {
    expect(await init(join(root, folder!), ...rest)).toBe(1);
    expect(said).toContain(message.replace("'one'", `'${join(root, 'one')}'`));
    expect(readdirSync(root)).toEqual([]);
  });
});
