/**
 * The page about the proxy's document, from its JSON Schema: names, types, bounds, defaults, descriptions.
 */
import { code, page, table } from './markdown.mjs';

/** Definitions in the order in which a reader meets them. The others follow by name. */
const ORDER = [
  'NodeIdentity',
  'AdminConfig',
  'MetricsMutualTlsConfig',
  'ListenerConfig',
  'TlsConfig',
  'CertificateConfig',
  'ForwardedConfig',
  'ProxyProtocolConfig',
  'ClientsConfig',
  'HttpsRedirectConfig',
  'HstsConfig',
  'CorsConfig',
  'ErrorPageConfig',
  'AdmissionConfig',
  'AdaptiveConcurrencyConfig',
  'FixedConcurrencyConfig',
  'RateLimitConfig',
  'RouteConfig',
  'WeightedCluster',
  'FallbackConfig',
  'FaultConfig',
  'HeaderMatch',
  'RetryConfig',
  'HedgeConfig',
  'SessionConfig',
  'ClusterConfig',
  'RetryBudgetConfig',
  'EndpointSliceDiscovery',
  'DnsFallback',
  'DnsDiscovery',
  'StaticDiscovery',
  'StaticEndpoint',
  'RoundRobinConfig',
  'RandomConfig',
  'WeightedRoundRobinConfig',
  'LeastRequestConfig',
  'LeastResponseTimeConfig',
  'RingHashConfig',
  'MaglevConfig',
  'RendezvousConfig',
  'ClientSideWeightedRoundRobinConfig',
  'AdaptiveConfig',
  'SlowStartConfig',
  'DynamicWeightsConfig',
  'ZoneAwareConfig',
  'SubsetConfig',
  'FailoverConfig',
  'KubernetesApiConfig',
  'LimitsConfig',
  'ShutdownConfig',
  'AccessLogConfig',
  'TracingConfig',
];

/** What a reference in the schema begins with. */
const REFERENCE = '#/definitions/';

const EXAMPLE = `{
  "version": "v1",
  "node": { "service": "front", "namespace": "default", "version": "v1" },
  "listeners": [{
    "name": "front", "direction": "outbound", "address": "127.0.0.1", "port": 8000,
    "routes": [{ "name": "default", "split": [{ "cluster": "backend", "weight": 1 }], "timeoutMs": 2000 }]
  }],
  "clusters": [{
    "name": "backend",
    "discovery": { "type": "static", "endpoints": [{ "address": "127.0.0.1", "port": 8001 }, { "address": "127.0.0.1", "port": 8002 }] },
    "loadBalancing": { "type": "leastRequest" }
  }]
}`;

