/**
 * Who may import whom in src/, as rules of dependency-cruiser. A part is a folder of src/, or src/index.ts; a room is a folder of
 * a part. Every breach is printed with the reason that stands here.
 *
 *   - `parts`:     the other parts that it may import; with `typesOnly`, nothing of them may be left at run time.
 *   - `npm`:       packages that it may import, with all their subpaths.
 *   - `node`:      whether it may import node's own modules.
 */
const BUNDLED = 'the proxy ships as one file without node_modules';

/** @type {Record<string, { parts: string[], typesOnly?: boolean, npm: string[], node: boolean, why: string }>} */
const PARTS = {
  'index.ts': {
    parts: ['constructs'],
    npm: [],
    node: false,
    why: 'the public API is the constructs; jsii judges what is exported here',
  },
  contract: {
    parts: [],
    npm: [],
    node: false,
    why: 'the contract is what all parts share, so it depends on none of them',
  },
  planning: {
    parts: [],
    npm: [],
    node: false,
    why: 'planning is arithmetic alone, used at synth and by the command',
  },
  routing: {
    parts: ['contract'],
    typesOnly: true,
    npm: [],
    node: false,
    why: 'the proxy, the command and the constructs route by the same code, so it knows nothing but the types of matches',
  },
  authorization: {
    parts: ['contract', 'routing'],
    npm: [],
    node: false,
    why: 'the proxy, the command and the constructs decide by the same rules, and match as routing does',
  },
  balancing: {
    parts: ['contract'],
    typesOnly: true,
    npm: [],
    node: false,
    why: 'the proxy, the simulator and the planner run these algorithms, so they know nothing but the types of their configuration',
  },
  simulation: {
    parts: ['balancing', 'contract'],
    npm: [],
    node: false,
    why: 'a simulation repeats exactly, so it has no way to reach a network or a disk',
  },
  constructs: {
    parts: ['contract', 'planning', 'routing'],
    npm: ['cdk8s', 'cdk8s-plus-28', 'constructs'],
    node: true,
    why: 'constructs and proxy meet in the contract only; a jsii library has no other dependency than its peers',
  },
  proxy: {
    parts: ['contract', 'authorization', 'balancing', 'routing'],
    npm: [],
    node: true,
    why: `constructs and proxy meet in the contract only; ${BUNDLED}, so what it runs is node's or ours`,
  },
  authority: {
    parts: [],
    npm: [],
    node: true,
    why: 'who makes certificates shares nothing with who checks them, or both could have one fault',
  },
  cli: {
    parts: ['authority', 'contract', 'authorization', 'planning', 'balancing', 'routing', 'simulation', 'proxy'],
    npm: ['yaml', 'selfsigned'],
    node: true,
    why: 'the command works on synthesized YAML, so it needs no construct, and it is bundled into one file',
  },
  page: {
    parts: ['cli'],
    typesOnly: true,
    npm: [],
    node: false,
    why: 'the live page runs in a browser, and knows of the command nothing but the form of what it sends',
  },
  testing: {
    parts: ['cli'],
    npm: ['yaml'],
    node: true,
    why: 'tests of a stack ask what the command `explain` says, and it is bundled into one file',
  },
};

