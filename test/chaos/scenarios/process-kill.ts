import { CONTAINED, NOTHING_LOST } from '../bars';
import { oneOf, Scenario, scenario } from '../scenario';
import { MeshWorld } from '../world/mesh-world';

const KILLS = 3;

function killOf(program: 'proxy' | 'app', name: string, whose: string): Scenario {
  return scenario({
    name,
    harm: `kill -9 of ${whose} of a callee's pod, ${KILLS} times; the pod is replaced`,
    comparable: false,
    bars: [NOTHING_LOST, CONTAINED],
    rate: 150,
    open: () => MeshWorld.open({ callers: 1, pods: 3 }),
    async inflict({ world, random, pause }) {
      for (let kill = 0; kill < KILLS; kill++) {
        await world.kill(oneOf(random, world.callees), program);
        await pause(3_000);
      }
    },
  });
}

export const sidecarKill = killOf('proxy', 'sidecar-kill', 'the sidecar');
export const appKill = killOf('app', 'app-kill', 'the app');
