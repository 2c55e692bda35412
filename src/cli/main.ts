/**
 * The command `cdk8s-mesh`: finds the subcommand and shows what it says. Loaded as a module instead of run, it hands
 * out the local mesh, which scripts of this repository drive by themselves.
 */
import { authorityCommand } from './authority/command';
import { checkCommand } from './check/command';
import { Command, helpOf, parseArguments } from './command-line/command';
import { UserError } from './command-line/errors';
import { diffCommand } from './diff/command';
import { explainCommand } from './explain/command';
import { initCommand } from './init/command';
import { OBSERVE_COMMANDS } from './observe/command';
import { didYouMean } from '../contract/nearest';
import { planCommand } from './plan/command';
import { simulateCommand } from './simulate/command';
import { standInCommand } from './stand-in/command';
import { standInHostCommand } from './stand-in/host';
import { upCommand } from './up/command';
import { watchCommand } from './watch/command';
import { reaperCommand } from './up/processes/reaper';
import { readModelCommand } from './model/model-thread';

/** The local mesh and what goes with it; see up/index.ts. Loaded when it is asked for. */
export const loadLocalMesh = () => import('./up');

/** Put in by the bundler. */
declare const MESH_VERSION: string;

const COMMANDS: readonly Command[] = [
  initCommand, upCommand, watchCommand, ...OBSERVE_COMMANDS, simulateCommand, planCommand,
  checkCommand, explainCommand, authorityCommand, diffCommand, standInCommand, standInHostCommand, reaperCommand, readModelCommand,
];

/** Runs the command line; settles with the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  try {
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      process.stdout.write(help());
      return name === undefined ? 1 : 0;
    }
    if (name === '--version') {
      process.stdout.write(`${MESH_VERSION}\n`);
      return 0;
    }
    const command = COMMANDS.find((candidate) => candidate.name === name);
    if (!command) {
      throw new UserError(`unknown ${name.startsWith('-') ? 'flag' : 'command'} '${name}'.${didYouMean(name, listed().map((candidate) => candidate.name))}`
        + " 'cdk8s-mesh --help' lists all commands");
    }
    const args = parseArguments(command, rest);
    if (args === 'help') {
      process.stdout.write(helpOf(command));
      return 0;
    }
    return await command.run(args);
  } catch (error) {
    process.stderr.write(error instanceof UserError ? `cdk8s-mesh: ${error.message}\n` : `${error instanceof Error ? error.stack : String(error)}\n`);
    return COMMANDS.find((candidate) => candidate.name === name)?.errorCode ?? 1;
  }
}

function help(): string {
  const width = Math.max(...listed().map((command) => command.name.length));
  return [
    'Usage: cdk8s-mesh COMMAND [arguments]',
    '',
    'Works on the YAML that the constructs of cdk8s-mesh synthesize.',
    '',
    'Commands:',
    ...listed().map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    "'cdk8s-mesh COMMAND --help' explains a command; --version prints the version.",
    '',
  ].join('\n');
}

function listed(): readonly Command[] {
  return COMMANDS.filter((command) => command.summary !== undefined);
}

if (require.main === module) {
  void main(process.argv.slice(2)).then((code) => { process.exitCode = code; });
}
