/** A call of which its caller says nothing: everything is as the destination says. */
import { Destination } from '../destinations/destination';
import { callersHost, DestinationInfo } from '../destinations/destination-info';
import { healthConfig } from '../policies/health-options';
import { connectionConfig } from '../policies/proxy-quantities';
import { callRoute } from './call-route';
import type { Call } from './dependencies';

/** How a destination is called from a namespace. */
export function defaultCall(destination: Destination, callerNamespace: string): Call {
  const info = destination._info();
  const { loadBalancing, sessionPersistence } = info;
  return {
    destination, info, route: callRoute(info.protocol), loadBalancing, sessionPersistence, faults: [], routes: [],
    ...defaultPolicies(info, callerNamespace),
  };
}

/** What clusters have of it. */
export function defaultPolicies(info: DestinationInfo, callerNamespace: string): Pick<Call, 'connections' | 'health' | 'retry'> {
  return {
    connections: connectionConfig([info.connections], info.closesIdleAfterMs),
    health: healthConfig({}, info.health, callersHost(info, callerNamespace)),
    retry: info.retry?._toFields(),
  };
}
