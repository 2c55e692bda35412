/** The loss by which bursts are judged, against the bucket that refuses requests. */
import { lossPercent } from '../../../src/planning/lints/admission';
import { TokenBucket } from '../../../src/proxy/serve/admission/token-bucket';
import { seededRandom } from '../../support/random';

/** Part of the requests that a bucket refuses, in percent, when they come by chance. */
function refusedPercent(load: number, burst: number): number {
  const random = seededRandom(7);
  const bucket = new TokenBucket(1_000, burst, 0);
  const requests = 200_000;
  let now = 0;
  let refused = 0;
  for (let i = 0; i < requests; i += 1) {
    now -= Math.log(1 - random()) / load;
    if (!bucket.take(now)) refused += 1;
  }
  return refused / requests * 100;
}

test.each([[0.5, 1], [0.8, 1], [0.5, 2], [0.8, 3], [0.95, 4], [0.99, 16]])('GIVEN load %d and a burst of %d, is what a bucket refuses', (load, burst) => {
  expect(lossPercent(load, burst)).toBeCloseTo(refusedPercent(load, burst), 0);
});

test('GIVEN a burst of one, is load / (1 + load)', () => {
  expect(lossPercent(0.8, 1)).toBeCloseTo(0.8 / 1.8 * 100, 10);
});
