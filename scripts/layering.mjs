/**
 * Which part of src/ may import which: the one table that lint (eslint.config.mjs) and the whole-graph check
 * (scripts/layers.mjs) read. Lint shows a breach in the editor, file by file; the graph check sees what lint can't:
 * cycles, generated files, and what a bundle would pull in.
 *
 * A part is a folder of src/, or `index` for src/index.ts. It may always import itself.
 *   - `parts`:  the other parts that it may import; `typesOnly` says that nothing of them may be left at run time.
 *   - `npm`:    packages that it may import, with all their subpaths.
 *   - `node`:   whether it may import node's own modules.
 *   - `why`:    the reason, shown to whoever breaks the rule.
 */
const BUNDLED = 'the proxy ships as one file without node_modules';

export const LAYERS = {
  index: {
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
    parts: ['contract', 'planning'],
    npm: ['cdk8s', 'cdk8s-plus-28', 'constructs'],
    node: true,
    why: 'constructs and proxy meet in the contract only; a jsii library has no other dependency than its peers',
  },
  proxy: {
    parts: ['contract', 'balancing'],
    npm: [],
    node: true,
    why: `constructs and proxy meet in the contract only; ${BUNDLED}, so what it runs is node's or ours`,
  },
  cli: {
    parts: ['contract', 'planning', 'balancing', 'simulation', 'proxy'],
    npm: ['yaml', 'selfsigned'],
    node: true,
    why: 'the command works on synthesized YAML, so it needs no construct, and it is bundled into one file',
  },
};

/** Files that may import more than their part, each with what it may. */
export const EXCEPTIONS = {
  'src/proxy/config/validator.generated.js': ['ajv'],
};

/** The only file that may name this package, so that a change of the Kubernetes version touches one line. */
export const KPLUS = { name: 'cdk8s-plus-28', file: 'src/constructs/kubernetes/kplus.ts' };

/** The part that a path below src/ belongs to. */
export function partOf(path) {
  const [, first, rest] = /^src\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  return rest === undefined ? first?.replace(/\.[^.]*$/, '') : first;
}
