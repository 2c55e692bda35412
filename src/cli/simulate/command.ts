/** `cdk8s-mesh simulate`: its flags and help. What runs is loaded when it runs. */
import type { Command } from '../command';

export const simulateCommand: Command = {
  name: 'simulate',
  summary: 'compare load-balancing policies for a service, with what can happen to it',
  usage: '[FILE|FOLDER ...] --service SERVICE [flags]   or   --endpoints COUNT [flags]',
  about: [
    'Simulates the proxies that call a service and the pods that answer, with the same balancing code as the proxy, and',
    "compares the service's policy with all others. Pods, callers, policy, what stands around it, and timeouts come from",
    'synthesized YAML (default: the folder dist), or from flags. A run repeats exactly with the same seed.',
  ].join('\n'),
  flags: {
    service: { value: 'SERVICE', help: 'whose pods are called: a service of the YAML, or the host name of one outside; SERVICE@VERSION for one version of it' },
    from: { value: 'SERVICE', help: 'who calls; default: every service of the YAML that does' },
    rps: { value: 'RATE', help: 'requests a second over all callers; default 100 for each pod' },
    scenario: { value: 'NAME', help: 'steady (the default), slow-pod, failing-fast, zone-lost, rollout, burst, heterogeneous, long-tail, or all' },
    policy: { value: 'POLICY', help: "policy in place of the service's own" },
    against: { value: 'POLICY', many: true, help: 'compare with this one only; default: with all' },
    endpoints: { value: 'COUNT', help: 'pods; default: as the YAML says' },
    callers: { value: 'COUNT', help: 'calling proxies; default: as the YAML says, else 3' },
    'service-time': { value: 'TIME', help: 'how long a request takes in a pod: 20ms, 10ms..40ms (anything between), ~20ms (exponential), lognormal:20ms:VARIATION, pareto:20ms:SHAPE; default lognormal:20ms:1' },
    concurrency: { value: 'COUNT', help: 'requests that a pod works on at a time; default: as many as make it half busy' },
    network: { value: 'TIME', help: 'from a proxy to a pod, one way; default 0.25ms' },
    zones: { value: 'A,B,C', help: 'zones that pods are in, in turn, as in a,a,b for twice as many in a; default: as the YAML binds them, else a, b and c' },
    'caller-zones': { value: 'A,B,C', help: 'zones that callers are in, in turn; default: as the YAML binds them, else as pods' },
    'zone-aware': { value: 'on|off', help: 'whether callers prefer their own zone; default: as the YAML says' },
    'slow-start': { value: 'TIME', help: 'how long a new pod takes to get its full share, or off; default: as the YAML says' },
    subset: { value: 'COUNT', help: 'how many pods each caller uses, or off; default: as the YAML says' },
    'dynamic-weights': { value: 'SOURCE', help: 'what weights follow: reports, observed or off; default: as the YAML says' },
    'outlier-detection': { value: 'on|off', help: 'whether callers eject pods that fail or dawdle unlike the others; default: as the YAML says, else on' },
    retries: { value: 'COUNT', help: 'how often a request is sent again at most; default: as the YAML says, else 2' },
    idempotent: { value: 'PERCENT', help: 'part of the requests that may be executed twice, as GET may; default 100' },
    requests: { value: 'COUNT', help: 'requests of a run; default 100000' },
    seed: { value: 'NUMBER', help: 'another one gives another run; default 1' },
    svg: { value: 'FILE', help: 'write a plot: p99 over time, and latency by percentile' },
  },
  examples: [
    'cdk8s-mesh simulate dist/ --service catalog --rps 900 --scenario slow-pod',
    'cdk8s-mesh simulate --endpoints 5 --callers 3 --service-time 20ms --scenario all',
    'cdk8s-mesh simulate --endpoints 12 --scenario rollout --policy leastRequest --against roundRobin --svg rollout.svg',
  ],
  run: async (args) => (await import('./run')).simulate(args),
};
