import { describe, expect, it } from 'vitest'

import { writeJson } from '../../api/exactJson'
import type { Definition } from '../../api/types'
import { marksOf, placeOf } from './marks'
import { documentOf, followed, gave, opened, rested, toGive, typed } from './pane'
import { readYaml } from './read'

const definition: Definition = {
  holdfast: 1,
  name: 'a',
  nodes: [
    { id: 'one', type: 'log', params: { message: 'hello' } },
    { id: 'two', type: 'noop' },
  ],
  edges: [{ from: 'one', to: 'two' }],
}

describe('the pane', () => {
  it('says the document and has nothing to give', () => {
    const pane = opened(definition, undefined)
    expect(documentOf(pane)).toEqual(definition)
    expect(toGive(pane)).toBeNull()
    expect(followed(pane, structuredClone(definition)).text).toBe(pane.text)
  })

  it('gives what is typed, and shares what stayed', () => {
    const pane = opened(definition, undefined)
    const next = typed(pane, `# mine\n${pane.text.replace('hello', 'bye')}`, true)
    const document = toGive(next)
    expect(document?.nodes?.[0]?.params).toEqual({ message: 'bye' })
    expect(document?.nodes?.[1]).toBe(definition.nodes?.[1])
    expect(document?.edges).toBe(definition.edges)
    if (!document) throw new Error('nothing to give')
    const after = gave(next, document)
    expect(toGive(after)).toBeNull()
    expect(followed(after, document).text).toBe(next.text)
  })

  it('keeps comments while it follows', () => {
    const pane = opened(definition, undefined)
    const mine = typed(pane, pane.text.replace('  - id: one', '  # first\n  - id: one'), true)
    const next = followed(mine, { ...definition, name: 'b' })
    expect(next.text).toContain('# first')
    expect(next.text).toContain('name: b')
    expect(opened({ ...definition, name: 'c' }, next.text).text).toContain('# first')
  })

  it('gives nothing while the text can not be read, nor overwrites what changed meanwhile', () => {
    const broken = typed(opened(definition, undefined), 'name: [', true)
    expect(toGive(broken)).toBeNull()
    const torn = followed(broken, { ...definition, name: 'b' })
    expect(torn).toMatchObject({ torn: true, text: 'name: [' })
    const mended = typed(torn, 'name: mine', true)
    expect(toGive(mended)).toBeNull()
    expect(followed(mended, { ...definition, name: 'c' }).text).toBe('name: mine')
    expect(toGive({ ...mended, torn: false })).toEqual({ name: 'mine' })
  })

  it('is not torn when an undo brings what the text says', () => {
    const broken = typed(opened(definition, undefined), 'name: [', true)
    const torn = followed(broken, { ...definition, name: 'b' })
    expect(followed(typed(torn, 'name: x', true), { name: 'x' } as Definition).torn).toBe(false)
  })

  it('reads a long text after a rest', () => {
    const pane = typed(opened(definition, undefined), 'name: x', false)
    expect(documentOf(pane)).toBeNull()
    expect(toGive(rested(pane))).toEqual({ name: 'x' })
  })

  it('tells another order, and 1.0 from 1', () => {
    const cases = { vars: { b: 1, a: 2 } } as unknown as Definition
    const pane = opened(cases, undefined)
    expect(JSON.stringify(toGive(typed(pane, 'vars: {a: 2, b: 1}', true)))).toBe('{"vars":{"a":2,"b":1}}')
    expect(writeJson(toGive(typed(pane, 'vars: {b: 1.0, a: 2}', true)))).toBe('{"vars":{"b":1.0,"a":2}}')
  })

  it('takes a list or a text for no document', () => {
    const pane = opened(definition, undefined)
    expect(toGive(typed(pane, '- a', true))).toBeNull()
    expect(toGive(typed(pane, '', true))).toBeNull()
  })
})

describe('marks', () => {
  const text = 'nodes:\n  - id: a\n    params:\n      x.y: 1\n      x: {y: 2}\n  - {id: b}\n'
  const lineAt = (path: string) => text.slice(0, placeOf(readYaml(text), path)).split('\n').length

  it.each([
    ['nodes[0].id', 2],
    ['nodes[0].params', 3],
    ['nodes[0].params.x.y', 4],
    ['nodes[0].params.x', 5],
    ['nodes[0].params.none', 3],
    ['nodes[1]', 6],
    ['nodes[7].id', 1],
    ['', 1],
    ['edges[0]', 1],
  ])('finds %j in line %i', (path, line) => {
    expect(lineAt(path)).toBe(line)
  })

  it('marks the rest of the line', () => {
    const [mark] = marksOf(text, readYaml(text), [{ path: 'nodes[1].id', message: 'wrong' }])
    expect(mark).toMatchObject({ message: 'nodes[1].id: wrong', severity: 'error' })
    expect(text.slice(mark?.from, mark?.to)).toBe('id: b}')
  })

  it('marks what can not be read first of all', () => {
    const bad = 'a: 1\nb: [\n'
    const marks = marksOf(bad, readYaml(bad), [{ path: 'a', message: 'old' }])
    expect(marks.every(({ from, to }) => from <= to && to <= bad.length)).toBe(true)
    expect(marks.map(({ message }) => message)).not.toContain('a: old')
  })
})
