import { NO_FAILURE } from '../bars';
import { Scenario, scenario } from '../scenario';
import { Rig } from '../world/rig';

function logTo(log: 'full disk' | 'closed pipe', harm: string): Scenario {
  return scenario({
    name: `log-${log.replace(' ', '-')}`,
    harm,
    comparable: true,
    bars: [NO_FAILURE],
    open: (subject) => Rig.open({ subject, proxy: { log } }),
    inflict: ({ pause }) => pause(4_000),
  });
}

export const logFullDisk = logTo('full disk', 'a log line for every request, and a disk that has no room for any (/dev/full)');
export const logClosedPipe = logTo('closed pipe', 'a log line for every request, and a reader of the log that has gone');
