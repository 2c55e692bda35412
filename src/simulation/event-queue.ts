/**
 * The events to come, earliest first; those of one moment in the order in which they were scheduled, so that a run repeats
 * exactly.
 *
 * A binary heap over typed arrays. An event is three numbers and no object: a million requests make millions of events, and
 * collecting them as garbage would cost more than the simulation. The heap holds indexes into the arrays of fields, so that
 * an event moves as one number; places of past events are used again.
 */
const FIRST_CAPACITY = 1_024;

export class EventQueue {
  /** Of the event that {@link next} took last. */
  time = 0;
  kind = 0;
  subject = 0;
  serial = 0;

  private heap = new Int32Array(FIRST_CAPACITY);
  private times = new Float64Array(FIRST_CAPACITY);
  private orders = new Float64Array(FIRST_CAPACITY);
  private kinds = new Uint8Array(FIRST_CAPACITY);
  private subjects = new Int32Array(FIRST_CAPACITY);
  private serials = new Int32Array(FIRST_CAPACITY);
  private length = 0;
  private scheduled = 0;

  constructor() {
    this.heap.forEach((_, index) => { this.heap[index] = index; });
  }

  get size(): number {
    return this.length;
  }

  /**
   * @param kind    what happens, 0 to 255
   * @param subject to whom, and `serial` in which of its lives, both whole 32-bit numbers
   */
  schedule(time: number, kind: number, subject: number, serial: number): void {
    if (this.length === this.heap.length) this.grow();
    const { heap, times } = this;
    // Behind the heap's end stand the free places.
    const place = heap[this.length]!;
    times[place] = time;
    this.orders[place] = this.scheduled++;
    this.kinds[place] = kind;
    this.subjects[place] = subject;
    this.serials[place] = serial;
    let at = this.length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      // A later one of the same moment stays below: its order is higher than that of all others.
      if (times[heap[parent]!]! <= time) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = place;
  }

  /** Takes out the earliest event and shows it in {@link time} and the other fields; false when there is none. */
  next(): boolean {
    if (this.length === 0) return false;
    const { heap } = this;
    const first = heap[0]!;
    this.time = this.times[first]!;
    this.kind = this.kinds[first]!;
    this.subject = this.subjects[first]!;
    this.serial = this.serials[first]!;
    const length = --this.length;
    const last = heap[length]!;
    heap[length] = first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && this.before(heap[child + 1]!, heap[child]!)) child++;
      if (!this.before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    if (length > 0) heap[at] = last;
    return true;
  }

  private before(a: number, b: number): boolean {
    const difference = this.times[a]! - this.times[b]!;
    return difference < 0 || (difference === 0 && this.orders[a]! < this.orders[b]!);
  }

  private grow(): void {
    const { length } = this.heap;
    const heap = new Int32Array(2 * length);
    heap.set(this.heap);
    for (let index = length; index < 2 * length; index++) heap[index] = index;
    this.heap = heap;
    this.times = enlarged(this.times, new Float64Array(2 * length));
    this.orders = enlarged(this.orders, new Float64Array(2 * length));
    this.kinds = enlarged(this.kinds, new Uint8Array(2 * length));
    this.subjects = enlarged(this.subjects, new Int32Array(2 * length));
    this.serials = enlarged(this.serials, new Int32Array(2 * length));
  }
}

/** The numbers of an array in a larger one. */
export function enlarged<A extends Float64Array | Int32Array | Uint8Array | Uint32Array>(from: A, into: A): A {
  into.set(from);
  return into;
}
