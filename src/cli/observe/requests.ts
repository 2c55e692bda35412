/** What `tap` and `top` share: requests of the chosen services, until something ends it. */
import { systemClock } from '../../proxy/runtime/clock';
import type { Arguments } from '../command-line/command';
import type { ServiceId, Snapshot } from '../live';
import { awake } from './awake';
import { FollowedRequest, Follower } from './follow';
import { look } from './look';
import { chosenServices, interrupted, RunningMesh, withMesh } from './running';

export interface Following {
  /** Time from the first reading to the last; a reading that ends later is the last. Absent: there is no end. */
  readonly durationMs?: number;
  /** Settles when nobody reads what is shown. */
  readonly unread: Promise<void>;
  /** @returns whether that was all */
  take(requests: readonly FollowedRequest[]): boolean;
}

/**
 * Hands out requests as they end, until that was all, `durationMs` is over, nobody reads it, or the user presses Ctrl-C. Fails when the mesh
 * has ended.
 */
export function followRequests(args: Arguments, following: Following): Promise<void> {
  return withMesh(args, (mesh) => follow(mesh, args, following));
}

async function follow({ source, periodMs }: RunningMesh, args: Arguments, { durationMs, unread, take }: Following): Promise<void> {
  const { services } = await look(source);
  const chosen = chosenServices(args.positionals, services.filter(({ pods }) => pods.length > 0).map(({ id }) => id));
  let follower: Follower | undefined;
  let end: number | undefined;
  const done = new Promise<void>((resolve, reject) => {
    follower = new Follower({
      source, clock: systemClock, periodMs: periodMs / 2,
      services: async () => serviceByPod(await look(source)),
      onRequests: (requests) => { if (take(requests.filter(({ service }) => chosen(service)))) resolve(); },
      onRead: () => {
        if (durationMs === undefined) return;
        end ??= systemClock.now() + durationMs;
        if (systemClock.now() >= end) resolve();
      },
      onEnd: reject,
    });
    follower.start();
  });
  await awake(Promise.race([done, unread, interrupted()])).finally(() => follower?.stop());
}

function serviceByPod({ services }: Snapshot): Map<string, ServiceId> {
  return new Map(services.flatMap(({ id, namespace, pods }) => pods.map(({ pod }) => [`${namespace}/${pod}`, id] as const)));
}
