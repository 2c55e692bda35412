/** Which endpoint the attempts of one request go to. */
import { EndpointSelector } from '../../../src/balancing';
import type { Cluster } from '../../../src/proxy/cluster/cluster';
import type { Endpoint } from '../../../src/proxy/cluster/endpoint';
import { Targets } from '../../../src/proxy/serve/upstream/targets';

/** A cluster that only tells what it was asked. */
function clusterOf(asked: { tried: number; attempt: number | undefined }[]): Cluster {
  const pickOther: EndpointSelector<never>['pickOther'] = (tried, request) => {
    asked.push({ tried: tried.length, attempt: request.attempt });
    return undefined;
  };
  return { pickOther } as unknown as Cluster;
}

test('an attempt beside the first is the second of its key, as a retry would be', () => {
  const asked: { tried: number; attempt: number | undefined }[] = [];
  const targets = new Targets();
  targets.try({} as Endpoint);
  targets.beside(clusterOf(asked));
  targets.try({} as Endpoint);
  targets.beside(clusterOf(asked));
  expect(asked).toEqual([{ tried: 1, attempt: 1 }, { tried: 2, attempt: 2 }]);

  targets.reset();
  expect(targets.pick.attempt).toBe(0);
});
