/** Waits for a condition by asking again, with a deadline: the hermetic stand-in for a fixed sleep. */
export async function eventually<T>(what: string, condition: () => T | undefined | false, deadlineMs = 5_000): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
