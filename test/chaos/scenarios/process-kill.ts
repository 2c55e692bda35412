import { CONTAINED, CUT_SHARE, NOTHING_LOST } from '../bars';
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

export const callerSidecarKill = scenario({
  name: 'caller-sidecar-kill',
  harm: 'kill -9 of the sidecar of one of two callers, whose app calls from the other one then',
  comparable: false,
  bars: [CUT_SHARE],
  rate: 150,
  open: () => MeshWorld.open({ callers: 2, pods: 3 }),
  async inflict({ world, random, pause }) {
    await world.killCaller(oneOf(random, world.callers));
    await pause(4_000);
  },
});
