import { describe, expect, it } from 'vitest'

import { readJson, sameJson, shared, Unreadable, writeJson } from './exactJson'
import type { Json } from './types'

const told = (text: string) => {
  try {
    readJson(text)
  } catch (error) {
    return error
  }
  return null
}

describe('JSON without loss', () => {
  it.each([
    '{"a":1.0,"b":1,"c":[1.0,2,-0.0,9007199254740993,-9223372036854775808]}',
    '{"":{"x":[]},"y":{},"__proto__":{"z":5.0},"t":"true","d":"2026-01-31","n":null}',
    '"a\\n\\"b\\\\c é 😀"',
    '[true,false,null,0.5,1e+21,1e-7]',
  ])('writes %s as it was', (text) => {
    expect(writeJson(readJson(text))).toBe(text)
  })

  it('says the same number in the shortest way that stays the same kind', () => {
    expect(writeJson(readJson('[1e3, 1.50, 100E-2, -0]'))).toBe('[1000.0,1.5,1.0,0]')
  })

  it('indents as JSON.stringify does', () => {
    const value = { a: [1, { b: 'x' }], c: {}, d: [] }
    expect(writeJson(value, 2)).toBe(JSON.stringify(value, null, 2))
    expect(writeJson({ a: undefined, b: 1 })).toBe('{"b":1}')
  })

  it('keeps the marks over a copy by spread, and forgets one whose number changed', () => {
    const read = readJson('{"rate":1.0,"id":9007199254740993}') as { [key: string]: Json }
    expect(writeJson({ ...read, more: true })).toBe('{"rate":1.0,"id":9007199254740993,"more":true}')
    expect(writeJson({ ...read, rate: 2 })).toBe('{"rate":2,"id":9007199254740993}')
  })

  it('tells 1 from 1.0 and big integers from their neighbours', () => {
    expect(sameJson(readJson('{"a":1.0}'), readJson('{"a":1}'))).toBe(false)
    expect(sameJson(readJson('{"a":9007199254740993}'), readJson('{"a":9007199254740992}'))).toBe(false)
    expect(sameJson(readJson('{"a":1.0,"b":2}'), readJson('{"b":2,"a":1.0}'))).toBe(true)
    expect(sameJson([], {})).toBe(false)
    expect(sameJson({ a: 1 }, { b: 1 })).toBe(false)
  })

  it('shares what stayed the same, marks and all', () => {
    const old = readJson('{"a":{"x":1.0},"b":[{"y":2.0},{"z":1}]}') as { a: Json; b: Json[] }
    expect(shared(old, readJson(writeJson(old)))).toBe(old)
    const next = shared(old, readJson('{"a":{"x":1.0},"b":[{"y":2},{"z":1}],"c":3.0}')) as typeof old
    expect(next.a).toBe(old.a)
    expect(next.b[0]).not.toBe(old.b[0])
    expect(next.b[1]).toBe(old.b[1])
    expect(writeJson(next)).toBe('{"a":{"x":1.0},"b":[{"y":2},{"z":1}],"c":3.0}')
    expect(shared(undefined, next)).toBe(next)
  })

  it.each([
    ['', 1, 1],
    ['{"a": 1,\n "a": 2}', 2, 2],
    ['{"a": NaN}', 1, 7],
    ['[1,]', 1, 4],
    ['{a: 1}', 1, 2],
    ['[1 2]', 1, 4],
    ['{"a" 1}', 1, 6],
    ['"a\nb"', 1, 1],
    ['"\\ud800"', 1, 1],
    ['"\\u0000"', 1, 1],
    ['[1]\n[2]', 2, 1],
    ['[99999999999999999999]', 1, 2],
    ['1e999', 1, 1],
    ['[01]', 1, 3],
    ['['.repeat(65) + ']'.repeat(65), 1, 65],
  ])('refuses %j at its place', (text, line, column) => {
    const error = told(text)
    expect(error).toBeInstanceOf(Unreadable)
    expect(error).toMatchObject({ line, column })
  })

  it('takes a byte order mark', () => {
    expect(readJson('\ufeff{"a": 1}')).toEqual({ a: 1 })
  })
})
