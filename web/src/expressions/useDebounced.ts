/** A value as it was when it last stood still for a while. */
import { useEffect, useState } from 'react'

export function useDebounced<T>(value: T, wait: number): T {
  const [settled, settle] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => settle(value), wait)
    return () => clearTimeout(timer)
  }, [value, wait])
  return settled
}
