/** Endpoints listed in the configuration: always known, always up to date. */
import { StaticDiscovery } from '../../contract';
import { Clock } from '../runtime/clock';
import { toSnapshot } from './snapshot';
import { DiscoveryHealth, DiscoverySource, EndpointSnapshot } from './source';

export class StaticSource implements DiscoverySource {
  /** @param podIps what `pod` stands for */
  constructor(private readonly discovery: StaticDiscovery, private readonly podIps: readonly string[], private readonly clock: Clock) {}

  start(onSnapshot: (snapshot: EndpointSnapshot) => void): void {
    onSnapshot(toSnapshot(this.discovery.endpoints.map(({ address, listensAt, port, weight, zone, priority, mutualTls }) => ({
      address,
      ...(listensAt === undefined ? {} : { listensAt: this.resolve(listensAt, address) }),
      port,
      weight: weight ?? 1,
      ...(zone === undefined ? {} : { zone }),
      ...(priority === undefined ? {} : { priority }),
      ...(mutualTls === undefined ? {} : { serverIds: mutualTls.serverIds }),
      ready: true,
      draining: false,
    }))));
  }

  /** Each address once. `address` stands in where the pod's own are asked for and not known. */
  private resolve(listensAt: readonly string[], address: string): string[] {
    const found = new Set(listensAt.flatMap((place) => (place === 'pod' ? this.podIps : [place])));
    return found.size > 0 ? [...found] : [address];
  }

  close(): void {
    // There is nothing to free: the list was delivered whole.
  }

  get health(): DiscoveryHealth {
    return { synced: true, lastConfirmedAt: this.clock.now(), failures: 0, lastError: undefined };
  }
}
