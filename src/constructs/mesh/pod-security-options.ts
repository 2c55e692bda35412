/**
 * What is to be known of the Pod Security Standards that a cluster enforces.
 */
import { Mistakes } from '../props/mistakes';
import { NAME_RULES } from '../props/name-rules';

/**
 * Level of the Pod Security Standards of Kubernetes.
 */
export enum PodSecurityLevel {
  /** Nothing is refused. */
  PRIVILEGED = 'privileged',
  /** What is known to give a pod power over its node is refused. */
  BASELINE = 'baseline',
  /** Pods must give up all that most apps don't need, besides. */
  RESTRICTED = 'restricted',
}

/**
 * The Pod Security Standards that a cluster enforces, as far as the app doesn't say so itself: a Namespace of the app with the label
 * `pod-security.kubernetes.io/enforce` needs nothing here. The pods of workloads with sidecars are checked at synthesis.
 */
export interface PodSecurityOptions {
  /**
   * Level that namespaces enforce, as `defaults.enforce` of the configuration of Kubernetes' PodSecurity admission plugin says. A Namespace of
   * the app with a label of its own has that level instead.
   *
   * @default PodSecurityLevel.PRIVILEGED
   */
  readonly enforce?: PodSecurityLevel;

  /**
   * Levels by namespace, for Namespaces that are made elsewhere. Of a namespace that the app has with another level, the stricter counts.
   *
   * @default - none
   */
  readonly namespaces?: { readonly [namespace: string]: PodSecurityLevel };
}

const OPTIONS = { enforce: true, namespaces: true } as const satisfies Record<keyof PodSecurityOptions, true>;

/** Checks the options themselves. */
export function checkPodSecurityOptions(mistakes: Mistakes, prop: string, options: PodSecurityOptions): void {
  mistakes.unknownProps(options, OPTIONS, `${prop}.`);
  const check = (name: string, level: unknown): void => {
    if (!Object.values(PodSecurityLevel).includes(level as PodSecurityLevel)) {
      mistakes.add(name, level, `use one of ${Object.keys(PodSecurityLevel).map((key) => `PodSecurityLevel.${key}`).join(', ')}`);
    }
  };
  if (options.enforce !== undefined) {
    check(`${prop}.enforce`, options.enforce);
  }
  for (const [namespace, level] of Object.entries(options.namespaces ?? {})) {
    mistakes.name(`${prop}.namespaces`, namespace, NAME_RULES.label);
    check(`${prop}.namespaces['${namespace}']`, level);
  }
}
