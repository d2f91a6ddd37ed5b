/** Against a real server on a free port: what it answers is what the console makes of it. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { asProblem, call, newKey, query } from './http'

interface Answer {
  status: number
  type: string
  body: string
}

let server: Server
let base: string
let answer: Answer
let received: { method: string | undefined; headers: IncomingHttpHeaders; body: string }

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      received = { method: request.method, headers: request.headers, body }
      response.writeHead(answer.status, { 'Content-Type': answer.type }).end(answer.body)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.close()
})

const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
})

const problemOf = (path: string) => call(base + path).then(() => expect.unreachable(), asProblem)

test('a body goes as JSON with its idempotency key, and the answer comes back', async () => {
  answer = json(201, { id: 'r1' })
  await expect(
    call(`${base}/x`, { method: 'POST', body: { input: 1 }, idempotencyKey: 'k' }),
  ).resolves.toEqual({
    id: 'r1',
  })
  expect(received.method).toBe('POST')
  expect(received.headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'k' })
  expect(JSON.parse(received.body)).toEqual({ input: 1 })
})

test('problem details keep every path', async () => {
  const errors = [{ path: 'input.email', message: 'is required' }, { path: 7 }, 'no entry']
  answer = json(422, { title: 'Invalid', detail: 'Two problems.', status: 422, errors })
  expect(await problemOf('/x')).toMatchObject({
    status: 422,
    title: 'Invalid',
    detail: 'Two problems.',
    errors: [{ path: 'input.email', message: 'is required' }],
  })
})

test('an error that is no problem document still says its status', async () => {
  answer = { status: 502, type: 'text/html', body: '<h1>Bad gateway</h1>' }
  expect(await problemOf('/x')).toMatchObject({ status: 502, title: 'Bad Gateway', errors: [] })
})

test('a 2xx that is not JSON is an error, never a value', async () => {
  answer = { status: 200, type: 'text/html', body: '<!doctype html>' }
  expect(await problemOf('/x')).toMatchObject({ title: 'Unreadable answer' })
})

test('an accepted status is an answer', async () => {
  answer = json(503, { status: 'unavailable' })
  await expect(call(`${base}/x`, { accept: 503 })).resolves.toEqual({ status: 'unavailable' })
})

test('a server that is away has status 0', async () => {
  const away = createServer()
  await new Promise<void>((listening) => away.listen(0, '127.0.0.1', listening))
  const { port } = away.address() as AddressInfo
  await new Promise((closed) => away.close(closed))
  const problem = await call(`http://127.0.0.1:${port}/`).then(() => expect.unreachable(), asProblem)
  expect(problem.status).toBe(0)
})

test('a query string holds what is set, escaped', () => {
  expect(query({ a: 'x&y', b: undefined, c: null, d: '', e: 0 })).toBe('?a=x%26y&e=0')
  expect(query({})).toBe('')
})

test('keys are 128 bits and differ', () => {
  expect(newKey()).toMatch(/^[0-9a-f]{32}$/)
  expect(newKey()).not.toBe(newKey())
})
