/**
 * What this proxy is to reach, each held against the results: met or missed, and by how much. A bar is stated here once and
 * its verdict is computed, so that the page can't flatter.
 */

const MIB = 2 ** 20;
/** Memory that a heap may have more at one time than at another without having grown. */
const NOISE_BYTES = MIB;

/** The bars as `{ title, value, bar, met, by }`; one whose measurement is missing has no `met`. */
export function bars(proxy, soak) {
  const own = proxy.peers.find((peer) => peer.own);
  const named = (name) => proxy.peers.find((peer) => peer.name === name);
  const small = (peer) => peer.scenarios.small;
  const bestNode = bestNodeProxy(proxy.peers, 'small');
  const heldOrLoaded = Math.max(own.heldBytes, own.scenarios.many.loadedBytes);
  return [
    atMost('Small GET, CPU per request, within 1.25x of nginx\'s', small(own).cpuUs, 1.25 * small(named('nginx')).cpuUs, microseconds),
    atMost('Small GET, CPU per request, below Envoy\'s', small(own).cpuUs, small(named('Envoy')).cpuUs, microseconds),
    atMost(`Small GET, at least 2.5x less CPU than the best Node proxy (${bestNode.name})`, small(own).cpuUs, small(bestNode).cpuUs / 2.5, microseconds),
    atMost('Small GET, p99 at 50 % of its own saturation no worse than Envoy\'s', small(own).rated.p99Us, small(named('Envoy')).rated.p99Us, microseconds),
    atMost('RSS idle', own.idleBytes, 64 * MIB, mebibytes),
    atMost('RSS with 1,000 connections open, the worse of idle in a fresh process and under load in an old one', heldOrLoaded, 96 * MIB, mebibytes),
    atMost('Start of the process to the first answered request', own.readyMs, 300, (value) => `${Math.round(value)} ms`),
    soak
      ? atMost(`Growth of RSS over ${soak.requests.toLocaleString('en')} requests: none (${mebibytes(NOISE_BYTES)} counts as noise)`,
        soak.lastBytes - soak.firstBytes, NOISE_BYTES, mebibytes)
      : { title: 'Growth of RSS over 2,000,000 requests: none', value: 'not measured', bar: '', by: '' },
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

function microseconds(value) {
  return `${value.toFixed(value < 100 ? 1 : 0)} us`;
}

function mebibytes(value) {
  return `${(value / MIB).toFixed(1)} MiB`;
}