export function configurationPage(schema, contract) {
  /** Defaults that the schema doesn't say. */
  const defaults = { AdminConfig: { port: contract.ADMIN_PORT }, MetricsMutualTlsConfig: { port: contract.METRICS_PORT } };
  const objects = Object.entries(schema.definitions).filter(([, definition]) => definition.properties !== undefined);
  const place = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  objects.sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1));
  const names = new Set(objects.map(([name]) => name));

  return page('Configuration of the proxy', [
    'Each workload has one document, a `ProxyConfig`, in a ConfigMap; all its pods read the same one. The constructs write it. You',
    'read it to see what a sidecar does, and write it yourself only to run the proxy without them.',
    '',
    `The sidecar reads ${code(contract.CONFIG_PATH)}, or the file that the environment variable ${code(contract.ENV_CONFIG)} or the`,
    'flag `--config` names. When the file changes, the proxy takes the new document over without dropping a connection. A document',
    'with a mistake is refused whole: the proxy keeps the old one and stays ready ([why](decisions/reload-whole-or-nothing.md)).',
    '`mesh_config_reloads_total{result="rejected"}` counts it; the log event `config_rejected` and the admin page `/config` name',
    'every mistake and its place. A change of the ports and the address of `admin` needs a restart.',
    '',
    `What is in force is kept in the folder that the environment variable ${code(contract.ENV_STATE_DIR)} names, or else in ${code(contract.STATE_DIR)} if that is there, for the next process`,
    'of the pod ([why](decisions/kept-across-restarts.md)).',
    '',
    `The environment variable ${code(contract.ENV_HOSTS_FILE)} names the hosts file that the proxy keeps for the other containers of its pod, if any: the`,
    '`hostnames` of listeners lead there to their `address` ([why](decisions/hosts-file.md)).',
    '',
    'A whole document, which balances over two servers and needs no Kubernetes:',
    '',
    '```json',
    EXAMPLE,
    '```',
    '',
    '```sh',
    'node lib/bin/proxy.js --config proxy.json    # in a project that installed the package: node_modules/cdk8s-mesh/lib/bin/proxy.js',
    '```',
    '',
    'All durations are whole milliseconds, all sizes bytes. A field that is not listed here is a mistake, unless the document is of a newer',
    `minor version than the proxy's, which is ${contract.CONTRACT_MINOR} ([what an older proxy does with it, and when the number rises](decisions/older-and-newer.md)).`,
    'Editors know the rules from [schema/proxy-config.v1.json](../schema/proxy-config.v1.json), which the package ships.',
    '',
    'Some rules are about several fields at once:',
    '',
    '- names of listeners and clusters are unique, and so are names of routes within a listener;',
    '- a fault has `delayMs` or `abortStatus`, or both;',
    '- each `split` names clusters that exist, and at least one weight is above 0; no cluster is in two levels of one route;',
    '- no two listeners bind the same address and port, and none takes the port of `admin` on the pod\'s addresses;',
    '- a route has `hash` or `session`; a session cookie is `secure` when `sameSite` or its name asks for it, and its keys can be read;',
    '- a cluster found by EndpointSlices needs `kubernetes`; one found by `address` records needs a `port`.',
    '',
    '## ProxyConfig',
    '',
    ...fieldTable(schema, {}),
    ...objects.flatMap(([name, definition]) => [
      '', `## ${name}`, '', definition.description, '', ...fieldTable(definition, defaults[name] ?? {}),
    ]),
  ]);

  function fieldTable({ properties, required = [] }, fallback) {
    return table(['Field', 'Type', 'Default', 'Meaning'], Object.entries(properties).map(([field, property]) => [
      code(field), typeOf(property), required.includes(field) ? 'required' : defaultOf(property, property.default ?? fallback[field]), meaningOf(property),
    ]));
  }

  /** A field whose own fields all have defaults says so, unless its absence means something else; they stand where its form is described. */
  function defaultOf({ $ref, description = '' }, value) {
    if (value !== undefined) return code(typeof value === 'object' ? JSON.stringify(value) : String(value));
    const name = $ref?.slice(REFERENCE.length);
    const isOff = description.includes('Absent:');
    const { properties = {}, required } = schema.definitions[name] ?? {};
    const hasDefaults = Object.values(properties).some((own) => own.default !== undefined);
    return !isOff && hasDefaults && !required ? 'its defaults' : 'none';
  }

  function meaningOf(property) {
    return property.description ?? (property.const === undefined ? '' : 'Says that it is this form.');
  }

  function typeOf(property) {
    if (property.$ref !== undefined) {
      const name = property.$ref.slice(REFERENCE.length);
      return names.has(name) ? linkTo(name) : typeOf(schema.definitions[name]);
    }
    if (property.const !== undefined) return code(JSON.stringify(property.const));
    if (property.enum) return property.enum.map((value) => code(JSON.stringify(value))).join(' or ');
    if (property.oneOf) return property.oneOf.map((member) => linkTo(nameOf(member))).join(' or ');
    if (property.type === 'array') return `list of ${typeOf(property.items)}${lengthOf(property)}`;
    if (property.type === 'object') return `object of ${typeOf(property.additionalProperties)}`;
    if (property.type === 'integer' || property.type === 'number') return `${property.type}${boundsOf(property)}`;
    if (property.type === 'boolean') return '`true` or `false`';
    if (property.type === 'string') return property.minLength > 0 ? 'text, not empty' : 'text';
    throw new Error(`the schema has a form that this page can't show yet: ${JSON.stringify(property)}`);
  }

  /** Members of a union stand in the schema as copies of their definitions. */
  function nameOf(member) {
    const found = objects.find(([, definition]) => definition.properties.type?.const === member.properties.type.const);
    if (!found) throw new Error(`no definition in the schema has the type '${member.properties.type.const}'`);
    return found[0];
  }
}

function linkTo(name) {
  return `[${name}](#${name.toLowerCase()})`;
}

function boundsOf({ minimum, maximum }) {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (maximum !== undefined) return ` up to ${maximum}`;
  return minimum === undefined ? '' : ` from ${minimum}`;
}

function lengthOf({ minItems, maxItems }) {
  if (minItems !== undefined && minItems === maxItems) return `, exactly ${minItems}`;
  return minItems > 0 ? ', not empty' : '';
}
