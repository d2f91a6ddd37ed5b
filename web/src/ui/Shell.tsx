/** The frame around every page: the navigation (a side bar, or a bar above on narrow screens) and the health banner. */
import { Link, Outlet } from '@tanstack/react-router'
import { BookOpen, History, Mail, Workflow } from 'lucide-react'

import { HealthBanner } from './HealthBanner'
import { Mark } from './Mark'
import { ThemeToggle } from './ThemeToggle'

const PLACES = [
  { to: '/', label: 'Workflows', Icon: Workflow },
  { to: '/runs', label: 'Runs', Icon: History },
  { to: '/mailbox', label: 'Mailbox', Icon: Mail },
] as const

export function Shell() {
  return (
    <div className="flex h-full flex-col md:flex-row">
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-panel px-3 py-2 focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <SideBar />
      <main id="content" tabIndex={-1} className="min-h-0 min-w-0 flex-1 overflow-y-auto outline-none">
        <HealthBanner />
        <Outlet />
      </main>
    </div>
  )
}

function SideBar() {
  return (
    <header className="flex shrink-0 items-center gap-1 border-b border-line bg-panel px-3 py-2 md:w-52 md:flex-col md:items-stretch md:border-r md:border-b-0 md:p-3">
      <Link
        to="/"
        className="mr-1 flex items-center gap-2 rounded-md px-1 py-1 font-semibold tracking-tight md:mb-3 md:px-2"
      >
        <Mark />
        <span className="hidden sm:inline">Holdfast</span>
      </Link>
      <nav aria-label="Main" className="flex min-w-0 flex-1 gap-0.5 md:flex-col">
        {PLACES.map((place) => (
          <Place key={place.to} {...place} />
        ))}
      </nav>
      <div className="flex items-center gap-2 md:justify-between md:px-1">
        <a
          href="/docs"
          title="API reference"
          className="inline-flex items-center gap-1.5 rounded-md p-1 text-xs text-ink-faint hover:text-ink"
        >
          <BookOpen size={14} aria-hidden />
          <span className="sr-only md:not-sr-only">API</span>
        </a>
        <ThemeToggle />
      </div>
    </header>
  )
}

type PlaceProps = (typeof PLACES)[number]

function Place({ to, label, Icon }: PlaceProps) {
  return (
    <Link
      to={to}
      className="flex h-8 items-center gap-2 rounded-md px-2 font-medium text-ink-soft hover:bg-raised hover:text-ink"
      activeProps={{ className: '!text-ink bg-raised' }}
      activeOptions={{ exact: to === '/', includeSearch: false }}
    >
      <Icon size={15} aria-hidden className="hidden shrink-0 min-[420px]:block" />
      {label}
    </Link>
  )
}
