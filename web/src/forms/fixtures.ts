/** Schemas with the rules that forms draw, as the node kinds of the library have them. */
import type { Schema } from './model'

export const AUTH: Schema = {
  type: 'object',
  title: 'Authentication',
  'x-holdfast-secret': true,
  properties: {
    type: { type: 'string', enum: ['basic', 'bearer', 'header'] },
    username: { type: 'string' },
    password: { type: 'string' },
    token: { type: 'string' },
    name: { type: 'string' },
    value: { type: ['string', 'number', 'boolean'] },
  },
  required: ['type'],
  allOf: [
    {
      if: { properties: { type: { const: 'basic' } }, required: ['type'] },
      then: { required: ['username', 'password'] },
    },
    { if: { properties: { type: { const: 'bearer' } }, required: ['type'] }, then: { required: ['token'] } },
    {
      if: { properties: { type: { const: 'header' } }, required: ['type'] },
      then: { required: ['name', 'value'] },
    },
  ],
}

export const REQUEST: Schema = {
  type: 'object',
  properties: {
    method: { type: 'string', title: 'Method', enum: ['GET', 'POST'], default: 'GET' },
    url: {
      type: 'string',
      title: 'Address',
      description: 'Where it goes.',
      examples: ['https://a.example'],
      'x-holdfast-secret': true,
    },
    headers: { type: 'object', title: 'Headers', additionalProperties: { type: ['string', 'number'] } },
    auth: AUTH,
    json: { title: 'JSON body', 'x-holdfast-secret': true },
    form: { type: 'object', title: 'Form body', additionalProperties: { type: 'string' } },
    body: { type: 'string', title: 'Text body' },
    expect: { type: 'array', title: 'Expected statuses', items: { type: ['integer', 'string'] } },
    timeout: { type: 'string', title: 'Timeout', pattern: String.raw`^\d{1,12}(\.\d{1,6})?(ms|s|m|h|d)$` },
    follow_redirects: { type: 'boolean', title: 'Follow redirects', default: true },
    max_bytes: { type: 'integer', title: 'Largest answer', minimum: 1, default: 8388608 },
  },
  required: ['url'],
  allOf: [
    { not: { required: ['json', 'form'] } },
    { not: { required: ['body', 'json'] } },
    { not: { required: ['body', 'form'] } },
  ],
}

export const TOOL: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    request: { type: 'object', properties: { url: { type: 'string' } } },
    workflow: { type: 'string' },
    mcp: { type: 'string' },
  },
  oneOf: [
    { required: ['request', 'name'], not: { anyOf: [{ required: ['workflow'] }] } },
    { required: ['workflow'] },
    { required: ['mcp'] },
  ],
}
