/** Where a workload's proxies have their pages: health and metrics at the admin port, or metrics by mutual TLS at a port of their own. */
import { ADMIN_PORT_NAME, DEFAULT_ADMIN, METRICS_PORT, METRICS_PORT_NAME, ProxyConfig } from '../../contract';
import { metricsConfig } from '../monitoring/scrape-tls';
import { ValidationErrors } from '../props/validation-errors';
import { MeshSettings } from './mesh-settings';

type Settings = Pick<MeshSettings, 'proxyPorts' | 'monitoring'>;

/** The port at which metrics are. */
export function metricsPort({ proxyPorts, monitoring }: Settings): number {
  return monitoring._mutualTls ? proxyPorts.metrics : proxyPorts.admin;
}

/** The ports of the proxy's container that are for its pages. */
export function pagePorts({ proxyPorts, monitoring }: Settings): { readonly number: number; readonly name: string }[] {
  return [
    { number: proxyPorts.admin, name: ADMIN_PORT_NAME },
    ...(monitoring._mutualTls ? [{ number: proxyPorts.metrics, name: METRICS_PORT_NAME }] : []),
  ];
}

/** What the document says of them. */
export function adminConfig({ proxyPorts, monitoring: { _mutualTls } }: Settings): Pick<ProxyConfig, 'admin'> {
  const admin = {
    ...(proxyPorts.admin !== DEFAULT_ADMIN.port && { port: proxyPorts.admin }),
    ...(_mutualTls && {
      metricsMutualTls: { ...(proxyPorts.metrics !== METRICS_PORT && { port: proxyPorts.metrics }), ...metricsConfig(_mutualTls) },
    }),
  };
  return Object.keys(admin).length > 0 ? { admin } : {};
}

/** Mutual TLS needs a certificate of the proxy's own, and is with those whom its roots are for. */
export function checkMetrics(errors: ValidationErrors, { monitoring: { _mutualTls }, identity }: Pick<MeshSettings, 'monitoring' | 'identity'>): void {
  if (!_mutualTls) {
    return;
  }
  const prop = 'monitoring.mutualTls';
  if (identity._isNone) {
    errors.add(prop, _mutualTls, 'there is no identity, so the proxy has no certificate to show; give the Mesh an \'identity\', or leave this out');
    return;
  }
  const { _trustDomain: trustDomain } = identity;
  for (const id of _mutualTls.clientIds.filter((each) => !each.startsWith(`spiffe://${trustDomain}/`))) {
    errors.add(`${prop}.clientIds`, id, `it is not of the trust domain '${trustDomain}' of the identity, whose roots are the only ones that are trusted`);
  }
}
