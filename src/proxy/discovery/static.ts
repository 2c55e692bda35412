/** Endpoints listed in the configuration: always known, always up to date. */
import { StaticDiscovery } from '../../contract';
import { Clock } from '../clock';
import { toSnapshot } from './snapshot';
import { DiscoveryHealth, DiscoverySource, EndpointSnapshot } from './source';

export class StaticSource implements DiscoverySource {
  constructor(private readonly discovery: StaticDiscovery, private readonly clock: Clock) {}

  start(onSnapshot: (snapshot: EndpointSnapshot) => void): void {
    onSnapshot(toSnapshot(this.discovery.endpoints.map(({ address, port, weight, zone, priority }) => ({
      address,
      port,
      weight: weight ?? 1,
      ...(zone === undefined ? {} : { zone }),
      ...(priority === undefined ? {} : { priority }),
      ready: true,
      draining: false,
    }))));
  }

  close(): void {
    // There is nothing to free: the list was delivered whole.
  }

  get health(): DiscoveryHealth {
    return { synced: true, lastConfirmedAt: this.clock.now(), failures: 0, lastError: undefined };
  }
}
