/** The clock's timers don't keep a process alive, since a proxy ends when its sockets are closed. A command that waits for one must stay. */

/** Far longer than anything is waited for. */
const LONG_MS = 2 ** 31 - 1;

export async function awake<T>(work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => undefined, LONG_MS);
  return work.finally(() => clearTimeout(timer));
}
