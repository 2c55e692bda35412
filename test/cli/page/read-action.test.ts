import { readAction } from '../../../src/cli/page/read-action';

test('reads each action, and drops what does not belong to it', () => {
  expect(readAction('{"type":"kill","pod":"a","more":1}')).toEqual({ type: 'kill', pod: 'a' });
  expect(readAction('{"type":"dropZone","zone":"a"}')).toEqual({ type: 'dropZone', zone: 'a' });
  expect(readAction('{"type":"traffic","rate":20}')).toEqual({ type: 'traffic', rate: 20 });
  expect(readAction('{"type":"weights","service":"s","weights":{"v1":90,"v2":0}}')).toEqual({ type: 'weights', service: 's', weights: { v1: 90, v2: 0 } });
  const behave = { type: 'behave', service: 's', version: 'v1', delayMs: 5, failPercent: 50 };
  expect(readAction(JSON.stringify(behave))).toEqual(behave);
});

test.each([
  ['', 'an action is an object in JSON'],
  ['[]', 'an action is an object in JSON'],
  ['{"type":"rm"}', "'type' is not an action: \"rm\""],
  ['{"type":"kill","pod":7}', "'pod' must be a name, got 7"],
  ['{"type":"traffic","rate":-1}', "'rate' must be a number from 0 to 1000, got -1"],
  ['{"type":"traffic","rate":1e9}', "'rate' must be a number from 0 to 1000, got 1000000000"],
  ['{"type":"weights","service":"s","weights":{}}', "'weights' must be an object of versions, got {}"],
  ['{"type":"weights","service":"s","weights":{"v1":0.5}}', "the weight of 'v1' must be a whole number, got 0.5"],
  ['{"type":"weights","service":"s","weights":{"v1":0}}', 'at least one version needs a weight above 0'],
])('refuses %s', (text, message) => {
  expect(() => readAction(text)).toThrow(message);
});
