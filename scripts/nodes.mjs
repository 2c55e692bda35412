/**
 * Runs the tests of what relies on Node's internals (sockets below streams, TLS, processes) on other versions of Node than the one at
 * hand: `npm run test:nodes [VERSION ...]`. The programs are npm packages, installed once into node_modules/.cdk8s-mesh/. No arguments:
 * all versions. `--path VERSION` installs one and prints where it is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

process.chdir(new URL('..', import.meta.url).pathname);

/** Of each line that is supported or comes next, one version; 24 is what the image ships. */
const VERSIONS = { 22: '22.23.5', 24: '24.22.3', 26: '26.12.1' };
const TESTS = [
  'test/proxy/net/direct-write', 'test/proxy/net/shared-read', 'test/proxy/runtime/compiler', 'test/proxy/serve/data-plane', 'test/proxy/serve/tunnel', 'test/proxy/serve/cancellation',
  'test/proxy/tls/', 'test/proxy/serve/edge/', 'test/integration/proxy-process', 'test/integration/workers',
];

const args = process.argv.slice(2);
if (args[0] === '--path') {
  console.log(install(args[1]));
} else {
  const wanted = args.length > 0 ? args : Object.keys(VERSIONS);
  const failed = wanted.filter((line) => !passes(line, install(line)));
  if (failed.length > 0) stop(`failed on Node ${failed.join(', ')}`);
}

/** The path of a Node program, installed if it is not there. */
function install(line) {
  const version = VERSIONS[line];
  if (version === undefined) stop(`'${line ?? ''}' is not among the versions: ${Object.keys(VERSIONS).join(', ')}`);
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) stop('other versions of Node come as npm packages for Linux on x64 and arm64 only');
  const folder = resolve('node_modules/.cdk8s-mesh/nodes', version);
  const name = `node-linux-${process.arch}`;
  const program = join(folder, 'node_modules', name, 'bin/node');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder, `${name}@${version}`], {
    encoding: 'utf8',
  });
  if (status !== 0) stop(`Node ${version} could not be installed: ${stderr.trim()}`);
  return program;
}

function passes(line, program) {
  console.log(`\nNode ${VERSIONS[line]}`);
  return spawnSync(program, ['node_modules/.bin/jest', '--ci', '--silent', ...TESTS], { stdio: 'inherit' }).status === 0;
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
