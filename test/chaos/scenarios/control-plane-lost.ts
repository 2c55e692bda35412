import { NOTHING_LOST } from '../bars';
import { oneOf, scenario } from '../scenario';
import { Rig } from '../world/rig';

export const controlPlaneLost = scenario({
  name: 'control-plane-lost',
  harm: 'the API server goes; a pod is killed and another added meanwhile; it comes back with a new history (410 Gone)',
  comparable: true,
  bars: [NOTHING_LOST],
  open: (subject) => Rig.open({ subject }),
  async inflict({ world, random, pause }) {
    await world.proxy.loseControlPlane();
    await pause(2_000);
    await world.kill(oneOf(random, world.pods));
    await world.add();
    await pause(4_000);
    await world.proxy.returnControlPlane();
    await pause(4_000);
  },
});
