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
import * as kplus from '../kubernetes/kplus';
import { pullPolicy } from '../kubernetes/pull-policy';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';

/** What a container requests when nothing is said. */
const RESOURCES: kplus.ContainerResources = {
  cpu: { request: kplus.Cpu.millis(100) },
  memory: { request: Size.mebibytes(128), limit: Size.mebibytes(512) },
};

/** The port that a container listens on first, if it names one. */
export function firstPort(container: kplus.ContainerProps): number | undefined {
  return container.portNumber ?? container.port ?? container.ports?.[0]?.number;
}

/** The name of that port, if it has one. */
export function firstPortName(container: kplus.ContainerProps): string | undefined {
  return container.portNumber ?? container.port ? undefined : container.ports?.[0]?.name;
}

/** A user's container with our defaults. @param cpuMillis CPU that is known to be needed, in thousandths of a core */
export function withContainerDefaults(container: kplus.ContainerProps, cpuMillis?: number): kplus.ContainerProps {
  const port = container.portNumber ?? container.port;
  return {
    ...container,
    resources: container.resources ?? (cpuMillis === undefined ? RESOURCES : { ...RESOURCES, cpu: { request: kplus.Cpu.millis(cpuMillis) } }),
    imagePullPolicy: container.imagePullPolicy ?? pullPolicy(container.image),
    startup: container.startup
      ?? (port === undefined ? undefined : kplus.Probe.fromTcpSocket({ port, periodSeconds: Duration.seconds(2), failureThreshold: 60 })),
    securityContext: { capabilities: { drop: [kplus.Capability.ALL] }, ...container.securityContext },
  };
}

/** Checks a service's containers. The first one is the app. */
export function checkContainers(errors: ValidationErrors, containers: readonly kplus.ContainerProps[] | undefined, prefix: string): void {
  if (!containers?.length) {
    errors.add(`${prefix}containers`, containers, 'name at least one container: the app');
    return;
  }
  containers.forEach((container, index) => checkContainer(errors, `${prefix}containers[${index}]`, container));
  if (firstPort(containers[0]) === undefined) {
    errors.add(`${prefix}containers[0].portNumber`, undefined, 'name the port that the app listens on');
  }
}

/** Checks init containers. cdk8s-plus would give one with a port a probe, which Kubernetes refuses unless it goes on running. */
export function checkInitContainers(errors: ValidationErrors, containers: readonly kplus.ContainerProps[], prefix: string): void {
  containers.forEach((container, index) => {
    const prop = `${prefix}initContainers[${index}]`;
    checkContainer(errors, prop, container);
    if (container.restartPolicy === kplus.ContainerRestartPolicy.ALWAYS) {
      return;
    }
    for (const field of ['portNumber', 'port', 'startup', 'readiness', 'liveness'] as const) {
      if (container[field] !== undefined) {
        errors.add(`${prop}.${field}`, container[field], 'an init container that ends before the app starts has none; leave it out, or say \'restartPolicy: ContainerRestartPolicy.ALWAYS\'');
      }
    }
  });
}

/** Checks one container. */
export function checkContainer(errors: ValidationErrors, prop: string, container: kplus.ContainerProps): void {
  if (typeof container.image !== 'string' || !container.image.trim()) {
    errors.add(`${prop}.image`, container.image, 'name an image');
  } else {
    errors.name(`${prop}.image`, container.image, NAME_RULES.image);
  }
  if (container.name !== undefined) {
    errors.name(`${prop}.name`, container.name, NAME_RULES.label);
  }
  for (const variable of Object.keys(container.envVariables ?? {})) {
    errors.name(`${prop}.envVariables`, variable, NAME_RULES.variable);
  }
  if (container.portNumber !== undefined && container.port !== undefined) {
    errors.add(`${prop}.port`, container.port, `'portNumber' is ${container.portNumber} and means the same; leave out 'port', which is deprecated`);
  }
  const ports: [string, number | undefined][] = [
    ['portNumber', container.portNumber],
    ['port', container.port],
    ...(container.ports ?? []).map((port, p): [string, number] => [`ports[${p}].number`, port.number]),
  ];
  for (const [field, port] of ports) {
    if (port !== undefined) {
      errors.port(`${prop}.${field}`, port);
    }
  }
  checkPortsDiffer(errors, prop, container);
}

/** Ports of one container are named, and told apart by number and name. */
function checkPortsDiffer(errors: ValidationErrors, prop: string, { portNumber, port, ports = [] }: kplus.ContainerProps): void {
  const first = portNumber ?? port;
  const seen = new Set<string>(first === undefined ? [] : [`${first}/${kplus.Protocol.TCP}`]);
  ports.forEach(({ number, name, protocol = kplus.Protocol.TCP }, index) => {
    const at = `${prop}.ports[${index}]`;
    for (const [field, key] of [['number', `${number}/${protocol}`], ['name', name]] as const) {
      if (key !== undefined && seen.has(key)) {
        errors.add(`${at}.${field}`, field === 'name' ? name : number, 'another port of the container has it; list each port once');
      }
      seen.add(key ?? '');
    }
    if (name !== undefined) {
      errors.name(`${at}.name`, name, NAME_RULES.containerPort);
    }
  });
}
