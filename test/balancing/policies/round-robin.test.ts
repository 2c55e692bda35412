import { createPicker } from '../../../src/balancing';
import { describeContract, NOT_BY_HASH } from '../contract';
import { endpoints, scripted } from '../support';

describe('round robin', () => {
  describeContract({ type: 'roundRobin' }, { shareTolerance: { doesNotWeigh: 'round robin does not look at weights' }, movement: NOT_BY_HASH });

  const order = (start: number, picks: number): string => {
    const picker = createPicker(endpoints(9, 1, 1), { type: 'roundRobin' }, scripted(start));
    return Array.from({ length: picks }, () => picker.pick()!.key).join('');
  };

  it('takes each in the order of the list', () => {
    expect(order(0, 7)).toBe('abcabca');
  });

  it('begins where chance says', () => {
    expect(order(0.34, 4)).toBe('bcab');
    expect(order(0.999_999, 4)).toBe('cabc');
  });
});
