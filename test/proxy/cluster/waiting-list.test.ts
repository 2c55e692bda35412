import fc from 'fast-check';
import { Waiter, Waiting, WaitingList } from '../../../src/proxy/cluster/waiting-list';

const waiting = (): Waiting => new Waiting({} as Waiter, () => {});

test('GIVEN any comings and goings THEN the list is what an array would be', () => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.constant('append'), fc.constant('shift'), fc.nat(20)), { maxLength: 100 }), (steps) => {
    const list = new WaitingList();
    const model: Waiting[] = [];
    for (const step of steps) {
      if (step === 'append') {
        const one = waiting();
        list.append(one);
        model.push(one);
      } else if (step === 'shift') {
        expect(list.shift()).toBe(model.shift());
      } else if (step < model.length) {
        list.remove(model.splice(step as number, 1)[0]!);
      }
      expect(list.length).toBe(model.length);
    }
    while (model.length > 0) expect(list.shift()).toBe(model.shift());
    expect(list.shift()).toBeUndefined();
  }));
});
