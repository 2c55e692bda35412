/** The public constructs. The proxy is not exported: it is a program, and comes as an image. */
export * from './constructs/call-options';
export * from './constructs/connection-options';
export * from './constructs/destination';
export * from './constructs/discovery';
export * from './constructs/disruption-budget';
export * from './constructs/external-service';
export * from './constructs/load-balancing';
export * from './constructs/mesh';
export * from './constructs/mesh-props';
export * from './constructs/mesh-service';
export * from './constructs/mesh-service-props';
export * from './constructs/mesh-service-version';
export * from './constructs/mesh-sidecar';
export * from './constructs/proxy-image';
export * from './constructs/proxy-limits';
export * from './constructs/scaling';
export * from './constructs/service-type';
