/** Puts the cursor into the row that was just added. */
import { useEffect, useRef, useState, type RefObject } from 'react'

const FIELD = 'input, textarea, select, .cm-content, button'

export function useNewRow(): { list: RefObject<HTMLDivElement | null>; added: (index: number) => void } {
  const list = useRef<HTMLDivElement>(null)
  const [row, added] = useState<number | null>(null)
  useEffect(() => {
    if (row === null) return
    list.current?.querySelector<HTMLElement>(`:scope > [data-row="${row}"] :is(${FIELD})`)?.focus()
  }, [row])
  return { list, added }
}
