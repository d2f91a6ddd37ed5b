import { expect, test } from 'vitest'

import type { Mail } from '../api/types'
import { answers, mailKey } from './mail'

const mail: Mail = {
  to: ['ann@example.com', 'bob@example.com'],
  from: 'holdfast@example.com',
  subject: 'Your order 17',
  text: 'It is on its way.',
  html: '<p>It is <b>here</b></p>',
  at: '2026-01-02T10:00:00Z',
}

test.each(['', 'ORDER 17', 'bob@', 'holdfast@example', 'on its way', 'order ann'])(
  '%j finds it',
  (search) => {
    expect(answers(mail, search)).toBe(true)
  },
)

test.each(['bold', 'order 18', 'cat@'])('%j does not', (search) => {
  expect(answers(mail, search)).toBe(false)
})

test('HTML is searched where there is no text', () => {
  expect(answers({ ...mail, text: null }, 'here')).toBe(true)
  expect(answers(mail, 'here')).toBe(false)
})

test('a mail without an id is still told from others', () => {
  expect(mailKey(mail)).not.toBe(mailKey({ ...mail, subject: 'Your order 18' }))
})
