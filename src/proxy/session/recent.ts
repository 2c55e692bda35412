/**
 * Remembers what was found out of late, in bounded memory: two generations of a map, of which the older one goes when the younger is
 * full. Looking up is one or two look-ups of a map, and what is asked for again stays. The price is that up to half of the room is empty.
 */
export class Recent<V> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();

  /** @param size entries of a generation */
  constructor(private readonly size: number, private readonly onFull: () => void) {}

  get(key: string): V | undefined {
    const value = this.young.get(key);
    if (value !== undefined) return value;
    const older = this.old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  /** What is remembered, without being asked for by that. */
  entries(): IterableIterator<[string, V]> {
    return new Map([...this.old, ...this.young]).entries();
  }

  set(key: string, value: V): void {
    if (this.young.size >= this.size) {
      this.old = this.young;
      this.young = new Map();
      this.onFull();
    }
    this.young.set(key, value);
  }
}
