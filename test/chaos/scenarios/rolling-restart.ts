import { NO_FAILURE } from '../bars';
import type { Protocol } from '../message';
import { nameOf, scenario, type Scenario } from '../scenario';
import { Rig } from '../world/rig';

export function rollingRestart(protocol: Protocol): Scenario {
  return scenario({
    name: nameOf(protocol, 'rolling-restart'),
    harm: 'every pod is replaced, one after the other',
    comparable: protocol === 'http',
    bars: [NO_FAILURE],
    open: (subject) => Rig.open({ subject, protocol }),
    async inflict({ world, pause }) {
      for (const old of [...world.pods]) {
        await world.add();
        await pause(500);
        await world.stopGracefully(old);
      }
      await pause(1_000);
    },
  });
}
