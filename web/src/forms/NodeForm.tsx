import type { NodeFormProps } from '../editor/contract'

export function NodeForm(_props: NodeFormProps) {
  return null
}
