/** What monitoring is about: workloads whose proxies are scraped, and services with rules. */
import { PART_OF_LABEL, SERVICE_LABEL, VERSION_LABEL } from '../../contract';
import * as kplus from '../kubernetes/kplus';
import { ValidationErrors } from '../props/validation-errors';
import { SloSubject } from './burn-rates';
import { Slo } from './slo';

/** A workload whose proxies are scraped. */
export interface ScrapedWorkload {
  readonly name: string;
  readonly pods: kplus.Workload;
  readonly namespace?: string;
  /** At which metrics are. */
  readonly metricsPort: number;
  /** Selects its pods, when the app is complete. */
  podLabels(): Readonly<Record<string, string>>;
}

/** Labels of pods that become labels of series. */
export const POD_LABELS = [SERVICE_LABEL, VERSION_LABEL, PART_OF_LABEL];

/** Workers and jobs take no requests and have another label than pods that do: their series belong to the service, too. */
export const PART_OF_SERVICE = {
  sourceLabels: [`__meta_kubernetes_pod_label_${labelOfSeries(PART_OF_LABEL)}`], regex: '(.+)', targetLabel: labelOfSeries(SERVICE_LABEL),
};

/** Selects the series of the proxies of one service or gateway. */
export function seriesOf(namespace: string, service: string): string {
  return `namespace="${namespace}",${labelOfSeries(SERVICE_LABEL)}="${service}"`;
}

/** Selects the series of the proxies of one version. */
export function seriesOfVersion(namespace: string, service: string, version: string): string {
  return `${seriesOf(namespace, service)},${labelOfSeries(VERSION_LABEL)}="${version}"`;
}

/** How Prometheus writes a label of pods. */
export function labelOfSeries(podLabel: string): string {
  return podLabel.replace(/[^a-zA-Z0-9_]/g, '_');
}

/** A service that a gateway leads to, with the clusters of its versions. */
export interface GatewayCallee {
  readonly name: string;
  readonly namespace: string;
  readonly clusters: readonly string[];
}

/** Whose rules they are. */
export interface RuledService extends SloSubject {
  readonly slo: Slo | undefined;
  /** Of a gateway, whose listeners don't name the service that a request is for. */
  readonly callees?: readonly GatewayCallee[];
  /** Its proxies are sidecars; those of a gateway are alone. */
  readonly hasApp: boolean;
}

/** Objectives of a service are of use where something looks at them. */
export function checkSlo(errors: ValidationErrors, slo: Slo | undefined, monitoring: { readonly _hasObjects: boolean }): void {
  slo?._check(errors, 'slo');
  if (slo && !monitoring._hasObjects) {
    errors.add('slo', slo, 'nothing would look at it; add monitoring: Monitoring.prometheus() here or to the Mesh, or leave it out');
  }
}
