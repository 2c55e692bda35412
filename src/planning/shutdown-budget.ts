/**
 * One budget for stopping a pod, from which every timer is derived, so that none can contradict another.
 *
 * Kubernetes starts the grace period when it marks the pod for deletion and counts everything against it:
 *
 *     |-- endpoint propagation --|------ app drain ------|-- proxy drain --|
 *     preStop.sleep: callers and  SIGTERM to the app,      SIGTERM to the
 *     load balancers stop sending it finishes its work      native sidecar
 *     |<-------------------- terminationGracePeriodSeconds ---------------->|
 *
 * A native sidecar gets its SIGTERM only when all app containers have ended, hence the sum and not a maximum. An app that ignores its
 * SIGTERM has the whole grace period: Kubernetes doesn't know the parts. It kills it at the end, and gives the sidecar two seconds
 * more. So the proxy is told the parts, too. It hears of the termination by a preStop of its own and begins with its part in time,
 * whatever the app does.
 *
 * Kubernetes counts in whole seconds; each part is rounded up, so a part is never shorter than what was asked for.
 */

/** The three parts, in milliseconds. */
export interface ShutdownParts {
  /** Until every caller has heard that the pod is going away. */
  readonly endpointPropagationMs: number;
  /** For the app to finish, after its SIGTERM. */
  readonly appDrainMs: number;
  /** For the proxy to finish, after the app has ended. */
  readonly proxyDrainMs: number;
}

/** What is written into the pod and the proxy's document. */
export interface ShutdownBudget {
  /** `preStop.sleep.seconds` of the app's containers, and `shutdown.endpointPropagationMs` of the proxy; 0 means no preStop. */
  readonly sleepSeconds: number;
  /** After the sleep, when the app's time is over: with it, `shutdown.appDrainMs` of the proxy. */
  readonly appDrainSeconds: number;
  /** `terminationGracePeriodSeconds` of the pod. */
  readonly gracePeriodSeconds: number;
  /** `shutdown.drainMs` of the proxy. */
  readonly proxyDrainMs: number;
}

/** Longest that a pod may take to stop: a day. More is a slip of units, and a node that can't be drained. */
export const MAX_GRACE_SECONDS = 86_400;

/** Adds the parts up. */
export function shutdownBudget(parts: ShutdownParts): ShutdownBudget {
  const sleepSeconds = Math.ceil(parts.endpointPropagationMs / 1_000);
  const appDrainSeconds = Math.ceil(parts.appDrainMs / 1_000);
  return {
    sleepSeconds,
    appDrainSeconds,
    gracePeriodSeconds: sleepSeconds + appDrainSeconds + Math.ceil(parts.proxyDrainMs / 1_000),
    proxyDrainMs: parts.proxyDrainMs,
  };
}
