/**
 * The package as its users get it: what `npm pack` ships, and a project in a folder of its own that installs the tarball,
 * synthesizes with it and runs the command. Nothing of this repository but the tarball is in reach of that project.
 */
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const REPOSITORY = resolve(__dirname, '../..');
const manifest = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
  version: string;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
};

const APP = `
import { App, Chart } from 'cdk8s';
import { LoadBalancing, MeshService, Scaling } from 'cdk8s-mesh';

const app = new App();
const chart = new Chart(app, 'shop', { namespace: 'shop' });
const catalog = new MeshService(chart, 'catalog', {
  containers: [{ image: 'ghcr.io/acme/catalog:1.8.2', portNumber: 8080 }],
  loadBalancing: LoadBalancing.leastRequest(),
  scaling: Scaling.between(3, 30, { cpuPercent: 60 }),
});
const web = new MeshService(chart, 'web', { containers: [{ image: 'ghcr.io/acme/web:9.0.1', portNumber: 3000 }] });
web.calls(catalog);
app.synth();
`;

let folder: string;
let project: string;
let tarball: string;
let shipped: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-package-'));
  // Nothing happens here when the sources are those of the last build.
  execFileSync(process.execPath, ['scripts/build.mjs', '--if-changed'], { cwd: REPOSITORY, stdio: 'pipe' });
  const [packed] = JSON.parse(npm(REPOSITORY, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder)) as [
    { filename: string; files: { path: string }[] },
  ];
  tarball = join(folder, packed.filename);
  shipped = packed.files.map(({ path }) => path).sort();

  project = join(folder, 'project');
  mkdirSync(project);
  const dev = (name: string): string => `${name}@${manifest.devDependencies[name]}`;
  write('package.json', JSON.stringify({ name: 'consumer', version: '1.0.0', private: true }));
  write('cdk8s.yaml', 'language: typescript\napp: npx ts-node main.ts\noutput: dist\n');
  write('tsconfig.json', JSON.stringify({ compilerOptions: { target: 'ES2022', module: 'commonjs', strict: true } }));
  write('main.ts', APP);
  npm(
    project, 'install', '--prefer-offline', '--no-audit', '--no-fund', tarball,
    ...Object.keys(manifest.peerDependencies).map(dev), dev('cdk8s-cli'), dev('ts-node'), dev('typescript'), dev('@types/node'),
  );
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  writeFileSync(join(project, name), text);
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
}

