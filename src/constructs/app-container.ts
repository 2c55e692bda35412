/**
 * Defaults of the app's containers, where those of cdk8s-plus-28 trap. What a user says always wins.
 *
 * | field                | cdk8s-plus-28                     | here, and why                                                     |
 * |----------------------|-----------------------------------|-------------------------------------------------------------------|
 * | resources            | 1 CPU, 512Mi; limits 1.5 CPU, 2Gi | 100m CPU, 128Mi; limit 512Mi: small apps fit; no CPU throttling     |
 * | imagePullPolicy      | Always                            | Kubernetes' own: Always for `latest` only                           |
 * | startup              | TCP, given up after 30 s          | TCP, asked every 2 s and given up after 2 min: soon ready, patient  |
 * | security: drop       | nothing                           | all capabilities, as the `restricted` Pod Security Standard asks    |
 * | security: the rest   | non-root, read-only root, no escalation | the same                                                      |
 */
import { Duration, Size } from 'cdk8s';
import * as kplus from './kplus';
import { Mistakes } from './mistakes';
import { pullPolicy } from './pull-policy';

/** What a container requests when nothing is said. */
const RESOURCES: kplus.ContainerResources = {
  cpu: { request: kplus.Cpu.millis(100) },
  memory: { request: Size.mebibytes(128), limit: Size.mebibytes(512) },
};

/** The port that a container listens on first, if it names one. */
export function firstPort(container: kplus.ContainerProps): number | undefined {
  return container.portNumber ?? container.port ?? container.ports?.[0]?.number;
}

/** A user's container with our defaults. */
export function withContainerDefaults(container: kplus.ContainerProps): kplus.ContainerProps {
  const port = container.portNumber ?? container.port;
  return {
    ...container,
    resources: container.resources ?? RESOURCES,
    imagePullPolicy: container.imagePullPolicy ?? pullPolicy(container.image),
    startup: container.startup
      ?? (port === undefined ? undefined : kplus.Probe.fromTcpSocket({ port, periodSeconds: Duration.seconds(2), failureThreshold: 60 })),
    securityContext: { capabilities: { drop: [kplus.Capability.ALL] }, ...container.securityContext },
  };
}

/** Checks a service's containers. The first one is the app. */
export function checkContainers(mistakes: Mistakes, containers: readonly kplus.ContainerProps[] | undefined, prefix: string): void {
  if (!containers?.length) {
    mistakes.add(`${prefix}containers`, containers, 'name at least one container: the app');
    return;
  }
  containers.forEach((container, index) => {
    const prop = `${prefix}containers[${index}]`;
    if (!container.image?.trim()) {
      mistakes.add(`${prop}.image`, container.image, 'name an image');
    }
    if (container.name !== undefined) {
      mistakes.dnsLabel(`${prop}.name`, container.name);
    }
    if (container.portNumber !== undefined && container.port !== undefined) {
      mistakes.add(`${prop}.port`, container.port, `'portNumber' is ${container.portNumber} and means the same; leave out 'port', which is deprecated`);
    }
    const ports: [string, number | undefined][] = [
      ['portNumber', container.portNumber],
      ['port', container.port],
      ...(container.ports ?? []).map((port, p): [string, number] => [`ports[${p}].number`, port.number]),
    ];
    for (const [field, port] of ports) {
      if (port !== undefined) {
        mistakes.port(`${prop}.${field}`, port);
      }
    }
  });
  if (firstPort(containers[0]) === undefined) {
    mistakes.add(`${prefix}containers[0].portNumber`, undefined, 'name the port that the app listens on');
  }
}
