import { NOTHING_LOST } from '../bars';
import { oneOf, scenario } from '../scenario';
import { Rig } from '../world/rig';

const KILLS = 4;

export const endpointKill = scenario({
  name: 'endpoint-kill',
  harm: `kill -9 of a pod out of three, ${KILLS} times; each is started again at its address`,
  comparable: true,
  bars: [NOTHING_LOST],
  open: (subject) => Rig.open({ subject }),
  async inflict({ world, random, pause }) {
    for (let kill = 0; kill < KILLS; kill++) {
      await world.kill(oneOf(random, world.pods.filter(({ running }) => running)));
      await pause(2_500);
    }
  },
});
