import { expect, test } from 'vitest'

import { kinds } from '../../graph/edit/fixtures'
import type { Kind } from '../contract'
import { found } from './found'

const mail: Kind = {
  ...(kinds.get('log') as Kind),
  type: 'email.send',
  title: 'Send email',
  category: 'Messages',
}
const log: Kind = {
  ...(kinds.get('log') as Kind),
  title: 'Log',
  description: 'Writes a line, like an email to oneself',
}
const types = (search: string) =>
  found([log, mail], search).flatMap((group) => group.kinds.map(({ type }) => type))

test('without a search every kind is in its category, in order', () => {
  expect(found([log, mail], ' ').map(({ category }) => category)).toEqual(['Core', 'Messages'])
})

test('a title counts more than a description', () => {
  expect(types('email')).toEqual(['email.send', 'log'])
  expect(types('mess')).toEqual(['email.send'])
})

test('every word must be met', () => {
  expect(types('send mail')).toEqual(['email.send'])
  expect(types('send nothing')).toEqual([])
})
