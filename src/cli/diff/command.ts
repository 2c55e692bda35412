/** `cdk8s-mesh diff`: its flags and help. What runs is loaded when it runs. */
import type { Command } from '../command-line/command';

export const diffCommand: Command = {
  name: 'diff',
  summary: 'say what a change of synthesized YAML makes behave otherwise',
  usage: 'OLD NEW [flags]',
  about: [
    'Compares two folders (or files) of synthesized YAML by what they do, not by their lines: shares, routes, timeouts, retries, policies,',
    'limits, who may call whom, pods and scaling. One line a change, by service and by call, with what it was, what it is, and what that means.',
  ].join('\n'),
  flags: {
    markdown: { help: 'tables for a review, such as a comment on a pull request' },
    'exit-code': { help: 'exit code 1 when something changed; errors have 2 in any case' },
  },
  examples: ['cdk8s-mesh diff dist-of-main/ dist/', 'cdk8s-mesh diff old/ new/ --markdown --exit-code'],
  errorCode: 2,
  run: async (args) => (await import('./run')).diff(args),
};
