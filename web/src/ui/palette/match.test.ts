import { expect, test } from 'vitest'

import { matching, score } from './match'

const titles = (typed: string, ...all: string[]) =>
  matching(
    typed,
    all.map((title) => ({ title })),
  ).map((item) => item.title)

test('a beginning of a word counts more than its inside, and that more than first letters', () => {
  expect(titles('run', 'Prune', 'Rain under nothing', 'Test runs', 'Rain in sun', 'Runs')).toEqual([
    'Runs',
    'Test runs',
    'Prune',
    'Rain under nothing',
  ])
})

test('every word must be met, in any order', () => {
  expect(titles('edit order', 'Edit order-confirmation', 'Edit lead-followup')).toEqual([
    'Edit order-confirmation',
  ])
  expect(score('order edit', 'Edit order')).not.toBeNull()
})

test('nothing typed keeps the order', () => {
  expect(titles('  ', 'b', 'a')).toEqual(['b', 'a'])
})

test('letters that only stand somewhere are no match', () => {
  expect(score('oew', 'Overview')).toBeNull()
})

test('other words lead to it, after what is called so', () => {
  const items = [{ title: 'Dead letters', words: 'jobs failed' }, { title: 'Jobs' }]
  expect(matching('jobs', items).map((item) => item.title)).toEqual(['Jobs', 'Dead letters'])
  expect(matching('obs', items).map((item) => item.title)).toEqual(['Jobs'])
})
