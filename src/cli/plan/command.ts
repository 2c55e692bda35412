/** `cdk8s-mesh plan`: its flags and help. What runs is loaded when it runs. */
import type { Command } from '../command-line/command';

export const planCommand: Command = {
  name: 'plan',
  summary: 'capacity and availability: what is declared, what is there, and what a load makes of it',
  usage: '[FILE|FOLDER ...] [flags]',
  about: [
    'Reads synthesized YAML (default: the folder dist) and shows, for every service whose capacity is declared, pods against what',
    'is needed, what is left without a pod or a zone, expected availability, and the highest rate at the edge that the whole call',
    'graph carries. With --load, replays a load through the autoscalers. The exit code is 1 when something contradicts.',
  ].join('\n'),
  flags: {
    calls: { value: 'CALLER/CALLEE=COUNT', many: true, help: 'calls that one request at CALLER makes to CALLEE on average; default 1' },
    json: { help: 'write JSON in place of tables' },
    svg: { value: 'FILE', help: 'write a picture: the call graph with load and headroom, or with --load pods and response times over time' },
    load: { value: 'FILE|SHAPE', help: 'replay this load: a CSV file of seconds and requests a second, the JSON of a Prometheus range query, or diurnal, spike or ramp from the usual load to the peak' },
    service: { value: 'SERVICE', help: 'replay the load for this service; default: for all whose capacity is declared' },
  },
  examples: [
    'cdk8s-mesh plan dist/ --svg plan.svg',
    'cdk8s-mesh plan dist/ --calls web/catalog=3',
    'cdk8s-mesh plan dist/ --service catalog --load day.csv --svg day.svg',
  ],
  run: async (args) => (await import('./run')).plan(args),
};
