import type { BehaviourName } from '../backend/behaviours';
import { CONTAINED } from '../bars';
import { oneOf, scenario } from '../scenario';
import { Rig } from '../world/rig';

const LIES: readonly BehaviourName[] = ['shortBody', 'twoLengths', 'bytesAfterEnd', 'bytesWhenIdle'];

export const contentLength = scenario({
  name: 'wrong-content-length',
  harm: 'one pod of five in turn promises more than it sends, says two lengths, sends more than it promised, at once and later',
  comparable: true,
  bars: [CONTAINED],
  open: (subject) => Rig.open({ subject, pods: 5 }),
  async inflict({ world, random, pause }) {
    const pod = oneOf(random, world.pods);
    for (const behaviour of LIES) {
      world.harm(pod, { behaviour });
      await pause(2_500);
    }
  },
});
