/**
 * What `PodOptions` can't say beside a sidecar, and what Kubernetes would refuse. Names of volumes and the ports of containers are checked on the
 * whole pod (sidecar/mesh-sidecar.ts), which others may change until synthesis.
 */
import { ApiObject } from 'cdk8s';
import * as kplus from '../kubernetes/kplus';
import { ProxyOptions } from '../mesh/mesh-props';
import { MeshSettings } from '../mesh/mesh-settings';
import { checkTimeToStop } from '../mesh/time-to-stop';
import { DEFAULT_NAMESPACE, isName, NAME_RULES } from '../props/name-rules';
import { checkSeconds } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { checkInitContainers } from './app-container';
import { PodOptions, PodSecurityContextOptions } from './pod-options';

/** Labels and annotations that the mesh sets, and reads. */
const OWN_PREFIX = 'cdk8s-mesh/';

const SECURITY_CONTEXT = {
  fsGroup: true, fsGroupChangePolicy: true, user: true, group: true, ensureNonRoot: true, sysctls: true, supplementalGroups: true,
  seccompProfile: true,
} as const satisfies Record<keyof PodSecurityContextOptions, true>;

/** What a version's options are checked with. */
interface PodContext {
  /** What stands before the name of a prop. */
  readonly prefix: string;
  readonly namespace: string;
  readonly settings: MeshSettings;
  /** Whether `availability` counts on pods that a rollout never takes all away. */
  readonly hasTarget: boolean;
}

/** Checks what a service or a version says of its pods. */
export function checkPodOptions(errors: ValidationErrors, pod: PodOptions, { prefix, namespace, settings, hasTarget }: PodContext): void {
  checkMetadata(errors, `${prefix}podMetadata`, pod.podMetadata ?? {});
  checkInitContainers(errors, pod.initContainers ?? [], prefix);
  pod.imagePullSecrets?.forEach((secret, index) => {
    const prop = `${prefix}imagePullSecrets[${index}]`;
    const own = namespaceOf(secret);
    if (errors.name(prop, secret.name, NAME_RULES.subdomain) && own !== undefined && own !== namespace) {
      errors.add(prop, secret.name, `it is in namespace '${own}', and pods can use those of their own, '${namespace}', only`);
    }
  });
  for (const prop of ['priorityClassName', 'runtimeClassName'] as const) {
    if (pod[prop] !== undefined) {
      errors.name(`${prefix}${prop}`, pod[prop], NAME_RULES.subdomain);
    }
  }
  for (const [label, value] of Object.entries(pod.nodeSelector ?? {})) {
    errors.name(`${prefix}nodeSelector`, label, NAME_RULES.qualified);
    errors.name(`${prefix}nodeSelector['${label}']`, value, NAME_RULES.labelValue);
  }
  checkSecurityContext(errors, `${prefix}securityContext`, pod.securityContext ?? {});
  if (hasTarget && pod.strategy?._toKube().type === 'Recreate') {
    errors.add(`${prefix}strategy`, 'Recreate', 'each rollout would take all pods away at once, which \'availability\' doesn\'t allow; leave out one of the two');
  }
  if (checkSeconds(errors, `${prefix}terminationGracePeriod`, pod.terminationGracePeriod) && pod.terminationGracePeriod) {
    checkTimeToStop(errors, { ...settings, appDrain: pod.terminationGracePeriod }, `${prefix}terminationGracePeriod`);
  }
}

/** Checks the account that a service brings along. */
export function checkServiceAccount(errors: ValidationErrors, account: kplus.IServiceAccount | undefined, namespace: string): void {
  if (account === undefined) {
    return;
  }
  const own = namespaceOf(account);
  if (errors.name('serviceAccount', account.name, NAME_RULES.subdomain) && own !== undefined && own !== namespace) {
    errors.add('serviceAccount', account.name, `it is in namespace '${own}', and pods can have accounts of their own, '${namespace}', only`);
  }
}

/** The time of the app has two names: that of the sidecar's options, and that of cdk8s-plus. */
export function checkSaidOnce(errors: ValidationErrors, { appDrain, terminationGracePeriod }: PodOptions & Pick<ProxyOptions, 'appDrain'>): void {
  if (appDrain && terminationGracePeriod) {
    errors.add('terminationGracePeriod', `${terminationGracePeriod.toMilliseconds()} ms`, '\'appDrain\' says the same; leave out one of the two');
  }
}

function checkMetadata(errors: ValidationErrors, prop: string, { name, namespace, labels = {}, annotations = {} }: NonNullable<PodOptions['podMetadata']>): void {
  for (const [field, value] of Object.entries({ name, namespace })) {
    if (value !== undefined) {
      errors.add(`${prop}.${field}`, value, 'Kubernetes sets it for each pod; leave it out');
    }
  }
  for (const [field, texts] of Object.entries({ labels, annotations })) {
    for (const [key, text] of Object.entries(texts)) {
      if (key.startsWith(OWN_PREFIX)) {
        errors.add(`${prop}.${field}`, key, 'the mesh sets those that begin with \'cdk8s-mesh/\', and finds pods by them; choose another name');
      } else if (errors.name(`${prop}.${field}`, key, NAME_RULES.qualified)
          && (typeof text !== 'string' || (field === 'labels' && !isName(NAME_RULES.labelValue, text)))) {
        errors.add(`${prop}.${field}['${key}']`, text, field === 'labels' ? NAME_RULES.labelValue.remedy : 'use a text');
      }
    }
  }
}

function checkSecurityContext(errors: ValidationErrors, prop: string, context: PodSecurityContextOptions): void {
  errors.unknownProps(context, SECURITY_CONTEXT, `${prop}.`);
  const groups = { fsGroup: context.fsGroup, ...Object.fromEntries((context.supplementalGroups ?? []).map((group, index) => [`supplementalGroups[${index}]`, group])) };
  for (const [field, group] of Object.entries<number | undefined>(groups)) {
    if (group !== undefined) {
      errors.wholeNumber(`${prop}.${field}`, group, 0, 2 ** 31 - 1);
    }
  }
}

/** The namespace of an object that is of this app; undefined for one that only has a name. */
function namespaceOf(resource: kplus.IResource): string | undefined {
  const { metadata } = resource as Partial<kplus.Resource>;
  const isOwn = metadata !== undefined && resource.node.children.some((child) => ApiObject.isApiObject(child));
  return isOwn ? metadata.namespace ?? DEFAULT_NAMESPACE : undefined;
}
