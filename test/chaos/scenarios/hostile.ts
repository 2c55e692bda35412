import type { Manner } from '../backend/manner';
import { CONTAINED } from '../bars';
import { oneOf, scenario } from '../scenario';
import { Rig } from '../world/rig';

const ATTACKS: readonly Manner[] = [
  { behaviour: 'endlessHead' }, { behaviour: 'endlessInterim' }, { behaviour: 'endlessBody' }, { resetsConnections: true },
];

export const hostile = scenario({
  name: 'hostile',
  harm: 'one pod of five in turn sends heads, interim responses and bodies without end, and resets every connection',
  comparable: true,
  bars: [CONTAINED],
  open: (subject) => Rig.open({ subject, pods: 5 }),
  async inflict({ world, random, pause }) {
    const pod = oneOf(random, world.pods);
    for (const attack of ATTACKS) {
      world.harm(pod, attack);
      await pause(2_500);
    }
  },
});
