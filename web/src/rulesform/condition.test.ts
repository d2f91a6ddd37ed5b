import { expect, test } from 'vitest'

import { readCondition, writeCondition, type Group } from './condition'
import { sideOf, sourceOfSide } from './rightSide'

function rows(source: string) {
  const read = readCondition(source)
  return (
    read && {
      join: read.join,
      rows: read.items.map((item) => ('items' in item ? item : Object.values(item))),
    }
  )
}

test.each([
  ['input.score > 80', ['input.score', '>', '80']],
  ['nodes.a.output.b == "x && y"', ['nodes.a.output.b', '==', '"x && y"']],
  ['a + 1 <= b * 2', ['a + 1', '<=', 'b * 2']],
  ['input.email.endsWith("@a.example")', ['input.email', 'endsWith', '"@a.example"']],
  ['!input.tags.contains("a")', ['input.tags', '!contains', '"a"']],
  ['input.plan in ["pro", "max"]', ['input.plan', 'in', '["pro", "max"]']],
  ['!(input.plan in vars.plans)', ['input.plan', '!in', 'vars.plans']],
  ['has(input.email)', ['input.email', 'has', '']],
  ['!has(input.email)', ['input.email', '!has', '']],
  ['input.a == null', ['input.a', 'null', '']],
  ['input.a != null', ['input.a', '!null', '']],
  ['size(input.lines) == 0', ['input.lines', 'empty', '']],
  ['size(input.lines) > 0', ['input.lines', '!empty', '']],
  ['size(input.lines) > 3', ['size(input.lines)', '>', '3']],
  ['input.paid', ['input.paid', 'true', '']],
  ['!input.paid', ['input.paid', 'false', '']],
  ['input.lines.exists(l, l.price > 3)', ['input.lines.exists(l, l.price > 3)', 'true', '']],
  ['(a + b).matches("x")', ['a + b', 'matches', '"x"']],
])('%s is one row, and is written as it was', (source, row) => {
  expect(rows(source)?.rows).toEqual([row])
  const read = readCondition(source)
  expect(read && writeCondition(read)).toBe(source)
})

test('all and any', () => {
  expect(rows('a > 1 && b && !c')).toEqual({
    join: 'all',
    rows: [
      ['a', '>', '1'],
      ['b', 'true', ''],
      ['c', 'false', ''],
    ],
  })
  expect(rows('a || b')?.join).toBe('any')
})

test.each(['a > 1 && (b || c == "d")', 'a && b || c && (d || !e)', '(a || b) && (c || d)'])(
  '%s keeps its groups',
  (source) => {
    const read = readCondition(source)
    expect(read).not.toBeNull()
    const written = writeCondition(read as Group)
    expect(readCondition(written)).toEqual(read)
    expect(written.replaceAll(/[()\s]/g, '')).toBe(source.replaceAll(/[()\s]/g, ''))
  },
)

test('groups of the same kind are one, and needless brackets go', () => {
  expect(writeCondition(readCondition('((a) && (b && c))') as Group)).toBe('a && b && c')
})

test('and binds more than or', () => {
  expect(readCondition('a && b || c')).toEqual({
    join: 'any',
    items: [
      {
        join: 'all',
        items: [
          { left: 'a', operator: 'true', right: '' },
          { left: 'b', operator: 'true', right: '' },
        ],
      },
      { left: 'c', operator: 'true', right: '' },
    ],
  })
  expect(writeCondition(readCondition('a && b || c') as Group)).toBe('(a && b) || c')
})

test.each([
  'a ? b : c',
  'a == b == c',
  '!(a && b)',
  '!(a == b)',
  'a + b',
  'a >',
  '"open',
  'a && ',
  '(a',
  'a // why',
  '!a == b',
  '-a',
])('%s stays text', (source) => {
  expect(readCondition(source)).toBeNull()
})

test('no text is no rows', () => {
  expect(readCondition('  ')).toEqual({ join: 'all', items: [] })
})

test('unfinished rows are left out', () => {
  const group: Group = {
    join: 'all',
    items: [
      { left: 'a', operator: '==', right: '' },
      { left: '', operator: 'true', right: '' },
      { left: 'b', operator: '>', right: '2' },
    ],
  }
  expect(writeCondition(group)).toBe('b > 2')
})

test.each([
  ['"say \\"hi\\""', 'value', 'say "hi"'],
  ["'pro'", 'value', 'pro'],
  ['12.5', 'value', '12.5'],
  ['true', 'value', 'true'],
  ['"12"', 'text', '12'],
  ['input.limit', 'expression', 'input.limit'],
  ['["a"]', 'expression', '["a"]'],
])('the right side %s is a %s', (source, kind, text) => {
  const side = sideOf(source)
  expect(side).toEqual({ kind, text })
  expect(sideOf(sourceOfSide(side))).toEqual(side)
})
