/** Which runs the list shows, as it stands in the address. An unknown value is dropped. */
import { useNavigate, useSearch } from '@tanstack/react-router'

import type { RunFilter } from '../api/queries'

/** Words of the address, and what the API takes for them. */
const TESTS: Readonly<Record<string, string>> = { none: 'false', only: 'true' }

export interface ListedRuns {
  state?: string | undefined
  workflow?: string | undefined
  /** Test runs: `none`, or `only`; both kinds without it. */
  tests?: string | undefined
}

export function useRunFilter(): { listed: ListedRuns; choose: (part: ListedRuns) => void } {
  const listed = useSearch({ from: '/runs' })
  const navigate = useNavigate({ from: '/runs' })
  return {
    listed,
    choose: (part) => void navigate({ search: { ...listed, ...part }, replace: true }),
  }
}

export function filterOf({ state, workflow, tests }: ListedRuns): RunFilter {
  return { state, workflow, test: tests === undefined ? undefined : TESTS[tests] }
}