/** The rooms of a part, each with the other rooms that it may import. Files of the part itself may import all of them, and no room them. */
const ROOMS = /** @type {Record<string, Record<string, string[]>>} */ ({
  balancing: {
    tables: [],
    retries: ['endpoints', 'outliers'],
    endpoints: [],
    outliers: ['endpoints'],
    policies: ['endpoints', 'tables'],
    stages: ['endpoints', 'tables'],
    selection: ['endpoints', 'outliers', 'policies', 'stages', 'tables'],
  },
  routing: {
    bytes: [],
    path: ['bytes'],
    regex: ['bytes'],
    request: ['bytes', 'path'],
    table: ['bytes', 'path', 'regex', 'request'],
    analysis: ['bytes', 'path', 'regex', 'request', 'table'],
  },
  constructs: {
    synthesis: [],
    props: [],
    kubernetes: ['props', 'synthesis'],
    policies: ['kubernetes', 'props', 'synthesis'],
    monitoring: ['kubernetes', 'props', 'synthesis'],
    routes: ['policies', 'props', 'synthesis'],
    capacity: ['kubernetes', 'policies', 'props', 'synthesis'],
    identity: ['kubernetes', 'props', 'routes', 'synthesis'],
    network: ['props', 'synthesis'],
    destinations: ['identity', 'network', 'policies', 'props', 'routes', 'synthesis'],
    mesh: ['capacity', 'destinations', 'identity', 'kubernetes', 'monitoring', 'network', 'policies', 'props', 'routes', 'synthesis'],
    inbound: ['destinations', 'identity', 'kubernetes', 'mesh', 'policies', 'props', 'routes', 'synthesis'],
    calls: ['destinations', 'identity', 'inbound', 'kubernetes', 'mesh', 'network', 'policies', 'props', 'routes', 'synthesis'],
    checks: ['destinations', 'kubernetes', 'mesh', 'props', 'synthesis'],
    sidecar: ['calls', 'checks', 'destinations', 'identity', 'inbound', 'kubernetes', 'mesh', 'network', 'policies', 'props', 'routes', 'synthesis'],
    gateway: ['calls', 'checks', 'destinations', 'identity', 'inbound', 'kubernetes', 'mesh', 'monitoring', 'network', 'policies', 'props', 'routes', 'sidecar', 'synthesis'],
    'gateway-api': ['calls', 'destinations', 'gateway', 'props', 'routes', 'synthesis'],
    service: ['calls', 'capacity', 'destinations', 'identity', 'inbound', 'kubernetes', 'mesh', 'monitoring', 'policies', 'props', 'routes', 'sidecar', 'synthesis'],
  },
  cli: {
    'command-line': [],
    authority: ['command-line'],
    init: ['command-line'],
    terminal: ['command-line'],
    model: ['command-line'],
    'stand-in': ['command-line'],
    check: ['command-line', 'model', 'terminal'],
    simulate: ['command-line', 'model', 'stand-in', 'terminal'],
    page: ['command-line', 'live'],
    cluster: ['command-line', 'live'],
    prometheus: ['command-line', 'live', 'terminal'],
    watch: ['cluster', 'command-line', 'live', 'page', 'prometheus'],
    'run-report': ['command-line', 'live', 'terminal'],
    up: ['command-line', 'live', 'model', 'page', 'run-report', 'stand-in', 'terminal'],
    words: [],
    live: ['command-line', 'words'],
    observe: ['cluster', 'command-line', 'live', 'prometheus', 'terminal', 'up'],
    stack: ['check', 'command-line', 'model'],
    explain: ['command-line', 'model', 'stack', 'terminal', 'words'],
    plan: ['command-line', 'model', 'stack', 'terminal'],
    diff: ['command-line', 'explain', 'model', 'stack', 'terminal', 'words'],
  },
  proxy: {
    runtime: [],
    config: [],
    discovery: ['runtime'],
    telemetry: ['config', 'discovery', 'runtime'],
    http1: ['runtime', 'telemetry'],
    protobuf: [],
    'load-reports': ['http1', 'protobuf'],
    tracing: ['http1', 'runtime', 'telemetry'],
    tls: ['runtime', 'telemetry'],
    net: ['runtime', 'tls'],
    http2: ['http1', 'net', 'runtime'],
    grpc: ['http1'],
    sockets: ['discovery', 'runtime', 'telemetry'],
    cluster: ['discovery', 'grpc', 'http1', 'http2', 'load-reports', 'net', 'runtime', 'telemetry', 'tls'],
    jwt: ['http1', 'runtime', 'session', 'telemetry'],
    session: ['cluster', 'http1', 'runtime', 'telemetry'],
    hosts: ['config', 'discovery', 'runtime', 'telemetry'],
    serve: ['cluster', 'grpc', 'http1', 'http2', 'jwt', 'load-reports', 'net', 'runtime', 'session', 'telemetry', 'tls', 'tracing'],
    termination: ['cluster', 'runtime', 'serve', 'telemetry'],
    'workload-api': ['discovery', 'grpc', 'http2', 'protobuf', 'runtime', 'telemetry', 'tls'],
    process: [
      'cluster', 'config', 'discovery', 'hosts', 'jwt', 'net', 'runtime', 'serve', 'session', 'sockets', 'telemetry', 'termination', 'tls', 'tracing',
      'workload-api',
    ],
  },
});

/** Files that may import more packages than their part. */
const GENERATED_VALIDATOR = { file: 'src/proxy/config/validator.generated.js', npm: ['ajv'] };

/** The only file that may name this package, so that a change of the Kubernetes version touches one line. */
const KPLUS = { name: 'cdk8s-plus-28', file: 'src/constructs/kubernetes/kplus.ts' };

/** @typedef {import('dependency-cruiser').IForbiddenRuleType} Rule */

/** @param {string[]} names */
const anyOf = (names) => `(${names.map((name) => name.replace(/\./g, '\\.')).join('|')})`;

/** @param {string} part */
const pathOf = (part) => `^src/${part.includes('.') ? `${part.replace('.', '\\.')}$` : `${part}/`}`;

