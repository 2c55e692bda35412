import { CONTAINED, NOTHING_LOST } from '../bars';
import { oneOf, scenario } from '../scenario';
import { Rig } from '../world/rig';

export const refused = scenario({
  name: 'refused-port',
  harm: 'nobody listens at the port of one pod of three, while the control plane calls it ready',
  comparable: true,
  bars: [NOTHING_LOST, CONTAINED],
  open: (subject) => Rig.open({ subject }),
  async inflict({ world, random, pause }) {
    world.harm(oneOf(random, world.pods), { refuses: true });
    await pause(6_000);
  },
});
