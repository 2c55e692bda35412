/**
 * How the kubelet asks the sidecar. A node that is short of CPU must not be made worse: a proxy that is slow since it gets no CPU
 * would be killed, and then costs its app all connections and the node another start. The kubelet's own default, an answer within a
 * second, does that. So a probe waits for long, and fails for good only when nothing was answered for as long as no node starves.
 *
 *   probe      asks   every  waits  fails after
 *   startup    /ready   1 s    5 s  120 failures: 2 min at least, when it refuses each of them. A start costs 0.3 s of CPU; a mistake in
 *                                   its configuration ends the process by itself, so this is for one that hangs
 *   readiness  /ready   5 s    5 s  3 failures: others take the requests after 15 s, and give them back with the first answer
 *   liveness   /live   10 s   10 s  6 failures: 60 s without an answer, which no longer is slowness. Only a restart helps a process that
 *                                   hangs, and it is the one thing that this probe is for
 *
 * `/live` is answered by the event loop that serves traffic, since its standing still is what is asked about. A thread of its own could
 * answer sooner, at a cost of 11 MiB of memory in each pod, and would have to ask the same event loop.
 */
import { Duration } from 'cdk8s';
import * as kplus from '../kubernetes/kplus';

/** How long a proxy that was found to hang has to end. A longer wait, such as the pod's grace period, would not help. */
export const STUCK_GRACE_SECONDS = 5;

function probe(port: number, path: string, periodSeconds: number, timeoutSeconds: number, failureThreshold: number): kplus.Probe {
  return kplus.Probe.fromHttpGet(path, {
    port, periodSeconds: Duration.seconds(periodSeconds), timeoutSeconds: Duration.seconds(timeoutSeconds), failureThreshold,
  });
}

/** The probes of the sidecar's container, at its admin port. */
export function sidecarProbes(port: number): Pick<kplus.ContainerProps, 'startup' | 'readiness' | 'liveness'> {
  return { startup: probe(port, '/ready', 1, 5, 120), readiness: probe(port, '/ready', 5, 5, 3), liveness: probe(port, '/live', 10, 10, 6) };
}
