/** A shop as in the example, with identities, objectives, limits and health checks, so that there is something behind most metrics. */
import { Chart, Duration, Testing } from 'cdk8s';
import {
  ConcurrencyLimit, Gateway, HealthCheck, Identity, LoadBalancing, Mesh, MeshService, Monitoring, Retry, RetryOn, Scaling, Slo,
} from '../../src';
import type { MeshModel } from '../../src/cli/model/model';
import { findByKind, Manifest } from '../support/manifests';
import { modelOf } from '../support/local-mesh';

/** Objectives whose alerts an outage of minutes is enough for. */
const SLO = Slo.availability('99%').latency('p95', Duration.seconds(5));

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const replicas = (count: number): { scaling: Scaling } => ({ scaling: Scaling.replicas(count) });

interface Rule { readonly record?: string; readonly alert?: string; readonly expr: string }
export interface RuleGroup { readonly name: string; readonly rules: readonly Rule[] }

export function shop(): { readonly model: MeshModel; readonly groups: RuleGroup[] } {
  let groups: RuleGroup[] = [];
  const model = modelOf((chart) => {
    build(chart);
    groups = findByKind(Testing.synth(chart) as Manifest[], 'PrometheusRule').flatMap(({ spec }) => spec.groups as RuleGroup[]);
  });
  return { model, groups };
}

function build(chart: Chart): void {
  new Mesh(chart, 'mesh', { monitoring: Monitoring.prometheus({ istioNames: true }), identity: Identity.files() });
  const cart = new MeshService(chart, 'cart', { containers, ...replicas(1) });
  const catalog = new MeshService(chart, 'catalog', {
    containers, ...replicas(2), slo: SLO, loadBalancing: LoadBalancing.adaptive(), healthCheck: HealthCheck.http('/healthz'),
    admission: { concurrency: ConcurrencyLimit.of(200) },
  });
  catalog.addVersion('v2', { containers, ...replicas(1), weight: 30 });
  const web = new MeshService(chart, 'web', { containers, ...replicas(1) });
  web.calls(catalog, { retry: Retry.idempotent({ maxRetries: 2, on: [RetryOn.SERVER_ERROR], budget: { percent: 100, minimumPerSecond: 100 } }) });
  web.calls(cart);
  new Gateway(chart, 'edge', { ...replicas(1), slo: SLO, forwarded: { trustedHops: 1 } }).route('shop.example.com', web);
}
