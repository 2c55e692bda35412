/**
 * The ports that a sidecar takes in its pod. Validation, when the containers are known, refuses other uses of them.
 */
import { ADMIN_PORT, INBOUND_PORT, INBOUND_TLS_PORT, METRICS_PORT, SIDECAR_CONTAINER } from '../../contract';
import type { DestinationInfo } from '../destinations/destination-info';
import { PodSpecManifest } from '../kubernetes/patches';
import { ValidationErrors } from '../props/validation-errors';

/**
 * Ports of a sidecar.
 *
 * When `inbound` or `inboundTls` changes, Services send requests to the new port at once. Running pods listen there only after they got
 * their new configuration, which takes Kubernetes about a minute. Requests fail until then.
 */
export interface ProxyPorts {
  /**
   * Port for requests of other pods, 1024 to 65535. It is the target port of the Services.
   *
   * @default 15006
   */
  readonly inbound?: number;

  /**
   * Port for TLS clients from outside of the mesh, 1024 to 65535. It is open only for a service with `tls`.
   *
   * @default 15443
   */
  readonly inboundTls?: number;

  /**
   * Port for probes and metrics, 1024 to 65535.
   *
   * @default 15020
   */
  readonly admin?: number;

  /**
   * Port for metrics by mutual TLS, 1024 to 65535. It is open only with `mutualTls` of `Monitoring.prometheus()`.
   *
   * @default 15021
   */
  readonly metrics?: number;
}

/** Ports that nobody chose. */
export const DEFAULT_PROXY_PORTS: Required<ProxyPorts> = {
  inbound: INBOUND_PORT, inboundTls: INBOUND_TLS_PORT, admin: ADMIN_PORT, metrics: METRICS_PORT,
};

const PORTS = { inbound: true, inboundTls: true, admin: true, metrics: true } as const satisfies Record<keyof ProxyPorts, true>;

const PURPOSES: Readonly<Record<keyof ProxyPorts, string>> = {
  inbound: 'incoming requests', inboundTls: 'clients that speak TLS', admin: 'health and metrics', metrics: 'metrics by mutual TLS',
};

/** Below it a process needs a privilege, which the sidecar doesn't have. */
const FIRST_UNPRIVILEGED_PORT = 1_024;

/** Checks each of the ports. */
export function checkProxyPorts(errors: ValidationErrors, prop: string, ports: ProxyPorts): void {
  errors.unknownProps(ports, PORTS, `${prop}.`);
  for (const [name, port] of entriesOf(ports)) {
    if (Number.isInteger(port) && port > 0 && port < FIRST_UNPRIVILEGED_PORT) {
      errors.add(`${prop}.${name}`, port, `the sidecar has no privilege to listen below ${FIRST_UNPRIVILEGED_PORT}; use a whole number from ${FIRST_UNPRIVILEGED_PORT} to 65535. `
        + 'The port at which a service is called is \'port\'');
    } else {
      errors.wholeNumber(`${prop}.${name}`, port, FIRST_UNPRIVILEGED_PORT, 65_535);
    }
  }
}

/**
 * Checks that the ports of a sidecar, with those of the Meshes and the defaults, are different ones.
 *
 * @param secureMetrics whether metrics have a port of their own
 */
export function checkPortsDiffer(errors: ValidationErrors, prop: string, ports: Required<ProxyPorts>, secureMetrics: boolean): void {
  const taken = new Map<number, string>();
  for (const [name, port] of entriesOf(ports).filter(([each]) => secureMetrics || each !== 'metrics')) {
    const other = taken.get(port);
    if (other !== undefined) {
      errors.add(`${prop}.${name}`, port, `'${prop}.${other}' is the same; give each a port of its own`);
    }
    taken.set(port, name);
  }
}

