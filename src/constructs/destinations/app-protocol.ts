/**
 * What is spoken at a port. The proxy takes HTTP/1.1 without TLS from apps and nothing else, so a service at a port that is known for another
 * protocol would be broken by its sidecars: synthesis refuses it. Ports and names are hints and no proof, so an author can say that it is HTTP
 * all the same.
 */
import { protocolOfPortName } from '../../planning/app-protocols';
import { ValidationErrors } from '../props/validation-errors';

/**
 * Protocol that apps speak at the port of a service.
 */
export enum AppProtocol {
  /**
   * HTTP/1.1. Apps speak it without TLS.
   */
  HTTP = 'http',
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

/** Checks a port at which the proxy is to speak. */
export function checkPlainPort(
  errors: ValidationErrors, prop: string, port: number | undefined, protocol: AppProtocol | undefined, remedy: string = REMEDY,
): void {
  const known = port === undefined ? undefined : PORTS[port];
  if (known !== undefined && protocol === undefined) {
    errors.add(prop, port, `this port is known for ${known}, ${remedy}`);
  }
}

/** Checks a port outside of the mesh at which the proxy is to speak HTTP by TLS. */
export function checkTlsPort(errors: ValidationErrors, prop: string, port: number | undefined, protocol: AppProtocol | undefined): void {
  const known = port === 80 ? 'HTTP without TLS' : port === undefined ? undefined : PORTS[port];
  if (known !== undefined && !known.startsWith('TLS') && protocol === undefined) {
    errors.add(prop, port, `this port is known for ${known}, and with 'tls' the sidecar speaks HTTP/1.1 by TLS there; use the port of HTTPS, such as 443, or leave out 'tls'. `
      + 'If it is HTTP by TLS all the same, say \'protocol: AppProtocol.HTTP\'');
  }
}

/** Checks the name of such a port. */
export function checkPlainPortName(errors: ValidationErrors, prop: string, name: string | undefined, protocol: AppProtocol | undefined): void {
  const known = typeof name === 'string' ? protocolOfPortName(name) : undefined;
  if (known !== undefined && protocol === undefined) {
    errors.add(prop, name, `this name is known for ${known}, ${REMEDY}`);
  }
}

const REMEDY = 'and the sidecar speaks HTTP/1.1 without TLS and nothing else yet, which would break it; let apps reach it without the mesh (leave out this '
  + 'construct and its calls()), or, if it is plain HTTP, say \'protocol: AppProtocol.HTTP\'';
