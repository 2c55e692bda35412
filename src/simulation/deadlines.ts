/**
 * Deadlines of requests. All are equally long, so they end in the order in which they began. A ring holds them without a
 * search, and the event queue needs one event for the earliest instead of one for each request.
 */
const FIRST_CAPACITY = 1_024;

export class Deadlines {
  private subjects = new Int32Array(FIRST_CAPACITY);
  private starts = new Float64Array(FIRST_CAPACITY);
  private times = new Float64Array(FIRST_CAPACITY);
  private head = 0;
  private length = 0;

  get size(): number {
    return this.length;
  }

  /** Of the earliest; there must be one. */
  get time(): number { return this.times[this.head]!; }
  get subject(): number { return this.subjects[this.head]!; }
  get startedAt(): number { return this.starts[this.head]!; }

  /** @param startedAt tells the request from others in its place; `time` is not before that of the last one */
  add(time: number, subject: number, startedAt: number): void {
    if (this.length === this.subjects.length) this.grow();
    const at = (this.head + this.length++) % this.subjects.length;
    this.subjects[at] = subject;
    this.starts[at] = startedAt;
    this.times[at] = time;
  }

  drop(): void {
    this.head = (this.head + 1) % this.subjects.length;
    this.length--;
  }

  private grow(): void {
    const { subjects, starts, times, head, length } = this;
    this.subjects = new Int32Array(2 * length);
    this.starts = new Float64Array(2 * length);
    this.times = new Float64Array(2 * length);
    for (let index = 0; index < length; index++) {
      const from = (head + index) % length;
      this.subjects[index] = subjects[from]!;
      this.starts[index] = starts[from]!;
      this.times[index] = times[from]!;
    }
    this.head = 0;
  }
}