/** What is known of a pod, as it will be written. */
interface Pod {
  readonly spec: PodSpecManifest;
  /** Port of the app; absent when it takes no requests. */
  readonly appPort?: number;
  readonly ports: Required<ProxyPorts>;
  /** Whether clients from outside come by TLS. */
  readonly tls: boolean;
  /** Whether metrics have a port of their own. */
  readonly secureMetrics: boolean;
  readonly calls: readonly { readonly info: DestinationInfo }[];
  /** Ports at which the app is called besides. */
  readonly morePorts: readonly { readonly name: string; readonly proxyPort: number; readonly targetPort: number }[];
  /** Whether the app listens on some addresses only, none of which is the sidecar's. */
  readonly bindsApart: boolean;
  /** Ports that the pod redirects, each with where to. */
  readonly redirected: ReadonlyMap<number, number>;
}

/** Checks that nothing else in the pod wants a port that its sidecar listens on. */
export function checkPodPorts(
  errors: ValidationErrors, { spec, appPort, ports, tls, secureMetrics, calls, morePorts, bindsApart, redirected }: Pod,
): void {
  const isOpen = { inbound: appPort !== undefined, inboundTls: tls, admin: true, metrics: secureMetrics };
  const taken = new Map(entriesOf(ports).filter(([name]) => isOpen[name]).map(([name, port]) => [port, { purpose: PURPOSES[name], prop: `proxyPorts.${name}` }]));
  for (const { name, proxyPort } of morePorts) {
    const other = taken.get(proxyPort);
    if (other !== undefined) {
      errors.add(`addPort(${name}).proxyPort`, proxyPort, `the sidecar takes this port for ${other.purpose}; choose another`);
    }
    taken.set(proxyPort, { purpose: `the port '${name}'`, prop: `addPort(${name}).proxyPort` });
  }
  for (const [from, to] of calls.length > 0 ? redirected : []) {
    taken.set(to, { purpose: `calls at port ${from}, which are redirected`, prop: 'interception' });
    for (const { info } of calls.filter((call) => call.info.ports.includes(to))) {
      errors.add('interception', 'redirect()', `calls to '${info.name}' are at port ${to}, at which the sidecar listens for calls at port ${from}; give '${info.name}' another service port`);
    }
  }
  const tellTaken = (prop: string, port: number | undefined): void => {
    const by = taken.get(port!);
    if (by !== undefined) {
      errors.add(prop, port, `the sidecar takes this port for ${by.purpose}; let the app listen on another, or give the sidecar one by '${by.prop}'`);
    }
  };
  const others = [...spec.containers, ...spec.initContainers ?? []].filter(({ name }) => name !== SIDECAR_CONTAINER);
  for (const [prop, app] of [['appPort', appPort], ...morePorts.map(({ name, targetPort }) => [`addPort(${name}).targetPort`, targetPort])] as const) {
    if (!others.some((container) => container.ports?.some(({ containerPort }) => containerPort === app))) {
      tellTaken(prop as string, app as number | undefined);
    }
  }
  const appPorts = new Set([appPort, ...morePorts.map(({ targetPort }) => targetPort)]);
  for (const container of others) {
    const isApp = container.ports?.some(({ containerPort }) => appPorts.has(containerPort));
    for (const { containerPort: port } of container.ports ?? []) {
      const prop = `containers['${container.name}'].port`;
      tellTaken(prop, port);
      if (redirected.has(port) || (isApp && bindsApart)) {
        continue;
      }
      for (const { info } of calls.filter((call) => call.info.ports.includes(port))) {
        errors.add(prop, port, `the sidecar listens on this port for calls to '${info.name}', which keeps an app that binds `
          + `all addresses from starting; give '${info.name}' another service port, or let the app listen on another, by its environment or command. ${isApp
            ? 'If the app can listen on one address only, let it, and say which: appAddress: AppAddress.loopback() or AppAddress.pod(). ' : ''}`
          + 'If nothing of it can be changed, interception: Interception.redirect() helps; it costs an init container with the capability NET_ADMIN');
      }
    }
  }
}

function entriesOf(ports: ProxyPorts): [keyof ProxyPorts, number][] {
  return (Object.keys(PORTS) as (keyof ProxyPorts)[]).flatMap((name): [keyof ProxyPorts, number][] => {
    const port = ports[name];
    return port === undefined ? [] : [[name, port]];
  });
}
