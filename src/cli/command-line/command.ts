/**
 * What a subcommand is: its flags, its help, and what runs. `node:util` splits the arguments into tokens; what it is
 * lenient about (unknown flags, missing values) is made an error here, in words that name the flag that was meant.
 */
import { parseArgs } from 'node:util';
import { UserError } from './errors';
import { didYouMean } from '../../contract/nearest';

/** One flag of a command. */
export interface Flag {
  /** Placeholder of its value in the help; absent: the flag is a switch. */
  readonly value?: string;
  /** One letter that says the same: `H` for `-H`. */
  readonly short?: string;
  /** May be given several times. */
  readonly many?: boolean;
  readonly help: string;
}

/** A subcommand of `cdk8s-mesh`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. Absent: the command is internal and not listed. */
  readonly summary?: string;
  /** What follows the command's name, for the help. */
  readonly usage: string;
  /** Paragraphs below the usage line. */
  readonly about: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /** Lines of examples, shown last. */
  readonly examples?: readonly string[];
  /** Exit code of an error. Absent: 1. */
  readonly errorCode?: number;
  run(args: Arguments): Promise<number>;
}

/** The arguments of a command, split and checked against its flags. */
export class Arguments {
  constructor(
    private readonly values: ReadonlyMap<string, readonly string[]>,
    readonly positionals: readonly string[],
  ) {}

  has(flag: string): boolean {
    return this.values.has(flag);
  }

  text(flag: string): string | undefined {
    return this.values.get(flag)?.[0];
  }

  all(flag: string): readonly string[] {
    return this.values.get(flag) ?? [];
  }

  /** The flag's value as a number between two bounds, both allowed. */
  number(flag: string, bounds: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text(flag);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < bounds.min || value > bounds.max) {
      throw new UserError(`--${flag} must be a number from ${bounds.min} to ${bounds.max}, got '${text}'`);
    }
    return value;
  }
}

const HELP: Flag = { short: 'h', help: 'show this help' };

/** Checks `argv` against the command's flags. */
export function parseArguments(command: Command, argv: readonly string[]): Arguments | 'help' {
  const flags: Record<string, Flag> = { ...command.flags, help: HELP };
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(Object.entries(flags).map(([name, flag]) => [
      name,
      { type: flag.value === undefined ? 'boolean' as const : 'string' as const, ...(flag.short !== undefined && { short: flag.short }) },
    ])),
  });
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
    if (flag === undefined) {
      throw new UserError(`unknown flag '${token.rawName}'.${didYouMean(token.rawName, Object.keys(flags).map((name) => `--${name}`))}`
        + ` 'cdk8s-mesh ${command.name} --help' lists all flags`);
    }
    if (token.name === 'help') return 'help';
    if (flag.value === undefined && token.value !== undefined) throw new UserError(`${token.rawName} takes no value, got '${token.value}'`);
    if (flag.value !== undefined && token.value === undefined) throw new UserError(`${token.rawName} needs a value: ${token.rawName} ${flag.value}`);
    const list = values.get(token.name) ?? [];
    if (list.length > 0 && !flag.many) throw new UserError(`${token.rawName} is given more than once`);
    list.push(token.value ?? '');
    values.set(token.name, list);
  }
  return new Arguments(values, positionals);
}

/** The command's help page. */
export function helpOf(command: Command): string {
  const rows = Object.entries({ ...command.flags, help: HELP }).map(([name, flag]) => ({
    left: `${flag.short === undefined || name === 'help' ? '' : `-${flag.short}, `}--${name}${flag.value === undefined ? '' : ` ${flag.value}`}`,
    right: flag.help + (flag.many ? ' (may be repeated)' : ''),
  }));
  const width = Math.max(...rows.map((row) => row.left.length));
  const lines = [
    `Usage: cdk8s-mesh ${command.name} ${command.usage}`,
    '',
    command.about,
    '',
    'Flags:',
    ...rows.flatMap((row) => wrap(row.right, 96 - width).map((text, index) => `  ${(index === 0 ? row.left : '').padEnd(width)}  ${text}`)),
  ];
  if (command.examples) lines.push('', 'Examples:', ...command.examples.map((example) => `  ${example}`));
  return `${lines.join('\n')}\n`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}
