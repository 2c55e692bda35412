/** The page about tests of a stack has examples that are tests: they are run, and pass. */
import ts from 'typescript';
import { meshOf } from '../../src/testing';
import { read } from './markdown';

const { blocks } = read('docs/testing-your-stack.md');
const samples = blocks.filter(({ language }) => language === 'ts');
const [message] = blocks.filter(({ language }) => language === 'text');

/** Runs a sample, whose tests come into a list. */
function testsOf(sample: string, exported: string[] = []): { tests: Map<string, () => void>; values: Record<string, unknown> } {
  const tests = new Map<string, () => void>();
  const values: Record<string, unknown> = {};
  const exporting = exported.map((name) => `exports.${name} = ${name};`).join('\n');
  const { outputText } = ts.transpileModule(sample, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  new Function('require', 'exports', 'test', `${outputText}\n${exporting}`)(require, values, (name: string, run: () => void) => tests.set(name, run));
  return { tests, values };
}

const [first] = samples;

test.each([...testsOf(first.text).tests])('%s', (_, run) => run());

test('the message that is shown is that of such a failure', () => {
  const { chart } = testsOf(first.text, ['chart']).values;
  const shown = message.text.replace(/\n +\.\.\.$/, '');
  expect(() => meshOf(chart as never).expectRequest('web', 'GET http://catalog/search').toReach('catalog', 'v2')).toThrow(shown);
});
