/** What holds for stacks of any names, hosts and ports. */
import { App, Testing } from 'cdk8s';
import * as fc from 'fast-check';
import { anyStack, makeStack } from '../support/any-stack';
import { Manifest } from '../support/manifests';
import { expectSound } from './sound';

beforeAll(() => { jest.spyOn(process.stderr, 'write').mockReturnValue(true); });
afterAll(() => { jest.restoreAllMocks(); });

/** The manifests, or what the user reads instead. */
function outcomeOf(make: () => { readonly app: App; readonly charts: Parameters<typeof Testing.synth>[0][] }): Manifest[] | string {
  try {
    return make().charts.flatMap((chart) => Testing.synth(chart));
  } catch (error) {
    return (error as Error).message;
  }
}

/** A construct's path, and behind it the prop. */
const IN_WORDS_OF_THE_USER = /^\[[^\]]*\] (?:'[^']+'|\d+ props are wrong:\n {2}- '|two objects would be |it is )/;

test('a stack is sound, or refused in the words of its props', () => {
  let sound = 0;
  fc.assert(fc.property(anyStack, (stack) => {
    const outcome = outcomeOf(() => makeStack(stack));
    if (typeof outcome !== 'string') {
      sound++;
      expectSound(outcome);
      return;
    }
    const [first, ...validation] = outcome.split(/\n {2}(?=\[)/);
    for (const message of first === 'Validation failed with the following errors:' ? validation : [outcome]) {
      expect(message).toMatch(IN_WORDS_OF_THE_USER);
    }
    expect(outcome).not.toContain('would be refused by the proxy');
  }), { numRuns: 150 });
  expect(sound).toBeGreaterThan(10);
});
