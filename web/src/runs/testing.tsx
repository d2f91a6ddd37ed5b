/** For tests: a page's part inside the console's providers, and an API that answers from a table. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { vi } from 'vitest'

import type { Json } from '../api/types'
import { ToastHost } from '../ui/Toasts'

export interface Call {
  method: string
  path: string
  body: Json | undefined
}

export type Answer = Json | { status: number; problem: { [key: string]: Json } }

/** Answers calls by `GET /path` (without the query, or with it where both are given); tells what was called. */
export function answering(table: Record<string, Answer | ((call: Call) => Answer)>): Call[] {
  const calls: Call[] = []
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const body = typeof init.body === 'string' ? (JSON.parse(init.body) as Json) : undefined
    const call: Call = { method: init.method ?? 'GET', path, body }
    calls.push(call)
    const plain = path.replace(/\?.*/, '')
    const found = table[`${call.method} ${path}`] ?? table[`${call.method} ${plain}`]
    const answer = typeof found === 'function' ? found(call) : found
    if (answer === undefined) return Promise.resolve(new Response('{"title":"Not found"}', { status: 404 }))
    if (isProblem(answer)) {
      return Promise.resolve(new Response(JSON.stringify(answer.problem), { status: answer.status }))
    }
    return Promise.resolve(new Response(JSON.stringify(answer)))
  })
  return calls
}

function isProblem(answer: Answer): answer is { status: number; problem: { [key: string]: Json } } {
  return typeof answer === 'object' && answer !== null && 'problem' in answer
}

/** Draws it at `at`; answers where the router is. */
export async function shown(children: ReactNode, at = '/runs') {
  // jsdom has no page to scroll.
  vi.stubGlobal('scrollTo', () => undefined)
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const root = createRootRoute({
    component: () => <ToastHost>{children}</ToastHost>,
    notFoundComponent: () => null,
  })
  const paths = ['/runs', '/runs/$id', '/compare'].map((path) =>
    createRoute({ getParentRoute: () => root, path, component: () => null }),
  )
  const router = createRouter({
    routeTree: root.addChildren(paths),
    history: createMemoryHistory({ initialEntries: [at] }),
  })
  await router.load()
  const drawn = render(
    <QueryClientProvider client={client}>
      {/* The types know the console's own router alone. */}
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  )
  return { ...drawn, client, place: () => router.state.location.href }
}
