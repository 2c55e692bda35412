import { CONTAINED, errorsBelow } from '../bars';
import { oneOf, scenario } from '../scenario';
import { Rig } from '../world/rig';

export const blackHole = scenario({
  name: 'black-hole',
  harm: 'one pod of five accepts and never answers',
  comparable: true,
  bars: [CONTAINED, errorsBelow(0.005, 10_000)],
  open: (subject) => Rig.open({ subject, pods: 5 }),
  async inflict({ world, random, pause }) {
    world.harm(oneOf(random, world.pods), { behaviour: 'blackHole' });
    await pause(16_000);
  },
});
