import { NO_FAILURE } from '../bars';
import { scenario } from '../scenario';
import { Rig } from '../world/rig';

export const rollingRestart = scenario({
  name: 'rolling-restart',
  harm: 'every pod is replaced, one after the other',
  comparable: true,
  bars: [NO_FAILURE],
  open: (subject) => Rig.open({ subject }),
  async inflict({ world, pause }) {
    for (const old of [...world.pods]) {
      await world.add();
      await pause(500);
      await world.stopGracefully(old);
    }
    await pause(1_000);
  },
});
