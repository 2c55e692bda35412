/**
 * What an author tells of the Pod Security Standards that a cluster enforces.
 */
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';

/**
 * Level of the Pod Security Standards of Kubernetes.
 */
export enum PodSecurityLevel {
  /**
   * No pod is rejected.
   */
  PRIVILEGED = 'privileged',
  /**
   * Pods with known privilege escalations are rejected.
   */
  BASELINE = 'baseline',
  /**
   * Pods must also follow the hardening practices for pods.
   */
  RESTRICTED = 'restricted',
}

/**
 * The Pod Security Standards that a cluster enforces. A Namespace of the app with the label `pod-security.kubernetes.io/enforce` needs no
 * setting here. Synthesis checks the pods of workloads with sidecars.
 */
export interface PodSecurityOptions {
  /**
   * Level of namespaces without a label: `defaults.enforce` in the configuration of Kubernetes' PodSecurity admission plugin. A Namespace
   * of the app with a label of its own has that level instead.
   *
   * @default PodSecurityLevel.PRIVILEGED
   */
  readonly enforce?: PodSecurityLevel;

  /**
   * Levels by namespace, for Namespaces that the app does not create; they replace `enforce`. When the app has the namespace with another
   * level, the stricter one counts.
   *
   * @default - none
   */
  readonly namespaces?: { readonly [namespace: string]: PodSecurityLevel };
}

const OPTIONS = { enforce: true, namespaces: true } as const satisfies Record<keyof PodSecurityOptions, true>;

/** Checks the options themselves. */
export function checkPodSecurityOptions(errors: ValidationErrors, prop: string, options: PodSecurityOptions): void {
  errors.unknownProps(options, OPTIONS, `${prop}.`);
  const check = (name: string, level: unknown): void => {
    if (!Object.values(PodSecurityLevel).includes(level as PodSecurityLevel)) {
      errors.add(name, level, `use one of ${Object.keys(PodSecurityLevel).map((key) => `PodSecurityLevel.${key}`).join(', ')}`);
    }
  };
  if (options.enforce !== undefined) {
    check(`${prop}.enforce`, options.enforce);
  }
  for (const [namespace, level] of Object.entries(options.namespaces ?? {})) {
    errors.name(`${prop}.namespaces`, namespace, NAME_RULES.label);
    check(`${prop}.namespaces['${namespace}']`, level);
  }
}
