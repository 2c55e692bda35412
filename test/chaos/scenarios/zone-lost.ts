import { DEFAULT_CLUSTER } from '../../../src/contract';
import { inFlightShare } from '../bars';
import { scenario } from '../scenario';
import { Rig } from '../world/rig';

const ZONES = ['a', 'b', 'c'];

export const zoneLost = scenario({
  name: 'zone-lost',
  harm: 'one of three zones is cut off in silence, with two of six pods; the control plane does not notice for the time',
  comparable: true,
  bars: [inFlightShare(DEFAULT_CLUSTER.connectTimeoutMs)],
  open: (subject) => Rig.open({ subject, pods: 6, zones: ZONES, losable: true }),
  async inflict({ world, pause }) {
    world.loseZone();
    await pause(15_000);
  },
});
