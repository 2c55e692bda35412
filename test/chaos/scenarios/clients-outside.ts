import { unseenBelow } from '../bars';
import { scenario } from '../scenario';
import { MeshWorld } from '../world/mesh-world';

export const clientsOutside = scenario({
  name: 'clients-outside',
  harm: 'every pod is replaced, one after the other, while clients outside of the mesh keep their connections to the service\'s address',
  comparable: false,
  bars: [unseenBelow(0.005)],
  rate: 150,
  open: () => MeshWorld.open({ callers: 1, pods: 3, outside: true }),
  async inflict({ world, pause }) {
    for (const pod of world.callees) await world.replace(pod);
    await pause(1_000);
  },
});
