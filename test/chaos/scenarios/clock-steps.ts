import { NO_FAILURE } from '../bars';
import { scenario } from '../scenario';
import { Rig } from '../world/rig';

const STEPS = 6;

export const clockSteps = scenario({
  name: 'clock-steps',
  harm: 'the wall clock of the proxy is stepped by hours, forth and back',
  comparable: false,
  bars: [NO_FAILURE],
  open: (subject) => Rig.open({ subject, proxy: { stepsClock: true } }),
  async inflict({ world, pause }) {
    for (let step = 0; step < STEPS; step++) {
      process.kill(world.proxy.child.pid, 'SIGUSR2');
      await pause(1_000);
    }
  },
});
