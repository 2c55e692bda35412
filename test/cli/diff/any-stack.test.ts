/** Any stack that the constructs take is explained and compared, and is no change of itself. */
import { Testing } from 'cdk8s';
import * as fc from 'fast-check';
import { diffOf } from '../../../src/cli/diff/diff';
import { renderDiff, renderMarkdown } from '../../../src/cli/diff/render';
import { AskedRequest } from '../../../src/cli/explain/asked-request';
import { explainRequest } from '../../../src/cli/explain/explanation';
import { renderExplanation } from '../../../src/cli/explain/render';
import { renderRoutes, routesOf } from '../../../src/cli/explain/routes';
import { manifestsOf } from '../../../src/cli/model/manifests';
import { Stack } from '../../../src/cli/stack/stack';
import { plain } from '../../../src/cli/terminal/table';
import { anyStack, makeStack, Stack as AnyStack } from '../../support/any-stack';

beforeAll(() => { jest.spyOn(process.stderr, 'write').mockReturnValue(true); });
afterAll(() => { jest.restoreAllMocks(); });

/** Undefined: the constructs refuse it, or it has nothing of the mesh. */
function stackOf(any: AnyStack): Stack | undefined {
  const objects = objectsOf(any);
  return objects.some((object) => 'kind' in object && object.kind === 'Deployment') ? Stack.of(manifestsOf(objects, 'chart'), 'charts') : undefined;
}

function objectsOf(any: AnyStack): object[] {
  try {
    return makeStack(any).charts.flatMap((chart) => Testing.synth(chart) as object[]);
  } catch {
    return [];
  }
}

test('GIVEN any stack THEN each of its calls is explained, and it is no change of itself', () => {
  let explained = 0;
  fc.assert(fc.property(anyStack, (any) => {
    const [stack, same] = [stackOf(any), stackOf(any)];
    if (!stack || !same) return;
    expect(diffOf(stack, same)).toEqual([]);
    expect(renderRoutes(routesOf(stack, stack.model.workloads), plain).length).toBeGreaterThanOrEqual(0);
    for (const caller of stack.model.workloads) {
      for (const { hostnames = [], port, direction } of caller.config.listeners) {
        if (direction === 'inbound') continue;
        for (const name of hostnames) {
          const explanation = explainRequest(stack, caller, new AskedRequest({ method: 'GET', url: `http://${name}:${port}/a?b=c`, headers: [], bodyBytes: 0 }));
          expect(explanation.interception.intercepted).toBe(true);
          expect(renderExplanation(explanation).join('\n')).not.toMatch(/undefined|NaN|\[object/);
          explained += 1;
        }
      }
    }
  }), { numRuns: 40 });
  expect(explained).toBeGreaterThan(0);
});

test('GIVEN any two stacks THEN what changes is told in words', () => {
  fc.assert(fc.property(anyStack, anyStack, (one, other) => {
    const [before, after] = [stackOf(one), stackOf(other)];
    if (!before || !after) return;
    const changes = diffOf(before, after);
    expect([...renderDiff(changes), ...renderMarkdown(changes)].join('\n')).not.toMatch(/undefined|NaN|\[object/);
  }), { numRuns: 40 });
});
