/**
 * What a page shows instead of its content: nothing yet, nothing there, or an error with a way to try again.
 *
 * An error from the server is shown in its own words, with the path of every problem; text stays text.
 */
import { Link, type LinkProps } from '@tanstack/react-router'
import { CloudOff, Inbox, KeyRound, SearchX, TriangleAlert, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

import { asProblem, type Problem } from '../api/http'
import { Button, buttonLook } from './Button'

export function Skeleton({ rows = 6 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="divide-y divide-line">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-12 items-center gap-4 px-4">
          <span className="h-3 w-1/4 animate-pulse rounded bg-raised" />
          <span className="h-3 w-1/6 animate-pulse rounded bg-raised" />
          <span className="ml-auto h-3 w-16 animate-pulse rounded bg-raised" />
        </div>
      ))}
    </div>
  )
}

interface EmptyProps {
  title: string
  children?: ReactNode
  Icon?: LucideIcon
}

export function Empty({ title, children, Icon = Inbox }: EmptyProps) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-14 text-center">
      <span className="mb-1 rounded-xl border border-line bg-raised p-2.5 text-ink-faint">
        <Icon size={20} aria-hidden />
      </span>
      <h2 className="text-sm font-semibold">{title}</h2>
      <div className="space-y-2 text-ink-soft">{children}</div>
    </div>
  )
}

export function Command({ children }: { children: string }) {
  return (
    <code className="block rounded-md border border-line bg-raised px-3 py-1.5 text-left font-mono text-xs text-ink select-all">
      {children}
    </code>
  )
}

/** Where the thing that isn't there would be listed. */
export interface Back {
  to: NonNullable<LinkProps['to']>
  label: string
}

interface ErrorProps {
  error: unknown
  retry?: () => void
  /** Offered when there is no such thing: trying again brings it no nearer. */
  back?: Back
}

export function ErrorState({ error, retry, back }: ErrorProps) {
  const problem = asProblem(error)
  const leads = problem.status === 404 ? back : undefined
  return (
    <div role="alert">
      <Empty title={titleOf(problem)} Icon={iconOf(problem)}>
        {problem.errors.length === 0 && <p>{detailOf(problem)}</p>}
        <ProblemList problem={problem} />
        {leads && (
          <Link to={leads.to} className={`${buttonLook('plain')} mt-2`}>
            {leads.label}
          </Link>
        )}
        {problem.status === 403 && <p>Ask {whoGives(problem)} if you need it.</p>}
        {retry && !leads && problem.status !== 403 && (
          <Button onClick={retry} className="mt-2">
            Try again
          </Button>
        )}
      </Empty>
    </div>
  )
}

export function ProblemList({ problem }: { problem: Problem }) {
  if (problem.errors.length === 0) return null
  return (
    <ul className="space-y-1 text-left text-xs">
      {problem.errors.map((entry, index) => (
        <li key={index} className="flex flex-wrap gap-x-2">
          <code className="font-mono font-medium break-all">{entry.path || '(whole)'}</code>
          <span className="break-words">{entry.message}</span>
        </li>
      ))}
    </ul>
  )
}

/** Trying again helps nobody who may not: somebody else has to give the right. */
function whoGives({ detail }: Problem): string {
  return detail.includes('admin of the instance') ? 'an admin of the instance' : 'an admin of this tenant'
}

function titleOf(problem: Problem): string {
  if (problem.status === 401) return 'This server asks for a sign-in'
  if (problem.status === 403) return 'This is not open to you'
  if (problem.status === 404) return 'Not found'
  return problem.title
}

function detailOf(problem: Problem): string {
  if (problem.status === 401) return 'The API refused the request without a key.'
  return problem.detail
}

function iconOf(problem: Problem): LucideIcon {
  if (problem.status === 0) return CloudOff
  if (problem.status === 401 || problem.status === 403) return KeyRound
  if (problem.status === 404) return SearchX
  return TriangleAlert
}
