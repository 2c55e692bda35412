/**
 * Keeps a label from having more values than a limit. The first values are kept, and all later ones share one: sums stay right, and a peer
 * that invents values can't make series without end. Which values come first is left to chance; ranking them would cost more than it tells.
 */

/** Limits of labels whose values come from peers or grow with the document. They are counted by these names in `mesh_limit_reached_total`. */
export const LABEL_LIMITS = {
  /** Callers of one listener. */
  metricCallers: 64,
  /** Routes of one listener. */
  metricRoutes: 100,
  /** Status codes of one listener. */
  metricCodes: 40,
} as const;

export type LabelLimit = keyof typeof LABEL_LIMITS;

export class BoundedLabel {
  private readonly values = new Set<string>();

  /** @param onLimit a value was replaced by the shared one */
  constructor(private readonly limit: number, private readonly onLimit: () => void) {}

  /** The value, or `other` when there are too many. */
  of(value: string, other: string): string {
    if (this.values.has(value)) return value;
    if (this.values.size >= this.limit) {
      this.onLimit();
      return other;
    }
    this.values.add(value);
    return value;
  }

  /** Forgets values that nothing is recorded for any more, and returns them. */
  forget(isGone: (value: string) => boolean): string[] {
    const gone = [...this.values].filter(isGone);
    for (const value of gone) this.values.delete(value);
    return gone;
  }
}
