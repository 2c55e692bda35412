/**
 * Commands that look at a mesh while it runs: `stat`, `edges`, `endpoints` and `routes` print a part of its live model, `tap` and `top`
 * its requests, `status` what is wrong with it. Here are their flags and help; what runs is loaded when it runs.
 */
import { CLUSTER_FLAGS } from '../cluster/flags';
import { PROMETHEUS_FLAGS } from '../prometheus/flags';
import type { Command, Flag } from '../command-line/command';
import type { TableName } from './tables';

/** Where all of them look. */
const WHERE: Readonly<Record<string, Flag>> = {
  ...CLUSTER_FLAGS,
  pid: { value: 'PID', help: "process of the 'cdk8s-mesh up' to look at; needed only when several run" },
};

const RATES: Readonly<Record<string, Flag>> = {
  ...WHERE,
  window: { value: 'TIME', help: 'over how long rates and percentiles are measured: 3s, 1m. Default: 3s' },
  watch: { help: 'again every second, until Ctrl-C' },
  output: { value: 'FORMAT', short: 'o', help: 'table, wide (more columns) or json. Default: table' },
};

const RUNNING = [
  "Looks at the mesh that 'cdk8s-mesh up' runs on this machine; start that first. With --namespace, --all-namespaces, --context or --kubeconfig,",
  'at one in a cluster: through kubectl, with your rights (list pods, create pods/portforward).',
].join('\n');

/** Tables that a Prometheus has everything for. */
const COUNTED: readonly TableName[] = ['stat', 'edges'];

const BY_PROMETHEUS = 'With --prometheus: at what a Prometheus has scraped, over the last minute unless --window says otherwise.';

function tableCommand(name: TableName, summary: string, about: string): Command {
  const counted = COUNTED.includes(name);
  return {
    name, summary,
    usage: '[SERVICE ...] [flags]',
    about: `${about}\nWith services: only what concerns them. ${RUNNING}${counted ? `\n${BY_PROMETHEUS}` : ''}`,
    flags: { ...RATES, ...(counted && PROMETHEUS_FLAGS) },
    examples: [`cdk8s-mesh ${name}`, `cdk8s-mesh ${name} catalog -o wide --watch`, `cdk8s-mesh ${name} -n shop`],
    run: async (args) => (await import('./run')).showTable(name, args),
  };
}

export const OBSERVE_COMMANDS: readonly Command[] = [
  {
    name: 'status',
    summary: 'say what is unhealthy in a running mesh, why, and what to do',
    usage: '[flags]',
    about: [
      'Looks for proxies that do not answer or are not ready, refused configurations, callees without endpoints, ejected pods, stale',
      `discovery, certificates that expire, and mutual TLS that is not enforced. Exit code 1: there are errors. ${RUNNING}`,
    ].join('\n'),
    flags: {
      ...WHERE,
      strict: { help: 'warnings end with exit code 1, too' },
      output: { value: 'FORMAT', short: 'o', help: 'text or json. Default: text' },
    },
    examples: ['cdk8s-mesh status', 'cdk8s-mesh status --strict -o json', 'cdk8s-mesh status -n shop'],
    run: async (args) => (await import('./status')).status(args),
  },
  tableCommand('stat', 'show requests, success and latency of the services of a running mesh', 'What came in at each service and version.'),
  tableCommand('edges', 'show who calls whom in a running mesh, and how that goes', 'What each caller sent to whom, and whether with mutual TLS.'),
  tableCommand('endpoints', 'show the endpoints of a running mesh as its callers have them', 'Each endpoint with its state, and why, as the pods of each caller have it.'),
  tableCommand('routes', 'show routes of a running mesh, declared beside measured shares', 'What each route of a caller got, and how it was split.'),
  {
    name: 'tap',
    summary: 'show requests of a running mesh as they end',
    usage: '[SERVICE ...] [flags]',
    about: [
      'Prints a line for each request that ends at a sidecar of the mesh, or of these services only: until Ctrl-C, or as many as --max. A busy',
      `proxy keeps 100 requests of a second and leaves the others out. Paths come without their query. ${RUNNING}`,
    ].join('\n'),
    flags: {
      ...WHERE,
      max: { value: 'COUNT', help: 'end after so many requests' },
      duration: { value: 'TIME', help: 'end after this long' },
      failed: { help: 'only requests with a status of 500 or more, or that a proxy answered or broke off' },
      output: { value: 'FORMAT', short: 'o', help: 'text, wide (with attempts) or json (a line each). Default: text' },
    },
    examples: ['cdk8s-mesh tap web --max 20', 'cdk8s-mesh tap --failed -o wide'],
    run: async (args) => (await import('./tap')).tap(args),
  },
  {
    name: 'top',
    summary: 'show which requests a running mesh has most',
    usage: '[SERVICE ...] [flags]',
    about: [
      'Counts requests by sidecar, listener, method and path, with the best, worst and last of their durations: for --window once, or with',
      `--watch until Ctrl-C. It sees what tap sees: at most 100 requests a second of a proxy. ${RUNNING}`,
    ].join('\n'),
    flags: RATES,
    examples: ['cdk8s-mesh top --watch', 'cdk8s-mesh top catalog --window 10s'],
    run: async (args) => (await import('./top')).top(args),
  },
];
