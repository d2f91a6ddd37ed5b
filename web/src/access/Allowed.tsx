/** What only some may do is there for them alone. */
import type { ReactNode } from 'react'

import type { Area, Least, Way } from './rights'
import { useCan } from './useCan'

interface Props {
  area: Area
  role: Least
  way?: Way
  children: ReactNode
}

export function Allowed({ area, role, way = 'write', children }: Props) {
  return useCan(area, role, way) ? children : null
}
