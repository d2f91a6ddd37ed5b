import type { NodeTestProps } from '../contract'

export function NodeTest(_props: NodeTestProps) {
  return null
}
