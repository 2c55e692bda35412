/**
 * What a protocol's name means for a proxy that speaks HTTP/1.1 without TLS and nothing else: names of ports, and `appProtocol` of Services.
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
