import { NO_FAILURE } from '../bars';
import { scenario } from '../scenario';
import { MeshWorld } from '../world/mesh-world';

export const everythingRestarted = scenario({
  name: 'everything-restarted',
  harm: 'callers, callees and their sidecars are all replaced, one pod after the other, and the API server restarts in between',
  comparable: false,
  bars: [NO_FAILURE],
  rate: 150,
  open: () => MeshWorld.open({ callers: 2, pods: 3 }),
  async inflict({ world, pause }) {
    for (const pod of world.callees) await world.replace(pod);
    await world.mesh.api.stop();
    await pause(2_000);
    await world.mesh.api.start();
    for (const pod of world.callers) await world.replace(pod);
    await pause(1_000);
  },
});
