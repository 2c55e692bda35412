/** An identity in a pod: its files, what it may ask the cluster for, and what would undo it. */
import { Construct } from 'constructs';
import { besides } from '../calls/call-routes';
import { Call } from '../calls/dependencies';
import { Destination } from '../destinations/destination';
import { DestinationInfo } from '../destinations/destination-info';
import { Account } from '../identity/account';
import { ListenerConfig } from '../../contract';
import { authorizationConfig, healthMatches } from '../identity/caller-rules';
import { tokenRules } from '../identity/token-rules';
import { claimIdentity, WorkloadIdentity, workloadIdentity } from '../identity/workload-identity';
import * as kplus from '../kubernetes/kplus';
import { writeLean } from '../kubernetes/lean-manifest';
import { ContainerManifest, PodSpecManifest, setInPodSpec } from '../kubernetes/patches';
import { clusterOf, MeshSettings } from '../mesh/mesh-settings';
import { ValidationErrors } from '../props/validation-errors';
import { DocumentInfo } from './document';
import { checkPrivateKeys } from './private-keys';

/** Annotation of pods that older clusters refuse. */
const KUBERNETES_ANNOTATION = 'cdk8s-mesh/minimum-kubernetes';

/** A service, as far as its identity needs to know. */
interface Owner {
  /** `namespace/name` of the service. */
  readonly service: string;
  /** Namespace to write into its objects; absent when its chart names none. */
  readonly objectNamespace?: string;
}

/** Takes an id for a service, and the permission that its provider needs. Once for each service. */
export function establishIdentity(construct: Construct, identity: WorkloadIdentity | undefined, { service, objectNamespace }: Owner): void {
  if (!identity) {
    return;
  }
  claimIdentity(construct, clusterOf(construct), identity, service);
  if (!identity.identity._asksInTheNameOfThePod) {
    return;
  }
  const scope = new Construct(construct, 'Identity');
  const metadata = { name: `cdk8s-mesh-identity.${identity.account}`, namespace: objectNamespace };
  const role = new kplus.Role(scope, 'Role', { metadata });
  role.allow(['create'], kplus.ApiResource.custom({ apiGroup: 'cert-manager.io', resourceType: 'certificaterequests' }));
  const binding = new kplus.RoleBinding(scope, 'Binding', { metadata, role });
  binding.addSubjects(kplus.ServiceAccount.fromServiceAccountName(scope, 'Account', identity.account, { namespaceName: identity.namespace }));
  [role, binding].forEach(writeLean);
}

/** Who a workload made elsewhere is. It needs an account of its own for that. */
export function ownIdentity(construct: Construct, { identity }: MeshSettings, account: () => Account, owner: Owner): WorkloadIdentity | undefined {
  if (identity._isNone) {
    return undefined;
  }
  const own = account();
  const established = workloadIdentity(identity, own.namespace, own.account);
  establishIdentity(construct, established, owner);
  return established;
}

/** By what a proxy proves who it is, and whom it lets in: nobody, where nothing calls the workload. */
export function securityOf(
  identity: WorkloadIdentity | undefined, { mutualTls, authorization }: MeshSettings, called?: Pick<Destination, '_declaredCalls' | '_info'>,
): DocumentInfo['security'] {
  const calls = called?._declaredCalls ?? [];
  const jwts = called?._info().jwt;
  const jwt = jwts && { jwt: jwts.map((each) => each._toConfig()) };
  const external = called && externalConfig(called);
  const outside = { ...(jwts && { ...jwt, authorization: tokenRules(calls, authorization, jwts) }), ...external };
  return {
    ...(identity && { identity: identity.identity._config(identity.id) }),
    inbound: identity
      ? { mutualTls: mutualTls._config(), authorization: authorizationConfig(calls, authorization, mutualTls, jwts), ...jwt, ...external }
      : outside,
    outside,
  };
}

/** Whom it asks about requests. Health checks of callers carry no proof of a client, so they are not asked about. */
function externalConfig(called: Pick<Destination, '_declaredCalls' | '_info'>): Pick<ListenerConfig, 'externalAuthorization'> {
  const { externalAuthorization, namespace } = called._info();
  const healthPaths = healthMatches(called._declaredCalls).flatMap(({ path }) => (path ? [path.value] : []));
  return externalAuthorization ? { externalAuthorization: externalAuthorization._toConfig({ namespace, healthPaths }) } : {};
}

/** Says on the pods which clusters they are for, where that is not every cluster that runs the mesh. */
export function noteMinimumKubernetes(workload: kplus.Workload, identity: WorkloadIdentity | undefined): void {
  const minimum = identity?.identity._minimumKubernetes;
  if (minimum !== undefined) {
    workload.podMetadata.addAnnotation(KUBERNETES_ANNOTATION, minimum);
  }
}

/** Mounts the files of an identity in the sidecar. */
export function mountIdentity(spec: PodSpecManifest, proxy: ContainerManifest, identity: WorkloadIdentity | undefined, settings: MeshSettings): void {
  identity?.identity._mount(spec, proxy, identity, settings.proxyUser.group);
}

/** What would give the key to others, or another id to the pod. */
export function checkIdentityPod(errors: ValidationErrors, spec: PodSpecManifest, identity: WorkloadIdentity | undefined): void {
  checkPrivateKeys(errors, spec, identity?.identity._secretOf(identity), identity?.identity._sharedDriver);
  if (!identity) {
    return;
  }
  const { account, id } = identity;
  if (spec.serviceAccountName !== account) {
    errors.add('workload.serviceAccount', spec.serviceAccountName, `after its patches, the pod has another account than '${account}', so it would not be ${id}; give the workload its account by 'serviceAccount'`);
  }
}

/** Who calls. */
interface CheckedCaller {
  readonly identity: WorkloadIdentity | undefined;
  readonly path: string;
}

/** What calls lead to that would refuse the caller, or that the caller would refuse. Both sides are known here. */
export function checkCallees(errors: ValidationErrors, calls: readonly Call[], { identity, path }: CheckedCaller): void {
  const told = new Set<string>();
  for (const call of calls) {
    for (const callee of [call.destination, ...besides(call)]) {
      const { path: calleePath } = callee.node;
      const info = callee._info();
      const problem = told.has(calleePath) ? undefined : problemOf(info, identity, { caller: path, callee: calleePath });
      told.add(calleePath);
      if (problem !== undefined) {
        errors.add(`calls(${info.name})`, calleePath, problem);
      }
    }
  }
}

function problemOf(
  { identity: callee, mutualTls }: DestinationInfo, caller: WorkloadIdentity | undefined, paths: { readonly caller: string; readonly callee: string },
): string | undefined {
  if (!callee || !mutualTls?._isUsed) {
    return undefined;
  }
  if (!caller) {
    return mutualTls._takesPlain ? undefined
      : `'${paths.callee}' takes callers by mutual TLS only, and '${paths.caller}' has no identity to prove; give it one (its Mesh's 'identity'), or let it in by MutualTls.PERMISSIVE or allowPlain() there`;
  }
  return caller.trustDomain === callee.trustDomain ? undefined
    : `it is of the trust domain '${callee.trustDomain}', and '${paths.caller}' of '${caller.trustDomain}'; neither would trust the other: give both the same 'identity'`;
}

/** An account for pods that have none, whose workload somebody else made. */
export function makeAccount(scope: Construct, pods: kplus.Workload, name: string, namespace: string | undefined): kplus.ServiceAccount {
  const account = new kplus.ServiceAccount(scope, 'ServiceAccount', { metadata: { name, namespace } });
  setInPodSpec(pods, '/serviceAccountName', account.name);
  return account;
}
