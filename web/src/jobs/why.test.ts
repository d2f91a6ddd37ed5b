import { expect, test } from 'vitest'

import { sentenceOf } from './why'

test('the state is left out, the sentence begins with a capital', () => {
  expect(sentenceOf('DEAD: all 3 attempts failed.', 'DEAD')).toEqual([
    { text: 'All 3 attempts failed.', code: false },
  ])
})

test('commands are marked', () => {
  expect(sentenceOf('PENDING: no worker is alive; start one with `holdfast worker`.', 'PENDING')).toEqual([
    { text: 'No worker is alive; start one with ', code: false },
    { text: 'holdfast worker', code: true },
    { text: '.', code: false },
  ])
})

test('a lone backtick of an error is text', () => {
  expect(sentenceOf('FAILED: fail: a ` b.', 'FAILED')).toEqual([{ text: 'Fail: a ` b.', code: false }])
  expect(sentenceOf('', 'DEAD')).toEqual([])
})
