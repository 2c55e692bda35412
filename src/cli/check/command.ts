/** `cdk8s-mesh check`: its flags and help. What runs is loaded when it runs. */
import type { Command } from '../command-line/command';

export const checkCommand: Command = {
  name: 'check',
  summary: 'find policies of synthesized YAML that can\'t work or contradict each other',
  usage: '[FILE|FOLDER ...] [flags]',
  about: [
    'Checks the policies of synthesized YAML (default: the folder dist) against each other and against pods, autoscalers and',
    'disruption budgets, and shows the arithmetic of what it finds. The exit code is 1 when something is an error.',
  ].join('\n'),
  flags: {
    off: { value: 'RULE', many: true, help: 'leave this rule out' },
    strict: { help: 'warnings too make the exit code 1' },
    zones: { value: 'COUNT', help: 'zones that pods are spread over, for the rules that ask for them' },
    rps: { value: 'SERVICE=RATE', many: true, help: 'requests a second that a service gets in all, for the rules that ask for them' },
    latency: { value: 'SERVICE=TIME', many: true, help: 'how long a service takes for a request on average, such as catalog=40ms, for the rule that asks for it; a number alone is milliseconds' },
  },
  examples: [
    'cdk8s-mesh check dist/',
    'cdk8s-mesh check dist/ --strict --zones 3 --rps catalog=40 --off timeout-chain',
  ],
  run: async (args) => (await import('./run')).check(args),
};
