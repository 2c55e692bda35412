/**
 * Builds everything into lib/:
 *   1. the JSON Schema of ProxyConfig from its types, and from that the proxy's validator (scripts/schema.mjs) and what the
 *      sources say of each setting (scripts/settings.mjs);
 *   2. the constructs, with jsii, which also writes .jsii;
 *   3. the proxy and the command, each bundled into one file that needs no node_modules;
 *   4. the live page, in one HTML file;
 *   5. `cdk8s-mesh/testing`, bundled as well, with the declarations of its public types.
 * With `--if-changed` it does nothing when no source changed since the last build, and leaves out jsii, which takes most of the time,
 * when none of those that it compiles did.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { generateSchema, generateValidator, SCHEMA_FILE, VALIDATOR_FILE } from './schema.mjs';
import { writeSettings } from './settings.mjs';

process.chdir(new URL('..', import.meta.url).pathname);

// Not in lib/, all of which is shipped.
const MARKER = 'node_modules/.cdk8s-mesh-built-from';
const RESULTS = ['lib/index.js', 'lib/bin/proxy.js', 'lib/bin/cdk8s-mesh.js', 'lib/bin/page.html', 'lib/testing/index.js', 'lib/testing/index.d.ts', '.jsii'];
const INPUTS = ['src', 'scripts', 'tsconfig.json', 'package.json', 'package-lock.json'];
/** What jsii compiles: the constructs, and what they import. */
const JSII_INPUTS = ['src/index.ts', 'src/constructs', 'src/contract', 'src/planning', 'src/routing', 'tsconfig.json', 'package.json', 'package-lock.json'];
const ifChanged = process.argv.includes('--if-changed') && RESULTS.every((file) => existsSync(file));
const [builtFrom, jsiiBuiltFrom] = ifChanged && existsSync(MARKER) ? readFileSync(MARKER, 'utf8').split('\n') : [];
if (builtFrom === fingerprintOf(INPUTS)) process.exit(0);

console.log('building cdk8s-mesh ...');

const schema = generateSchema();
writeIfChanged(SCHEMA_FILE, `${JSON.stringify(schema, null, 2)}\n`);
writeIfChanged(VALIDATOR_FILE, generateValidator(schema));
writeSettings(schema);
const fingerprint = fingerprintOf(INPUTS);
const jsiiFingerprint = fingerprintOf(JSII_INPUTS);
const keepsJsii = jsiiBuiltFrom === jsiiFingerprint;
if (keepsJsii) for (const folder of ['lib/bin', 'lib/testing']) rmSync(folder, { recursive: true, force: true });
else rmSync('lib', { recursive: true, force: true });

// Props such as `type` and `from` are reserved words elsewhere: docs/decisions/reserved-words.md.
if (!keepsJsii) run('jsii', ['--tsconfig', 'tsconfig.json', '--silence-warnings', 'reserved-word'], { JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' });

const version = JSON.parse(readFileSync('package.json', 'utf8')).version;
await build({
  entryPoints: { proxy: 'src/proxy/process/main.ts', 'cdk8s-mesh': 'src/cli/main.ts' },
  outdir: 'lib/bin',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  banner: { js: '#!/usr/bin/env node' },
  define: { MESH_VERSION: JSON.stringify(version) },
  legalComments: 'linked',
  logLevel: 'warning',
});
chmodSync('lib/bin/cdk8s-mesh.js', 0o755);
await buildPage();
await buildTesting();
writeFileSync(MARKER, [fingerprint, jsiiFingerprint].join('\n'));

/** The live page in one file, which asks for no other. */
async function buildPage() {
  const [script, style] = await Promise.all(['src/page/main.ts', 'src/page/page.css'].map(async (entry) => {
    const { outputFiles: [file] } = await build({
      entryPoints: [entry], bundle: true, write: false, minify: true, platform: 'browser', format: 'iife', target: 'es2022', legalComments: 'none', logLevel: 'warning',
    });
    return file.text.trim();
  }));
  // A function, since a text would have its dollar signs interpreted.
  writeFileSync('lib/bin/page.html', readFileSync('src/page/page.html', 'utf8').replace('/* page.css */', () => style).replace('/* main.ts */', () => script));
}

/** Its declarations are those of two files, which import nothing else. */
async function buildTesting() {
  await build({
    entryPoints: ['src/testing/index.ts'], outfile: 'lib/testing/index.js', bundle: true, platform: 'node', target: 'node20', format: 'cjs', logLevel: 'warning',
  });
  for (const name of ['api', 'index']) {
    const { outputText, diagnostics = [] } = ts.transpileDeclaration(readFileSync(`src/testing/${name}.ts`, 'utf8'), {
      fileName: `${name}.ts`, reportDiagnostics: true, compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
    });
    if (diagnostics.length > 0) throw new Error(ts.flattenDiagnosticMessageText(diagnostics[0].messageText, '\n'));
    writeFileSync(`lib/testing/${name}.d.ts`, outputText);
  }
}

function run(command, args, env = {}) {
  const { status } = spawnSync(join('node_modules/.bin', command), args, { stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) {
    console.error(`build stopped: ${command} failed`);
    process.exit(status ?? 1);
  }
}

function writeIfChanged(file, text) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}

/** A hash over the names and contents of files, of folders with all that is in them but what the build itself writes there. */
function fingerprintOf(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else if (!path.endsWith('.generated.js')) hash.update(path).update(readFileSync(path));
  };
  paths.forEach(visit);
  return hash.digest('hex');
}
