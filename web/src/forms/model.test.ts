import { expect, test } from 'vitest'

import { AUTH, REQUEST, TOOL } from './fixtures'
import { pruned } from './conditions'
import { isRequired, isShown, layoutOf, type Part } from './layout'
import { fieldOf, type Schema } from './model'

const kind = (schema: Schema, name = 'field') => fieldOf(name, schema).control.kind
const names = (parts: readonly Part[]) =>
  parts.map((part) => ('field' in part ? part.field.name : part.fields.map(({ name }) => name)))

test.each<[string, Schema, string]>([
  ['name', { type: 'string' }, 'text'],
  ['level', { type: 'string', enum: ['a', 'b'] }, 'choice'],
  ['count', { type: 'integer' }, 'number'],
  ['wait', { type: 'boolean' }, 'boolean'],
  ['for', { type: 'string', pattern: String.raw`^\d{1,12}(\.\d{1,6})?(ms|s|m|h|d)$` }, 'duration'],
  ['code', { type: 'string' }, 'code'],
  ['items', { type: 'array', items: { type: 'string' } }, 'list'],
  ['args', { type: 'object' }, 'pairs'],
  ['auth', AUTH, 'object'],
  ['value', {}, 'any'],
  ['to', { type: ['string', 'array'], items: { type: 'string' } }, 'variants'],
  ['subject', { type: ['string', 'number'] }, 'text'],
  ['condition', { 'x-holdfast-expression': true }, 'expression'],
  ['condition', { 'x-holdfast-each': 'items' }, 'expression'],
  ['next', { type: 'string', 'x-holdfast-later': ['response'] }, 'expression'],
  ['cases', { type: ['object', 'string', 'null'], 'x-holdfast-cases': true }, 'cases'],
  ['body', { type: 'object', 'x-holdfast-body': true }, 'body'],
  ['schema', { type: 'object', properties: { type: { const: 'object' } } }, 'json'],
])('%s of %j is drawn as %s', (name, schema, control) => {
  expect(kind(schema, name)).toBe(control)
})

test('a label is the title, or the name made readable', () => {
  expect(fieldOf('max_turns', { title: 'Most turns' }).label).toBe('Most turns')
  expect(fieldOf('max_turns', {}).label).toBe('Max turns')
})

test('an expression knows what it may read, and whether it is a condition', () => {
  const next = fieldOf('next', { type: 'string', 'x-holdfast-later': ['response', 'page'] }).control
  expect(next).toMatchObject({ condition: false, only: ['response', 'page'] })
  const each = fieldOf('condition', { 'x-holdfast-each': 'items' }).control
  expect(each).toMatchObject({ condition: true, each: 'items', event: false })
  const event = fieldOf('condition', { type: 'string', 'x-holdfast-later': true }).control
  expect(event).toMatchObject({ condition: true, event: true, item: false })
  expect(fieldOf('until', { 'x-holdfast-later': true }).control).toMatchObject({ item: true })
})

test('several schemas are variants, the simple one first', () => {
  const { control } = fieldOf('part', {
    anyOf: [{ type: 'array', items: {} }, { type: 'object', properties: {} }, { type: ['string', 'number'] }],
  })
  expect(control).toMatchObject({
    variants: [{ type: 'scalar' }, { type: 'object' }, { type: 'array' }],
  })
})

test('fields that exclude each other are one choice, in their place', () => {
  const layout = layoutOf(REQUEST)
  expect(names(layout.parts)).toEqual(['method', 'url', 'headers', 'auth', ['json', 'form', 'body']])
  expect(names(layout.more)).toEqual(['expect', 'timeout', 'follow_redirects', 'max_bytes'])
})

test('alternatives are a choice without none', () => {
  const choice = layoutOf(TOOL).parts.find((part) => 'oneOf' in part)
  expect(choice).toMatchObject({ oneOf: { names: ['request', 'workflow', 'mcp'], none: false } })
})

test('what belongs to a choice is shown and required with it', () => {
  const layout = layoutOf(AUTH)
  const shown = (value: Schema) =>
    Object.keys(AUTH['properties'] as object).filter((name) => isShown(layout, name, value))
  expect(shown({ type: 'basic' })).toEqual(['type', 'username', 'password'])
  expect(shown({ type: 'bearer' })).toEqual(['type', 'token'])
  expect(shown({ type: 'bearer', username: 'ada' })).toEqual(['type', 'username', 'token'])
  expect(shown({ type: '{{ vars.kind }}' })).toHaveLength(6)
  expect(isRequired(layout, fieldOf('token', {}), { type: 'bearer' })).toBe(true)
  expect(isRequired(layout, fieldOf('token', {}), { type: 'basic' })).toBe(false)
})

const when = (type: string, only: string[], required: string[]) => ({
  if: { properties: { type: { const: type } }, required: ['type'] },
  then: { required, propertyNames: { enum: ['type', ...only] } },
})

test('a choice that names all that may stand beside it shows that alone, and takes the rest out', () => {
  const schema = {
    type: 'object',
    properties: { type: {}, token: {}, client: {}, scopes: {} },
    required: ['type'],
    allOf: [when('bearer', ['token'], ['token']), when('oauth', ['client', 'token', 'scopes'], ['client'])],
  }
  const layout = layoutOf(schema)
  const shown = (value: Schema) =>
    Object.keys(schema.properties).filter((name) => isShown(layout, name, value))
  expect(shown({})).toEqual(['type'])
  expect(shown({ type: 'bearer' })).toEqual(['type', 'token'])
  expect(shown({ type: 'oauth' })).toEqual(['type', 'token', 'client', 'scopes'])
  expect(isRequired(layout, fieldOf('token', {}), { type: 'oauth' })).toBe(false)
  const given = { type: 'bearer', token: 't', client: 'c' }
  expect(pruned(layout.rules, 'type', given)).toEqual({ type: 'bearer', token: 't' })
  expect(pruned(layout.rules, 'token', given)).toBe(given)
})

test('what is needed unless something is chosen is so before anything is', () => {
  const only = when('file', ['database'], [])
  const layout = layoutOf({
    type: 'object',
    properties: { type: {}, host: {}, database: {} },
    ...only,
    else: { required: ['host'] },
  })
  expect(isRequired(layout, fieldOf('host', {}), {})).toBe(true)
  expect(isShown(layout, 'host', {})).toBe(true)
  expect(isShown(layout, 'host', { type: 'file' })).toBe(false)
})

test('a password that is kept itself is typed, one in a workflow names a secret', () => {
  const marked = { type: 'string', 'x-holdfast-secret': true }
  expect(fieldOf('password', marked).credential).toBe(true)
  expect(fieldOf('password', { ...marked, writeOnly: true })).toMatchObject({
    credential: false,
    control: { kind: 'password' },
  })
})

test('secrets may stand below a mark, and what is a password is known', () => {
  const part = layoutOf(REQUEST).parts.find((each) => 'field' in each && each.field.name === 'auth')
  expect(part).toMatchObject({ field: { secret: true } })
  const inner = layoutOf(AUTH, true).parts.flatMap((each) => ('field' in each ? [each.field] : []))
  expect(inner.filter(({ credential }) => credential).map(({ name }) => name)).toEqual(['password', 'token'])
})

test('what is filled in by the workflow is not drawn', () => {
  const schema = { type: 'object', properties: { inputs: { type: 'object', readOnly: true } } }
  expect(layoutOf(schema).parts).toEqual([])
})

test('what is given and never shown again is a password', () => {
  expect(kind({ type: 'string', writeOnly: true })).toBe('password')
  expect(kind({ type: 'string' }, 'password')).toBe('text')
})
