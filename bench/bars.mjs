/**
 * What this proxy is to reach, each held against the results: met or missed, and by how much. A bar is stated here once and
 * its verdict is computed, so that the page can't flatter.
 */
import { pairedRatio } from './statistics.mjs';

const MIB = 2 ** 20;
/** Memory that a heap may have more at one time than at another without having grown. */
const NOISE_BYTES = MIB;

/** The bars as `{ title, value, bar, met, by }`; one whose measurement is missing has no `met`. */
export function bars(proxy, soak) {
  const own = proxy.peers.find((peer) => peer.own);
  const [nginx, envoy, node] = [...['nginx', 'Envoy'].map((name) => proxy.peers.find((peer) => peer.name === name)), bestNodeProxy(proxy.peers, 'small')];
  const cpuTo = (other) => pairedRatio(own.scenarios.small.each.cpuUs, other.scenarios.small.each.cpuUs);
  const p99ToEnvoy = pairedRatio(own.scenarios.small.rated.each.p99Us, envoy.scenarios.small.rated.each.p99Us);
  const heldOrLoaded = Math.max(own.heldBytes, own.scenarios.many.loadedBytes);
  return [
    atMost('Small GET: CPU per request, to nginx', cpuTo(nginx), 1.25, times),
    atMost('Small GET: CPU per request, to Envoy', cpuTo(envoy), 1, times),
    atMost(`Small GET: CPU per request, to the best Node proxy (${node.name})`, cpuTo(node), 1 / 2.5, times),
    atMost('Small GET: p99 at half of its own saturation, to Envoy', p99ToEnvoy, 1, times),
    atMost('RSS idle', own.idleBytes, 64 * MIB, mebibytes),
    atMost('RSS with 1,000 connections open, the worse of idle in a fresh process and under load in an old one', heldOrLoaded, 96 * MIB, mebibytes),
    atMost('Start of the process to the first answered request', own.readyMs, 300, (value) => `${Math.round(value)} ms`),
    soak
      ? atMost(`Growth of RSS over ${soak.requests.toLocaleString('en')} requests (${mebibytes(NOISE_BYTES)} is taken for noise)`,
        soak.lastBytes - soak.firstBytes, NOISE_BYTES, mebibytes)
      : { title: 'Growth of RSS over 2,000,000 requests', value: 'not measured', bar: '', by: '' },
  ];
}

/** The proxy made of Node's own HTTP that needs the least CPU in a scenario, or undefined. */
export function bestNodeProxy(peers, scenario) {
  const candidates = peers.filter((peer) => peer.node && peer.scenarios[scenario]);
  return candidates.sort((a, b) => a.scenarios[scenario].cpuUs - b.scenarios[scenario].cpuUs)[0];
}

function atMost(title, value, bar, write) {
  const met = value <= bar;
  const percent = Math.abs(value / bar - 1) * 100;
  return { title, value: write(value), bar: write(bar), met, by: value < 0 ? '' : `${percent.toFixed(0)} % ${met ? 'below' : 'above'}` };
}

function times(value) {
  return `${value.toFixed(2)}x`;
}

function mebibytes(value) {
  return `${(value / MIB).toFixed(1)} MiB`;
}
