import type { TestPanelProps } from '../contract'

export function TestPanel(_props: TestPanelProps) {
  return null
}
