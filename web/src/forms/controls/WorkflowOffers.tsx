/** The names of workflows, offered by an input that takes one. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { useId, type ReactNode } from 'react'

import { workflowsQuery } from '../../api/queries'

interface Props {
  wanted: boolean
  children: (list: string | undefined) => ReactNode
}

export function WorkflowOffers({ wanted, children }: Props) {
  if (!wanted) return children(undefined)
  return <Offered>{children}</Offered>
}

function Offered({ children }: Pick<Props, 'children'>) {
  const id = useId()
  const { data } = useInfiniteQuery(workflowsQuery())
  return (
    <>
      {children(id)}
      <datalist id={id}>
        {data?.pages.flatMap(({ items }) => items.map(({ name }) => <option key={name} value={name} />))}
      </datalist>
    </>
  )
}
