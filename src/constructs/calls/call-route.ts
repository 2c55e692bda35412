/** What the routes of a call have of its own settings. */
import { DEFAULT_ROUTE, RouteConfig } from '../../contract';
import { AppProtocol, factsOf } from '../destinations/app-protocol';
import { isTcp } from '../destinations/tcp-checks';
import { withoutDefaults } from '../props/quantities';

/**
 * @param protocol what is called speaks; its default timeout is another one than the proxy's where that would end streams
 * @param settings what the caller says
 */
export function callRoute(protocol: AppProtocol | undefined, settings: Partial<RouteConfig> = {}): Partial<RouteConfig> {
  // Connections of TCP have none of it.
  if (isTcp(protocol)) {
    return {};
  }
  const { timeoutMs } = factsOf(protocol);
  return withoutDefaults<Partial<RouteConfig>>({ timeoutMs, ...settings }, DEFAULT_ROUTE as Required<RouteConfig>);
}
