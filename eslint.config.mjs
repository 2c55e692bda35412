/**
 * Lint, for what a compiler doesn't say: calls that would make a test depend on the machine's clock or on chance, promises that
 * nobody waits for, and a few cheap rules of style. Who may import whom is checked on the whole graph (scripts/layering.mjs).
 * Every ban gives its reason in the message.
 */
import js from '@eslint/js';
import stylistic from '@stylistic/eslint-plugin';
import tseslint from 'typescript-eslint';

/** Parts in which time, timers and chance are injected. */
const REPEATABLE = ['authorization', 'balancing', 'routing', 'simulation', 'proxy'];

/** Where the injected ones come from. */
const SOURCES_OF_TIME = ['src/proxy/runtime/clock.ts', 'src/proxy/process/main.ts'];

const CLOCK = 'Time is injected: take a Clock (src/proxy/runtime/clock.ts), or `now()` in balancing and simulation, so that tests can move it.';
const TIMER = 'Timers are injected: use `Clock.after` (src/proxy/runtime/clock.ts), so that tests need not wait.';
const CHANCE = 'Chance is injected: take `random(): number` as an argument, so that tests and the simulator repeat exactly.';

const UNUSED = { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true };

export default tseslint.config(
  { ignores: ['lib/', 'dist/', 'pkg/', 'coverage/', 'site/dist/', 'site/pages/', '**/node_modules/', '**/*.generated.js', '**/*.generated.d.ts'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: nodeGlobals() },
    rules: { 'no-unused-vars': ['error', UNUSED] },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: { sourceType: 'commonjs' },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', UNUSED],
      '@typescript-eslint/no-require-imports': ['error', { allowAsImport: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      // A namespace beside a function or class of the same name is how a CommonJS value with types is declared.
      '@typescript-eslint/no-namespace': ['error', { allowDeclarations: true }],
    },
  },
  {
    plugins: { '@stylistic': stylistic },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-console': 'off',
      // Terminals are driven, and bytes are parsed, with control characters.
      'no-control-regex': 'off',
      'no-constant-condition': ['error', { checkLoops: false }],
      'object-shorthand': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'start' }],
      '@stylistic/max-len': ['error', { code: 150, ignoreUrls: true, ignoreRegExpLiterals: true, ignoreTemplateLiterals: true, ignoreStrings: true }],
      '@stylistic/indent': ['error', 2, { SwitchCase: 1, flatTernaryExpressions: true, ignoredNodes: ['ConditionalExpression', 'TemplateLiteral *'] }],
      '@stylistic/quotes': ['error', 'single', { avoidEscape: true }],
      '@stylistic/semi': 'error',
      '@stylistic/comma-dangle': ['error', 'always-multiline'],
      '@stylistic/eol-last': 'error',
      '@stylistic/no-trailing-spaces': 'error',
      '@stylistic/no-tabs': 'error',
      '@stylistic/no-multiple-empty-lines': ['error', { max: 1, maxBOF: 0, maxEOF: 0 }],
    },
  },

  {
    // A test may load by a name that it computes.
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },

  {
    files: ['examples/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', {
        patterns: [{ regex: '/src(/|$)|/lib(/|$)', message: "An example imports 'cdk8s-mesh' by its name, as a user would." }],
      }],
    },
  },

  // Time, timers and chance are injected.
  {
    files: REPEATABLE.map((part) => `src/${part}/**/*.ts`),
    ignores: SOURCES_OF_TIME,
    rules: {
      'no-restricted-globals': ['error', {
        globals: [
          ...['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({ name, message: TIMER })),
          { name: 'performance', message: CLOCK },
        ],
        checkGlobalObject: true,
      }],
      'no-restricted-properties': ['error',
        { object: 'Date', property: 'now', message: CLOCK },
        { object: 'process', property: 'hrtime', message: CLOCK },
        { object: 'Math', property: 'random', message: CHANCE },
      ],
      'no-restricted-syntax': ['error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: CLOCK },
        { selector: ':matches(ImportDeclaration, ExportNamedDeclaration)[source.value=/^(node:)?timers(\\u002Fpromises)?$/]', message: TIMER },
        { selector: ':matches(ImportDeclaration, ExportNamedDeclaration)[source.value=/^(node:)?perf_hooks$/]', message: CLOCK },
      ],
    },
  },

  // A promise that nobody waits for loses its error. Needs types, so it runs only where there are many promises.
  {
    files: ['src/proxy/**/*.ts', 'src/cli/**/*.ts', 'src/testing/**/*.ts', 'src/page/**/*.ts'],
    ignores: ['**/*.d.ts'],
    languageOptions: { parserOptions: { project: ['./tsconfig.proxy.json', './tsconfig.page.json'], tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
);

function nodeGlobals() {
  const names = [
    'AbortController', 'AbortSignal', 'Buffer', 'URL', 'clearInterval', 'clearTimeout', 'console', 'fetch', 'performance', 'process',
    'setImmediate', 'setInterval', 'setTimeout', 'structuredClone', 'module', 'require', '__dirname', '__filename', 'exports',
  ];
  return Object.fromEntries(names.map((name) => [name, /** @type {const} */ ('readonly')]));
}
