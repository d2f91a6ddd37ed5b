/** What stands beside a list and is of one of its entries: it stays in sight while the list scrolls, and comes into it when it appears. */
import { useEffect, useRef, type ReactNode } from 'react'

export function Beside({ children }: { children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    place.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <div
      ref={place}
      className="scroll-mt-4 xl:sticky xl:top-4 xl:max-h-[calc(100vh-2rem)] xl:overflow-y-auto"
    >
      {children}
    </div>
  )
}
