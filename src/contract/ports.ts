/**
 * The ports that a sidecar takes in its pod unless other ones are said. An app's container may not use them; synth says so.
 */

/** Where other pods' requests arrive; the `targetPort` of every mesh Service. */
export const INBOUND_PORT = 15006;

/** Where clients from outside arrive by TLS. */
export const INBOUND_TLS_PORT = 15443;

/** Health and metrics of the proxy. */
export const ADMIN_PORT = 15020;

/** Metrics by mutual TLS, where they are to be had by nothing else. */
export const METRICS_PORT = 15021;

/** Name of the inbound port in Services and containers. */
export const INBOUND_PORT_NAME = 'mesh-in';

/** Name of the inbound port for TLS in containers. */
export const INBOUND_TLS_PORT_NAME = 'mesh-in-tls';

/** Name of the admin port in containers. */
export const ADMIN_PORT_NAME = 'mesh-admin';

/** Name of the port for metrics by mutual TLS in containers. */
export const METRICS_PORT_NAME = 'mesh-metrics';
