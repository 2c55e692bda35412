/** Pods as their own proxies tell of them. */
import { type ServiceId } from './directory';
import type { Sample } from './metrics-text';
import { ProxyScrape, READ_METRICS } from './scrape';
import type { CertificateView, PodView } from './snapshot';
import { keyOf, Traffic } from './traffic';

export function podOf(id: ServiceId, scrape: ProxyScrape, traffic: Traffic): PodView {
  const { proxy, config } = scrape;
  const expiry = samples(scrape, 'identityExpiry').find(({ labels }) => labels['file'] === 'certificate')?.value;
  const proxyVersion = samples(scrape, 'buildInfo')[0]?.labels['version'];
  const memoryLevel = samples(scrape, 'memoryLevel')[0]?.value;
  const certificates = certificatesOf(scrape);
  return {
    pod: proxy.pod,
    version: config.document.node.version,
    figures: traffic.received.figuresOf(keyOf(id, '', proxy.pod)),
    ready: samples(scrape, 'ready')[0]?.value === 1,
    configHash: config.hash,
    ...(proxyVersion !== undefined && { proxyVersion }),
    ...(config.lastRejected && { rejected: config.lastRejected.problems }),
    ...(expiry !== undefined && { identityExpiresAt: expiry * 1_000 }),
    ...(certificates.length > 0 && { certificates }),
    discovery: samples(scrape, 'discoveryAge')
      .filter(({ value }) => !Number.isNaN(value))
      .map(({ labels, value }) => ({ cluster: labels['cluster'] ?? '', ageSeconds: value })),
    permissive: config.document.listeners.filter(({ mutualTls }) => mutualTls?.mode === 'permissive').map(({ name }) => name),
    ...(memoryLevel !== undefined && { memoryLevel }),
  };
}

function certificatesOf(scrape: ProxyScrape): CertificateView[] {
  const problems = samples(scrape, 'certificateProblem').filter(({ value }) => value === 1);
  return samples(scrape, 'certificateExpiry').map(({ labels: { listener = '', certificate = '' }, value }) => {
    const problem = problems.find(({ labels }) => labels['listener'] === listener && labels['certificate'] === certificate)?.labels['problem'];
    return { listener, file: certificate, secondsLeft: value, ...(problem !== undefined && { problem }) };
  });
}

function samples({ metrics }: ProxyScrape, name: keyof typeof READ_METRICS): Sample[] {
  return [...metrics.get(READ_METRICS[name])?.values() ?? []];
}
