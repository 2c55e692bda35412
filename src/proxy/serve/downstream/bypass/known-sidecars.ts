/**
 * The addresses of pods that have a sidecar, as a callee's sidecar learns them: a request that a sidecar sent says so, by `x-mesh-via`.
 * What comes from such an address without it has passed that sidecar by: its app found another way, by DNS or an old connection.
 *
 * It is a memory of what was seen, with bounds in number and time: an address may be another pod's some minutes later. A pod whose app
 * passes its sidecar by with every single request to this service is not known here, and its requests count as those of any client.
 * That sidecar finds them itself (sockets/straight-connections.ts). No source is asked whether it has a sidecar, since clients outside of the mesh
 * would be connected to as well (docs/decisions/past-the-sidecar.md).
 */
import { Recent } from '../../../session/recent';

/** Limit `sidecarAddresses`: addresses that are remembered, and as many again of those before. */
export const MAX_ADDRESSES = 2_048;

/** How long an address counts as a sidecar's after a request of it. */
export const REMEMBER_MS = 300_000;

/** Limit `bypassingAddresses`: those that are shown, and told of again after they were forgotten. */
export const MAX_SHOWN = 64;

/** Requests of a pod that have passed its sidecar by. */
export interface BypassReport {
  readonly address: string;
  readonly requests: number;
  /** Since the last one. */
  readonly ageMs: number;
}

interface Bypassing {
  requests: number;
  lastAt: number;
}

export class KnownSidecars {
  private readonly seenAt: Recent<number>;
  private readonly bypassing: Recent<Bypassing>;

  /** @param onFirst hears of an address whose requests have begun to pass its sidecar by */
  constructor(private readonly onFirst: (address: string) => void, onLimit: (limit: string) => void) {
    this.seenAt = new Recent(MAX_ADDRESSES, () => onLimit('sidecarAddresses'));
    this.bypassing = new Recent(MAX_SHOWN, () => onLimit('bypassingAddresses'));
  }

  /** A sidecar has sent a request from this address. */
  note(address: string, now: number): void {
    this.seenAt.set(address, now);
  }

  has(address: string, now: number): boolean {
    const at = this.seenAt.get(address);
    return at !== undefined && now - at < REMEMBER_MS;
  }

  /** A request has passed its pod's sidecar by. */
  count(address: string, now: number): void {
    let found = this.bypassing.get(address);
    if (!found || now - found.lastAt >= REMEMBER_MS) {
      found = { requests: 0, lastAt: now };
      this.bypassing.set(address, found);
      this.onFirst(address);
    }
    found.requests += 1;
    found.lastAt = now;
  }

  report(now: number): BypassReport[] {
    return [...this.bypassing.entries()].map(([address, { requests, lastAt }]) => ({ address, requests, ageMs: Math.round(now - lastAt) }));
  }
}
