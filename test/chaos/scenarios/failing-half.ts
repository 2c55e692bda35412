import { CONTAINED, errorsBelow } from '../bars';
import { oneOf, scenario } from '../scenario';
import { Rig } from '../world/rig';

export const failingHalf = scenario({
  name: 'failing-half',
  harm: 'one pod of five answers half of its requests with 500',
  comparable: true,
  bars: [CONTAINED, errorsBelow(0.005, 10_000)],
  open: (subject) => Rig.open({ subject, pods: 5 }),
  async inflict({ world, random, pause }) {
    world.harm(oneOf(random, world.pods), { behaviour: 'failing', share: 0.5 });
    await pause(20_000);
  },
});
