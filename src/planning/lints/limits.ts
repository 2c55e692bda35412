/**
 * Limits that both ends of a call have. What passes one end and not the other is refused by the caller's own sidecar, with a reason
 * that speaks of the caller though the callee was meant. Limits of a head are raised at the caller when the constructs write its
 * document; the rest is for people to decide, for the caller's limits hold for what comes to itself as well.
 */
import type { LimitInfo } from './info';
import { ofTargets, Remark, Rule } from './rule';

/** Limits by their field, with their prop, and what becomes of what is above the caller's. */
const SHARED: readonly { readonly field: keyof LimitInfo; readonly prop: string; readonly unit: string; readonly consequence: string }[] = [
  { field: 'maxStartLineBytes', prop: 'maxStartLineSize', unit: 'bytes', consequence: 'longer request lines get 414 from the caller\'s own sidecar' },
  { field: 'maxHeadBytes', prop: 'maxHeadSize', unit: 'bytes', consequence: 'longer heads get 431 from the caller\'s own sidecar, and those of responses 502' },
  { field: 'maxHeaderFields', prop: 'maxHeaderFields', unit: 'fields', consequence: 'heads with more get 431 from the caller\'s own sidecar, and those of responses 502' },
  { field: 'maxBodyBytes', prop: 'maxBodySize', unit: 'bytes', consequence: 'longer bodies get 413 from the caller\'s own sidecar' },
  { field: 'bodyTimeoutMs', prop: 'bodyTimeout', unit: 'ms', consequence: 'bodies that pause for longer are cut by the caller\'s own sidecar' },
  { field: 'tunnelIdleTimeoutMs', prop: 'tunnelIdleTimeout', unit: 'ms', consequence: 'tunnels and event streams that are silent for longer are cut by the caller\'s own sidecar' },
];

function judge(caller: LimitInfo, callee: LimitInfo, names: { readonly caller: string; readonly callee: string }): Remark | undefined {
  const lower = SHARED.filter(({ field }) => mostOf(caller, field) < mostOf(callee, field));
  if (lower.length === 0) return undefined;
  const most = ({ field, unit }: typeof SHARED[number], limits: LimitInfo): string => (
    mostOf(limits, field) === Infinity ? 'no limit' : `${limits[field]} ${unit}`
  );
  return {
    message: lower.map((limit) => `${limit.prop} of ${names.caller} is ${most(limit, caller)}, and of ${names.callee} ${most(limit, callee)}: ${limit.consequence}`).join('; '),
    remedy: `give ${names.caller} as much in its limits, or ${names.callee} less`,
  };
}

/** 0 is no limit on bodies. */
function mostOf(limits: LimitInfo, field: keyof LimitInfo): number {
  return field === 'maxBodyBytes' && limits[field] === 0 ? Infinity : limits[field];
}

const both: Rule = {
  name: 'limits-of-both-ends',
  severity: 'warning',
  about: 'A caller\'s sidecar has a lower limit than the service called: the caller\'s own limit applies.',
  find: ofTargets(({ callees }, { caller }) => {
    const [callee] = callees;
    // What nobody has said of the service called is no promise.
    return callee && callee.stated.limits
      ? judge(caller.document.limits, statedOr(callee.document.limits, callee.stated.limits), { caller: caller.service, callee: callee.service })
      : undefined;
  }),
};

/** The limits that somebody stated; nothing of the others. */
function statedOr(limits: LimitInfo, stated: { readonly [Field in keyof LimitInfo]?: number | undefined }): LimitInfo {
  const said = (field: keyof LimitInfo): number => (stated[field] === undefined ? NaN : limits[field]);
  return {
    maxStartLineBytes: said('maxStartLineBytes'), maxHeadBytes: said('maxHeadBytes'), maxHeaderFields: said('maxHeaderFields'),
    maxBodyBytes: said('maxBodyBytes'), bodyTimeoutMs: said('bodyTimeoutMs'), tunnelIdleTimeoutMs: said('tunnelIdleTimeoutMs'),
  };
}

export const LIMIT_RULES: readonly Rule[] = [both];
