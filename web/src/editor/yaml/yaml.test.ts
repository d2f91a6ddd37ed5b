import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { readJson, sameJson, writeJson } from '../../api/exactJson'
import type { Json } from '../../api/types'
import { readYaml } from './read'
import { reconcile } from './reconcile'
import { writeYaml } from './write'

// The same cases as the server's own tests of its reader.
const READ: [string, unknown][] = [
  ['on: yes', { on: 'yes' }], ['off: no', { off: 'no' }], ['a: true', { a: true }], ['a: FALSE', { a: false }],
  ['a: ~', { a: null }], ['a:', { a: null }], ['a: 2026-01-31', { a: '2026-01-31' }], ['a: 12:30', { a: '12:30' }],
  ['a: 010', { a: 10 }], ['a: 0o10', { a: 8 }], ['a: 0x1F', { a: 31 }],
  ['a: .5', { a: 0.5 }],
  ['a: 1_000', { a: '1_000' }], ["a: '1'", { a: '1' }], ['a: "true"', { a: 'true' }], ['a: !!str 5', { a: '5' }],
  ['a: |\n  x\n  y\n', { a: 'x\ny\n' }], ['a: &x [1]\nb: *x', { a: [1], b: [1] }], ['<<: {a: 1}', { '<<': { a: 1 } }],
  ['', null], ['# nothing', null], ['- 1\n- [2, {a: b}]', [1, [2, { a: 'b' }]]], ['\ufeffa: 1', { a: 1 }],
] // prettier-ignore

const REFUSED: [string, string, number?, number?][] = [
  ['a: 1\na: 2', 'stands twice', 2, 1],
  ['a:\n  b: 1\n  b: 2', 'stands twice', 3, 3],
  ['1: a', 'the key 1 must be text', 1, 1],
  ['[a]: b', 'a key must be text'],
  ['a: &x b\n*x : 2', 'a key must be text, not an alias'],
  ['a: [1', ''],
  ['\ta: 1', '', 1],
  ['a: 1\n---\nb: 2', 'a second document', 2, 1],
  ['a: !!python/name:os.system', 'tag'],
  ['a: !thing {}', 'tag !thing'],
  ['a: .inf', 'not a finite number'],
  ['a: &x [*x]', 'names nothing that is complete'],
  ['a: *x', 'x'],
  ['- '.repeat(100) + 'a', 'nested deeper than 64 levels'],
  ['a: \x00', 'control character'],
  ['a: [1, 99999999999999999999]', 'outside 64 bits', 1, 8],
  ['a: 1e999', 'not a finite number', 1, 4],
  ['a: "x\u2028y"', 'unusual line end', 1, 6],
  ['%YAML 1.1\n---\na: 1', 'directives'],
]

describe('reading YAML', () => {
  it.each(READ)('reads %j as the server does', (text, value) => {
    const read = readYaml(text)
    expect(read.problems).toEqual([])
    expect(read.value).toEqual(value)
  })

  it('tells 1.0 from 1 and keeps every digit', () => {
    const text = 'a: 1e3\nb: 1.0\nc: 9007199254740993\nd: [1., +5, -0.0]\ne: 0x7fffffffffffffff\n'
    expect(writeJson(readYaml(text).value)).toBe(
      '{"a":1000.0,"b":1.0,"c":9007199254740993,"d":[1.0,5,-0.0],"e":9223372036854775807}',
    )
  })

  it.each(REFUSED)('refuses %j', (text, message, line, column) => {
    const [first] = readYaml(text).problems
    expect(first?.message).toContain(message)
    if (line !== undefined) expect(first?.line).toBe(line)
    if (column !== undefined) expect(first?.column).toBe(column)
  })

  it('lets aliases repeat, but not explode', () => {
    const many = `a: &a [${Array(99).fill('1').join()}]\nb: [${Array(99).fill('*a').join()}]`
    expect(readYaml(many).problems).toEqual([])
    expect(readYaml(`${many}\nc: [*a, *a]`).problems[0]?.message).toContain('aliases repeat more than')
  })
})

const samples = join(import.meta.dirname, '../../../../src/holdfast/samples')
const files = readdirSync(samples).filter((name) => name.endsWith('.yaml'))

