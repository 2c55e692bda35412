/** `cdk8s-mesh watch`: its flags and help. */
import { CLUSTER_FLAGS } from '../cluster/flags';
import type { Command } from '../command-line/command';

export const watchCommand: Command = {
  name: 'watch',
  summary: 'a live page of a mesh in a cluster: who calls whom, and how that goes',
  usage: '[flags]',
  about: [
    'Serves a live page on 127.0.0.1 of the mesh in a cluster. It reads the admin pages of the sidecars through `kubectl port-forward`, with',
    'your rights (list pods, create pods/portforward), and changes nothing. Ctrl-C ends it.',
  ].join('\n'),
  flags: {
    ...CLUSTER_FLAGS,
    port: { value: 'PORT', help: 'port of the page; default a free one' },
  },
  examples: ['cdk8s-mesh watch -n shop'],
  run: async (args) => (await import('./run')).watch(args),
};
