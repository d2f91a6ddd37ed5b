/**
 * The addresses of the console, all under `/app`.
 *
 * Each page is its own chunk, loaded when first wanted and preloaded when a link to it is pointed at; the canvas, the
 * code editors and the charts are loaded by the pages that show them, so a list never pays for them. Search parameters
 * are read defensively: an unknown value is dropped, never an error.
 */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'

import { OUTCOMES } from './audit/outcomes'
import { JOB_STATES, RUN_STATES } from './graph/states'
import { PageError } from './ui/ErrorBoundary'
import { notLoaded } from './ui/notLoaded'
import { NotFound } from './ui/NotFound'
import { Frame } from './ui/Frame'

type Search = Record<string, unknown>
/** Text parameters that may be left out. */
type Texts<Name extends string> = { [name in Name]?: string | undefined }

/** What looks like a number in the address comes as one. */
const text = (value: unknown) =>
  typeof value === 'number' ? String(value) : typeof value === 'string' && value ? value : undefined
const oneOf = (known: readonly string[], value: unknown) => known.find((item) => item === value)

function texts<Name extends string>(...names: Name[]): (search: Search) => Texts<Name> {
  return (search) => Object.fromEntries(names.map((name) => [name, text(search[name])])) as Texts<Name>
}

/** A page in a chunk of its own. One that can't be loaded is an error of that page; the router would leave the console. */
function page<Module extends Record<string, unknown>, Name extends keyof Module & string>(
  load: () => Promise<Module>,
  name: Name,
) {
  return lazyRouteComponent(() => load().catch(notLoaded), name)
}

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound })
const parent = { getParentRoute: () => root }

const workflows = createRoute({
  ...parent,
  path: '/',
  validateSearch: texts('q', 'tag'),
  component: page(() => import('./workflows/WorkflowsPage'), 'WorkflowsPage'),
})

const workflow = createRoute({
  ...parent,
  path: '/workflows/$name',
  component: page(() => import('./workflows/WorkflowPage'), 'WorkflowPage'),
})

const versions = createRoute({
  ...parent,
  path: '/workflows/$name/versions',
  validateSearch: texts('from', 'to'),
  component: page(() => import('./versions/VersionsPage'), 'VersionsPage'),
})

/** One page for both addresses of the editor: what is being edited stays when its first save gives it a name. */
const editor = createRoute({
  ...parent,
  id: 'editor',
  component: page(() => import('./editor/EditorPage'), 'EditorPage'),
})

const edit = createRoute({
  getParentRoute: () => editor,
  path: '/workflows/$name/edit',
  validateSearch: texts('node'),
})

/** A workflow that isn't saved yet: blank, or a packaged sample. An import comes by `editor/handover`. */
const create = createRoute({
  getParentRoute: () => editor,
  path: '/new',
  validateSearch: texts('sample'),
})

const runs = createRoute({
  ...parent,
  path: '/runs',
  validateSearch: (search: Search): Texts<'state' | 'workflow' | 'tests'> => ({
    state: oneOf(RUN_STATES, search['state']),
    tests: oneOf(['none', 'only'], search['tests']),
    workflow: text(search['workflow']),
  }),
  component: page(() => import('./runs/RunsPage'), 'RunsPage'),
})

const run = createRoute({
  ...parent,
  path: '/runs/$id',
  validateSearch: texts('node'),
  component: page(() => import('./runs/RunPage'), 'RunPage'),
})

const compare = createRoute({
  ...parent,
  path: '/compare',
  validateSearch: texts('a', 'b', 'node'),
  component: page(() => import('./runs/ComparePage'), 'ComparePage'),
})

const overview = createRoute({
  ...parent,
  path: '/overview',
  validateSearch: texts('window', 'queue'),
  component: page(() => import('./overview/OverviewPage'), 'OverviewPage'),
})

const jobs = createRoute({
  ...parent,
  path: '/jobs',
  validateSearch: (search: Search): Texts<'state' | 'queue' | 'kind' | 'run'> => ({
    state: oneOf(JOB_STATES, search['state']),
    ...texts('queue', 'kind', 'run')(search),
  }),
  component: page(() => import('./jobs/JobsPage'), 'JobsPage'),
})

const job = createRoute({
  ...parent,
  path: '/jobs/$id',
  component: page(() => import('./jobs/JobPage'), 'JobPage'),
})

const dead = createRoute({
  ...parent,
  path: '/dead',
  validateSearch: texts('queue', 'kind'),
  component: page(() => import('./dead/DeadPage'), 'DeadPage'),
})

