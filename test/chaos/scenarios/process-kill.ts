import { CONTAINED, CUT_SHARE, NOTHING_LOST } from '../bars';
import { oneOf, scenario } from '../scenario';
import { MeshWorld } from '../world/mesh-world';

const KILLS = 3;

export const sidecarKill = scenario({
  name: 'sidecar-kill',
  harm: `kill -9 of the proxy of a callee's pod, ${KILLS} times; the supervisor of its image starts it again`,
  comparable: false,
  bars: [NOTHING_LOST, CONTAINED],
  rate: 150,
  open: () => MeshWorld.open({ callers: 1, pods: 3, supervised: true }),
  async inflict({ world, random, pause }) {
    for (let kill = 0; kill < KILLS; kill++) {
      await world.killProxy(oneOf(random, world.callees));
      await pause(3_000);
    }
  },
});

export const appKill = scenario({
  name: 'app-kill',
  harm: `kill -9 of the app of a callee's pod, ${KILLS} times; the pod is replaced`,
  comparable: false,
  bars: [NOTHING_LOST, CONTAINED],
  rate: 150,
  open: () => MeshWorld.open({ callers: 1, pods: 3 }),
  async inflict({ world, random, pause }) {
    for (let kill = 0; kill < KILLS; kill++) {
      await world.killApp(oneOf(random, world.callees));
      await pause(3_000);
    }
  },
});

export const callerSidecarKill = scenario({
  name: 'caller-sidecar-kill',
  harm: 'kill -9 of the proxy of one of two callers; the supervisor of its image starts it again',
  comparable: false,
  bars: [CUT_SHARE],
  rate: 150,
  open: () => MeshWorld.open({ callers: 2, pods: 3, supervised: true }),
  async inflict({ world, random, pause }) {
    await world.killProxyOfCaller(oneOf(random, world.callers));
    await pause(4_000);
  },
});
