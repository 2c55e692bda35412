import { DEFAULT_CLUSTER } from '../../../src/contract';
import { inFlightShare } from '../bars';
import type { Protocol } from '../message';
import { nameOf, scenario, type Scenario } from '../scenario';
import { CALL_TIMEOUT_MS } from '../subjects/subject';
import { Rig } from '../world/rig';

const ZONES = ['a', 'b', 'c'];
/** The first sign of the loss: a connection that is not made, or a stream of one that is there already without an answer in time. */
const SHOWS_AFTER_MS: Readonly<Record<Protocol, number>> = {
  http: DEFAULT_CLUSTER.connectTimeoutMs, grpc: CALL_TIMEOUT_MS, tcp: DEFAULT_CLUSTER.connectTimeoutMs,
};

export function zoneLost(protocol: Protocol): Scenario {
  return scenario({
    name: nameOf(protocol, 'zone-lost'),
    harm: 'one of three zones is cut off in silence, with two of six pods; the control plane does not notice for the time',
    comparable: protocol === 'http',
    bars: [inFlightShare(SHOWS_AFTER_MS[protocol], protocol === 'tcp')],
    open: (subject) => Rig.open({ subject, protocol, pods: 6, zones: ZONES, losable: true }),
    async inflict({ world, pause }) {
      world.loseZone();
      await pause(15_000);
    },
  });
}
