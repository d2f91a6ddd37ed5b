import { expect, test } from 'vitest'

import { chosenOf, isWhole, NOTHING, placeOf, step, type Selection, type Step } from './selection'

const ids = ['a', 'b', 'c', 'd']

function after(steps: Step[], listed: readonly string[] = ids): Selection {
  return steps.reduce((selection, action) => step(selection, listed, action), NOTHING)
}

const down: Step = { type: 'move', by: 1, extend: false }
const up: Step = { type: 'move', by: -1, extend: false }
const downExtending: Step = { type: 'move', by: 1, extend: true }

test('the first step goes to the first row, further ones stop at the ends', () => {
  expect(after([down]).active).toBe('a')
  expect(after([down, down]).active).toBe('b')
  expect(after([down, up]).active).toBe('a')
  expect(after([down, down, down, down, down]).active).toBe('d')
})

test('an empty list has no place', () => {
  expect(after([down], []).active).toBeNull()
  expect(placeOf(NOTHING, [])).toBeNull()
})

test('toggling chooses and lets go', () => {
  expect(chosenOf(after([{ type: 'toggle', id: 'c', range: false }]), ids)).toEqual(['c'])
  const twice = after([
    { type: 'toggle', id: 'c', range: false },
    { type: 'toggle', id: 'c', range: false },
  ])
  expect(chosenOf(twice, ids)).toEqual([])
})

test('a range goes from the last chosen row, in both directions', () => {
  const forward = after([
    { type: 'toggle', id: 'b', range: false },
    { type: 'toggle', id: 'd', range: true },
  ])
  expect(chosenOf(forward, ids)).toEqual(['b', 'c', 'd'])
  const backward = after([
    { type: 'toggle', id: 'd', range: false },
    { type: 'toggle', id: 'b', range: true },
  ])
  expect(chosenOf(backward, ids)).toEqual(['b', 'c', 'd'])
})

test('extending with the keyboard chooses every row passed', () => {
  const selection = after([down, downExtending, downExtending])
  expect(chosenOf(selection, ids)).toEqual(['a', 'b', 'c'])
  expect(selection.active).toBe('c')
})

test('what left the list is chosen no more, and the place stays near', () => {
  const selection = after([down, down, { type: 'toggle', id: 'b', range: false }])
  const rest = ['a', 'c', 'd']
  expect(chosenOf(selection, rest)).toEqual([])
  expect(placeOf(selection, rest)).toBe('c')
  expect(step(selection, rest, down).active).toBe('d')
})

test('the head chooses what is listed, then nothing', () => {
  const whole = after([{ type: 'toggle-listed' }])
  expect(isWhole(whole, ids)).toBe(true)
  expect(isWhole(whole, [...ids, 'e'])).toBe(false)
  expect(chosenOf(step(whole, ids, { type: 'toggle-listed' }), ids)).toEqual([])
})

test('everything ends with the first change of one row', () => {
  const all = after([{ type: 'everything' }])
  expect(all.all).toBe(true)
  const one = step(all, ids, { type: 'toggle', id: 'b', range: false })
  expect(one.all).toBe(false)
  expect(chosenOf(one, ids)).toEqual(['a', 'c', 'd'])
  expect(step(all, ids, { type: 'clear' }).all).toBe(false)
})