describe('writing YAML', () => {
  it.each([
    '{"a":1.0,"b":9007199254740993,"c":-0.0,"d":[1.0],"e":1e+21}',
    '["true","null","~","","1","1.0","0x1F","-","- a","yes","on","2026-01-31","12:30","1_000",".inf","a: b","a #b","#a"]',
    '["two\\nlines","two\\nlines\\n","x\\n\\n","\\nx"," x","x ","tab\\there","a\\r\\nb","\\u2028","\\u0085","\\ufeff","\\u0007","😀","\\u00a0"]',
    '{"params":{"text":"line\\n  indented\\n# no comment\\n","url":"https://a.example/?q=1#x","when":"a ? b : c"},"y":{"1":"x","true":2,"":3}}',
    '{"a":[],"b":{},"c":[[],{}],"d":[[1,[2]],{"x":[{}]}],"__proto__":{"q":1}}',
    '["{{ input.a }}","{a}","[a]","a, b","*a","&a","!a","%a","@a","`a`","|","> x","? a","a?","a\'b","a\\"b","\'","\\"","\\\\","---","--- a","..."]',
  ])('gives %s back', (json) => {
    const value = readJson(json)
    const text = writeYaml(value)
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(text).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]/)
    const read = readYaml(text)
    expect(read.problems).toEqual([])
    expect(writeJson(read.value)).toBe(writeJson(value))
    const inner = readYaml(writeYaml({ short: value }))
    expect(writeJson(inner.value)).toBe(`{"short":${writeJson(value)}}`)
  })

  it('is made for readers', () => {
    const value = readJson(
      '{"holdfast":1,"name":"a","nodes":[{"id":"x","type":"log","params":{"message":"two\\nlines\\n"}}],"edges":[{"from":"x.true","to":"y"}],"layout":{"x":{"x":0,"y":-12.5}}}',
    )
    expect(writeYaml(value)).toBe(
      `holdfast: 1
name: a
nodes:
  - id: x
    type: log
    params:
      message: |
        two
        lines
edges:
  - {from: x.true, to: y}
layout:
  x: {x: 0, y: -12.5}
`,
    )
  })
})

describe.each(files)('the sample %s', (file) => {
  const text = readFileSync(join(samples, file), 'utf8')
  const { value, problems } = readYaml(text)

  it('is read, and written so that it reads the same', () => {
    expect(problems).toEqual([])
    expect(sameJson(readYaml(writeYaml(value)).value, value)).toBe(true)
    expect(sameJson(readJson(writeJson(value, 2)), value)).toBe(true)
  })

  it('stays as it stands but for what is changed', () => {
    expect(reconcile(text, value)).toBe(text)
    const definition = value as { [key: string]: Json }
    const next = reconcile(text, { ...definition, description: 'Another one' })
    const differing = lines(next).filter((line) => !lines(text).includes(line))
    expect(differing).toEqual(['description: Another one'])
    expect(next).toContain(text.split('\n', 1)[0])
  })
})

function lines(text: string): string[] {
  return text.split('\n')
}

describe('bringing a text to another value', () => {
  const text = `# What it is
holdfast: 1
name: orders # its name

nodes:
  # asks
  - id: get
    type: http.request # over the net
    params: {url: "https://a.example"}
  # tells
  - id: tell
    type: log
    timeout: 30s
edges:
  - {from: get, to: tell} # then
vars: {rate: 1.0}
`
  const value = readYaml(text).value as { nodes: { [key: string]: Json }[]; [key: string]: Json }
  const [get, tell] = value.nodes as [{ [key: string]: Json }, { [key: string]: Json }]

  it('keeps the comments of what it changes', () => {
    const next = reconcile(text, { ...value, nodes: [{ ...get, type: 'noop' }, tell] })
    expect(next).toBe(text.replace('type: http.request #', 'type: noop #'))
  })

  it('takes comments along when nodes change their places', () => {
    const next = reconcile(text, { ...value, nodes: [tell, get] })
    expect(next.indexOf('# tells')).toBeLessThan(next.indexOf('id: tell'))
    expect(readYaml(next).value).toEqual({ ...value, nodes: [tell, get] })
  })

  it('removes, adds and renames', () => {
    expect(reconcile(text, { ...value, nodes: [get], edges: [] })).not.toContain('tells')
    const added = reconcile(text, { ...value, nodes: [get, tell, { id: 'more', type: 'noop' }] })
    expect(added).toContain('  - {id: more, type: noop}\n')
    expect(reconcile(text, { ...value, nodes: [{ ...get, id: 'fetch' }, tell] })).toContain(
      '# asks\n  - id: fetch',
    )
  })

  it('puts text of several lines into a block, and out of a line', () => {
    const next = reconcile(text, { ...value, nodes: [{ ...get, params: { url: 'a\nb\n' } }, tell] })
    expect(next).toContain('params:\n      url: |\n        a\n        b\n')
  })

  it('tells an order of keys from another', () => {
    const cases = 'cases: {b: "1", a: "2"}\n'
    expect(reconcile(cases, { cases: { a: '2', b: '1' } })).toBe('cases: {a: "2", b: "1"}\n')
  })

  it('keeps 1.0 apart from 1', () => {
    expect(reconcile(text, { ...value, vars: { rate: 1 } })).toContain('vars: {rate: 1}')
    expect(reconcile(text, { ...value, name: 'x' })).toContain('vars: {rate: 1.0}')
  })

  it('writes anew what stands on aliases that it can not keep', () => {
    const aliased = 'a: &x {k: 1}\nb: *x\n'
    expect(readYaml(reconcile(aliased, { a: { k: 2 }, b: { k: 1 } })).value).toEqual({
      a: { k: 2 },
      b: { k: 1 },
    })
    expect(reconcile(aliased, { a: { k: 1 }, b: { k: 1 }, c: true })).toContain('b: *x')
  })
})
