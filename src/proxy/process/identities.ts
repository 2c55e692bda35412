/** The identity of a process: from the files of its document, or from the agent that it names. */
import type { Clock } from '../runtime/clock';
import { IdentityInstruments } from '../telemetry/credential-instruments';
import type { MetricRegistry } from '../telemetry/registry';
import { WorkloadApiInstruments } from '../telemetry/workload-api-instruments';
import type { IdentityListener } from '../tls/identity';
import { IdentityKeeper } from '../tls/identity-keeper';
import { WorkloadApiSource } from '../workload-api/workload-api-source';

interface Dependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly registry: MetricRegistry;
  readonly onChange: IdentityListener;
}

export function identitiesOf({ clock, random, registry, onChange }: Dependencies): IdentityKeeper {
  const agent = { clock, random, instruments: new WorkloadApiInstruments(registry) };
  return new IdentityKeeper(
    clock, new IdentityInstruments(registry), onChange, (identity, listener) => WorkloadApiSource.open(identity, agent, listener),
  );
}
