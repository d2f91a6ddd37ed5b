/**
 * The addresses of the console, all under `/app`.
 *
 * Each page is its own chunk, loaded when first wanted and preloaded when a link to it is pointed at; the canvas is
 * loaded by the pages that draw a graph, so a list never pays for it. Search parameters are read defensively: an
 * unknown value is dropped, never an error.
 */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'

import { RUN_STATES } from './graph/states'
import { PageError } from './ui/ErrorBoundary'
import { NotFound } from './ui/NotFound'
import { Shell } from './ui/Shell'

type Search = Record<string, unknown>

const text = (value: unknown) => (typeof value === 'string' && value ? value : undefined)
const knownState = (value: unknown) => RUN_STATES.find((state) => state === value)

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })

const workflows = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: (search: Search): { q?: string | undefined } => ({ q: text(search['q']) }),
  component: lazyRouteComponent(() => import('./workflows/WorkflowsPage'), 'WorkflowsPage'),
})

const workflow = createRoute({
  getParentRoute: () => root,
  path: '/workflows/$name',
  component: lazyRouteComponent(() => import('./workflows/WorkflowPage'), 'WorkflowPage'),
})

const runs = createRoute({
  getParentRoute: () => root,
  path: '/runs',
  validateSearch: (search: Search): { state?: string | undefined; workflow?: string | undefined } => ({
    state: knownState(search['state']),
    workflow: text(search['workflow']),
  }),
  component: lazyRouteComponent(() => import('./runs/RunsPage'), 'RunsPage'),
})

const run = createRoute({
  getParentRoute: () => root,
  path: '/runs/$id',
  validateSearch: (search: Search): { node?: string | undefined } => ({ node: text(search['node']) }),
  component: lazyRouteComponent(() => import('./runs/RunPage'), 'RunPage'),
})

const mailbox = createRoute({
  getParentRoute: () => root,
  path: '/mailbox',
  component: lazyRouteComponent(() => import('./mailbox/MailboxPage'), 'MailboxPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([workflows, workflow, runs, run, mailbox]),
  basepath: '/app',
  defaultPreload: 'intent',
  defaultErrorComponent: PageError,
  scrollRestoration: true,
  scrollToTopSelectors: ['#content'],
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
