/**
 * Whether the pods of a workload made elsewhere are let into a namespace that enforces the `restricted` Pod Security Standard. Its author
 * wrote them, so nothing is changed here; but without a word the Deployment would be accepted and its pods refused, one by one.
 *
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
import { ApiObject } from 'cdk8s';
import { IConstruct } from 'constructs';
import * as kplus from './kplus';
import { Mistakes } from './mistakes';
import { writtenTemplateOf } from './patches';
import { untilAddition } from './unchanged';

/** Label of namespaces that enforce a standard. */
const ENFORCE_LABEL = 'pod-security.kubernetes.io/enforce';

/** The parts of a manifest that the standard is about. */
interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly capabilities?: { readonly drop?: string[] };
  readonly seccompProfile?: { readonly type?: string };
}

interface SecuredContainer {
  readonly name: string;
  readonly securityContext?: SecurityContext;
}

interface SecuredPod {
  readonly securityContext?: SecurityContext;
  readonly containers: SecuredContainer[];
  readonly initContainers?: SecuredContainer[];
}

const namespaces = new WeakMap<IConstruct, () => ReadonlySet<string>>();

/** Namespaces of an app that enforce it. */
function restrictedNamespaces(root: IConstruct): ReadonlySet<string> {
  const known = namespaces.get(root) ?? untilAddition(() => new Set(root.node.findAll()
    .filter((construct): construct is ApiObject => ApiObject.isApiObject(construct) && construct.kind === 'Namespace')
    .filter((namespace) => namespace.metadata.getLabel(ENFORCE_LABEL) === 'restricted')
    .map(({ name }) => name)));
  namespaces.set(root, known);
  return known();
}

/** Notes what the standard refuses of a workload's containers, if its namespace enforces it. */
export function checkRestricted(mistakes: Mistakes, workload: kplus.Workload, namespace: string): void {
  if (!restrictedNamespaces(workload.node.root).has(namespace)) {
    return;
  }
  const spec = writtenTemplateOf(workload).spec as SecuredPod;
  const pod = spec.securityContext ?? {};
  for (const { name, securityContext: own = {} } of [...spec.initContainers ?? [], ...spec.containers]) {
    const missing = [
      ...(own.allowPrivilegeEscalation === false ? [] : ['allowPrivilegeEscalation: false']),
      ...((own.runAsNonRoot ?? pod.runAsNonRoot) === true ? [] : ['ensureNonRoot: true']),
      ...(own.capabilities?.drop?.includes('ALL') ? [] : ['capabilities: { drop: [Capability.ALL] }']),
      ...(['RuntimeDefault', 'Localhost'].includes((own.seccompProfile ?? pod.seccompProfile)?.type ?? '')
        ? [] : ['seccompProfile: { type: SeccompProfileType.RUNTIME_DEFAULT }']),
    ];
    if (missing.length > 0) {
      mistakes.add(`containers['${name}'].securityContext`, own, `namespace '${namespace}' enforces the restricted Pod Security Standard, which refuses these pods; add ${missing.join(', ')}`);
    }
  }
}
