/** Which runs the list shows, as it stands in the address. An unknown value is dropped. */
import { useNavigate, useRouterState, useSearch } from '@tanstack/react-router'

import type { RunFilter } from '../api/queries'

const TESTS = ['true', 'false']

export function useRunFilter(): { filter: RunFilter; choose: (part: RunFilter) => void } {
  const { state, workflow } = useSearch({ from: '/runs' })
  const search: Record<string, unknown> = useRouterState({ select: ({ location }) => location.search })
  const navigate = useNavigate({ from: '/runs' })
  // The address reads `true` as a boolean.
  const test = TESTS.find((value) => value === String(search['test']))
  const filter = { state, workflow, test }
  return {
    filter,
    choose: (part) => void navigate({ search: { ...filter, ...part }, replace: true }),
  }
}
