/**
 * Faults that are injected on purpose: that nobody forgets them, and that they do what they say.
 */
import type { FaultInfo } from './info';
import { ofCalls, Rule, short } from './rule';

const injected: Rule = {
  name: 'fault-injected',
  severity: 'warning',
  about: 'Faults are injected into any request of a call. A fault that is limited to a header field only hits requests that ask for it, and is not reported.',
  find: ofCalls(({ route: { faults } }) => {
    const any = faults.filter(({ percent, header }) => percent > 0 && !header);
    return any.length > 0 ? {
      message: any.map(inWords).join(', and of the others '),
      remedy: 'take the faults out when the test is over, or limit them to a header field that only the test sends',
    } : undefined;
  }),
};

function inWords({ percent, delayMs, abortStatus }: FaultInfo): string {
  const harms = [
    ...(delayMs === undefined ? [] : [`held for ${delayMs} ms`]), ...(abortStatus === undefined ? [] : [`answered with ${abortStatus} by the proxy`]),
  ];
  return `${short(percent)} % of the requests are ${harms.join(' and ')}`;
}

const delay: Rule = {
  name: 'fault-timeout',
  severity: 'warning',
  about: 'A fault holds requests for as long as the call may take, so none of them is sent on: it shows what a timeout does, not what a slow answer does.',
  find: ofCalls(({ route: { timeoutMs, faults } }) => {
    const longest = Math.max(0, ...faults.filter(({ percent }) => percent > 0).map(({ delayMs = 0 }) => delayMs));
    return timeoutMs > 0 && longest >= timeoutMs ? {
      message: `delay ${longest} ms >= timeout ${timeoutMs} ms: the request is over before it is sent`,
      remedy: `shorten the delay below ${timeoutMs} ms, or lengthen the timeout`,
    } : undefined;
  }),
};

export const FAULT_RULES: readonly Rule[] = [injected, delay];
