/**
 * What the names of protocols mean: those of ports, and `appProtocol` of Services.
 */

/** Names alone or before a dash, as `appProtocol` and other meshes read them. What is plain HTTP is left out. */
const NAMES: Readonly<Record<string, string>> = {
  grpc: 'gRPC', grpcs: 'gRPC', h2: 'HTTP/2', h2c: 'HTTP/2', http2: 'HTTP/2', https: 'TLS', tls: 'TLS', ssl: 'TLS', wss: 'TLS', tcp: 'plain TCP', udp: 'UDP',
  mongo: 'MongoDB\'s protocol', mongodb: 'MongoDB\'s protocol', mysql: 'MySQL\'s protocol', postgres: 'PostgreSQL\'s protocol',
  postgresql: 'PostgreSQL\'s protocol', redis: 'Redis\' protocol', amqp: 'AMQP', amqps: 'AMQP', kafka: 'Kafka\'s protocol', mqtt: 'MQTT', ssh: 'SSH',
  ldap: 'LDAP', ldaps: 'LDAP', smtp: 'SMTP', dns: 'DNS', memcached: 'memcached\'s protocol', nats: 'NATS',
};

/** What the name of a port is known for; undefined for plain HTTP, and for what nobody knows. */
export function protocolOfPortName(name: string): string | undefined {
  const word = name === 'grpc-web' ? '' : name.split('-')[0]!;
  return Object.hasOwn(NAMES, word) ? NAMES[word] : undefined;
}

/** What an `appProtocol` means, also one of Kubernetes' own, such as `kubernetes.io/h2c`; undefined as above. */
export function protocolOfService(appProtocol: string): string | undefined {
  return protocolOfPortName(appProtocol.toLowerCase().replace(/^kubernetes\.io\//, ''));
}

/** What proxies speak with the endpoints of a cluster. */
interface Spoken {
  /** Absent: HTTP/1.1. */
  readonly protocol?: string | undefined;
  /** Absent: without TLS. */
  readonly tls?: object | undefined;
}

/** What a Service says that it speaks, where that is not what proxies speak with it; undefined where it is, or nobody knows. */
export function otherProtocol(appProtocol: string, { protocol, tls }: Spoken): string | undefined {
  // Bytes pass as they are, whatever they are called.
  if (protocol === 'tcp') return undefined;
  const said = protocolOfService(appProtocol);
  if (said === 'TLS') return tls ? undefined : said;
  if (protocol !== 'http2') return said;
  if (said === 'gRPC' || said === 'HTTP/2') return undefined;
  return said ?? (/^(kubernetes\.io\/)?(http|ws)\b/i.test(appProtocol) ? 'HTTP/1.1' : undefined);
}

const TITLES: Readonly<Record<string, string>> = { http1: 'HTTP/1.1', http2: 'HTTP/2', tcp: 'TCP' };

/** What proxies speak with the endpoints of a cluster, in words. */
export function spokenWith({ protocol, tls }: Spoken): string {
  return `${TITLES[protocol ?? 'http1']} ${tls ? 'by' : 'without'} TLS`;
}
