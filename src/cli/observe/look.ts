/** Looks at a running mesh: once, over some time, or again and again. */
import { systemClock } from '../../proxy/runtime/clock';
import { UserError } from '../command-line/errors';
import { Poller, PollerOptions, ProxySource, ScrapedMesh, Snapshot } from '../live';
import { awake } from './awake';
import { interrupted, LookedAt } from './running';

/** What there is now; nothing has a rate. */
export function look(source: ProxySource): Promise<Snapshot> {
  return first({ source: new ScrapedMesh(source, { clock: systemClock }) }, () => true);
}

/** What there is, and what was done for so long. */
export function measure({ pictures }: LookedAt, windowMs: number): Promise<Snapshot> {
  return first({ source: pictures(windowMs), periodMs: windowMs }, ({ seconds }) => seconds > 0);
}

/** Looks again and again, over the last `windowMs`, until Ctrl-C, until `unread` (nobody reads what is shown), or until the mesh has ended. */
export async function watch(
  { pictures, periodMs }: LookedAt, windowMs: number, unread: Promise<void>, show: (snapshot: Snapshot) => void,
): Promise<void> {
  let poller: Poller | undefined;
  const failed = new Promise<never>((_, reject) => {
    poller = poll({ source: pictures(windowMs), periodMs }, (snapshot) => { if (snapshot.seconds > 0) show(snapshot); }, reject);
  });
  await awake(Promise.race([interrupted(), unread, failed])).finally(() => poller?.stop());
}

type Looking = Pick<PollerOptions, 'source' | 'periodMs'>;

function first(options: Looking, wanted: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  const found = new Promise<Snapshot>((resolve, reject) => {
    const poller = poll(options, (snapshot) => {
      if (!wanted(snapshot)) return;
      poller.stop();
      resolve(snapshot);
    }, (error) => {
      poller.stop();
      reject(error as Error);
    });
    void interrupted().then(() => {
      poller.stop();
      reject(new UserError('interrupted before there was anything to show'));
    });
  });
  return awake(found);
}

/** A fault in showing ends the looking, as one in looking does. */
function poll(options: Looking, show: (snapshot: Snapshot) => void, fail: (error: unknown) => void): Poller {
  const poller = new Poller({
    ...options,
    clock: systemClock,
    onSnapshot: (snapshot) => {
      try {
        show(snapshot);
      } catch (error) {
        fail(error);
      }
    },
    onProblem: (problem) => fail(new UserError(problem)),
  });
  poller.start();
  return poller;
}
