/** The tabs that a node of a run has. Pure. */
import type { RunNode } from '../../api/types'

export type TabName = 'output' | 'input' | 'error' | 'attempts' | 'logs' | 'items'

interface Tab {
  value: TabName
  label: string
}

export function tabsOf(node: RunNode): Tab[] {
  const tabs: (Tab | false)[] = [
    { value: 'output', label: 'Output' },
    { value: 'input', label: 'Input' },
    node.error !== null && { value: 'error', label: 'Error' },
    node.job_id !== null && { value: 'attempts', label: 'Attempts' },
    node.job_id !== null && { value: 'logs', label: 'Logs' },
    node.items !== undefined && { value: 'items', label: 'Items' },
  ]
  return tabs.filter((tab) => tab !== false)
}

/** What a node is about when it is first looked at: its failure, its children, else its output. */
export function firstTab(node: RunNode): TabName {
  if (node.error !== null && node.items === undefined) return 'error'
  return node.items !== undefined ? 'items' : 'output'
}
