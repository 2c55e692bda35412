/** When something is no longer well: for alerts, and for the command `status`. Seconds. */
export const HEALTH_LIMITS = {
  /** A certificate that expires sooner should have been renewed long before. */
  certificateSeconds: 7 * 86_400,
  /** Those of identities are for hours. Of one hour, which is the least, renewal comes at two thirds. */
  identitySeconds: 900,
  /** Endpoints that nobody has confirmed for longer may be others by now. */
  staleSeconds: 300,
} as const;
