/** The foot of a list with a cursor: more, or nothing when the list ends. */
import { Button } from './Button'

interface Props {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown }
}

export function LoadMore({ query }: Props) {
  if (!query.hasNextPage) return null
  return (
    <div className="flex justify-center border-t border-line p-2">
      <Button look="quiet" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        Load more
      </Button>
    </div>
  )
}
