/** Reads a list on as soon as its foot comes into sight. `LoadMore` beside it is for those who don't scroll. */
import { useEffect, useEffectEvent, useRef } from 'react'

interface Props {
  query: {
    hasNextPage: boolean
    isFetchingNextPage: boolean
    isFetchNextPageError: boolean
    fetchNextPage: () => unknown
  }
}

export function LoadWhenSeen({ query }: Props) {
  const foot = useRef<HTMLDivElement>(null)
  const wanted = query.hasNextPage && !query.isFetchingNextPage && !query.isFetchNextPageError
  const read = useEffectEvent(() => void query.fetchNextPage())
  useEffect(() => {
    const place = foot.current
    if (!wanted || !place) return
    const watch = new IntersectionObserver((seen) => {
      if (seen.some(({ isIntersecting }) => isIntersecting)) read()
    })
    watch.observe(place)
    return () => watch.disconnect()
  }, [wanted])
  return <div ref={foot} aria-hidden />
}
