import { NO_FAILURE } from '../bars';
import { oneOf, scenario } from '../scenario';
import { Rig } from '../world/rig';

export const stutter = scenario({
  name: 'stutter',
  harm: 'one pod of five sends its answers in pieces with pauses',
  comparable: true,
  bars: [NO_FAILURE],
  open: (subject) => Rig.open({ subject, pods: 5 }),
  async inflict({ world, random, pause }) {
    world.harm(oneOf(random, world.pods), { behaviour: 'stutter' });
    await pause(6_000);
  },
});
