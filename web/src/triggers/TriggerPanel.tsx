import type { TriggerPanelProps } from '../editor/contract'

export function TriggerPanel(_props: TriggerPanelProps) {
  return null
}
