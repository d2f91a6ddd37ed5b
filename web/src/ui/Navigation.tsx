/**
 * Where one can go: the places in three groups, as a side bar, and as a drawer below a bar on narrow screens.
 *
 * The drawer is a dialog: focus stays inside, Escape and a choice close it.
 */
import * as Radix from '@radix-ui/react-dialog'
import { Link } from '@tanstack/react-router'
import {
  Activity,
  BookOpen,
  Building2,
  CalendarClock,
  Cpu,
  Gauge,
  History,
  KeyRound,
  KeySquare,
  Layers,
  ListChecks,
  Mail,
  Menu,
  Rss,
  ScrollText,
  Search,
  Skull,
  Users,
  Webhook,
  Workflow,
  Zap,
  type LucideIcon,
} from 'lucide-react'

import type { Area, Can, Least } from '../access/rights'
import { useAbilities } from '../access/useCan'
import { AccountMenu } from '../account/AccountMenu'
import { TenantSwitcher } from '../account/TenantSwitcher'
import { Mark } from './Mark'
import { Keys } from './palette/Keys'
import { ThemeToggle } from './ThemeToggle'

interface Place {
  to: string
  label: string
  Icon: LucideIcon
  /** Who it is for; everybody unless it says so. */
  only?: { area: Area; role: Least }
}

interface Group {
  group: string
  places: readonly Place[]
}

export const PLACES: readonly Group[] = [
  {
    group: 'Build',
    places: [
      { to: '/', label: 'Workflows', Icon: Workflow },
      { to: '/rules', label: 'Rules', Icon: Zap },
      { to: '/schedules', label: 'Schedules', Icon: CalendarClock },
      { to: '/secrets', label: 'Secrets', Icon: KeyRound },
    ],
  },
  {
    group: 'Watch',
    places: [
      { to: '/overview', label: 'Overview', Icon: Gauge },
      { to: '/runs', label: 'Runs', Icon: History },
      { to: '/events', label: 'Events', Icon: Activity },
      { to: '/deliveries', label: 'Deliveries', Icon: Webhook },
      { to: '/subscriptions', label: 'Subscriptions', Icon: Rss },
      { to: '/mailbox', label: 'Mailbox', Icon: Mail },
    ],
  },
  {
    group: 'Operate',
    places: [
      { to: '/jobs', label: 'Jobs', Icon: ListChecks },
      { to: '/dead', label: 'Dead letters', Icon: Skull },
      { to: '/queues', label: 'Queues', Icon: Layers },
      { to: '/workers', label: 'Workers', Icon: Cpu, only: { area: 'workers', role: 'instance' } },
    ],
  },
  {
    group: 'Manage',
    places: [
      { to: '/people', label: 'People', Icon: Users, only: { area: 'users', role: 'admin' } },
      { to: '/keys', label: 'API keys', Icon: KeySquare, only: { area: 'keys', role: 'admin' } },
      { to: '/audit', label: 'Audit log', Icon: ScrollText, only: { area: 'audit', role: 'admin' } },
      { to: '/tenants', label: 'Tenants', Icon: Building2, only: { area: 'tenants', role: 'instance' } },
    ],
  },
]

/** The places that the caller may see something in. */
export function placesFor(can: Can): Group[] {
  return PLACES.map(({ group, places }) => ({
    group,
    places: places.filter(({ only }) => !only || can(only.area, only.role, 'read')),
  })).filter(({ places }) => places.length > 0)
}

interface Finding {
  onFind: () => void
}

export function SideBar({ onFind }: Finding) {
  return (
    <header className="hidden w-52 shrink-0 flex-col border-r border-line bg-panel p-3 md:flex">
      <Home />
      <TenantSwitcher />
      <button
        type="button"
        onClick={onFind}
        aria-keyshortcuts="Control+K Meta+K"
        className="mb-1 flex h-8 items-center gap-2 rounded-md border border-line bg-page px-2 text-ink-faint hover:border-line-strong hover:text-ink"
      >
        <Search size={14} aria-hidden />
        <span className="flex-1 text-left">Find…</span>
        <Keys keys={['Mod', 'K']} />
      </button>
      <Places />
      <Foot />
    </header>
  )
}

interface Drawer extends Finding {
  open: boolean
  onOpenChange: (open: boolean) => void
}

export function TopBar({ open, onOpenChange, onFind }: Drawer) {
  return (
    <header className="flex shrink-0 items-center gap-2 border-b border-line bg-panel px-3 py-2 md:hidden">
      <Radix.Root open={open} onOpenChange={onOpenChange}>
        <Radix.Trigger aria-label="Menu" className="rounded-md p-1.5 text-ink-soft hover:bg-raised">
          <Menu size={17} aria-hidden />
        </Radix.Trigger>
        <Radix.Portal>
          <Radix.Overlay className="fixed inset-0 z-40 bg-black/40" />
          <Radix.Content
            aria-describedby={undefined}
            className="fixed inset-y-0 left-0 z-50 flex w-64 flex-col border-r border-line bg-panel p-3 shadow-float"
          >
            <Radix.Title className="sr-only">Menu</Radix.Title>
            <Home onGo={() => onOpenChange(false)} />
            <TenantSwitcher />
            <Places onGo={() => onOpenChange(false)} />
            <Foot onGo={() => onOpenChange(false)} />
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
      <Home />
      <button
        type="button"
        aria-label="Find"
        onClick={onFind}
        className="ml-auto rounded-md p-1.5 text-ink-soft hover:bg-raised"
      >
        <Search size={16} aria-hidden />
      </button>
    </header>
  )
}

interface Going {
  onGo?: () => void
}

function Home({ onGo }: Going) {
  return (
    <Link
      to="/"
      {...(onGo && { onClick: onGo })}
      className="flex items-center gap-2 rounded-md px-2 py-1 font-semibold tracking-tight md:mb-2"
    >
      <Mark />
      Holdfast
    </Link>
  )
}

function Places({ onGo }: Going) {
  const can = useAbilities()
  return (
    <nav aria-label="Main" className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto py-2">
      {placesFor(can).map(({ group, places }) => (
        <div key={group} className="flex flex-col gap-0.5">
          <h2 className="px-2 pb-1 text-[11px] font-medium text-ink-faint">{group}</h2>
          {places.map((place) => (
            <PlaceLink key={place.to} {...place} {...(onGo && { onGo })} />
          ))}
        </div>
      ))}
    </nav>
  )
}

function PlaceLink({ to, label, Icon, onGo }: Place & Going) {
  return (
    <Link
      to={to}
      {...(onGo && { onClick: onGo })}
      className="flex h-7 items-center gap-2 rounded-md px-2 font-medium text-ink-soft hover:bg-raised hover:text-ink"
      activeProps={{ className: '!text-ink bg-raised' }}
      activeOptions={{ exact: to === '/', includeSearch: false }}
    >
      <Icon size={15} aria-hidden className="shrink-0" />
      {label}
    </Link>
  )
}

function Foot({ onGo }: Going) {
  return (
    <div className="border-t border-line pt-2">
      <AccountMenu {...(onGo && { onGo })} />
      <div className="flex items-center justify-between gap-2 px-1 pt-1.5">
        <a
          href="/docs"
          className="inline-flex items-center gap-1.5 rounded-md p-1 text-xs text-ink-faint hover:text-ink"
        >
          <BookOpen size={14} aria-hidden />
          API
        </a>
        <ThemeToggle />
      </div>
    </div>
  )
}