const queues = createRoute({
  ...parent,
  path: '/queues',
  component: page(() => import('./queues/QueuesPage'), 'QueuesPage'),
})

const workers = createRoute({
  ...parent,
  path: '/workers',
  component: page(() => import('./workers/WorkersPage'), 'WorkersPage'),
})

const schedules = createRoute({
  ...parent,
  path: '/schedules',
  component: page(() => import('./schedules/SchedulesPage'), 'SchedulesPage'),
})

const rules = createRoute({
  ...parent,
  path: '/rules',
  component: page(() => import('./rules/RulesPage'), 'RulesPage'),
})

/** One rule by its name or id. */
const rule = createRoute({
  ...parent,
  path: '/rules/$name',
  component: page(() => import('./rules/RulePage'), 'RulePage'),
})

const deliveries = createRoute({
  ...parent,
  path: '/deliveries',
  validateSearch: texts('workflow', 'rule', 'trigger', 'verdict', 'firing'),
  component: page(() => import('./deliveries/DeliveriesPage'), 'DeliveriesPage'),
})

const events = createRoute({
  ...parent,
  path: '/events',
  validateSearch: texts('type', 'run', 'job'),
  component: page(() => import('./events/EventsPage'), 'EventsPage'),
})

const subscriptions = createRoute({
  ...parent,
  path: '/subscriptions',
  component: page(() => import('./subscriptions/SubscriptionsPage'), 'SubscriptionsPage'),
})

const subscription = createRoute({
  ...parent,
  path: '/subscriptions/$id',
  component: page(() => import('./subscriptions/SubscriptionPage'), 'SubscriptionPage'),
})

const secrets = createRoute({
  ...parent,
  path: '/secrets',
  component: page(() => import('./secrets/SecretsPage'), 'SecretsPage'),
})

const mailbox = createRoute({
  ...parent,
  path: '/mailbox',
  component: page(() => import('./mailbox/MailboxPage'), 'MailboxPage'),
})

const people = createRoute({
  ...parent,
  path: '/people',
  component: page(() => import('./people/PeoplePage'), 'PeoplePage'),
})

const keys = createRoute({
  ...parent,
  path: '/keys',
  component: page(() => import('./keys/KeysPage'), 'KeysPage'),
})

const audit = createRoute({
  ...parent,
  path: '/audit',
  validateSearch: (
    search: Search,
  ): Texts<'actor' | 'action' | 'target' | 'outcome' | 'since' | 'before'> & {
    instance?: true | undefined
  } => ({
    ...texts('actor', 'action', 'target', 'since', 'before')(search),
    outcome: oneOf(OUTCOMES, search['outcome']),
    instance: search['instance'] === true ? true : undefined,
  }),
  component: page(() => import('./audit/AuditPage'), 'AuditPage'),
})

const tenants = createRoute({
  ...parent,
  path: '/tenants',
  component: page(() => import('./tenants/TenantsPage'), 'TenantsPage'),
})

const account = createRoute({
  ...parent,
  path: '/account',
  component: page(() => import('./account/AccountPage'), 'AccountPage'),
})

/** The doors: pages that nobody needs to be signed in for (`access/comeBack` knows them too). */
const signin = createRoute({
  ...parent,
  path: '/signin',
  validateSearch: texts('to', 'openid'),
  component: page(() => import('./signin/SignInPage'), 'SignInPage'),
})

const setup = createRoute({
  ...parent,
  path: '/setup',
  component: page(() => import('./signin/SetupPage'), 'SetupPage'),
})

/** Invitations and links for a new password: the token is after the `#`. */
const invite = createRoute({
  ...parent,
  path: '/invite',
  component: page(() => import('./signin/InvitePage'), 'InvitePage'),
})

const password = createRoute({
  ...parent,
  path: '/password',
  component: page(() => import('./signin/InvitePage'), 'InvitePage'),
})

const building = [workflows, workflow, versions, rules, rule, schedules, secrets, subscriptions]
const editing = editor.addChildren([edit, create])
const watching = [overview, runs, run, compare, events, deliveries, mailbox, subscription]
const operating = [jobs, job, dead, queues, workers]
const managing = [people, keys, audit, tenants, account]
const doors = [signin, setup, invite, password]

export const router = createRouter({
  routeTree: root.addChildren([...building, editing, ...watching, ...operating, ...managing, ...doors]),
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
