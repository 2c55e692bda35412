/**
 * The short form of the chaos suite: some scenarios against this project's proxy, at a faster pace and with a fixed seed, by the
 * same bars. `npm run chaos` runs all of them, for longer, and beside Envoy.
 */
import { run } from './run';
import { SCENARIOS } from './scenarios';
import { MESH } from './subjects/mesh';

const SHORT = [
  'rolling-restart', 'clients-outside', 'endpoint-kill', 'control-plane-lost', 'reset-before-response', 'refused-port', 'wrong-content-length', 'hostile', 'log-full-disk',
  'grpc-goaway-storm', 'tcp-rolling-restart',
];

test.each(SCENARIOS.filter(({ name }) => SHORT.includes(name)).map((scenario) => [scenario.name, scenario.harm, scenario] as const))(
  'holds, given %s: %s', async (_, __, scenario) => {
    const result = await run(scenario, { subject: MESH, seed: 1, pace: 0.3 });
    expect(result.broken).toEqual([]);
    expect(result.requests).toBeGreaterThan(0);
  }, 60_000,
);
