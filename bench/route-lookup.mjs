/**
 * `npm run bench:routes`: what finding the route of a request costs. Tables of 1 to 5,000 routes of several kinds, per look-up, with the
 * path normalised before as the proxy does, and to build. Compiles `src/routing` by itself, needs no build.
 *
 * Results go to bench/results/routes.json and docs/route-benchmarks.md; `--page` writes the page again from the results.
 *
 * The claim it shows: a look-up among 1,000 routes takes at most 2 us, by whatever values or expressions routes are told apart.
 */
import { buildSync } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { machine, othersMeter, raisePriority } from './machine.mjs';
import { writeResult } from './page.mjs';
import { missedOf, writeRoutesPage } from './route-page.mjs';

if (process.argv[2] === '--page') {
  writeRoutesPage();
  process.exit();
}

const source = fileURLToPath(new URL('../src/routing/index.ts', import.meta.url));
const { outputFiles: [{ text }] } = buildSync({
  entryPoints: [source], bundle: true, write: false, format: 'cjs', platform: 'node', target: 'node20',
});
const bundle = { exports: {} };
new Function('module', 'exports', 'require', text)(bundle, bundle.exports, createRequire(import.meta.url));
const { equalsInAnyCase, PathNormalizer, RouteTable, testAnyCookie, testFirstParameter } = bundle.exports;

const ROUNDS = 15;
const LOOKUPS = 100_000;
const SIZES = [1, 10, 100, 1_000, 5_000];
const BAR_NS = 2_000;
const BAR_SIZE = 1_000;

const prefix = (value) => ({ type: 'prefix', value });
const exact = (value) => ({ type: 'exact', value });
const api = (index) => `/api/v${index % 3}/team-${index % 50}/resource-${index}`;

/** What tells the routes apart, the request that route number `index` is for, and whether the bar holds. */
const KINDS = [
  { name: 'exact paths', barred: true, match: (index) => ({ path: exact(api(index)) }), target: api },
  { name: 'prefixes', barred: true, match: (index) => ({ path: prefix(api(index)) }), target: (index) => `${api(index)}/items/42?page=1` },
  { name: 'prefixes, nothing found', barred: true, match: (index) => ({ path: prefix(api(index)) }), target: (index) => `${api(index)}x/items/42`, missing: true },
  { name: 'hosts', barred: true, match: (index) => ({ hosts: [`shop-${index}.example.com`], path: prefix('/api') }), target: () => '/api/items', host: (index) => `shop-${index}.example.com:80` },
  {
    name: 'hosts by wildcard', barred: true, match: (index) => ({ hosts: [`*.tenant-${index}.example.com`], path: prefix('/api') }), target: () => '/api/items',
    host: (index) => `eu.tenant-${index}.example.com`,
  },
  {
    name: 'a mixture', barred: true, target: (index) => `${api(index)}${index % 4 === 0 ? '' : '/items/42'}?page=1`, match: (index) => [
      { path: exact(api(index)) }, { path: prefix(api(index)), method: 'GET' }, { path: prefix(api(index)), headers: [{ name: 'x-beta', value: 'true' }] },
      { path: prefix(api(index)), hosts: ['*.example.com'], query: [{ name: 'page', value: '1' }] },
    ][index % 4],
  },
  { name: 'regular expressions', barred: true, match: (index) => ({ path: { type: 'regex', value: `/api/team-${index}/[0-9]+` } }), target: (index) => `/api/team-${index}/42` },
  { name: 'regular expressions that begin alike', barred: true, match: (index) => ({ path: { type: 'regex', value: `/api/[a-z]+-${index}/[0-9]+` } }), target: (index) => `/api/team-${index}/42` },
  { name: 'one path, header fields', barred: true, match: (index) => ({ path: prefix('/'), headers: [{ name: 'x-tenant', value: `t${index}` }] }), target: () => '/', tenant: (index) => `t${index}` },
  { name: 'one path, query parameters', barred: true, match: (index) => ({ path: prefix('/'), query: [{ name: 'tenant', value: `t${index}` }] }), target: (index) => `/?page=1&tenant=t${index}` },
  {
    name: 'one path, two header fields', barred: true, target: () => '/', tenant: (index) => `t${index}`,
    match: (index) => ({ path: prefix('/'), method: 'GET', headers: [{ name: 'x-beta', value: 'true' }, { name: 'x-tenant', value: `t${index}` }] }),
  },
  { name: 'one path, expressions of header fields', barred: true, match: (index) => ({ path: prefix('/'), headers: [{ name: 'x-tenant', regex: `[st]${index}` }] }), target: () => '/', tenant: (index) => `t${index}` },
];

const FIELDS = ['user-agent: Mozilla/5.0', 'accept: application/json', 'accept-encoding: gzip', 'x-request-id: 0123456789abcdef', 'cookie: session=1; theme=dark', 'x-beta: true'];

