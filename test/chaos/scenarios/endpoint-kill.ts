import { CONTAINED, NOTHING_LOST } from '../bars';
import type { Protocol } from '../message';
import { nameOf, oneOf, scenario, type Scenario } from '../scenario';
import { Rig } from '../world/rig';

const KILLS = 4;

export function endpointKill(protocol: Protocol): Scenario {
  return scenario({
    name: nameOf(protocol, 'endpoint-kill'),
    harm: `kill -9 of a pod out of three, ${KILLS} times; each is started again at its address`,
    comparable: protocol === 'http',
    // Bytes of TCP that a pod has got are never sent again.
    bars: [protocol === 'tcp' ? CONTAINED : NOTHING_LOST],
    open: (subject) => Rig.open({ subject, protocol }),
    async inflict({ world, random, pause }) {
      for (let kill = 0; kill < KILLS; kill++) {
        await world.kill(oneOf(random, world.pods.filter(({ running }) => running)));
        await pause(2_500);
      }
    },
  });
}
