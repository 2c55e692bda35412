/** `cdk8s-mesh watch`: its flags and help. */
import { CLUSTER_FLAGS } from '../cluster/flags';
import type { Command } from '../command-line/command';
import { PROMETHEUS_FLAGS } from '../prometheus/flags';

export const watchCommand: Command = {
  name: 'watch',
  summary: 'a live page of a mesh in a cluster: who calls whom, and how that goes',
  usage: '[flags]',
  about: [
    'Serves a live page on 127.0.0.1 of the mesh in a cluster. It reads the admin pages of the sidecars through `kubectl port-forward`, with',
    'your rights (list pods, create pods/portforward), and changes nothing. With --prometheus it asks a Prometheus that scrapes the sidecars instead:',
    'the page then has rates, success and latency of services, versions and calls, and how many endpoints are out of service, but no routes,',
    'single requests and policies. Ctrl-C ends it.',
  ].join('\n'),
  flags: {
    ...CLUSTER_FLAGS,
    ...PROMETHEUS_FLAGS,
    window: { value: 'TIME', help: 'with --prometheus: over how long rates and percentiles are measured. Default: 1m' },
    port: { value: 'PORT', help: 'port of the page; default a free one' },
  },
  examples: ['cdk8s-mesh watch -n shop', 'cdk8s-mesh watch --prometheus http://127.0.0.1:9090 -n shop'],
  run: async (args) => (await import('./run')).watch(args),
};