/** @param {string[]} names */
const packages = (names) => (names.length === 0 ? [] : [`node_modules/(@types/)?${anyOf(names)}/`]);

/**
 * @param {string} name
 * @param {string} comment
 * @param {Rule['from']} from
 * @param {import('dependency-cruiser').IRegularForbiddenRuleType['to']} to
 * @returns {Rule}
 */
const error = (name, comment, from, to) => /** @type {Rule} */ ({ name, comment, severity: 'error', from, to });

const KNOWN = Object.keys(PARTS).map(pathOf);
/** @type {import('dependency-cruiser').DependencyType[]} */
const NPM = ['npm', 'npm-dev', 'npm-peer', 'npm-optional', 'npm-no-pkg', 'npm-unknown', 'npm-bundled'];

/** @param {[string, typeof PARTS[string]]} entry */
function rulesOfPart([part, { parts, typesOnly, npm, node, why }]) {
  const path = pathOf(part);
  /** @param {string[]} names */
  const only = (names) => (names.length === 0 ? 'nothing' : names.map((name) => `src/${name}`).join(', '));
  const pathNot = part === 'proxy' ? [GENERATED_VALIDATOR.file] : [];
  return [
    error(`${part}-parts`, `src/${part} may import ${only(parts)} only: ${why}`, { path }, { path: '^src/', pathNot: [path, ...parts.map(pathOf)] }),
    error(`${part}-packages`, `src/${part} may import the packages [${npm}] only: ${why}`, { path, pathNot }, { dependencyTypes: NPM, pathNot: packages(npm) }),
    ...(node ? [] : [error(`${part}-node`, `src/${part} may not import node's modules: ${why}`, { path }, { dependencyTypes: ['core'] })]),
    ...(typesOnly ? [error(
      `${part}-types`, `src/${part} may import types of ${only(parts)} only ('import type'): ${why}`,
      { path }, { path: parts.map(pathOf), dependencyTypesNot: ['type-only'] },
    )] : []),
  ];
}

/** @param {[string, typeof ROOMS[string]]} entry */
function rulesOfRooms([part, rooms]) {
  return [
    ...Object.entries(rooms).map(([room, others]) => error(
      `${part}-${room}`, `the room ${part}/${room} may import the rooms [${others}] of its part only; add a room here when it may import more`,
      { path: `^src/${part}/${room}/` }, { path: `^src/${part}/`, pathNot: `^src/${part}/${anyOf([room, ...others])}/` },
    )),
    error(
      `${part}-rooms`, `src/${part} has the rooms ${Object.keys(rooms)}; add this one to the table, with the rooms that it may import`,
      { path: `^src/${part}/[^/]+/`, pathNot: `^src/${part}/${anyOf(Object.keys(rooms))}/` }, {},
    ),
  ];
}

/** @type {import('dependency-cruiser').IFlattenedRuleSet} */
export const RULES = {
  forbidden: [
    ...Object.entries(PARTS).flatMap(rulesOfPart),
    ...Object.entries(ROOMS).flatMap(rulesOfRooms),
    error('unknown-part', 'this folder is no part of the house; add it to the table with what it may import', { path: '^src/', pathNot: KNOWN }, {}),
    error('unknown-part-alone', 'this folder is no part of the house; add it to the table', { orphan: true, path: '^src/', pathNot: KNOWN }, {}),
    error('leads-nowhere', 'this import leads to no file and no package', { path: '^src/' }, { couldNotResolve: true }),
    error('outside', 'what is in src/ imports nothing of ours from outside of it', { path: '^src/' }, { dependencyTypes: ['local'], pathNot: '^src/' }),
    error(
      'validator-packages', 'what is generated uses the runtime of its generator alone',
      { path: GENERATED_VALIDATOR.file }, { dependencyTypes: NPM, pathNot: packages(GENERATED_VALIDATOR.npm) },
    ),
    error(
      'kubernetes-version', `only ${KPLUS.file} names ${KPLUS.name}; import from it, so that its version is written in one place`,
      { path: '^src/', pathNot: KPLUS.file }, { path: packages([KPLUS.name]) },
    ),
    error(
      'on-demand', 'this module costs memory from the start: take it from src/proxy/runtime/on-demand.ts, types apart',
      { path: '^src/proxy/' }, { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'], path: '^(node:)?(tls|https|crypto)$' },
    ),
    error(
      'circle', 'files that import each other load in an order that decides what is undefined; move what they share into a file of its own',
      {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    error(
      'circle-of-types', 'neither file can be understood without the other; move what they share into a file of its own',
      { path: '^src/' }, { circular: true },
    ),
  ],
};