/** A request as the proxy has it: one buffer with the head, and where its parts are. */
class BufferRequest {
  constructor(target, host, tenant) {
    const lines = [`host: ${host}`, ...FIELDS, `x-tenant: ${tenant}`];
    this.bytes = Buffer.from(`GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    this.method = { bytes: this.bytes, start: 0, end: 3 };
    this.targetStart = 4;
    this.targetEnd = 4 + target.length;
    this.path = { bytes: this.bytes, start: 0, end: 0 };
    this.offsets = [];
    let at = this.targetEnd + ' HTTP/1.1\r\n'.length;
    for (const line of lines) {
      const colon = line.indexOf(':');
      this.offsets.push(at, at + colon, at + colon + 2, at + line.length);
      at += line.length + 2;
    }
    this.host = { bytes: this.bytes, start: this.offsets[2], end: this.offsets[3] };
    this.queryStart = 0;
  }

  /** @param {InstanceType<typeof PathNormalizer>} normalizer */
  read(normalizer) {
    if (normalizer.normalize(this.bytes, this.targetStart, this.targetEnd)) throw new Error('refused');
    this.path = normalizer.path;
    this.queryStart = Math.min(normalizer.queryStart + 1, this.targetEnd);
  }

  anyHeader(name, test) {
    const { bytes, offsets } = this;
    for (let at = 0; at < offsets.length; at += 4) {
      if (equalsInAnyCase(bytes, offsets[at], offsets[at + 1], name) && test.test(bytes, offsets[at + 2], offsets[at + 3])) return true;
    }
    return false;
  }

  firstQuery(name, test) {
    return testFirstParameter(this.bytes, this.queryStart, this.targetEnd, name, test);
  }

  anyCookie(name, test) {
    return testAnyCookie(this.bytes, this.offsets[20], this.offsets[23], name, test);
  }
}

/** Of the processor's time, not the wall's: the machine may be busy. */
function nanosecondsPer(count, run) {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = process.cpuUsage();
    run(count);
    const { user, system } = process.cpuUsage(begin);
    best = Math.min(best, ((user + system) * 1_000) / count);
  }
  return best;
}

function measureKind({ name, barred, match, target, host = (_) => 'eu.example.com', tenant = (_) => 'none', missing = false }) {
  return SIZES.map((routes) => {
    const declared = Array.from({ length: routes }, (_, index) => ({ matches: [match(index)] }));
    const table = RouteTable.of(declared);
    if (!(table instanceof RouteTable)) throw new Error(JSON.stringify(table[0]));
    const normalizer = new PathNormalizer();
    const requests = Array.from({ length: 1_024 }, (_, turn) => {
      const index = (turn * 7_919) % routes;
      const request = new BufferRequest(target(index), host(index), tenant(index));
      request.read(normalizer);
      const found = table.lookup(request)?.route;
      if (found !== (missing ? undefined : index)) throw new Error(`${name}: route ${found} instead of ${index} of ${routes}`);
      return request;
    });
    let kept;
    const lookups = barred || routes <= 100 ? LOOKUPS : LOOKUPS / 50;
    const lookupNs = nanosecondsPer(lookups, (turns) => {
      for (let turn = 0; turn < turns; turn++) {
        const request = requests[turn & 1_023];
        request.read(normalizer);
        kept = table.lookup(request);
      }
    });
    const buildUs = nanosecondsPer(2, (turns) => { for (let turn = 0; turn < turns; turn++) kept = RouteTable.of(declared); }) / 1_000;
    if (!kept) throw new Error('nothing was built');
    return { kind: name, routes, lookupNs, buildUs, barNs: barred && routes === BAR_SIZE ? BAR_NS : undefined };
  });
}

if (process.argv[2] === '--kind') {
  console.log(JSON.stringify(measureKind(KINDS[Number(process.argv[3])])));
  process.exit();
}
const restorePriority = raisePriority();
const meter = othersMeter();
const lookups = KINDS.flatMap((_, index) => {
  const { status, stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--kind', String(index)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`measuring ${KINDS[index].name} failed`);
  return JSON.parse(stdout);
});
const result = { measured: new Date().toISOString().slice(0, 10), lookups, machine: { ...machine(), ...meter.read() } };
restorePriority();
console.table(lookups.map(({ lookupNs, buildUs, ...rest }) => ({ ...rest, lookupNs: Math.round(lookupNs), buildUs: Math.round(buildUs) })));
writeResult('routes', result, { keep: true });
writeRoutesPage();
const missed = missedOf(result);
for (const what of missed) console.error(`missed: ${what}`);
console.log(missed.length === 0 ? 'every bar is met' : '');
process.exitCode = missed.length > 0 ? 1 : 0;
