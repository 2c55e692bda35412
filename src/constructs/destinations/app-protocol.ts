/**
 * What is spoken at a port. It is declared and never guessed: HTTP/1.1 is taken for granted, so a port that is known for something else is
 * refused at synth until its author says what it speaks. Ports and names are hints and no proof, so what the author says counts.
 */
import { ClusterConfig, DEFAULT_ROUTE } from '../../contract';
import { protocolOfPortName } from '../../planning/app-protocols';
import { ValidationErrors } from '../props/validation-errors';

/**
 * Protocol that apps speak at the port of a service: both those that call it, with their sidecars, and its own. Without TLS, which is the
 * sidecars' to add, except for `TLS`.
 */
export enum AppProtocol {
  /**
   * HTTP/1.1.
   */
  HTTP = 'http',

  /**
   * HTTP/2 from the first byte on (prior knowledge, `h2c`).
   */
  HTTP2 = 'http2',

  /**
   * gRPC, which is HTTP/2 with rules of its own for deadlines and statuses.
   */
  GRPC = 'grpc',

  /**
   * Anything else over TCP, such as the protocols of databases: bytes are passed on as they come. What looks at requests can't be declared of it.
   */
  TCP = 'tcp',

  /**
   * TLS of the apps' own, which passes through: sidecars read the host name that clients ask for (SNI), by which routes can choose (`Match.host`),
   * and pass on the rest unread. What looks at requests can't be declared of it. Its callers connect by TLS, and its app has the certificate.
   */
  TLS = 'tls',
}

/** What follows from a protocol. */
interface ProtocolFacts {
  /** What a person calls it. */
  readonly title: string;
  /** Of a Service's port, where there is no TLS. */
  readonly appProtocol: string;
  /** What proxies are told of their listeners and clusters; absent for the default. */
  readonly wire?: Required<Pick<ClusterConfig, 'protocol'>>;
  /** How long a request may take where nobody says it. The callers of gRPC say it with each call, and its streams have no end of their own. */
  readonly timeoutMs: number;
}

const FACTS: { readonly [Protocol in AppProtocol]: ProtocolFacts } = {
  [AppProtocol.HTTP]: { title: 'HTTP/1.1', appProtocol: 'http', timeoutMs: DEFAULT_ROUTE.timeoutMs },
  [AppProtocol.HTTP2]: { title: 'HTTP/2', appProtocol: 'kubernetes.io/h2c', wire: { protocol: 'http2' }, timeoutMs: DEFAULT_ROUTE.timeoutMs },
  [AppProtocol.GRPC]: { title: 'gRPC', appProtocol: 'grpc', wire: { protocol: 'http2' }, timeoutMs: 0 },
  [AppProtocol.TCP]: { title: 'TCP', appProtocol: 'tcp', wire: { protocol: 'tcp' }, timeoutMs: 0 },
  [AppProtocol.TLS]: { title: 'TLS', appProtocol: 'tls', wire: { protocol: 'tcp' }, timeoutMs: 0 },
};

/** What follows from a protocol; absent is HTTP/1.1, and so is what validation will refuse. */
export function factsOf(protocol: AppProtocol = AppProtocol.HTTP): ProtocolFacts {
  return FACTS[protocol] ?? FACTS[AppProtocol.HTTP];
}

/** The name of a port whose author gives it none. */
export function defaultPortName(protocol: AppProtocol = AppProtocol.HTTP): string {
  return protocol;
}

/** Ports that are known for something else (IANA, or the default of what is run everywhere). Left out is what also serves HTTP, as 8443 does. */
const PORTS: Readonly<Record<number, string>> = {
  21: 'FTP', 22: 'SSH', 23: 'Telnet', 25: 'SMTP', 53: 'DNS', 110: 'POP3', 143: 'IMAP', 389: 'LDAP', 443: 'TLS', 465: 'SMTP', 587: 'SMTP', 636: 'LDAP',
  993: 'IMAP', 995: 'POP3', 1433: 'SQL Server\'s protocol', 1521: 'Oracle\'s protocol', 1883: 'MQTT', 2181: 'ZooKeeper\'s protocol', 2379: 'gRPC (etcd)',
  2380: 'etcd\'s protocol', 3306: 'MySQL\'s protocol', 3389: 'RDP', 4222: 'NATS', 4317: 'gRPC (OTLP)', 5432: 'PostgreSQL\'s protocol', 5671: 'AMQP',
  5672: 'AMQP', 6379: 'Redis\' protocol', 6380: 'Redis\' protocol', 6443: 'TLS (Kubernetes)', 6650: 'Pulsar\'s protocol', 7687: 'Neo4j\'s Bolt',
  8883: 'MQTT', 9042: 'Cassandra\'s protocol', 9092: 'Kafka\'s protocol', 9093: 'Kafka\'s protocol', 9094: 'Kafka\'s protocol',
  11211: 'memcached\'s protocol', 26257: 'PostgreSQL\'s protocol', 27017: 'MongoDB\'s protocol', 50051: 'gRPC',
};

/** Checks a port at which the proxy is to speak HTTP/1.1, unless its author says otherwise. TCP is said of any. */
export function checkPlainPort(
  errors: ValidationErrors, prop: string, port: number | undefined, protocol: AppProtocol | undefined, remedy?: string,
): void {
  const known = port === undefined ? undefined : PORTS[port];
  if (known !== undefined && protocol === undefined) {
    errors.add(prop, port, `this port is known for ${known}, ${remedy ?? remedyFor(known)}`);
  }
}

/** Checks a port outside of the mesh at which the proxy is to speak HTTP by TLS. */
export function checkTlsPort(errors: ValidationErrors, prop: string, port: number | undefined, protocol: AppProtocol | undefined): void {
  const known = port === 80 ? 'HTTP without TLS' : port === undefined ? undefined : PORTS[port];
  if (known !== undefined && !known.startsWith('TLS') && protocol === undefined) {
    const spoken = isGrpc(known) ? 'GRPC' : port === 80 ? 'HTTP' : 'TCP';
    errors.add(prop, port, `this port is known for ${known}, and with 'tls' the sidecar speaks HTTP/1.1 by TLS there; use the port of HTTPS, such as 443, or leave out 'tls'. `
      + `If it is ${{ GRPC: 'gRPC', HTTP: 'HTTP', TCP: 'another protocol' }[spoken]} by TLS, say 'protocol: AppProtocol.${spoken}'`);
  }
}

/** Checks the name of such a port. */
export function checkPlainPortName(errors: ValidationErrors, prop: string, name: string | undefined, protocol: AppProtocol | undefined): void {
  const known = typeof name === 'string' ? protocolOfPortName(name) : undefined;
  if (known !== undefined && protocol === undefined) {
    errors.add(prop, name, `this name is known for ${known}, ${remedyFor(known)}`);
  }
}

function isGrpc(known: string): boolean {
  return known.startsWith('gRPC');
}

function remedyFor(known: string): string {
  const spoken = isGrpc(known) ? 'GRPC' : known === 'HTTP/2' ? 'HTTP2' : undefined;
  if (spoken) {
    return `and the sidecar speaks HTTP/1.1 unless it is told otherwise; say 'protocol: AppProtocol.${spoken}', or, if it is HTTP/1.1, 'protocol: AppProtocol.HTTP'`;
  }
  return `and the sidecar speaks HTTP/1.1 unless it is told otherwise, which would break it; say 'protocol: AppProtocol.${known.startsWith('TLS') ? 'TLS' : 'TCP'}', or, if it is plain HTTP, `
    + 'say \'protocol: AppProtocol.HTTP\'';
}
