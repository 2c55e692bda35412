/** What `tap` and `top` share: requests of the chosen services, until something ends it. */
import { systemClock } from '../../proxy/runtime/clock';
import type { Arguments } from '../command-line/command';
import type { ServiceId, Snapshot } from '../live';
import { awake } from './awake';
import { FollowedRequest, Follower } from './follow';
import { look } from './look';
import { chosenServices, interrupted, runningMesh } from './running';

/**
 * Hands out requests as they end, until it returns true for some, `durationMs` is over, or the user presses Ctrl-C. Fails when the mesh
 * has ended.
 */
export async function followRequests(
  args: Arguments, durationMs: number | undefined, take: (requests: readonly FollowedRequest[]) => boolean,
): Promise<void> {
  const source = runningMesh(args);
  const { services } = await look(source);
  const chosen = chosenServices(args.positionals, services.filter(({ pods }) => pods.length > 0).map(({ id }) => id));
  let follower: Follower | undefined;
  let cancel: (() => void) | undefined;
  const done = new Promise<void>((resolve, reject) => {
    follower = new Follower({
      source, clock: systemClock,
      services: async () => serviceByPod(await look(source)),
      onRequests: (requests) => { if (take(requests.filter(({ service }) => chosen(service)))) resolve(); },
      onEnd: reject,
    });
    if (durationMs !== undefined) cancel = systemClock.after(durationMs, resolve);
    follower.start();
  });
  await awake(Promise.race([done, interrupted()])).finally(() => {
    follower?.stop();
    cancel?.();
  });
}

function serviceByPod({ services }: Snapshot): Map<string, ServiceId> {
  return new Map(services.flatMap(({ id, namespace, pods }) => pods.map(({ pod }) => [`${namespace}/${pod}`, id] as const)));
}
