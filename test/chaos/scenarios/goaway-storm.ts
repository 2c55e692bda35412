import { NO_FAILURE } from '../bars';
import { scenario } from '../scenario';
import { Rig } from '../world/rig';

const CALLS = 5;

export const goawayStorm = scenario({
  name: 'grpc-goaway-storm',
  harm: `every pod says GOAWAY on each connection after ${CALLS} calls, and refuses newer ones`,
  comparable: false,
  bars: [NO_FAILURE],
  open: (subject) => Rig.open({ subject, protocol: 'grpc' }),
  async inflict({ world, pause }) {
    for (const pod of world.pods) pod.behave({ goawayAfter: CALLS });
    await pause(8_000);
  },
});
