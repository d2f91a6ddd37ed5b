import { expect, test } from 'vitest'

import type { Definition } from '../../api/types'
import { begin, record, redo, redoLabel, settle, undo, undoLabel } from './history'

const named = (name: string): Definition => ({ holdfast: 1, name })
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(named) as [Definition, Definition, Definition, Definition]

test('steps are undone and done again in order, with their labels', () => {
  let history = record(record(begin(a), b, 'Add'), c, 'Move')
  expect(undoLabel(history)).toBe('Move')
  history = undo(history)
  expect([history.present, undoLabel(history), redoLabel(history)]).toEqual([b, 'Add', 'Move'])
  history = redo(undo(undo(history)))
  expect(history.present).toBe(b)
  expect(redo(history).present).toBe(c)
})

test('steps with the same merge in a row are one', () => {
  let history = record(begin(a), b, 'Type', 'title')
  history = record(history, c, 'Type', 'title')
  expect(history.past).toHaveLength(1)
  history = record(history, d, 'Type', 'url')
  expect(undo(history).present).toBe(c)
  expect(undo(undo(history)).present).toBe(a)
})

test('nothing merges over an undo or a settled step', () => {
  const once = record(begin(a), b, 'Type', 'title')
  expect(undo(record(settle(once), c, 'Type', 'title')).present).toBe(b)
  const back = undo(record(settle(once), c, 'Type', 'title'))
  expect(undo(record(back, d, 'Type', 'title')).present).toBe(b)
})

test('a new step forgets what was undone; the same definition is no step', () => {
  const history = record(undo(record(begin(a), b, 'Add')), c, 'Move')
  expect(redo(history)).toBe(history)
  expect(record(history, c, 'Nothing')).toBe(history)
  expect(undo(begin(a)).present).toBe(a)
})

test('the oldest steps are forgotten', () => {
  let history = begin(a)
  for (let step = 0; step < 300; step += 1) history = record(history, named(String(step)), 'Step')
  expect(history.past).toHaveLength(200)
})
