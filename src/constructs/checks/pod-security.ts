/**
 * Whether a namespace that enforces a Pod Security Standard accepts the pods of a workload. Nothing is changed here: the author of the pods
 * is told. Otherwise Kubernetes would accept the Deployment and refuse its pods, one by one.
 */
import { ApiObject } from 'cdk8s';
import { IConstruct } from 'constructs';
import { REDIRECT_CONTAINER } from '../../contract';
import { Enforced, enforcedBy, refusedByPodSecurity, SecuredPod, stricter } from '../../planning/pod-security';
import { Manifest, manifestOf, oncePerSynthesis } from '../kubernetes/manifests';
import { writtenTemplateOf } from '../kubernetes/patches';
import { constructsOf } from '../mesh/mesh-settings';
import { PodSecurityOptions } from '../mesh/pod-security-options';
import { DEFAULT_NAMESPACE } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { PerApp } from '../synthesis/copies';

/** The Namespaces of an app that have the label, by cluster and name. */
const NAMESPACES = new PerApp('namespaces', (root) => oncePerSynthesis(root, () => new Map([...constructsOf(root)].flatMap(({ construct, cluster }) => {
  if (!isNamespace(construct)) {
    return [];
  }
  const { metadata: { name, labels = {} } = {} } = manifestOf(construct);
  const enforced = enforcedBy(labels);
  return enforced === undefined ? [] : [[`${cluster}/${name}`, enforced] as const];
}))));

function isNamespace(construct: IConstruct): construct is ApiObject {
  return ApiObject.isApiObject(construct) && construct.kind === 'Namespace' && construct.apiVersion === 'v1';
}

/** What a namespace enforces. Of one with a label, the stricter of that and what is said of its name; of others the most specific word. */
function enforcedIn(namespace: string, labelled: Enforced | undefined, { enforce, namespaces = {} }: PodSecurityOptions): Enforced {
  const named = Object.hasOwn(namespaces, namespace) ? namespaces[namespace] : undefined;
  return labelled
    ? { ...labelled, level: stricter(labelled.level, named ?? 'privileged') }
    : { level: named ?? enforce ?? 'privileged' };
}

/** Notes what the namespace of a workload refuses of its pods. */
export function checkPodSecurity(errors: ValidationErrors, workload: IConstruct, cluster: string, options: PodSecurityOptions): void {
  const { metadata: { namespace = DEFAULT_NAMESPACE } = {} }: Manifest = manifestOf(ApiObject.of(workload));
  const { level, version } = enforcedIn(namespace, NAMESPACES.of(workload)().get(`${cluster}/${namespace}`), options);
  const refusals = refusedByPodSecurity(writtenTemplateOf(workload) as SecuredPod, level, version);
  const isOfRedirect = ({ field }: { readonly field: string }): boolean => field.startsWith(`initContainers['${REDIRECT_CONTAINER}']`);
  if (refusals.some(isOfRedirect)) {
    errors.add('interception', 'redirect()', `namespace '${namespace}' enforces the ${level} Pod Security Standard, which refuses its init container: that runs as root and has the capability `
      + 'NET_ADMIN. Let the app listen on one address only (\'appAddress\') or on another port, or move it to a namespace that enforces nothing');
  }
  for (const refusal of refusals.filter((each) => !isOfRedirect(each))) {
    errors.add(refusal.field, refusal.value, `namespace '${namespace}' enforces the ${level} Pod Security Standard, which refuses these pods; ${refusal.remedy}`);
  }
}
