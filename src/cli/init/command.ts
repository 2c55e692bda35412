/** `cdk8s-mesh init`: its flags and help. What runs is loaded when it runs. */
import type { Command } from '../command-line/command';

export const initCommand: Command = {
  name: 'init',
  summary: 'write a new cdk8s app in TypeScript, with a test and a CI workflow',
  usage: '[FOLDER] [flags]',
  about: [
    'Writes a new cdk8s app in TypeScript into FOLDER (default: the current folder): two services, a test of them, and a workflow for',
    'GitHub Actions. It needs no network. A file that is there already is never replaced: then nothing is written.',
  ].join('\n'),
  flags: {
    name: { value: 'NAME', help: 'name of the app and its namespace; default: the name of the folder' },
    package: { value: 'SPEC', help: 'what package.json says for cdk8s-mesh, such as file:../cdk8s-mesh-0.1.0.tgz (a path is relative to FOLDER); default: this version, from npm' },
  },
  examples: [
    'cdk8s-mesh init shop',
    'cdk8s-mesh init shop --package file:../cdk8s-mesh-0.1.0.tgz',
  ],
  run: async (args) => (await import('./run')).init(args),
};
