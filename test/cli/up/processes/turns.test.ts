/** How many tasks run at once. */
import { Turns } from '../../../../src/cli/up/processes/turns';

test('so many tasks run at once, the others in turn, whether they succeed or fail', async () => {
  const turns = new Turns(2);
  const [begun, ends]: [number[], (() => void)[]] = [[], []];
  const tasks = [0, 1, 2, 3].map((task) => turns.take(() => {
    begun.push(task);
    return new Promise<void>((resolve, reject) => { ends.push(task === 1 ? () => reject(new Error('failed')) : resolve); });
  }));
  expect(begun).toEqual([0, 1]);
  ends[1]!();
  await expect(tasks[1]).rejects.toThrow('failed');
  expect(begun).toEqual([0, 1, 2]);
  ends[0]!();
  await tasks[0];
  expect(begun).toEqual([0, 1, 2, 3]);
  ends.slice(2).forEach((end) => end());
  await Promise.all([tasks[2], tasks[3]]);
});
