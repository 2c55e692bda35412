import { CONTAINED, NOTHING_LOST } from '../bars';
import { oneOf, scenario } from '../scenario';
import { Rig } from '../world/rig';

const SHARE = 0.2;

export const resetBefore = scenario({
  name: 'reset-before-response',
  harm: `one pod of five resets the connection of ${SHARE * 100} % of its requests before it answers`,
  comparable: true,
  bars: [NOTHING_LOST, CONTAINED],
  open: (subject) => Rig.open({ subject, pods: 5 }),
  async inflict({ world, random, pause }) {
    world.harm(oneOf(random, world.pods), { behaviour: 'resetBefore', share: SHARE });
    await pause(8_000);
  },
});

export const resetMid = scenario({
  name: 'reset-mid-response',
  harm: `one pod of five resets the connection of ${SHARE * 100} % of its requests in the middle of the answer`,
  comparable: true,
  bars: [CONTAINED],
  open: (subject) => Rig.open({ subject, pods: 5 }),
  async inflict({ world, random, pause }) {
    world.harm(oneOf(random, world.pods), { behaviour: 'resetMid', share: SHARE });
    await pause(8_000);
  },
});
