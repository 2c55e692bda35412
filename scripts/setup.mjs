/**
 * Installs what is missing, so that a fresh clone needs nothing by hand: `npm ci` unless node_modules already holds
 * what package-lock.json names. Only node's own modules are used here, for none of ours are there yet.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

process.chdir(new URL('..', import.meta.url).pathname);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 16)) {
  console.error(`cdk8s-mesh needs Node 20.16 or newer to build; this is ${process.version}. Install a newer Node and try again.`);
  process.exit(1);
}

const marker = 'node_modules/.cdk8s-mesh-installed';
const wanted = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
const present = existsSync(marker) ? readFileSync(marker, 'utf8') : '';
if (present !== wanted) {
  console.log('installing development dependencies (npm ci) ...');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: 'inherit' });
  if (status !== 0) {
    console.error('npm ci failed: its message above says why. The npm registry must be reachable once.');
    process.exit(status ?? 1);
  }
  writeFileSync(marker, wanted);
}
