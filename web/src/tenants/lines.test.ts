import { expect, test } from 'vitest'

import { linesIn } from './lines'

test('lines and commas divide, blanks and repeats fall away, the order stays', () => {
  expect(linesIn(' b.example.com\n\n a.example.com, b.example.com,\r\n10.0.0.0/8 ')).toEqual([
    'b.example.com',
    'a.example.com',
    '10.0.0.0/8',
  ])
  expect(linesIn(' \n,')).toEqual([])
})
