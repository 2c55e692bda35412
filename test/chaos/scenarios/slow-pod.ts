import { NO_FAILURE, p99Recovers } from '../bars';
import { oneOf, scenario } from '../scenario';
import { Rig } from '../world/rig';

const LATENCY_MS = 10;
const TIMES = 20;

export const slowPod = scenario({
  name: 'slow-pod',
  harm: `one pod of five takes ${TIMES} times as long`,
  comparable: true,
  bars: [NO_FAILURE, p99Recovers(3, 10_000)],
  open: (subject) => Rig.open({ subject, pods: 5, latencyMs: LATENCY_MS }),
  async inflict({ world, random, pause }) {
    world.harm(oneOf(random, world.pods), { latencyMs: LATENCY_MS * TIMES });
    await pause(20_000);
  },
});