/** Of the user's environment without what the npm that runs this test says about its own project. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_(cache|registry))|INIT_CWD$|NODE_)/.test(name)));
}

function npx(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile('npx', args, { cwd: project, encoding: 'utf8', env: environment() }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

describe('the tarball', () => {
  test('ships the compiled library, its documents, the schema, the files of a new app and the Dockerfile, and nothing else', () => {
    const fixed = ['.jsii', 'API.md', 'CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'image/Dockerfile', 'image/redirect.c', 'image/supervisor.c', 'package.json', 'schema/proxy-config.v1.json'];
    const compiled = ['index', ...['constructs', 'contract', 'planning', 'routing'].flatMap(modulesOf)].flatMap((module) => [`lib/${module}.d.ts`, `lib/${module}.js`]);
    const dashboards = readdirSync(join(REPOSITORY, 'dashboards')).map((file) => `dashboards/${file}`);
    const templates = filesIn('templates');
    const documents = filesIn('docs');
    const bundles = ['lib/bin/cdk8s-mesh.js', 'lib/bin/proxy.js', 'lib/bin/page.html', 'lib/testing/index.js', 'lib/testing/index.d.ts', 'lib/testing/api.d.ts'];
    const optional = new Set(bundles.map((bundle) => `${bundle}.LEGAL.txt`));
    const known = [...fixed, ...compiled, ...bundles, ...dashboards, ...documents, ...templates];
    const unexpected = shipped.filter((file) => !known.includes(file) && !optional.has(file));
    expect(unexpected).toEqual([]);
    const needed = [...fixed, ...bundles, ...dashboards, ...documents, ...templates, 'lib/index.js', 'lib/index.d.ts'];
    const missing = needed.filter((file) => !optional.has(file) && !shipped.includes(file));
    expect(missing).toEqual([]);
  });

  test('brings no package along', () => {
    const installed = JSON.parse(readFileSync(join(project, 'node_modules/cdk8s-mesh/package.json'), 'utf8')) as Record<string, unknown>;
    expect(installed['dependencies']).toBeUndefined();
    expect(readdirSync(join(project, 'node_modules/cdk8s-mesh'))).not.toContain('node_modules');
  });

  test('has bundles that load nothing but node\'s own modules', () => {
    for (const bundle of ['bin/proxy', 'bin/cdk8s-mesh', 'testing/index']) {
      const text = readFileSync(join(project, `node_modules/cdk8s-mesh/lib/${bundle}.js`), 'utf8');
      // Behind a quote it is text: ajv's runtime carries the source of its own import.
      const loaded = [...text.matchAll(/(?<!['"`])\brequire\("([^"]+)"\)/g)].map(([, name]) => name!);
      expect(loaded.length).toBeGreaterThan(0);
      expect(loaded.filter((name) => !isBuiltin(name))).toEqual([]);
    }
  });
});

describe('a project that installs it', () => {
  test('synthesizes a mesh with cdk8s synth, type-checked by ts-node', async () => {
    const { code, stdout, stderr } = await npx('cdk8s', 'synth', '--check-upgrade=false');
    expect({ code, text: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, text: '' });
    const yaml = readFileSync(join(project, 'dist/shop.k8s.yaml'), 'utf8');
    for (const kind of ['Deployment', 'Service', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', 'ServiceAccount', 'Role', 'RoleBinding', 'ConfigMap']) {
      expect(yaml).toMatch(new RegExp(`^kind: ${kind}$`, 'm'));
    }
    expect(yaml).toContain(`ghcr.io/cdk8s-mesh/proxy:${manifest.version}`);
  }, 120_000);

  test('whose library brings a second copy of it synthesizes with both', () => {
    const own = join(project, 'node_modules/cdk8s-mesh');
    const copy = join(project, 'node_modules/platform/node_modules/cdk8s-mesh');
    cpSync(own, copy, { recursive: true });
    const script = `
      const { App, Chart } = require('cdk8s');
      const [one, two] = [require(${JSON.stringify(own)}), require(${JSON.stringify(copy)})];
      if (one.Mesh === two.Mesh) throw new Error('one copy');
      const chart = new Chart(new App(), 'shop', { namespace: 'shop' });
      new two.Mesh(chart, 'mesh', { proxyImage: two.ProxyImage.of('registry.example.com/proxy:7') });
      const catalog = new two.MeshService(chart, 'catalog', { containers: [{ image: 'catalog:1', portNumber: 8080 }], retry: one.Retry.none() });
      new one.MeshService(chart, 'web', { containers: [{ image: 'web:1', portNumber: 8080 }] }).calls(catalog, { loadBalancing: two.LoadBalancing.random() });
      console.log(chart.node.root.synthYaml());
    `;
    const yaml = execFileSync(process.execPath, ['-e', script], { cwd: project, encoding: 'utf8', env: environment() });
    expect(yaml.match(/image: registry\.example\.com\/proxy:7/g)).toHaveLength(2);
    expect(yaml).toContain('"type": "random"');
    rmSync(join(project, 'node_modules/platform'), { recursive: true });
  });

  test.each(['node10', 'nodenext'])('tests its stack, with types, by module resolution %s', (moduleResolution) => {
    write('stack.ts', `
      import { App, Chart, Testing } from 'cdk8s';
      import { MeshService } from 'cdk8s-mesh';
      import { meshOf, MeshUnderTest } from 'cdk8s-mesh/testing';
      const chart = new Chart(new App(), 'shop', { namespace: 'shop' });
      const containers = [{ image: 'app:1', portNumber: 8080 }];
      const web = new MeshService(chart, 'web', { containers });
      web.calls(new MeshService(chart, 'catalog', { containers }));
      const mesh: MeshUnderTest = meshOf(Testing.synth(chart));
      mesh.expectRequest(web, 'GET http://catalog/').toReach('catalog', 'v1');
      try { mesh.expectRequest('web', 'http://catalog/').toReach('cart'); } catch (error) { console.log((error as Error).message.split(',')[0]); }
    `);
    const module = moduleResolution === 'node10' ? 'commonjs' : 'nodenext';
    execFileSync('npx', ['tsc', '--strict', '--target', 'es2022', '--module', module, '--moduleResolution', moduleResolution, 'stack.ts'],
      { cwd: project, encoding: 'utf8', env: environment() });
    expect(execFileSync(process.execPath, ['stack.js'], { cwd: project, encoding: 'utf8', env: environment() }))
      .toBe('expected GET http://catalog/ from web to reach cart\n');
  }, 60_000);

  test('writes a new app', async () => {
    const { code } = await npx('--no-install', 'cdk8s-mesh', 'init', 'new-app');
    expect(code).toBe(0);
    expect(readdirSync(join(project, 'new-app'))).toEqual(expect.arrayContaining(['.github', '.gitignore', 'main.ts', 'package.json']));
  }, 60_000);

  test('runs the command', async () => {
    const { code, stdout } = await npx('--no-install', 'cdk8s-mesh', '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +up\b/m);
  }, 60_000);

  test('can read the schema and the manifest, and reaches no inner module', async () => {
    const script = `
      for (const name of ['cdk8s-mesh', 'cdk8s-mesh/package.json', 'cdk8s-mesh/schema/proxy-config.v1.json']) require.resolve(name);
      try { require.resolve('cdk8s-mesh/lib/contract'); } catch (error) { console.log(error.code); }
    `;
    const output = execFileSync(process.execPath, ['-e', script], { cwd: project, encoding: 'utf8', env: environment() });
    expect(output.trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

/** Paths of all files in a folder of this repository. */
function filesIn(name: string): string[] {
  return readdirSync(join(REPOSITORY, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(REPOSITORY.length + 1));
}

/** Modules of a part of src/, as paths without their ending. */
function modulesOf(part: string): string[] {
  return readdirSync(join(REPOSITORY, 'src', part), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(part, file.slice(0, -'.ts'.length)));
}
