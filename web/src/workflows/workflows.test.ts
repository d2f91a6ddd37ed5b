import { describe, expect, it } from 'vitest'

import { writeJson } from '../api/exactJson'
import type { Definition, Workflow } from '../api/types'
import { duplicateOf } from './duplicate'
import { textOf } from './exportFile'
import { allTags, found } from './filter'
import { readDefinition } from './readDefinition'

function workflow(name: string, title: string, tags: unknown, description = ''): Workflow {
  const definition = { holdfast: 1, name, title, description, tags } as Definition
  return { id: name, name, title, version: 1, enabled: true, triggers: [], definition }
}

const all = [
  workflow('order-mail', 'Confirm an order', ['mail', 'sales'], 'Writes to the customer'),
  workflow('lead-score', 'Score a lead', ['sales']),
  workflow('plain', '', undefined),
  workflow('odd', 'Odd', 'no list'),
]
const names = (items: Workflow[]) => items.map((item) => item.name)

describe('looking for workflows', () => {
  it.each([
    ['', undefined, ['order-mail', 'lead-score', 'plain', 'odd']],
    ['LEAD', undefined, ['lead-score']],
    ['order customer', undefined, ['order-mail']],
    ['sales', undefined, ['order-mail', 'lead-score']],
    ['', 'sales', ['order-mail', 'lead-score']],
    ['mail', 'sales', ['order-mail']],
    ['plain', undefined, ['plain']],
    ['nothing', undefined, []],
    ['', 'sale', []],
  ])('finds %j with the tag %j', (q, tag, expected) => {
    expect(names(found(all, { q, tag }))).toEqual(expected)
  })

  it('counts the tags', () => {
    expect(allTags(all)).toEqual([
      { tag: 'sales', count: 2 },
      { tag: 'mail', count: 1 },
    ])
  })
})

describe('a duplicate', () => {
  const definition: Definition = { holdfast: 1, name: 'a', title: 'A', nodes: [] }

  it('has a name that is free', () => {
    expect(duplicateOf(definition, ['a'])).toEqual({ ...definition, name: 'a-copy', title: 'A (copy)' })
    expect(duplicateOf(definition, ['a', 'a-copy', 'a-copy-2']).name).toBe('a-copy-3')
    expect(duplicateOf({ ...definition, name: 'a-copy' }, ['a-copy']).name).toBe('a-copy-2')
    expect(duplicateOf({ ...definition, name: 'x'.repeat(100) }, []).name).toHaveLength(100)
  })
})

describe('an import', () => {
  it('reads what was exported, to the last digit', async () => {
    const text =
      '{"holdfast":1,"name":"a","vars":{"rate":1.0,"id":9007199254740993,"on":"yes","day":"2026-01-31"}}'
    const read = readDefinition(text)
    if (!read.ok) throw new Error('refused')
    for (const format of ['yaml', 'json'] as const) {
      const again = readDefinition(await textOf(read.definition, format), `a.${format}`)
      expect(again.ok && writeJson(again.definition)).toBe(text)
    }
  })

  it('takes YAML that begins with a brace', () => {
    expect(readDefinition('{name: a}')).toEqual({ ok: true, definition: { name: 'a' } })
    expect(readDefinition('{name: a}', 'x.json')).toMatchObject({ ok: false, format: 'JSON' })
    expect(readDefinition('{"name": "a"}', 'x.yaml')).toEqual({ ok: true, definition: { name: 'a' } })
  })

  it.each([
    ['', 'YAML', 1],
    ['[1]', 'JSON', 1],
    ['"text"', 'JSON', 1],
    ['name: a\nname: b', 'YAML', 2],
    ['{"name": "a"\n"b": 1}', 'JSON', 2],
  ])('refuses %j', (text, format, line) => {
    expect(readDefinition(text)).toMatchObject({ ok: false, format, problems: [{ line }] })
  })
})
