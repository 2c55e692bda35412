/** What scripts/settings.mjs makes of a region, given what the contract says of the fields. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const SCHEMA = {
  title: 'ProxyConfig v1',
  definitions: {
    Cause: { type: 'string', enum: ['lost', 'tooLate'], description: 'Why. `lost`: nobody has it. `tooLate`: `pauseMs` was over. It may come yet.' },
    Word: { type: 'string', pattern: '^[a-z/]+$' },
    Union: { oneOf: [
      { properties: { type: { const: 'none' } } },
      { properties: { type: { const: 'ofTwo' }, choices: { type: 'integer', minimum: 2, default: 3, description: 'How many.' } } },
    ] },
    AConfig: {
      required: ['windowMs'],
      properties: {
        type: { const: 'a' },
        mode: { type: 'string', default: 'on' },
        windowMs: { type: 'integer', minimum: 1, description: 'How long it takes.' },
        pauseMs: { type: 'integer', minimum: 100, maximum: 60_000, default: 1_500, description: 'Wait after `windowMs`.' },
        factor: { type: 'number', minimum: 0.5, maximum: 10, default: 2, description: 'How much.' },
        maxHeadBytes: { type: 'integer', minimum: 64, maximum: 1_048_576, default: 16_384, description: 'Longest head.' },
        name: { type: 'string', pattern: '^/[a-z]*$', maxLength: 2_048 },
        words: { type: 'array', minItems: 1, maxItems: 8 },
        all: { type: 'array' },
        choices: { type: 'integer', minimum: 2, description: 'How many. Absent: all of them.' },
      },
    },
  },
};

function filled(...lines: string[]): string[] {
  const script = `
    import { filled } from './scripts/settings.mjs';
    process.stdout.write(filled(${JSON.stringify(`${lines.join('\n')}\n`)}, ${JSON.stringify(SCHEMA)}, 'a.ts'));`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').slice(0, -1);
}

test('GIVEN numbers THEN they are props in the units of people, with their limits and defaults', () => {
  expect(filled('  // #region generated props of AConfig but factor', 'old', '  // #endregion')).toEqual([
    '  // #region generated props of AConfig but factor',
    '  /**',
    '   * How long it takes.',
    '   */',
    '  readonly window: Duration;',
    '',
    '  /**',
    '   * Wait after `window`. From 100 ms to 60 seconds.',
    '   *',
    '   * @default Duration.millis(1500)',
    '   */',
    '  readonly pause?: Duration;',
    '',
    '  /**',
    '   * Longest head. From 64 bytes to 1 MiB.',
    '   *',
    '   * @default Size.kibibytes(16)',
    '   */',
    '  readonly maxHeadSize?: Size;',
    '',
    '  /**',
    '   * How many. At least 2.',
    '   *',
    '   * @default - all of them',
    '   */',
    '  readonly choices?: number;',
    '  // #endregion',
  ]);
});

test('GIVEN a table or a constant THEN it has every field chosen, and nothing else is touched', () => {
  expect(filled(
    'before', '// #region generated quantities of AConfig: pauseMs, factor', '// #endregion', 'between',
    '// #region generated defaults of AConfig', '// #endregion', 'behind',
  )).toEqual([
    'before',
    '// #region generated quantities of AConfig: pauseMs, factor',
    'pause: { field: \'pauseMs\', unit: \'time\', min: 100, max: 60_000 },',
    'factor: { field: \'factor\', unit: \'fraction\', min: 0.5, max: 10 },',
    '// #endregion',
    'between',
    '// #region generated defaults of AConfig',
    'mode: \'on\',',
    'pauseMs: 1_500,',
    'factor: 2,',
    'maxHeadBytes: 16_384,',
    '// #endregion',
    'behind',
  ]);
});

test('GIVEN texts and lists THEN their rules are taken over', () => {
  expect(filled(
    '// #region generated texts of AConfig', '// #endregion', '// #region generated text of Word', '// #endregion',
    '// #region generated lists of AConfig: words', '// #endregion',
  ).filter((line) => !line.startsWith('//'))).toEqual([
    'name: { form: /^\\/[a-z]*$/, longest: 2_048 },',
    'form: /^[a-z/]+$/,',
    'longest: Infinity,',
    'words: { least: 1, most: 8 },',
  ]);
});

test('GIVEN a union of texts THEN it is an enum with what the contract says of each', () => {
  expect(filled('// #region generated members of Cause', '// #endregion').slice(1, -1)).toEqual([
    '/**', ' * Nobody has it.', ' */', 'LOST = \'lost\',',
    '/**', ' * `pause` was over. It may come yet.', ' */', 'TOO_LATE = \'tooLate\',',
  ]);
});

test('GIVEN a union THEN a region has what is of each member', () => {
  const each = (kind: string, rest = '') => filled(`// #region generated ${kind} of each Union${rest}`, '// #endregion').slice(1, -1);
  expect(each('types')).toEqual(['\'none\',', '\'ofTwo\',']);
  expect(each('types', ' with choices')).toEqual(['\'ofTwo\',']);
  expect(each('imports')).toEqual(['import { none } from \'./none\';', 'import { ofTwo } from \'./of-two\';']);
  expect(each('names')).toEqual(['none,', 'ofTwo,']);
  expect(each('defaults')).toEqual(['ofTwo: {', '  choices: 3,', '},']);
  expect(each('quantities')).toEqual(['ofTwo: {', '  choices: { field: \'choices\', unit: \'number\', min: 2 },', '},']);
});

test('GIVEN props of a Mesh THEN their default is that of the nearest one', () => {
  expect(filled('// #region generated layered of AConfig: pauseMs, factor', '// #endregion').filter((line) => line.includes('@default'))).toEqual([
    ' * @default - that of the nearest Mesh, or 1500 ms', ' * @default - that of the nearest Mesh, or 2',
  ]);
});

test.each([
  ['of nothing', '// #region generated props of BConfig', 'a.ts has a region of BConfig, which the schema doesn\'t define'],
  ['of a field that is not there', '// #region generated props of AConfig: size', 'a.ts names AConfig.size, which the schema doesn\'t have'],
  ['of a field that is no number', '// #region generated props of AConfig: mode', 'a.ts names AConfig.mode, which is no number'],
  ['of a list without an end', '// #region generated lists of AConfig: all', 'AConfig.all has no @maxItems'],
  ['of a text without a form', '// #region generated texts of AConfig: mode', 'a.ts names AConfig.mode, which has no @pattern'],
  ['that can\'t be read', '// #region generated prop of AConfig', 'a.ts has a region that can\'t be read'],
])('GIVEN a region %s THEN it is said', (_, region, message) => {
  expect(() => filled(region, '// #endregion')).toThrow(message);
});
