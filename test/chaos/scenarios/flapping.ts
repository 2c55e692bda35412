import { NOTHING_LOST } from '../bars';
import { oneOf, scenario } from '../scenario';
import { Rig } from '../world/rig';

const FLAPS = 12;

export const flapping = scenario({
  name: 'flapping',
  harm: `one pod of three comes and goes ${FLAPS} times, its port and its readiness out of step`,
  comparable: true,
  bars: [NOTHING_LOST],
  open: (subject) => Rig.open({ subject }),
  async inflict({ world, random, pause }) {
    const pod = oneOf(random, world.pods);
    for (let flap = 0; flap < FLAPS; flap++) {
      world.harm(pod, { refuses: true });
      await pause(200 + 200 * random());
      pod.ready = false;
      world.publish();
      await pause(200 * random());
      world.harm(pod, { refuses: false });
      pod.ready = true;
      world.publish();
      await pause(200 + 200 * random());
    }
  },
});
