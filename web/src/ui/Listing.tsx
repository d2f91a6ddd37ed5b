/** A list that is read page by page, as a panel shows it: on its way, failed, empty, or there, with more at its foot. */
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import type { Page } from '../api/types'
import { LoadMore } from './LoadMore'
import { ErrorState, Skeleton } from './states'

interface Props<Item> {
  query: UseInfiniteQueryResult<InfiniteData<Page<Item>>>
  empty: ReactNode
  children: (items: Item[]) => ReactNode
}

export function Listing<Item>({ query, empty, children }: Props<Item>) {
  if (query.isPending) return <Skeleton />
  if (query.isLoadingError) return <ErrorState error={query.error} retry={() => void query.refetch()} />
  const items = query.data.pages.flatMap((page) => page.items)
  return (
    <>
      {items.length === 0 ? empty : children(items)}
      <LoadMore query={query} />
    </>
  )
}
