/**
 * Metrics by mutual TLS. The proxy knows its scrapers by their SPIFFE ids. Prometheus shows a certificate from files or a Secret, and can't verify
 * SPIFFE ids itself: it can verify a DNS name, where certificates have one, or has to leave the server unverified.
 */
import { MetricsMutualTlsConfig } from '../../contract';
import { NAME_RULES } from '../props/name-rules';
import { checkSpiffeIds } from '../props/spiffe-id';
import { isList, ListRule } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { MetricsMutualTls } from './metrics-mutual-tls';

const OPTIONS = { clientIds: true, clientSecret: true, scrapeClass: true, serverName: true } as const satisfies Record<keyof MetricsMutualTls, true>;

const LISTS = {
  // #region generated lists of MetricsMutualTlsConfig: clientIds
  clientIds: { least: 1, most: 64 },
  // #endregion
} satisfies Record<string, ListRule>;

/** @param hasOperator whether there are PodMonitors, which name what Prometheus shows */
export function checkMetricsMutualTls(errors: ValidationErrors, prop: string, mutualTls: MetricsMutualTls, hasOperator: boolean): void {
  if (typeof mutualTls !== 'object' || mutualTls === null) {
    errors.add(prop, mutualTls, 'use { clientIds: [\'spiffe://cluster.local/ns/monitoring/sa/prometheus\'], scrapeClass: \'mesh\' }, for example');
    return;
  }
  errors.unknownProps(mutualTls, OPTIONS, `${prop}.`);
  const { clientIds, clientSecret, scrapeClass, serverName } = mutualTls;
  checkSpiffeIds(errors, `${prop}.clientIds`, clientIds);
  if (Array.isArray(clientIds) && !isList(LISTS.clientIds, clientIds)) {
    errors.add(`${prop}.clientIds`, clientIds, clientIds.length === 0 ? 'nobody could read metrics; name the id of your Prometheus, or leave out mutualTls'
      : `use at most ${LISTS.clientIds.most} ids`);
  }
  if (clientSecret !== undefined) {
    errors.name(`${prop}.clientSecret`, clientSecret, NAME_RULES.subdomain);
  }
  if (scrapeClass !== undefined && (typeof scrapeClass !== 'string' || scrapeClass === '')) {
    errors.add(`${prop}.scrapeClass`, scrapeClass, 'use the name of a class in spec.scrapeClasses of the Prometheus object');
  }
  if (serverName !== undefined) {
    errors.name(`${prop}.serverName`, serverName, NAME_RULES.subdomain);
  }
  checkWays(errors, prop, mutualTls, hasOperator);
}

function checkWays(errors: ValidationErrors, prop: string, { clientSecret, scrapeClass, serverName }: MetricsMutualTls, hasOperator: boolean): void {
  if (!hasOperator) {
    for (const [name, value] of Object.entries({ clientSecret, scrapeClass, serverName })) {
      if (value !== undefined) {
        errors.add(`${prop}.${name}`, value, 'with \'operator: false\' there is no PodMonitor to say it in; say it in tls_config of the Prometheus, and leave it out here');
      }
    }
  } else if (clientSecret === undefined && scrapeClass === undefined) {
    errors.add(`${prop}.clientSecret`, clientSecret, 'Prometheus would have no certificate to show, and get no metrics; name the Secret with it, or a scrapeClass');
  } else if (clientSecret !== undefined && scrapeClass !== undefined) {
    errors.add(`${prop}.scrapeClass`, scrapeClass, 'the certificate comes from \'clientSecret\' already; leave out one of the two');
  } else if (scrapeClass !== undefined && serverName !== undefined) {
    errors.add(`${prop}.serverName`, serverName, 'the scrape class says how the server is verified; say it in its tlsConfig, and leave it out here');
  }
}

/** What the document says. */
export function metricsConfig({ clientIds }: MetricsMutualTls): Pick<MetricsMutualTlsConfig, 'clientIds'> {
  return { clientIds: [...clientIds] };
}

/** The part of a PodMonitor's endpoint. */
export function endpointTls({ clientSecret, serverName }: MetricsMutualTls): object {
  const secret = (key: string): object => ({ name: clientSecret, key });
  return {
    scheme: 'https',
    ...(clientSecret !== undefined && {
      tlsConfig: {
        cert: { secret: secret('tls.crt') }, keySecret: secret('tls.key'),
        ...(serverName === undefined ? { insecureSkipVerify: true } : { ca: { secret: secret('ca.crt') }, serverName }),
      },
    }),
  };
}
