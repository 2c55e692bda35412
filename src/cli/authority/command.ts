/** `cdk8s-mesh authority`: its flags and help. What runs is loaded when it runs. */
import type { Command } from '../command-line/command';

export const authorityCommand: Command = {
  name: 'authority',
  summary: 'make certificates with SPIFFE ids, for tests and machines without an issuer',
  usage: 'init|issue FOLDER [flags]',
  about: [
    'init makes a root and an issuer in FOLDER: root.crt, root.key, issuer.crt, issuer.key. Put root.key away: leaves don\'t need it.',
    'issue makes the certificate of a workload by the issuer in FOLDER: tls.crt, tls.key and ca.crt, as cert-manager\'s CSI drivers',
    'name them, in place of such files that are there. Keys are readable by you alone.',
    'In a cluster, cert-manager, SPIRE or Kubernetes itself issue certificates, and renew them; this does not.',
  ].join('\n'),
  flags: {
    'trust-domain': { value: 'NAME', help: 'init: whose ids it may issue; default cluster.local' },
    'service-account': { value: 'NAMESPACE/NAME', help: 'issue: the workload; its id is spiffe://DOMAIN/ns/NAMESPACE/sa/NAME' },
    id: { value: 'SPIFFE-ID', help: 'issue: the whole id, in place of --service-account' },
    out: { value: 'FOLDER', help: 'issue: where the files go' },
    days: { value: 'COUNT', help: 'how long it is valid; default 3650 for init, 1 for issue' },
  },
  examples: [
    'cdk8s-mesh authority init ca/',
    'cdk8s-mesh authority issue ca/ --service-account shop/web --out identity/web',
  ],
  run: async (args) => (await import('./run')).runAuthority(args),
};
