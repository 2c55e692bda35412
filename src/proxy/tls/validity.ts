/** Whether a certificate is valid now, in words that name both clocks: one that goes wrong looks like a certificate that is. */

/**
 * @param whose     begins the sentence
 * @param validFrom in seconds since 1970, as the other times
 * @returns undefined when it is valid
 */
export function timeProblem(whose: string, validFrom: number, expiresAt: number, now: number): string | undefined {
  if (now > expiresAt) return `${whose} has expired: it was valid up to ${text(expiresAt)}, and now is ${text(now)}, ${seconds(now - expiresAt)} s later`;
  if (now < validFrom) return `${whose} is not valid yet: it is from ${text(validFrom)} on, and now is ${text(now)}, ${seconds(validFrom - now)} s earlier`;
  return undefined;
}

function text(time: number): string {
  return new Date(time * 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
}

function seconds(time: number): number {
  return Math.max(1, Math.round(time));
}
