/** The commands that the documents show exist, and take the flags that they are shown with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkCommand } from '../../src/cli/check/command';
import { Arguments, Command, parseArguments } from '../../src/cli/command-line/command';
import { diffCommand } from '../../src/cli/diff/command';
import { explainCommand } from '../../src/cli/explain/command';
import { initCommand } from '../../src/cli/init/command';
import { OBSERVE_COMMANDS } from '../../src/cli/observe/command';
import { planCommand } from '../../src/cli/plan/command';
import { simulateCommand } from '../../src/cli/simulate/command';
import { standInCommand } from '../../src/cli/stand-in/command';
import { upCommand } from '../../src/cli/up/command';
import { watchCommand } from '../../src/cli/watch/command';
import { Block, blocksOf, parse, REPOSITORY } from './markdown';
import { wordsOf } from './words';

const COMMANDS: readonly Command[] = [
  initCommand, upCommand, watchCommand, ...OBSERVE_COMMANDS,
  simulateCommand, planCommand, checkCommand, explainCommand, diffCommand, standInCommand,
];
/** Pages about a package other than this one. */
const PACKAGES: Readonly<Record<string, string>> = {
  'docs/init.md': 'templates/typescript', 'templates/typescript/README.md': 'templates/typescript',
};

function scriptsFor(page: string): Record<string, string> {
  const manifest = JSON.parse(readFileSync(join(REPOSITORY, PACKAGES[page] ?? '.', 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  return manifest.scripts;
}

/** What is wrong with the command lines of a block. */
function mistakesOf({ text, where }: Block): string[] {
  const scripts = scriptsFor(where.split(':')[0]);
  return text.split('\n').flatMap((line) => line.split(' && ')).flatMap((line) => {
    const [program, ...rest] = wordsOf(line);
    if (program === 'npm' && rest[0] === 'run') return rest[1] in scripts ? [] : [`package.json has no script '${rest[1]}'`];
    if (program !== 'npx' || rest[0] !== 'cdk8s-mesh') return [];
    const command = COMMANDS.find(({ name }) => name === rest[1]);
    if (!command) return [`cdk8s-mesh has no command '${rest[1]}'`];
    try {
      expect(parseArguments(command, rest.slice(2))).toBeInstanceOf(Arguments);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
}

describe('commands in the documents', () => {
  it.each(blocksOf('sh').map((block) => [block.where, block] as const))('are there, with their flags: %s', (_, block) => {
    expect(mistakesOf(block)).toEqual([]);
  });

  it('are told when they are not', () => {
    const [block] = parse('```sh\nnpm run nothing && npx cdk8s-mesh up dist/ --rsp 5\nnpx cdk8s-mesh down\nnpm run lint  # fine\n```', 'x.md').blocks;
    expect(mistakesOf(block)).toEqual([
      "package.json has no script 'nothing'",
      expect.stringContaining("unknown flag '--rsp'"),
      "cdk8s-mesh has no command 'down'",
    ]);
  });

  it.each([
    ['init', initCommand], ['up', upCommand], ['simulate', simulateCommand], ['plan', planCommand], ['check', checkCommand], ['explain', explainCommand], ['diff', diffCommand],
  ])('have their flags in the page about %s, too', (page, command) => {
    // Those of curl are curl's.
    const mentioned = readFileSync(join(REPOSITORY, `docs/${page}.md`), 'utf8').replace(/^ *curl .*$/gm, '').match(/--[a-z][a-z-]*/g) ?? [];
    expect(mentioned.filter((flag) => flag !== '--help' && !(flag.slice(2) in command.flags))).toEqual([]);
    expect(mentioned.length).toBeGreaterThan(0);
  });
});
