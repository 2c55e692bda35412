/** Who one service is. */
import { IConstruct } from 'constructs';
import { PerApp } from '../synthesis/copies';
import { Account } from './account';
import { Identity } from './identity';

/** A service that has an identity. */
export interface WorkloadIdentity extends Account {
  readonly identity: Identity;
  readonly trustDomain: string;
  /** Its SPIFFE id. */
  readonly id: string;
}

/** Who a service with this account is; undefined without an identity. */
export function workloadIdentity(identity: Identity, namespace: string, account: string): WorkloadIdentity | undefined {
  const trustDomain = identity._trustDomain;
  return identity._isNone ? undefined : { identity, trustDomain, namespace, account, id: spiffeId(trustDomain, namespace, account) };
}

export function spiffeId(trustDomain: string, namespace: string, account: string): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${account}`;
}

/** The first service with each id, by cluster. */
const OWNERS = new PerApp('identities', () => new Map<string, { readonly service: string; readonly construct: IConstruct }>());

/** Who the account of pods without one is: anybody in the namespace who names none. */
const SHARED_ACCOUNT = 'default';

/** Notes who has an id. Synthesis fails when two services have the same, for then nobody could tell one from the other. */
export function claimIdentity(construct: IConstruct, cluster: string, { id, account, namespace }: WorkloadIdentity, service: string): void {
  if (account === SHARED_ACCOUNT) {
    construct.node.addValidation({
      validate: () => [`'serviceAccount' is "${account}": every pod of namespace '${namespace}' that names no account has its id, ${id}; give the workload an account of its own`],
    });
    return;
  }
  const owners = OWNERS.of(construct);
  const key = `${cluster} ${id}`;
  const owner = owners.get(key) ?? { service, construct };
  owners.set(key, owner);
  if (owner.service !== service) {
    construct.node.addValidation({
      validate: () => [`'serviceAccount' is "${account}": '${owner.construct.node.path}' has it, too, so both would be ${id} and each could do what the other may; give each service an account of its own`],
    });
  }
}
