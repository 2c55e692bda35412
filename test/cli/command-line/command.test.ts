import { Arguments, Command, helpOf, parseArguments } from '../../../src/cli/command-line/command';

const command: Command = {
  name: 'try',
  summary: 'a command',
  usage: '[FILE ...]',
  about: 'Tries things.',
  flags: {
    rate: { value: 'RATE', help: 'how often' },
    run: { value: 'SERVICE=COMMAND', many: true, help: 'what' },
    verbose: { help: 'say more' },
  },
  run: async () => 0,
};

function parse(...argv: string[]): Arguments {
  const parsed = parseArguments(command, argv);
  if (parsed === 'help') throw new Error('help was asked for');
  return parsed;
}

describe('parseArguments', () => {
  test('splits flags, values and positionals', () => {
    const args = parse('dist', '--rate', '5', '--run=a=b', '--run', 'c=d --e', '--verbose', 'more');
    expect(args.positionals).toEqual(['dist', 'more']);
    expect(args.number('rate', { min: 0, max: 10 })).toBe(5);
    expect(args.all('run')).toEqual(['a=b', 'c=d --e']);
    expect(args.has('verbose')).toBe(true);
    expect(args.text('missing')).toBeUndefined();
  });

  test.each([
    [['--rat', '5'], "unknown flag '--rat'. Did you mean '--rate'? 'cdk8s-mesh try --help' lists all flags"],
    [['--constructor'], "unknown flag '--constructor'. 'cdk8s-mesh try --help' lists all flags"],
    [['--toString'], "unknown flag '--toString'."],
    [['-x'], "unknown flag '-x'. 'cdk8s-mesh try --help' lists all flags"],
    [['--rate'], '--rate needs a value: --rate RATE'],
    [['--rate', '1', '--rate', '2'], '--rate is given more than once'],
    [['--verbose=yes'], "--verbose takes no value, got 'yes'"],
  ])('refuses %j', (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });

  test.each(['x', '', '11', '-1', 'NaN'])('refuses %j where a number from 0 to 10 belongs', (value) => {
    expect(() => parse(`--rate=${value}`).number('rate', { min: 0, max: 10 })).toThrow(`--rate must be a number from 0 to 10, got '${value}'`);
  });

  test.each(['--help', '-h'])('asks for help with %s', (flag) => {
    expect(parseArguments(command, [flag])).toBe('help');
  });
});

test('help names every flag with its value', () => {
  const help = helpOf(command);
  for (const part of ['Usage: cdk8s-mesh try [FILE ...]', '--rate RATE', '--run SERVICE=COMMAND', '(may be repeated)', '--verbose', '--help']) {
    expect(help).toContain(part);
  }
});
