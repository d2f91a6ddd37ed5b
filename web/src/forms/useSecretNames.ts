/** The names of the secrets that there are; none while they aren't known. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

import { secretsQuery } from '../api/secrets'

export function useSecretNames(): string[] {
  const { data } = useInfiniteQuery({ ...secretsQuery(), staleTime: 30_000 })
  return useMemo(() => (data?.pages ?? []).flatMap(({ items }) => items.map(({ name }) => name)), [data])
}

const READ = /^\{\{\s*secrets\.([A-Za-z_]\w*)\s*\}\}$/

/** The secret that a text is, and nothing but that. */
export function secretIn(value: unknown): string | null {
  return typeof value === 'string' ? (READ.exec(value)?.[1] ?? null) : null
}

export function secretText(name: string): string {
  return `{{ secrets.${name} }}`
}
