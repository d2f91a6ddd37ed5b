import type { ProblemsPanelProps } from '../contract'

export function ProblemsPanel(_props: ProblemsPanelProps) {
  return null
}
