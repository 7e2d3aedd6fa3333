import { parseCommand } from './rig/options';
import { SCENARIOS } from './rig/scenarios';

test('every scenario, with its own numbers, unless told otherwise', () => {
  expect(parseCommand([], SCENARIOS)).toEqual({ scenarios: SCENARIOS, seed: 1, seeds: undefined, orders: undefined, strikes: undefined, naive: false });
});

test('named scenarios and options, in either form', () => {
  expect(parseCommand(['deploys', '--seed', '7', '--orders=200', '--kills', '40', '--naive'], SCENARIOS)).toMatchObject({
    scenarios: [{ name: 'deploys' }], seed: 7, orders: 200, strikes: 40, naive: true,
  });
});

test.each([
  [['deploy'], 'no scenario deploy: '],
  [['--orders'], '--orders wants a whole number from 1 up, not nothing'],
  [['--kills=many'], '--kills wants a whole number from 1 up, not "many"'],
  [['--seed', '0'], '--seed wants a whole number from 1 up, not "0"'],
  [['--color'], 'no option --color'],
])('%j is refused in words', (args, says) => {
  expect(() => parseCommand(args, SCENARIOS)).toThrow(says);
});
